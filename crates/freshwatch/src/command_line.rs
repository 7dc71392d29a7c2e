//! The command line as clap reads it.

pub mod gate;
pub mod generate;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::OsStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use freshwatch_probe::lint::Code;
use freshwatch_probe::shard::Shard;
use freshwatch_probe::template::Secret;
use freshwatch_probe::{duration, size};
use freshwatch_telemetry::otlp::Storage;
use freshwatch_telemetry::spool::Limits;
use jiff::Timestamp;

use crate::daemon::logs::{Format, Least};
use crate::exit_code::FailOn;

/// Synthetic probes that know stale from down.
#[derive(Debug, Parser)]
#[command(
    name = "freshwatch",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run every probe once, report, push the results, and exit by verdict
    #[command(after_long_help = CHECK_HELP)]
    Check(Check),
    /// Run the probes by their schedules, push the state, serve /metrics: the daemon
    #[command(after_long_help = RUN_HELP)]
    Run(Run),
    /// Find every mistake in probe files, each with its place and its remedy
    #[command(after_long_help = LINT_HELP)]
    Lint(Lint),
    /// Run the probes' own tests: a recorded answer and a frozen clock, no network
    #[command(after_long_help = TEST_HELP)]
    Test(Test),
    /// Say in plain words what a probe promises, what is next, and how its verdict comes about
    #[command(after_long_help = EXPLAIN_HELP)]
    Explain(Explain),
    /// Say whether it is safe to deploy
    #[command(after_long_help = gate::HELP)]
    Gate(gate::Gate),
    /// Write what watches the probes, from their files: rules for Prometheus
    Generate(generate::Generate),
    /// Watch a pretend service go stale, break and recover
    #[command(after_long_help = DEMO_HELP)]
    Demo(Demo),
}

const CHECK_HELP: &str = "\
Examples:
  freshwatch check                                 every probe under probes/
  freshwatch check prices.yaml --probe 'real-*'    some probes of one file
  freshwatch check --fail-on down,stale            a pipeline that minds only these
  freshwatch check --format json | jq '.runs[] | select(.verdict != \"ok\")'
  freshwatch check --state /var/lib/freshwatch/state.db    probes remember from run to run what must move on
  OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 freshwatch check

Exit codes:
   0  every verdict is ok or degraded, and everything was delivered
   2  some down
   3  some unknown
   4  some stale
   5  some invalid
   6  verdicts fine, but results could not be delivered to the OTLP endpoint
  64  wrong use of the command line
  78  probe files with mistakes; nothing was probed
Across probes the order is 78, 2, 5, 4, 3, 6, 0.";

const RUN_HELP: &str = "\
Examples:
  freshwatch run                                   every probe under probes/, /metrics on 127.0.0.1:4171
  freshwatch run /etc/freshwatch --listen 0.0.0.0:4171
  OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 freshwatch run
  freshwatch run --state /var/lib/freshwatch/state.db      what must move on is known again after a restart
  freshwatch run --queue-dir /var/lib/freshwatch/queue     what the receiver has not taken survives a restart
  freshwatch run --shard 0/3                       a third of the probes; 1/3 and 2/3 run elsewhere
  curl -X POST http://127.0.0.1:4171/-/reload      the files again; SIGHUP does it too

Endpoints: /metrics, /-/healthy, /-/ready, /-/reload, /api/v1/probes, /api/v1/probes/NAME, and /probe where it is
allowed. The state is pushed every 15 seconds; OTEL_METRIC_EXPORT_INTERVAL, in milliseconds, says otherwise.

Exit codes: 0 asked to stop by SIGTERM or SIGINT, 1 failed inside, 64 wrong use or an address that cannot be had,
78 probe files with mistakes.";

const LINT_HELP: &str = "\
Examples:
  freshwatch lint                        every file under probes/
  freshwatch lint prices.yaml            one file
  freshwatch lint --format json          for editors and CI annotations
  freshwatch lint --deny warnings        a pipeline that wants neither mistakes nor warnings

