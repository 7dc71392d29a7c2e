//! The request to stop: SIGINT from a person, SIGTERM from Kubernetes.

/// Ends when the process is asked to stop. Where signals cannot be watched, it never ends.
pub async fn requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    () = interrupted() => {}
                }
            }
            Err(_) => interrupted().await,
        }
    }
    #[cfg(not(unix))]
    interrupted().await;
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
