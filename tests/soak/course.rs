//! The soak from its beginning to its end.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use freshwatch_agent::clock;
use jiff::{SignedDuration, Timestamp};
use nix::sys::signal::Signal;
use tokio::runtime::{Builder, Runtime};

use crate::accounts::Snapshot;
use crate::arguments::Arguments;
use crate::cast::TIMEOUT;
use crate::checks;
use crate::daemon::{Daemon, post_reload, until};
use crate::editor::{Editor, Means};
use crate::findings::Findings;
use crate::log::Log;
use crate::minutes;
use crate::receiver::{Mood, Receiver};
use crate::rhythm::Rhythm;
use crate::seen::{Ending, Outage, Seen, Waking};
use crate::target::Target;
use freshwatch_tests::resources::Resources;

/// How long anything may take that should take a moment.
const PATIENCE: Duration = Duration::from_secs(40);

/// The soak and all that takes part in it.
struct Course {
    daemon: Daemon,
    log: Log,
    editor: Editor,
    receiver: Receiver,
    target: Target,
    rhythm: Rhythm,
    /// What was asked of the daemon and has not been seen to happen: the kind of line, and how many there are to be.
    awaited: Option<(&'static str, u64, Instant)>,
    seen: Seen,
    // The last: servers end with it.
    runtime: Runtime,
}

/// Soaks the program, and says what was found.
pub fn run(arguments: &Arguments, program: &Path) -> io::Result<Findings> {
    let folder = tempfile::tempdir()?;
    let mut course = Course::begin(arguments, program, folder.path())?;
    course.until_idle()?;
    course.wake()?;
    course.main_part()?;
    course.rest()?;
    course.wake()?;
    thread::sleep(course.rhythm.finale);
    course.end()?;
    if let Some(file) = &arguments.keep_log {
        std::fs::copy(&course.daemon.log, file)?;
    }
    let mut findings = Findings::default();
    checks::all(&mut findings, &course.seen, &course.rhythm);
    Ok(findings)
}

impl Course {
    fn begin(arguments: &Arguments, program: &Path, folder: &Path) -> io::Result<Self> {
        let rhythm = arguments.rhythm();
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let (target, receiver) = runtime.block_on(async {
            io::Result::Ok((Target::start(rhythm.mood).await?, Receiver::start().await?))
        })?;
        let files = folder.join("probes");
        let editor = Editor::new(&files, &target, arguments.probes(), rhythm.intervals)?;
        editor.write(true)?;
        let log = folder.join("log");
        let daemon = Daemon::start(program, &files, receiver.address, &rhythm, log)?;
        let log = Log::open(&daemon.log)?;
        minutes::begin(editor.members.len(), rhythm.length);
        Ok(Self {
            daemon,
            log,
            editor,
            receiver,
            target,
            rhythm,
            awaited: None,
            seen: Seen::default(),
            runtime,
        })
    }

    /// What an idle daemon takes, with all probes loaded and one export delivered.
    fn until_idle(&mut self) -> io::Result<()> {
        self.wait("the first export", |course| {
            Ok(course.log.address.is_some() && !course.receiver.delivered().exports.is_empty())
        })?;
        // What the start needed goes; what is left is needed always.
        let mut least = self.daemon.resources()?;
        let start = clock::monotonic();
        while start.elapsed() < self.rhythm.export * 2 {
            thread::sleep(self.rhythm.look);
            let now = self.daemon.resources()?;
            least.threads = least.threads.max(now.threads);
            least.files = least.files.max(now.files);
            least.resident = now.resident;
        }
        self.seen.idle = least;
        Ok(())
    }

    /// Every probe goes to its own schedule.
    fn wake(&mut self) -> io::Result<()> {
        let from = clock::now();
        self.reload_all(false)?;
        self.seen.awake.push(Waking {
            from,
            sure_from: clock::now() + SignedDuration::from_secs(1),
            sure_to: Timestamp::MAX,
            to: Timestamp::MAX,
        });
        Ok(())
    }

