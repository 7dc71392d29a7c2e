//! The cookbook of probes/README.md: each of its probes is loaded as it stands there, and gets good and bad answers, from
//! a server or from the tests of its file.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use freshwatch_agent::Agent;
use freshwatch_file::{Purpose, Source};
use freshwatch_probe::definition::Definition;
use freshwatch_probe::request::ResolveOverride;
use freshwatch_probe::run::Run;
use freshwatch_probe::unit_test::UnitTest;
use freshwatch_tests::certificates::{Authority, Identity};
use freshwatch_tests::server::Server;
use jiff::Timestamp;
use tempfile::NamedTempFile;

/// When the answers are judged, unless they say otherwise.
const NOW: &str = "2026-11-21T09:00:00+09:00";

/// A token that must not be told.
const TOKEN: &str = "token-of-the-test";

/// Where the cookbook's token is.
const TOKEN_FILE: &str = "/etc/freshwatch/partner-token";

/// Where the test's token is.
fn token_file() -> String {
    static FILE: LazyLock<NamedTempFile> = LazyLock::new(|| {
        let mut file = NamedTempFile::new().expect("a file");
        file.write_all(TOKEN.as_bytes()).expect("it is written");
        file
    });
    FILE.path().display().to_string()
}

/// What a server answers, and what the probe says of it: `ok`, or verdict and code of the first reason.
struct Case {
    answer: String,
    told: &'static str,
    now: &'static str,
    /// How long the server thinks; `Duration::MAX`: until the probe has gone.
    thinks: Duration,
}

impl Case {
    fn at(self, now: &'static str) -> Self {
        Self { now, ..self }
    }

    fn after(self, thinks: Duration) -> Self {
        Self { thinks, ..self }
    }
}

fn case(told: &'static str, status: &str, fields: &str, body: &str) -> Case {
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{fields}\r\n{body}");
    Case {
        answer,
        told,
        now: NOW,
        thinks: Duration::ZERO,
    }
}

fn json(told: &'static str, body: &str) -> Case {
    case(told, "200 OK", "content-type: application/json\r\n", body)
}

fn html(told: &'static str, status: &str) -> Case {
    case(
        told,
        status,
        "content-type: text/html\r\n",
        "<html>please log in</html>",
    )
}

/// How many probes the cookbook has.
const PROBES: usize = 19;

/// How many of them get their answers from a server: what matters about them is not in the answer alone.
const SERVED: usize = 7;

