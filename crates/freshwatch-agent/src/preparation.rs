//! What a run reads and makes before its first attempt: secrets, certificates, random tokens, the request itself.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use freshwatch_probe::definition::{Definition, Schedule, When};
use freshwatch_probe::observation::NotMade;
use freshwatch_probe::redact::Redactor;
use freshwatch_probe::request::{Request, Tls};
use freshwatch_probe::template::{RunValues, Secret, Template};
use freshwatch_probe::unreadable;
use tokio::{task, time};
use url::Url;

use crate::http::outgoing::Outgoing;
use crate::http::tls::material::Material;

/// The largest file of a secret, in bytes.
const LARGEST_SECRET: u64 = 64 << 10;

/// The largest file of certificates or keys, in bytes: the bundle of a whole system is about 200 KiB.
const LARGEST_PEM: u64 = 4 << 20;

/// All that the attempts of a run share.
pub(crate) struct Preparation {
    /// The first request.
    pub outgoing: Outgoing,
    /// Where the origin is asked, if the probe names one.
    origin: Option<Box<Url>>,
    /// The certificates that the probe names.
    pub material: Material,
    /// What must not be shown.
    pub secrets: Redactor,
    /// Whether judging an answer takes no longer than reading it ([`Definition::is_plain`]).
    pub is_plain: bool,
}

impl Preparation {
    /// Reads every file that the request names, afresh, so that what was rotated is used at once.
    pub async fn make(definition: &Definition) -> Result<Self, NotMade> {
        let request = &definition.request;
        let files = read_files(request, definition.timeout).await?;
        let mut values = RunValues {
            files: files.secrets,
            ..RunValues::default()
        };
        // The system is only asked for what is used.
        if request.templates().any(Template::holds_token) {
            values.nonce = random_token();
            values.nonce.truncate(16);
            values.run_id = random_token();
        }
        let outgoing = Outgoing::build(request, &values)?;
        let secrets = request
            .templates()
            .flat_map(|template| template.secrets(&values))
            .map(Secret::expose);
        let basic = outgoing.basic_credentials().map(Secret::expose);
        let logins: Vec<Secret> = outgoing.logins().collect();
        Ok(Self {
            secrets: Redactor::new(secrets.chain(basic).chain(logins.iter().map(Secret::expose))),
            material: files.material,
            is_plain: definition.is_plain(),
            origin: outgoing.origin(request, &values)?.map(Box::new),
            outgoing,
        })
    }

    /// The request to the origin, past every cache that goes by the URL: a random value in the query makes it one that
    /// nobody has asked for. Headers and credentials are the probe's own, as its author names the origin too.
    pub fn to_origin(&self) -> Option<Outgoing> {
        let mut url = self.origin.as_deref()?.clone();
        url.query_pairs_mut().append_pair("freshwatch", &random_token());
        let mut outgoing = self.outgoing.clone();
        outgoing.turn_to(url);
        Some(outgoing)
    }
}

/// A preparation takes about 1 KiB: that is worth some microseconds of every run where runs are at most so far apart.
const OFTEN: Duration = Duration::from_secs(5);

fn runs_often(schedule: &Schedule) -> bool {
    match schedule.when {
        When::Every(interval) => interval <= OFTEN,
        When::Cron(_) => false,
    }
}

/// What the runs of one definition share: its preparation, when that is the same for all of them and they are so
/// frequent that it is worth its memory. Clones share it.
#[derive(Clone, Default)]
pub struct Prepared(Arc<OnceLock<Arc<Preparation>>>);

impl Prepared {
    /// The preparation of a run of this definition.
    pub(crate) async fn of(&self, definition: &Definition) -> Result<Arc<Preparation>, NotMade> {
        if let Some(shared) = self.0.get() {
            return Ok(Arc::clone(shared));
        }
        let made = Arc::new(Preparation::make(definition).await?);
        if definition.request.is_constant() && runs_often(&definition.schedule) {
            // When two runs have made it at once, either is as good.
            let _ = self.0.set(Arc::clone(&made));
        }
        Ok(made)
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Prepared")
    }
}

/// What the files of a probe held.
#[derive(Default)]
struct Files {
    secrets: BTreeMap<PathBuf, Secret>,
    material: Material,
}

async fn read_files(request: &Request, timeout: Duration) -> Result<Files, NotMade> {
    let secrets: Vec<PathBuf> = request
        .templates()
        .flat_map(Template::files)
        .map(Path::to_owned)
        .collect();
    if secrets.is_empty() && request.tls.ca.is_none() && request.tls.client.is_none() {
        return Ok(Files::default());
    }
    let tls = request.tls.clone();
    // A file on a network disk can hang; the thread is left to the system then, the run is not.
    let reading = task::spawn_blocking(move || read_now(secrets, &tls));
    match time::timeout(timeout, reading).await {
        Ok(Ok(files)) => files.map_err(NotMade::Secret),
        Ok(Err(_)) => Err(NotMade::Aborted),
        Err(_) => Err(NotMade::Secret(format!(
            "the files of its secrets could not be read within {}",
            freshwatch_probe::duration::show(timeout)
        ))),
    }
}