A warning is about what is no mistake and most likely not meant:
  unattainable      a target of `slo` that the first failed run breaks
  runs_too_rarely   a `max_age` shorter than the time between two runs
  calendar_ends     a calendar that ends within 60 days, or has ended
  never_due         a `due` that falls on no open day of its calendar

Exit codes: 0 no mistakes, 64 wrong use of the command line, 78 mistakes, or warnings that are denied.";

const TEST_HELP: &str = "\
Examples:
  freshwatch test                                  the tests of every probe under probes/
  freshwatch test prices.yaml --probe 'real-*'     those of some probes of one file
  freshwatch test --require                        a probe without a test is a mistake
  freshwatch test --format junit > tests.xml       for CI servers

A test stands in its probe's file:
  tests:
    - name: month-old data is stale
      now: 2026-11-21T09:00:00+09:00
      answer: {json: {updatedAt: 2026-10-20T00:00:00Z}}
      verdict: stale
      reason: too_old
An answer has `status` (200), `headers`, one of `json`, `text` and `body: FILE`, `latency`, and
`certificate: {valid_for: 20d}`; or it is `{down: timeout}` (dns, connect, tls, reset, truncated, protocol).
Nothing is sent, so variables of the environment need not be set.

Exit codes: 0 every test holds, 7 some test does not, 64 wrong use of the command line,
78 probe files with mistakes; nothing was tested.";

const EXPLAIN_HELP: &str = "\
Examples:
  freshwatch explain real-price              asks its endpoint once, and tells how that is judged
  freshwatch explain real-price --offline    what it promises and what is next; nothing is sent
  freshwatch explain prices.yaml             the only probe of a file
  curl -i https://api.example.com/real-price | freshwatch explain real-price --answer -
  freshwatch explain real-price --answer answer.json --now 2026-11-21T09:00:00+09:00

A file of --answer holds what `curl -i` prints, or a body alone, whose content type follows from
the file's name. Neither the certificate nor the time that the answer took is in it, so these are
not judged then. The file of --state is left as it is. There is one attempt, and an `origin` is not
asked.

Exit codes: 0 explained, whatever the verdict, 64 wrong use of the command line,
78 probe files with mistakes.";

const DEMO_HELP: &str = "\
Examples:
  freshwatch demo                            one story of 44 seconds
  freshwatch demo --listen 127.0.0.1:0       on a free port
  freshwatch demo --serve                    only the service; then, in another terminal:
  freshwatch check probes/demo.yaml

Exit codes: 0 whatever the probes saw, 64 when the address is taken.";

/// Where probe files are.
#[derive(Debug, Args)]
pub struct Files {
    /// Probe files, or folders that are read recursively (*.yaml, *.yml)
    #[arg(value_name = "PATH", default_value = "probes/")]
    pub paths: Vec<PathBuf>,
}

/// `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Where the probes are.
    #[command(flatten)]
    pub files: Files,
    /// Run only probes whose name matches; may be repeated
    #[arg(long = "probe", value_name = "GLOB")]
    pub probes: Vec<String>,
    /// The verdicts that make the exit code fail: down, invalid, stale, unknown, or `never`
    #[arg(long, value_name = "VERDICT,…", default_value = "down,invalid,stale,unknown", value_parser = FailOn::parse)]
    pub fail_on: FailOn,
    /// Judge as if it were this time (RFC 3339), for trying out a rule
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    pub now: Option<Timestamp>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// How many probes may run at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub max_concurrent: u16,
    /// Which of them.
    #[command(flatten)]
    pub part: Part,
    /// What is remembered.
    #[command(flatten)]
    pub state: State,
    /// Who hears that it goes on.
    #[command(flatten)]
    pub heartbeat: Heartbeat,
    /// Where results go.
    #[command(flatten)]
    pub delivery: Delivery,
    /// Where they wait.
    #[command(flatten)]
    pub queue: Queue,
}