/// The answers for one of the first probes of the cookbook, the first of them good.
fn cases(probe: &str) -> Vec<Case> {
    match probe {
        "exchange-rate" => vec![
            json("ok", r#"{"updatedAt": "2026-11-20T23:30:00Z"}"#),
            json("stale too_old", r#"{"updatedAt": "2026-11-20T22:59:59Z"}"#),
            json("invalid no_match", r#"{"updated": "2026-11-20T23:30:00Z"}"#),
            json("invalid no_timestamp", r#"{"updatedAt": null}"#),
            json("invalid future", r#"{"updatedAt": "2026-11-21T23:30:00Z"}"#),
        ],
        "sale-prices" => vec![
            json(
                "ok",
                r#"{"items": [{"contractDate": "2026-10-02"}, {"contractDate": "2026-11-19"}]}"#,
            ),
            json(
                "stale too_old",
                r#"{"items": [{"contractDate": "2026-10-02"}, {"contractDate": "2026-11-18"}]}"#,
            ),
            json("invalid no_match", r#"{"items": []}"#),
        ],
        "flat-search" => vec![
            json("ok", r#"{"hits": [{"price": 148500}]}"#),
            json(
                "invalid expectation",
                r#"{"error": "the index is not available", "hits": []}"#,
            ),
            json("invalid expectation", r#"{"hits": []}"#),
            json(
                "invalid expectation",
                r#"{"hits": [{"price": 148500}, {"price": 0}]}"#,
            ),
            html("invalid not_json", "200 OK"),
        ],
        "price-file" => vec![
            csv("ok", "last-modified: Fri, 20 Nov 2026 18:00:00 GMT\r\n"),
            csv(
                "stale too_old",
                "last-modified: Thu, 19 Nov 2026 18:00:00 GMT\r\n",
            ),
            csv("invalid no_match", ""),
            case(
                "invalid expectation",
                "200 OK",
                "last-modified: Fri, 20 Nov 2026 18:00:00 GMT\r\n",
                "<html>",
            ),
        ],
        "data-health" => vec![
            json("ok", r#"{"status": "FRESH"}"#),
            case(
                "stale self_report",
                "503 Service Unavailable",
                "",
                r#"{"status": "STALE"}"#,
            ),
            html("down status", "503 Service Unavailable"),
            json("invalid self_report", r#"{"status": "GREAT"}"#),
        ],
        "front-page" => vec![
            html("ok", "200 OK"),
            html("degraded slow", "200 OK").after(Duration::from_millis(850)),
            // The test's certificate ends with the year 2098.
            html("degraded certificate", "200 OK").at("2098-12-25T00:00:00Z"),
            html("down timeout", "200 OK").after(Duration::MAX),
        ],
        "valuation" => vec![
            json("ok", r#"{"estimate": 1490000000}"#),
            case("unknown credential", "401 Unauthorized", "", ""),
            case(
                "unknown rate_limited",
                "429 Too Many Requests",
                "retry-after: 60\r\n",
                "",
            ),
            json("invalid no_match", "{}"),
        ],
        unknown => {
            panic!(
                "probes/README.md has a probe `{unknown}` among the first {SERVED} that no test serves answers to: add a row"
            )
        }
    }
}

fn csv(told: &'static str, fields: &str) -> Case {
    case(
        told,
        "200 OK",
        &format!("content-type: text/csv\r\n{fields}"),
        "district,price\n마포구,148500\n",
    )
}

#[tokio::test]
async fn every_probe_of_the_cookbook_does_what_it_says() {
    let recipes = recipes();
    assert_eq!(recipes.len(), PROBES);
    let mut wrong = String::new();
    for recipe in &recipes[..SERVED] {
        for (index, case) in cases(&recipe.name()).into_iter().enumerate() {
            assert_eq!(
                index == 0,
                case.told == "ok",
                "{}: one good answer, and it comes first",
                recipe.name()
            );
            let told = tell(&recipe.run(&case).await);
            if told != case.told {
                let _ = writeln!(
                    wrong,
                    "{}: {told}, wanted {}\n{}",
                    recipe.name(),
                    case.told,
                    case.answer
                );
            }
            if !recipe.says(case.told) {
                let _ = writeln!(
                    wrong,
                    "{}: the text does not speak of {}",
                    recipe.name(),
                    case.told
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// That the tests hold is tested with those of all shipped files.
#[test]
fn the_cookbook_speaks_of_all_that_its_tests_show() {
    for recipe in &recipes()[SERVED..] {
        let name = recipe.name();
        let told: Vec<String> = tests_of(&name).iter().map(tell_expected).collect();
        for verdict in ["ok", "stale", ""] {
            let is_shown = |told: &String| match verdict {
                "" => !told.starts_with("ok") && !told.starts_with("stale"),
                verdict => told.split(' ').next() == Some(verdict),
            };
            assert!(told.iter().any(is_shown), "{name} shows no `{verdict}`: {told:?}");
        }
        for told in &told {
            assert!(recipe.says(told), "{name}: the text does not speak of {told}");
        }
    }
}

/// The tests in the file of a probe.
fn tests_of(probe: &str) -> Vec<UnitTest> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../probes/{probe}.yaml"));
    let purpose = Purpose::Testing { require: true };
    match freshwatch_file::load_for(&[path], purpose, &|_| None) {
        Ok(mut set) => set.tests.remove(0),
        Err(mistakes) => panic!("{}", mistakes.render(false)),
    }
}

fn tell_expected(test: &UnitTest) -> String {
    let code = test.expected.reason.map(|code| format!(" {code}"));
    format!("{}{}", test.expected.verdict, code.unwrap_or_default())
}

#[tokio::test]
async fn a_date_without_a_zone_is_not_guessed() {
    let all = recipes();
    let found = all
        .iter()
        .find(|recipe| recipe.name() == "sale-prices")
        .expect("the second probe");
    let lines = found.yaml.lines().filter(|line| !line.contains("timezone:"));
    let without = Recipe {
        yaml: lines.fold(String::new(), |text, line| text + line + "\n"),
        ..found.clone()
    };
    let case = json(
        "invalid naive_timestamp",
        r#"{"items": [{"contractDate": "2026-11-19"}]}"#,
    );
    assert_eq!(tell(&without.run(&case).await), case.told);
    assert!(found.says(case.told));
}

/// A section of the cookbook: its probe file, and what it says about it.
#[derive(Clone)]
pub struct Recipe {
    pub yaml: String,
    text: String,
}

/// Every block of YAML that declares probes, with its section's text.
pub fn recipes() -> Vec<Recipe> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../probes/README.md");
    let text = std::fs::read_to_string(path).expect("the cookbook");
    let sections = text.split("\n## ").map(|section| {
        let blocks = section
            .split("```yaml\n")
            .skip(1)
            .filter_map(|rest| rest.split_once("```"));
        blocks
            .map(|(yaml, text)| Recipe {
                yaml: yaml.to_owned(),
                text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            })
            .collect::<Vec<_>>()
    });
    sections
        .flatten()
        .filter(|recipe| recipe.yaml.contains("probes:"))
        .collect()
}

impl Recipe {
    pub fn name(&self) -> String {
        self.load(&self.yaml).name.to_string()
    }

    fn load(&self, yaml: &str) -> Arc<Definition> {
        let source = Source {
            name: "README.md".into(),
            text: yaml.replace(TOKEN_FILE, &token_file()),
        };
        let no_file = |_: &Path| Err(io::ErrorKind::NotFound.into());
        let mut definitions = match freshwatch_file::parse(&[source], &|_| None, &no_file) {
            Ok(set) => set.definitions,
            Err(mistakes) => panic!(
                "\n{}\nin the section that says: {}",
                mistakes.render(false),
                self.text
            ),
        };
        assert_eq!(definitions.len(), 1, "one probe a section: {}", self.text);
        definitions.remove(0)
    }

    /// Whether the text names the verdict and the code, as `stale` (`too_old`).
    fn says(&self, told: &str) -> bool {
        told.split_once(' ')
            .is_none_or(|(verdict, code)| self.text.contains(&format!("`{verdict}` (`{code}`)")))
    }

    /// Runs the probe as it stands there, its host's name meaning a server that gives this answer. Plain HTTP is
    /// spoken where TLS is not the matter.
    async fn run(&self, case: &Case) -> Run {
        let host = host(&self.yaml);
        let tls = self.yaml.contains("certificate:");
        let authority = Authority::new();
        let identity = tls.then(|| authority.issue(&[host]));
        let server = serve(case, identity.as_ref()).await;
        let port = server.address().port();
        let scheme = if tls { "https" } else { "http" };
        let moved = self
            .yaml
            .replace(&format!("https://{host}"), &format!("{scheme}://{host}:{port}"));
        let mut definition = Definition::clone(&self.load(&moved));
        definition.request.resolve.push(ResolveOverride {
            host: host.to_owned(),
            port,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        });
        definition.request.tls.ca = tls.then(|| authority.file());
        if case.thinks == Duration::MAX {
            definition.timeout = Duration::from_millis(300);
        }
        let now: Timestamp = case.now.parse().expect("a time");
        let run = Agent::new().run_once(&Arc::new(definition), Some(now)).await;
        assert_eq!(
            server.requests().len(),
            1,
            "{}: the server is asked once",
            self.name()
        );
        assert!(!format!("{run:?}").contains(TOKEN), "{run:?}");
        run
    }
}

/// The host of the first URL.
fn host(yaml: &str) -> &str {
    let (_, rest) = yaml.split_once("https://").expect("a URL with https");
    rest.split(['/', '\n', '?']).next().unwrap_or_default()
}

async fn serve(case: &Case, identity: Option<&Identity>) -> Server {
    let (answer, thinks) = (case.answer.clone(), case.thinks);
    let script = move |mut visit: freshwatch_tests::server::Visit| {
        let answer = answer.clone();
        async move {
            if visit.request().await.is_none() {
                return;
            }
            if thinks == Duration::MAX {
                return visit.hang().await;
            }
            tokio::time::sleep(thinks).await;
            visit.send(answer).await;
            visit.close().await;
        }
    };
    match identity {
        Some(identity) => Server::over_tls(identity.serving(&[]), script).await,
        None => Server::playing(script).await,
    }
}

/// `ok`, or verdict and code of the first reason.
fn tell(run: &Run) -> String {
    let code = run
        .judgment
        .reasons
        .first()
        .map(|reason| format!(" {}", reason.code));
    format!("{}{}", run.judgment.verdict, code.unwrap_or_default())
}