fn read_now(paths: Vec<PathBuf>, tls: &Tls) -> Result<Files, String> {
    let mut files = Files::default();
    for path in paths {
        let secret =
            read_secret(&path).map_err(|why| format!("the secret file `{}` {why}", path.display()))?;
        files.secrets.insert(path, secret);
    }
    files.material = Material::read(tls, |path| read_bounded(path, LARGEST_PEM))?;
    Ok(files)
}

/// The text of a secret without the newline that editors put at its end.
fn read_secret(path: &Path) -> Result<Secret, String> {
    let bytes = read_bounded(path, LARGEST_SECRET)?;
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err("is empty".into());
    }
    Ok(Secret::new(text))
}

/// The bytes of a regular file: a pipe could keep a thread waiting for ever.
fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let cannot = |error: io::Error| format!("cannot be read: {}", unreadable::why(&error));
    if !path.metadata().map_err(cannot)?.is_file() {
        return Err("cannot be read: it is not a file".into());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > limit {
        return Err(format!("is larger than {}", freshwatch_probe::size::show(limit)));
    }
    Ok(bytes)
}

/// 128 random bits in hexadecimal digits. Probers in many places write tokens into one backend, so they must differ
/// between machines: the generator of the operating system, not one that is seeded by a clock.
fn random_token() -> String {
    let mut bytes = [0; 16];
    // When it fails there are zeros, which say plainly that it failed.
    let _ = rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;
    use std::time::Duration;

    use freshwatch_probe::definition::{Definition, ProbeName, When};
    use freshwatch_probe::observation::NotMade;
    use freshwatch_probe::request::{Auth, Request};
    use freshwatch_probe::template::{Part, Secret, Template};

    use super::{Preparation, Prepared, random_token};

    /// Prepares a probe whose bearer token is in a file of this content, and gives the header or what went wrong.
    async fn check(content: Option<&[u8]>) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let mut request = Request::get("http://a.example/");
        request.auth = Some(Auth::Bearer(Template::new(vec![Part::File(path.clone())])));
        let definition = Definition::new(ProbeName::parse("x").unwrap(), request);
        match Preparation::make(&definition).await {
            Ok(preparation) => {
                let header = preparation.outgoing.headers["authorization"].to_str().unwrap();
                assert_eq!(preparation.secrets.redact(header), "Bearer ***");
                Ok(header.to_owned())
            }
            Err(NotMade::Secret(why)) => Err(why.replace(path.to_str().unwrap(), "PATH")),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_newline_at_the_end_is_no_part_of_a_secret() {
        assert_eq!(check(Some(b"abc\n")).await.unwrap(), "Bearer abc");
        assert_eq!(check(Some(b"abc\r\n")).await.unwrap(), "Bearer abc");
        assert_eq!(check(Some(b"abc")).await.unwrap(), "Bearer abc");
    }

    #[tokio::test]
    async fn what_cannot_be_read_names_the_file_and_never_its_content() {
        let cannot = "the secret file `PATH` cannot be read: there is no such file or folder";
        assert_eq!(check(None).await.unwrap_err(), cannot);
        assert_eq!(
            check(Some(b"\n")).await.unwrap_err(),
            "the secret file `PATH` is empty"
        );
        assert_eq!(
            check(Some(b"\xff")).await.unwrap_err(),
            "the secret file `PATH` is not UTF-8"
        );
        assert_eq!(
            check(Some(&vec![b'x'; 70_000])).await.unwrap_err(),
            "the secret file `PATH` is larger than 64 KiB"
        );
        assert_eq!(
            check(Some(b"two\nlines")).await.unwrap_err(),
            "the header `authorization` holds a character that no header may hold, once its placeholders are filled in"
        );
    }

    fn every_second(name: &str, request: Request) -> Definition {
        let mut definition = Definition::new(ProbeName::parse(name).unwrap(), request);
        definition.schedule.when = When::Every(Duration::from_secs(1));
        definition
    }

    /// Whether two runs of a probe of this URL share a preparation.
    async fn is_shared(parts: Vec<Part>) -> bool {
        let mut request = Request::get("");
        request.url = Template::new(parts);
        shares(&every_second("x", request)).await
    }

    async fn shares(definition: &Definition) -> bool {
        let prepared = Prepared::default();
        let (one, two) = (
            prepared.of(definition).await,
            prepared.clone().of(definition).await,
        );
        Arc::ptr_eq(&one.unwrap(), &two.unwrap())
    }

    #[tokio::test]
    async fn only_a_request_that_never_changes_is_prepared_once() {
        let url = || Part::Literal("http://a.example/".into());
        assert!(is_shared(vec![url()]).await);
        let env = Part::Env {
            name: "X".into(),
            value: Secret::new("s3cret"),
        };
        assert!(is_shared(vec![url(), env]).await);
        assert!(!is_shared(vec![url(), Part::Nonce]).await);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("path");
        fs::write(&file, "prices").unwrap();
        assert!(!is_shared(vec![url(), Part::File(file)]).await);
        let seldom = Definition::new(ProbeName::parse("y").unwrap(), Request::get("http://a.example/"));
        assert!(!shares(&seldom).await);
    }

    #[test]
    fn tokens_differ() {
        assert_eq!(random_token().len(), 32);
        assert_ne!(random_token(), random_token());
    }
}
