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
        if waiting.len() == 1 {
            drop(task::spawn(self.clone().close_all()));
        }
    }

    async fn close_all(self) {
        // After everything that can go on now.
        task::yield_now().await;
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(waiting);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, duplex};
    use tokio::time::timeout;

    use super::Closing;
    use crate::http::conversation::Conversation;

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
