//! Connections that have served are closed together, when the runs of the moment are through.
//!
//! To close one wakes the peer. Where that is on this machine, it takes over the processor at once, and the runs that
//! are still to be judged find their caches cold, one after the other.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task;

use crate::http::conversation::Conversation;

/// Connections that wait to be closed.
#[derive(Clone, Default)]
pub(crate) struct Closing(Arc<Mutex<Vec<Conversation>>>);

impl Closing {
    /// Closes a connection soon.
    pub fn close(&self, conversation: Conversation) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(conversation);
        let is_first = waiting.len() == 1;
        // A runtime that ends drops the task at once.
        drop(waiting);
        if is_first {
            drop(task::spawn(close_all(Together(self.clone()))));
        }
    }
}

async fn close_all(together: Together) {
    // After everything that can go on now.
    task::yield_now().await;
    drop(together);
}

/// Closes all that wait, also when its task is dropped with the runtime: the next to come would wait for it for ever.
struct Together(Closing);

impl Drop for Together {
    fn drop(&mut self) {
        let mut waiting = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = std::mem::take(&mut *waiting);
        drop(waiting);
        drop(closed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, duplex};
    use tokio::time::timeout;

    use super::Closing;
    use crate::http::conversation::Conversation;

    #[test]
    fn a_runtime_that_ends_leaves_nothing_open() {
        let closing = Closing::default();
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        for _ in 0..2 {
            // It ends before anything else has its turn.
            runtime().block_on(async {
                let (near, _) = duplex(64);
                closing.close(Conversation::http1(near).await.unwrap());
            });
            assert_eq!(closing.0.lock().unwrap().len(), 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn connections_are_closed_when_the_moment_is_over() {
        let closing = Closing::default();
        // Those of one moment, and then another.
        for together in [2, 1] {
            let mut peers = Vec::new();
            for _ in 0..together {
                let (near, far) = duplex(64);
                closing.close(Conversation::http1(near).await.unwrap());
                peers.push(far);
            }
            for mut peer in peers {
                let end = timeout(Duration::from_secs(1), peer.read_u8()).await;
                assert!(end.is_ok_and(|read| read.is_err()), "it is open");
            }
        }
    }
}