    fn reload_all(&mut self, rests: bool) -> io::Result<()> {
        let address = self.address()?;
        self.editor.write(rests)?;
        self.expect("loaded")?;
        let status = post_reload(address)?;
        if !status.contains(" 200 ") {
            return Err(io::Error::other(format!("a reload was answered `{status}`")));
        }
        self.wait("the reload", |course| Ok(course.awaited.is_none()))
    }

    fn main_part(&mut self) -> io::Result<()> {
        let start = clock::monotonic();
        let mut next_line = self.rhythm.line;
        let mut next_edit = self.rhythm.edit;
        loop {
            let since = start.elapsed();
            self.set_mood(self.rhythm.receiver(since));
            self.look(since)?;
            if since >= next_line {
                next_line += self.rhythm.line;
                let now = self.daemon.resources()?;
                minutes::line(since, now, &self.target, &self.receiver, &self.log);
            }
            if since >= self.rhythm.length {
                return self.wait("the last edit", |course| Ok(course.awaited.is_none()));
            }
            if since >= next_edit
                && self.awaited.is_none()
                && since + self.rhythm.edit / 2 < self.rhythm.length
            {
                next_edit += self.rhythm.edit;
                self.edit()?;
            }
            thread::sleep(self.rhythm.look);
        }
    }

    fn set_mood(&mut self, mood: Mood) {
        let before = self.receiver.mood();
        if before == mood {
            return;
        }
        self.receiver.become_so(mood);
        let now = clock::now();
        if let Some(outage) = self.seen.outages.last_mut().filter(|outage| outage.to.is_none()) {
            outage.to = Some(now);
        }
        if mood != Mood::Well {
            self.seen.outages.push(Outage {
                mood,
                from: now,
                to: None,
            });
        }
    }

    /// One look at the daemon.
    fn look(&mut self, since: Duration) -> io::Result<()> {
        self.daemon.still_runs()?;
        self.log.read()?;
        let resources = self.daemon.resources()?;
        self.seen.samples.push((since, resources));
        let Some((kind, count, asked)) = self.awaited else {
            return Ok(());
        };
        if self.log.count(kind) >= count {
            self.awaited = None;
        } else if asked.elapsed() > PATIENCE {
            return Err(io::Error::other(format!(
                "waited {PATIENCE:?} for files to be {kind} in vain"
            )));
        }
        Ok(())
    }

    fn edit(&mut self) -> io::Result<()> {
        let edit = self.editor.edit(&self.target)?;
        self.expect(if edit.is_mistaken { "not loaded" } else { "loaded" })?;
        match edit.means {
            Means::HangUp => self.daemon.signal(Signal::SIGHUP),
            Means::Watch => Ok(()),
            Means::Post => {
                let status = post_reload(self.address()?)?;
                let wanted = if edit.is_mistaken { " 422 " } else { " 200 " };
                if !status.contains(wanted) {
                    self.seen.surprises.push(format!("POST /-/reload: `{status}`"));
                }
                Ok(())
            }
        }
    }

    fn expect(&mut self, kind: &'static str) -> io::Result<()> {
        self.log.read()?;
        *self.seen.reloads.entry(kind).or_default() += 1;
        self.awaited = Some((kind, self.log.count(kind) + 1, clock::monotonic()));
        Ok(())
    }

    /// Every probe goes to the schedule of once a year, and all runs end.
    fn rest(&mut self) -> io::Result<()> {
        self.set_mood(Mood::Well);
        let rested_from = clock::now();
        self.reload_all(true)?;
        let rested = clock::now();
        let awake = self.seen.awake.last_mut();
        if let Some(awake) = awake {
            awake.sure_to = rested_from - SignedDuration::from_secs(1);
            // A run that was under way still counts what fell into it.
            awake.to = rested + SignedDuration::from_secs(TIMEOUT + 1);
        }
        // The longest run takes ten seconds.
        self.wait("the last run and its export", |course| {
            let delivered = course.receiver.delivered();
            let is_after = delivered
                .exports
                .last()
                .is_some_and(|export| export.at > rested + SignedDuration::from_millis(100));
            Ok(is_after
                && delivered.of_prober("freshwatch_runs_in_flight") < 0.5
                && delivered.of_prober("freshwatch_export_queue_batches") < 4.0)
        })?;
        // What was read before the last run had ended is told by now; one more export tells of all.
        let exports = self.receiver.delivered().exports.len();
        self.wait("one more export", |course| {
            Ok(course.receiver.delivered().exports.len() >= exports + 2)
        })?;
        self.seen.at_rest = self.snapshot();
        self.seen.rested = self.until_threads_are_gone()?;
        self.seen.connections_at_rest = self.target.connections();
        self.seen.removed = self.editor.removed.clone();
        Ok(())
    }

