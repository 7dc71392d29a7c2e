//! The list of probes, written without ever holding the board for long.

use std::sync::Mutex;

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;
use serde::Serialize;

use super::entry::{Entry, verdict};
use crate::answer::sent;
use crate::board::{Board, Known, locked};
use crate::services::Text;

/// So many probes are taken from the board at a time.
const PAGE: usize = 256;

/// Which probes are wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    verdicts: Option<Vec<Verdict>>,
    limit: Option<usize>,
    after: Option<ProbeName>,
}

impl Filter {
    /// Reads the values of `verdict`, `limit` and `after`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(super) fn read([verdict, limit, after]: [Option<String>; 3]) -> Result<Self, String> {
        let verdicts = verdict.map(|words| words.split(',').map(read_verdict).collect());
        let limit = limit.map(|text| {
            let limit = text.parse().ok().filter(|limit| *limit > 0);
            limit.ok_or_else(|| format!("`limit` is {}; write a whole number above 0", sent(&text)))
        });
        let after = after.map(|name| {
            ProbeName::parse(&name)
                .map_err(|_| format!("`after` is {}, which is no name of a probe", sent(&name)))
        });
        Ok(Self {
            verdicts: verdicts.transpose()?,
            limit: limit.transpose()?,
            after: after.transpose()?,
        })
    }

    fn wants(&self, known: &Known) -> bool {
        let Some(verdicts) = &self.verdicts else {
            return true;
        };
        verdict(known).is_some_and(|verdict| verdicts.contains(&verdict))
    }
}

fn read_verdict(word: &str) -> Result<Verdict, String> {
    Verdict::from_word(word.trim()).ok_or_else(|| {
        let words = Verdict::ALL.map(|verdict| format!("`{verdict}`")).join(", ");
        format!("{} is no verdict; there are {words}", sent(word))
    })
}

/// The document as of `now`, one probe a line.
pub(super) fn write(board: &Mutex<Board>, filter: &Filter, now: Timestamp) -> Text {
    let mut body = format!(r#"{{"schema":"freshwatch.probes/v1","time":"{now}","probes":["#).into_bytes();
    let mut written = 0;
    let mut last = filter.after.clone();
    let next = 'pages: loop {
        let page = locked(board).known_after(last.as_ref(), PAGE);
        let Some(end) = page.last().map(|known| known.definition().name.clone()) else {
            break None;
        };
        for known in page.iter().filter(|known| filter.wants(known)) {
            if filter.limit == Some(written) {
                break 'pages last;
            }
            body.extend_from_slice(if written == 0 { b"\n" } else { b",\n" });
            put(&mut body, &Entry::from(known));
            written += 1;
            last = Some(known.definition().name.clone());
        }
        last = Some(end);
    };
    body.extend_from_slice(b"\n],\"next\":");
    put(&mut body, &next.as_ref().map(ProbeName::as_str));
    body.extend_from_slice(b"}\n");
    Text {
        content_type: "application/json",
        body,
    }
}

/// Nothing of ours can fail to serialize, and memory takes every byte.
fn put(body: &mut Vec<u8>, value: &impl Serialize) {
    body.extend(serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec()));
}
