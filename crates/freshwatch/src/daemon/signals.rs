//! The signals that a daemon is told by: SIGTERM and SIGINT end it, SIGHUP reloads.

use std::io;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// To end.
    Stop,
    /// To load the files again.
    Reload,
}

/// The signals, watched from the start so that none is lost between two looks.
#[cfg(unix)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub fn watch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }

    /// Waits until the process is asked to stop. A request to reload stays for [`next`](Self::next): one that comes
    /// during a reload is about files that this one may have read already.
    pub async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Elsewhere there is Ctrl-C alone.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn watch() -> io::Result<Self> {
        Ok(Self)
    }

    pub async fn next(&mut self) -> Asked {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Asked::Stop
    }

    pub async fn stop(&mut self) {
        while self.next().await != Asked::Stop {}
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use nix::sys::signal::{Signal, raise};
    use tokio::signal::unix::{SignalKind, signal};
    use tokio::time::timeout;

    use super::{Asked, Signals};

    #[tokio::test]
    async fn a_request_to_reload_that_comes_during_a_reload_is_heard_after_it() {
        let mut signals = Signals::watch().expect("signals can be watched");
        let mut arrived = signal(SignalKind::hangup()).expect("signals can be watched");
        raise(Signal::SIGHUP).expect("a process may signal itself");
        // So long a reload lasts, in which only the end is listened for.
        tokio::select! {
            biased;
            () = signals.stop() => panic!("nobody asked for the end"),
            _ = arrived.recv() => {}
        }
        let next = timeout(Duration::from_secs(10), signals.next()).await;
        assert_eq!(next, Ok(Asked::Reload));
    }
}
