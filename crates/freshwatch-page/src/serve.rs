//! The socket: HTTP/1.1, every connection owned and bounded.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time;

use crate::endpoints::{Endpoints, Listening};

/// A breath when no connection can be taken, such as without a free file handle.
const BREATH: Duration = Duration::from_millis(100);

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// We have a request to answer.
    Ours,
    /// The client has an answer to take, or a request to make.
    Theirs,
}

impl Endpoints {
    /// Answers whoever connects until `stop` is over; then those requests that are under way have a few seconds left.
    /// Nothing of it outlives this future.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let listening = Listening::on(&listener);
        let endpoints = Arc::new(self);
        let (end, ending) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                // One that was slow, cut or panicked is its own matter.
                Some(_) = connections.join_next() => {}
                accepted = listener.accept(), if connections.len() < endpoints.bounds.connections => {
                    if let Ok((stream, _)) = accepted {
                        connections.spawn(converse(stream, Arc::clone(&endpoints), listening, ending.clone()));
                    } else {
                        time::sleep(BREATH).await;
                    }
                }
            }
        }
        drop(listener);
        end.send_replace(true);
        let farewell = async { while connections.join_next().await.is_some() {} };
        // Whoever is not done by then is cut off.
        let _ = time::timeout(endpoints.bounds.farewell, farewell).await;
        connections.shutdown().await;
    }
}

/// One connection: any number of requests, one after the other.
async fn converse(
    stream: TcpStream,
    endpoints: Arc<Endpoints>,
    listening: Listening,
    mut ending: watch::Receiver<bool>,
) {
    // Without it the end of an answer may wait for the client's acknowledgment; it is no more than slower.
    let _ = stream.set_nodelay(true);
    let bounds = endpoints.bounds;
    let (turn, turns) = watch::channel(Turn::Theirs);
    let service = service_fn(|request| {
        turn.send_replace(Turn::Ours);
        let answer = endpoints.answer(request, listening);
        let turn = &turn;
        async move {
            let answer = answer.await;
            turn.send_replace(Turn::Theirs);
            Ok::<_, Infallible>(answer)
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_header_size(bounds.head_size)
        .max_buf_size(bounds.head_size.max(64 << 10));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut patience = pin!(lost_patience(turns, bounds.taking));
    tokio::select! {
        _ = connection.as_mut() => return,
        () = patience.as_mut() => return,
        _ = ending.wait_for(|ending| *ending) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = patience => {}
    }
}

/// Ends when it has been the client's turn for too long: it does not take its answer.
async fn lost_patience(mut turns: watch::Receiver<Turn>, patience: Duration) {
    loop {
        let turn = *turns.borrow_and_update();
        let changed = turns.changed();
        let is_another = match turn {
            Turn::Ours => changed.await.is_ok(),
            Turn::Theirs => matches!(time::timeout(patience, changed).await, Ok(Ok(()))),
        };
        if !is_another {
            return;
        }
    }
}
