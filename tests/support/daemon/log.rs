//! What a daemon says on standard error, line by line.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::within;

/// What a process has said so far, and what it will say.
#[derive(Debug)]
pub struct Log {
    lines: watch::Receiver<Vec<String>>,
    _reading: JoinSet<()>,
}

impl Log {
    pub(super) fn of(stream: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (said, lines) = watch::channel(Vec::new());
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            let mut stream = BufReader::new(stream).lines();
            while let Ok(Some(line)) = stream.next_line().await {
                said.send_modify(|lines: &mut Vec<String>| lines.push(line));
            }
        });
        Self {
            lines,
            _reading: reading,
        }
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    /// The lines so far that hold `text`.
    pub fn with(&self, text: &str) -> Vec<String> {
        holding(text, &self.lines.borrow())
    }

    /// Waits for the first line that holds `text`.
    pub async fn line(&self, text: &str) -> String {
        self.nth(text, 1).await
    }

    /// Waits for the nth line that holds `text`, counted from 1.
    ///
    /// # Panics
    /// When it does not come.
    pub async fn nth(&self, text: &str, nth: usize) -> String {
        let mut lines = self.lines.clone();
        let come = lines.wait_for(|lines| holding(text, lines).len() >= nth);
        let come = within(come, || format!("no `{text}` in {:#?}", self.lines())).await;
        // What has come is a lock on the lines. Whoever reads them again with it in hand waits for the line that is
        // about to be added, and that one for him.
        let has_come = come.map(drop).is_ok();
        assert!(has_come, "no `{text}` in {:#?}", self.lines());
        self.with(text).swap_remove(nth - 1)
    }

    /// Waits until the process has closed its end.
    pub async fn end(&self) -> Vec<String> {
        let mut lines = self.lines.clone();
        let end = async { while lines.changed().await.is_ok() {} };
        within(end, || format!("it still says: {:#?}", self.lines())).await;
        self.lines()
    }
}

fn holding(text: &str, lines: &[String]) -> Vec<String> {
    lines.iter().filter(|line| line.contains(text)).cloned().collect()
}

/// A line of `--log-format json`.
pub(super) fn fields(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn lines_that_come_while_one_is_read_hold_up_nobody() {
        const LINES: usize = 2000;
        let (mut said, stream) = tokio::io::duplex(64);
        let log = Log::of(stream);
        let saying = tokio::spawn(async move {
            for nth in 1..=LINES {
                said.write_all(format!("line {nth}\n").as_bytes())
                    .await
                    .expect("somebody reads");
            }
        });
        for nth in 1..=LINES {
            assert_eq!(log.nth("line", nth).await, format!("line {nth}"));
        }
        saying.await.expect("all is said");
        assert_eq!(log.end().await.len(), LINES);
    }
}