/// `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Where the probes are.
    #[command(flatten)]
    pub files: Files,
    /// Where /metrics and the other endpoints listen, or `none`; port 0: a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4171", value_parser = Listen::read)]
    pub listen: Listen,
    /// How many probes may run at once
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = read_limit)]
    pub max_concurrent: usize,
    /// How many probes of one host may run at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = read_limit)]
    pub max_per_host: usize,
    /// How long runs that are under way may take to end when the daemon is asked to stop
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration::parse)]
    pub grace: Duration,
    /// How often to look whether the files have changed; 0s: never
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = read_watch_interval)]
    pub watch_interval: Duration,
    /// How log lines on standard error look
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub log_format: Format,
    /// The least important lines that are logged
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Least::Info)]
    pub log_level: Least,
    /// Serve /probe?target=…&module=NAME as blackbox_exporter does, for the hosts in --probe-targets
    #[arg(long, requires = "probe_targets")]
    pub allow_probe_endpoint: bool,
    /// The hosts that /probe may ask: `api.example.com`, `*.example.com`, `10.0.0.7:8080`
    #[arg(
        long,
        value_name = "HOST,…",
        value_delimiter = ',',
        requires = "allow_probe_endpoint"
    )]
    pub probe_targets: Vec<String>,
    /// Which of them.
    #[command(flatten)]
    pub part: Part,
    /// What is remembered.
    #[command(flatten)]
    pub state: State,
    /// Who hears that it goes on.
    #[command(flatten)]
    pub heartbeat: Heartbeat,
    /// How often to call the heartbeat's URL while every probe that is due has run
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = read_heartbeat_interval)]
    pub heartbeat_interval: Duration,
    /// Where results go.
    #[command(flatten)]
    pub delivery: Delivery,
    /// Where they wait.
    #[command(flatten)]
    pub queue: Queue,
}

/// Which part of the probes is run here.
#[derive(Debug, Args)]
pub struct Part {
    /// Run only this shard's probes, `0/3` being the first of three; a hash of its name tells a probe's shard
    #[arg(long = "shard", value_name = "I/N", env = "FRESHWATCH_SHARD", value_parser = read_shard)]
    shard: Option<OneOf>,
}

/// All probes, or one shard's.
#[derive(Debug, Clone, Copy)]
struct OneOf(Option<Shard>);

/// An empty variable counts as unset.
fn read_shard(text: &str) -> Result<OneOf, String> {
    match text.trim() {
        "" => Ok(OneOf(None)),
        text => text.parse().map(Some).map(OneOf),
    }
}

impl Part {
    /// The shard; none: all the probes are run here.
    pub fn shard(&self) -> Option<Shard> {
        self.shard.and_then(|OneOf(shard)| shard)
    }
}

/// What is remembered from one process to the next.
#[derive(Debug, Args)]
pub struct State {
    /// Keep in this file what probes with `advances` or `changes` remember; processes may share it
    #[arg(
        id = "state",
        long = "state",
        value_name = "FILE",
        env = "FRESHWATCH_STATE",
        value_parser = OsStringValueParser::new()
    )]
    file: Option<OsString>,
}

impl State {
    /// The file. An empty name is none: a variable that is empty counts as unset.
    pub fn file(&self) -> Option<&Path> {
        self.file
            .as_deref()
            .filter(|file| !file.is_empty())
            .map(Path::new)
    }
}

/// Where the endpoints listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// At this address.
    At(SocketAddr),
    /// There are none.
    Nowhere,
}

impl Listen {
    fn read(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Nowhere);
        }
        text.parse().map(Self::At).map_err(|_| {
            format!("`{text}` is not an address with a port: write it like `127.0.0.1:4171`, or `none`")
        })
    }
}

/// Where results go.
#[derive(Debug, Args)]
pub struct Delivery {
    /// Push the results here over OTLP; the standard OTEL_EXPORTER_OTLP_* variables work too
    #[arg(long, value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// service.instance.id of the pushed series; it should be the same in every run
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
    /// Where this prober probes from, as a resource attribute
    #[arg(long, value_name = "NAME")]
    pub location: Option<String>,
}

