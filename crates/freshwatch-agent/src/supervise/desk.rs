//! Where a probe's task finds its orders.

use std::sync::{Arc, Mutex, PoisonError};

use freshwatch_probe::definition::Definition;
use tokio::sync::Notify;

/// What a task is to do.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// Go on by another definition, after the run that is under way.
    Redefine(Arc<Definition>),
    /// Start no more runs; end after the one that is under way.
    Finish,
    /// End now; the run that is under way is aborted.
    Cut,
    /// End now, and say nothing of the run that is under way.
    Retire,
}

/// The desk of one task: the newest order lies on top and is the one that counts.
///
/// A channel would take a kilobyte for each probe.
#[derive(Debug, Default)]
pub(super) struct Desk {
    order: Mutex<Option<Order>>,
    arrived: Notify,
}

impl Desk {
    /// Puts an order on the desk.
    pub fn order(&self, order: Order) {
        *self.order.lock().unwrap_or_else(PoisonError::into_inner) = Some(order);
        self.arrived.notify_one();
    }

    /// Waits for an order.
    pub async fn next(&self) -> Order {
        loop {
            let order = self.order.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(order) = order {
                return order;
            }
            self.arrived.notified().await;
        }
    }
}
