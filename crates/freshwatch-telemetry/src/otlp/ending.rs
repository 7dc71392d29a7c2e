//! Word that the program is about to end.

use tokio::sync::watch;

/// Whether the program is about to end.
#[derive(Clone)]
pub(super) struct Ending(watch::Receiver<bool>);

/// Who says that it is.
pub(super) struct Herald(watch::Sender<bool>);

impl Ending {
    /// Nobody has said so yet.
    pub(super) fn new() -> (Herald, Self) {
        let (herald, ending) = watch::channel(false);
        (Herald(herald), Self(ending))
    }

    pub(super) fn is_near(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is.
    pub(super) async fn comes(&mut self) {
        // Who could say so is gone: that is the end too.
        let _ = self.0.wait_for(|is_near| *is_near).await;
    }
}

impl Herald {
    pub(super) fn announce(&self) {
        self.0.send_replace(true);
    }
}