/// A dead-man's switch outside.
#[derive(Debug, Args)]
pub struct Heartbeat {
    /// Call this URL after each completed round, whatever the verdicts: a dead-man's switch outside
    #[arg(
        id = "heartbeat",
        long = "heartbeat",
        value_name = "URL",
        env = "FRESHWATCH_HEARTBEAT",
        hide_env_values = true,
        value_parser = read_secret
    )]
    url: Option<Secret>,
}

impl Heartbeat {
    /// The URL, which is as good as a password. An empty one is none: a variable that is empty counts as unset.
    pub fn url(&self) -> Option<&Secret> {
        self.url.as_ref().filter(|url| !url.expose().trim().is_empty())
    }
}

/// Where results wait while the receiver is away.
#[derive(Debug, Args)]
pub struct Queue {
    /// Let results that could not be delivered yet wait in this folder, so that a restart loses none of them; each
    /// process needs a folder of its own
    #[arg(
        long = "queue-dir",
        value_name = "DIR",
        env = "FRESHWATCH_QUEUE_DIR",
        value_parser = OsStringValueParser::new()
    )]
    folder: Option<OsString>,
    /// How much may wait, the oldest go first; 1GiB in a folder, 64MiB in memory unless it is given
    #[arg(long = "queue-max-bytes", value_name = "SIZE", value_parser = read_queue_size)]
    pub most_bytes: Option<u64>,
    /// What is older is not sent any more
    #[arg(long = "queue-max-age", value_name = "DURATION", default_value = "24h", value_parser = duration::parse)]
    pub longest: Duration,
}

impl Queue {
    /// Where results wait. An empty name of a folder is none: a variable that is empty counts as unset.
    pub fn storage(&self) -> Storage {
        let folder = self.folder.as_deref().filter(|folder| !folder.is_empty());
        Storage {
            folder: folder.map(PathBuf::from),
            most_bytes: self.most_bytes,
            longest: self.longest,
        }
    }
}

/// `lint`.
#[derive(Debug, Args)]
pub struct Lint {
    /// Where the probes are.
    #[command(flatten)]
    pub files: Files,
    /// Take these warnings for mistakes: `warnings` for all of them, or their codes
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = Denial::parse)]
    pub deny: Vec<Denial>,
    /// Warn as if it were this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    pub now: Option<Timestamp>,
    /// How to print the mistakes
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub format: LintFormat,
}

/// `test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Where the probes are.
    #[command(flatten)]
    pub files: Files,
    /// Run only the tests of probes whose name matches; may be repeated
    #[arg(long = "probe", value_name = "GLOB")]
    pub probes: Vec<String>,
    /// Make a probe without a test a mistake
    #[arg(long)]
    pub require: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The probe; it can be left out where there is only one
    #[arg(value_name = "PROBE")]
    pub probe: Option<String>,
    /// Probe files, or folders that are read recursively (*.yaml, *.yml) [default: probes/]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Judge the answer in this file instead of asking the endpoint: what `curl -i` prints, or a body; `-` is
    /// standard input
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    pub answer: Option<PathBuf>,
    /// Judge nothing and send nothing
    #[arg(long)]
    pub offline: bool,
    /// As if it were this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    pub now: Option<Timestamp>,
    /// Read from this file what earlier runs saw of `advances` and `changes`
    #[arg(long, value_name = "FILE", env = "FRESHWATCH_STATE", value_parser = OsStringValueParser::new())]
    state: Option<OsString>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub format: ExplainFormat,
}

impl Explain {
    /// The file in which earlier runs remember. An empty name is none.
    pub fn state(&self) -> Option<&Path> {
        let file = self.state.as_deref();
        file.filter(|file| !file.is_empty()).map(Path::new)
    }
}

