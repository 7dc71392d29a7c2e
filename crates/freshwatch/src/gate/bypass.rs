//! Whether somebody goes past the gate: as the command line says, or the message of the commit.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use freshwatch_probe::template::Secret;
use freshwatch_slo::gate::bypass::{Bypass, MARKER, Nameless};

use super::argo_cd;
use crate::command_line::gate::Gate;
use crate::report;

/// More of a commit message is not read, in bytes.
const LONGEST_MESSAGE: u64 = 64 << 10;

/// The bypass, if there is one. What cannot be asked for is none: the gate counts then.
///
/// # Errors
/// Wrong use: a bypass without a reason or a name, a message that cannot be read.
pub(crate) async fn bypass(options: &Gate, token: Option<Secret>) -> Result<Option<Bypass>> {
    let by = options.by.as_deref();
    if let Some(reason) = &options.bypass {
        return match Bypass::new(reason, by.unwrap_or_default()) {
            Ok(bypass) => Ok(Some(bypass)),
            Err(Nameless::NoReason) => {
                bail!("`--bypass` has no reason: say why, such as `--bypass 'roll back to 1.2'`")
            }
            Err(Nameless::NoName) => bail!("`--by` names nobody: say who goes past the gate"),
        };
    }
    if let Some(message) = &options.commit_message {
        return Ok(Bypass::of_commit(message, by));
    }
    if let Some(path) = &options.commit_message_file {
        let message = read(path)
            .with_context(|| format!("`--commit-message-file {}` cannot be read", path.display()))?;
        return Ok(Bypass::of_commit(&message, by));
    }
    Ok(match argo_cd::commit(&options.argo_cd, token).await {
        None => None,
        Some(Ok(commit)) => Bypass::of_commit(&commit.message, by.or(commit.author.as_deref())),
        Some(Err(why)) => {
            report::note(&format!(
                "the commit's message is not known, so a {MARKER} in it does not count: {why}\n"
            ));
            None
        }
    })
}

/// The text of a file or a pipe, or of standard input for `-`.
fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(LONGEST_MESSAGE).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(LONGEST_MESSAGE).read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