    fn until_threads_are_gone(&mut self) -> io::Result<Resources> {
        let idle = self.seen.idle;
        let (daemon, target) = (&self.daemon, &self.target);
        let gone = until(self.rhythm.settling, || {
            let now = daemon.resources()?;
            let files = now.files.saturating_sub(target.connections());
            Ok((now.threads <= idle.threads && files <= idle.files).then_some(now))
        })?;
        gone.map_or_else(|| self.daemon.resources(), Ok)
    }

    fn snapshot(&self) -> Snapshot {
        let delivered = self.receiver.delivered();
        Snapshot {
            probes: self.target.notes(),
            told: delivered.probes.clone(),
            prober: delivered.prober.clone(),
        }
    }

    /// SIGTERM, with runs under way.
    fn end(&mut self) -> io::Result<()> {
        self.daemon.still_runs()?;
        let last = self.daemon.resources()?;
        let asked = clock::now();
        self.daemon.signal(Signal::SIGTERM)?;
        let status = self.daemon.ended(PATIENCE)?;
        let ended = clock::now();
        if let Some(awake) = self.seen.awake.last_mut() {
            awake.sure_to = asked - SignedDuration::from_secs(1);
            awake.to = ended;
        }
        self.log.read()?;
        self.seen.at_end = self.snapshot();
        self.seen.ending = Some(Ending {
            asked,
            took: ended.duration_since(asked).try_into().unwrap_or_default(),
            code: status.and_then(|status| status.code()),
            is_gone: self.daemon.is_gone(),
            last,
            open: self.until_closed()?,
            strange: self.target.strange(),
        });
        let log = &mut self.log;
        self.seen.lines = log.kinds.clone();
        self.seen.changes = std::mem::take(&mut log.changes);
        self.seen.strange_lines = std::mem::take(&mut log.strange);
        let mut delivered = self.receiver.delivered();
        self.seen.exports = std::mem::take(&mut delivered.exports);
        self.seen.came = std::mem::take(&mut delivered.came);
        self.seen.complaints = std::mem::take(&mut delivered.complaints);
        (self.seen.wrong, self.seen.batches, self.seen.points) =
            (delivered.wrong, delivered.batches, delivered.points);
        Ok(())
    }

    /// How many connections are left at the target once it has seen them go.
    fn until_closed(&self) -> io::Result<u64> {
        let target = &self.target;
        until(Duration::from_secs(5), || {
            Ok((target.connections() == 0).then_some(()))
        })?;
        Ok(target.connections())
    }

    fn address(&self) -> io::Result<std::net::SocketAddr> {
        self.log
            .address
            .ok_or_else(|| io::Error::other("the daemon has not said where it listens"))
    }

    /// Waits for something that must come, and looks at the daemon meanwhile.
    fn wait(&mut self, what: &str, mut holds: impl FnMut(&Self) -> io::Result<bool>) -> io::Result<()> {
        let start = clock::monotonic();
        loop {
            self.daemon.still_runs()?;
            self.log.read()?;
            if let Some((kind, count, _)) = self.awaited
                && self.log.count(kind) >= count
            {
                self.awaited = None;
            }
            if holds(self)? {
                return Ok(());
            }
            if start.elapsed() > PATIENCE + self.rhythm.export * 4 {
                return Err(io::Error::other(format!("waited for {what} in vain")));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        // What still asks is cut off with its answer.
        let _inside = self.runtime.enter();
    }
}