/// `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the pretend service listens; port 0: a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4170", value_parser = read_address)]
    pub listen: SocketAddr,
    /// How often the probes look, 100ms to 10s
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = read_rhythm)]
    pub every: Duration,
    /// End after so many rounds, when the story is not over before
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,
    /// Only serve, again and again, for `freshwatch check` in another terminal
    #[arg(long, conflicts_with_all = ["every", "rounds"])]
    pub serve: bool,
    /// Let the pretend time pass by `--every` each round instead of waiting for it; for tests
    #[arg(long, hide = true, conflicts_with = "serve")]
    pub fast_forward: bool,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    Text,
    /// `freshwatch.report/v1`; of tests `freshwatch.test/v1`
    Json,
    /// JUnit XML, for CI servers
    Junit,
}

/// Warnings that count as mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// All of them.
    All,
    /// Those of one kind.
    Of(Code),
}

impl Denial {
    /// Reads `warnings`, or the code of one kind.
    fn parse(text: &str) -> Result<Self, String> {
        if text == "warnings" {
            return Ok(Self::All);
        }
        let code = Code::ALL.into_iter().find(|code| code.as_str() == text);
        let all = Code::ALL.map(Code::as_str).join("`, `");
        code.map(Self::Of)
            .ok_or_else(|| format!("`{text}` is no kind of warning: write `warnings` for all, or `{all}`"))
    }

    /// Whether it is about a warning of this kind.
    pub fn is_of(self, code: Code) -> bool {
        match self {
            Self::All => true,
            Self::Of(denied) => denied == code,
        }
    }
}

/// How mistakes are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// With a picture of the place
    Text,
    /// `freshwatch.lint/v1`
    Json,
}

/// How an explanation is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For people
    Text,
    /// `freshwatch.explain/v1`
    Json,
}

fn read_time(text: &str) -> Result<Timestamp, String> {
    let form = "write it like `2026-11-21T09:00:00+09:00`";
    text.parse()
        .map_err(|_| format!("`{text}` is not an RFC 3339 time: {form}"))
}

/// What is wrong with a secret is told by whoever uses it: here the whole of it would be shown.
#[expect(clippy::unnecessary_wraps, reason = "a parser of values may fail")]
fn read_secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

fn read_heartbeat_interval(text: &str) -> Result<Duration, String> {
    let shortest = Duration::from_secs(1);
    let interval = duration::parse(text)?;
    if interval < shortest {
        return Err(format!(
            "`{text}` is shorter than {}: a switch outside would be asked too much",
            duration::show(shortest)
        ));
    }
    Ok(interval)
}

fn read_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not an address with a port: write it like `127.0.0.1:4170`"))
}

fn read_limit(text: &str) -> Result<usize, String> {
    let wrong = || format!("`{text}` is not a number from 1 to 1000000");
    let limit = text.parse().map_err(|_| wrong())?;
    if (1..=1_000_000).contains(&limit) {
        Ok(limit)
    } else {
        Err(wrong())
    }
}

fn read_queue_size(text: &str) -> Result<u64, String> {
    let bytes = size::parse(text)?;
    if bytes < Limits::FEWEST_BYTES {
        return Err(format!(
            "`{text}` is less than {}: a few of the largest requests would fill it",
            size::show(Limits::FEWEST_BYTES)
        ));
    }
    Ok(bytes)
}

fn read_watch_interval(text: &str) -> Result<Duration, String> {
    let shortest = Duration::from_millis(100);
    let interval = duration::parse(text)?;
    if interval > Duration::ZERO && interval < shortest {
        return Err(format!(
            "`{text}` is shorter than {}: the files would be looked at all the time",
            duration::show(shortest)
        ));
    }
    Ok(interval)
}

fn read_rhythm(text: &str) -> Result<Duration, String> {
    let (shortest, longest) = (Duration::from_millis(100), Duration::from_secs(10));
    let rhythm = duration::parse(text)?;
    if rhythm < shortest || rhythm > longest {
        let (shortest, longest) = (duration::show(shortest), duration::show(longest));
        return Err(format!(
            "`{text}` is not within {shortest} and {longest}: longer, and whole acts would be missed"
        ));
    }
    Ok(rhythm)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::CommandLine;

    #[test]
    fn the_definition_of_the_command_line_holds() {
        CommandLine::command().debug_assert();
    }
}
