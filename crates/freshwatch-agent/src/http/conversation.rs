//! One HTTP connection: requests go in, and whoever waits for the answer drives it.
//!
//! The connection is polled together with what waits for it, in the same task. Nothing is spawned, so dropping the
//! conversation ends it, and an idle one costs no wake-ups. One over HTTP/1.1 that rests is nothing but its socket:
//! hyper's buffers, 16 KiB, are for those that talk.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use crate::http::head_guard::{Allowance, HeadGuard};

/// The largest head of an answer, in bytes.
pub(crate) const LARGEST_HEAD: u32 = 64 << 10;

/// How much of a body may be on its way over HTTP/2 before we have read it, in bytes: the bound of the body, within
/// these. HTTP/1.1 leaves that to the system.
const WINDOW: (u32, u32) = (64 << 10, 1 << 20);

type Http1 = http1::Connection<TokioIo<HeadGuard<Box<dyn Wire>>>, Full<Bytes>>;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An open connection.
pub(crate) struct Conversation {
    sender: Sender,
    driver: Driver,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>, Allowance),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Conversation {
    /// Speaks HTTP/1.1 over a connection.
    pub async fn http1<IO>(io: IO) -> hyper::Result<Self>
    where
        IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self::http1_over(Box::new(io)).await
    }

    async fn http1_over(wire: Box<dyn Wire>) -> hyper::Result<Self> {
        let (io, allowance) = HeadGuard::new(wire);
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(LARGEST_HEAD as usize)
            .handshake(TokioIo::new(io))
            .await?;
        Ok(Self {
            sender: Sender::Http1(sender, allowance),
            driver: Driver::One(Some(Box::new(connection))),
        })
    }

    /// Speaks HTTP/2 over a connection on which bodies of `max_body` bytes are wanted.
    pub async fn http2<IO>(io: IO, max_body: u64) -> hyper::Result<Self>
    where
        IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let window = u32::try_from(max_body)
            .unwrap_or(u32::MAX)
            .clamp(WINDOW.0, WINDOW.1);
        let tasks = Tasks::default();
        let (sender, connection) = http2::Builder::new(tasks.clone())
            .max_header_list_size(LARGEST_HEAD)
            .initial_stream_window_size(window)
            .initial_connection_window_size(window)
            .handshake(TokioIo::new(io))
            .await?;
        Ok(Self {
            sender: Sender::Http2(sender),
            driver: Driver::many(Box::pin(async { drop(connection.await) }), tasks),
        })
    }

    /// Whether HTTP/2 is spoken, which wants the whole URL in the request.
    pub const fn is_http2(&self) -> bool {
        match self.sender {
            Sender::Http1(..) => false,
            Sender::Http2(_) => true,
        }
    }

    /// Sends a request and waits for the head of its answer.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        match &mut self.sender {
            Sender::Http1(sender, allowance) => {
                allowance.begin_head();
                let answer = self.driver.drive(sender.send_request(request)).await;
                allowance.end_head();
                answer
            }
            Sender::Http2(sender) => self.driver.drive(sender.send_request(request)).await,
        }
    }

    /// Waits for something that needs the connection to move on.
    pub async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        self.driver.drive(future).await
    }

    /// Lays the connection down until it is needed again. `None`: it cannot take another request.
    pub async fn rest(mut self) -> Option<Resting> {
        if !self.is_open().await {
            return None;
        }
        Some(match self.driver {
            Driver::One(connection) => {
                let parts = (*connection?).into_parts();
                // Nobody has asked for what came too early.
                parts.read_buf.is_empty().then_some(())?;
                Resting::Http1(parts.io.into_inner().into_inner())
            }
            Driver::Many { .. } => Resting::Http2(self),
        })
    }

    /// Whether it could take another request: looks at what the peer has sent in the meantime, such as its end.
    async fn is_open(&mut self) -> bool {
        if self.driver.poll_once().await {
            return false;
        }
        match &mut self.sender {
            Sender::Http1(sender, _) => sender.is_ready(),
            Sender::Http2(sender) => sender.is_ready(),
        }
    }
}

/// An open connection over which nothing is said.
pub(crate) enum Resting {
    /// Over HTTP/1.1.
    Http1(Box<dyn Wire>),
    /// Over HTTP/2, which has a state of its own.
    Http2(Conversation),
}

impl Resting {
    /// Takes the connection up again. `None`: the peer has sent its end in the meantime, or what nobody has asked for.
    pub async fn resume(self) -> Option<Conversation> {
        match self {
            Self::Http1(mut wire) => {
                let mut byte = [0];
                let mut reading = pin!(wire.read(&mut byte));
                let is_silent = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context).is_pending()));
                if !is_silent.await {
                    return None;
                }
                Conversation::http1_over(wire).await.ok()
            }
            Self::Http2(mut conversation) => conversation.is_open().await.then_some(conversation),
        }
    }
}

/// What a connection goes over.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<IO: AsyncRead + AsyncWrite + Send + Unpin> Wire for IO {}

/// What moves a connection on.
enum Driver {
    /// HTTP/1.1 is one task; none once it has ended.
    One(Option<Box<Http1>>),
    /// HTTP/2 starts others.
    Many {
        /// Those under way.
        running: FuturesUnordered<Task>,
        /// Those that wait to be taken up.
        started: Tasks,
    },
}

impl Driver {
    fn many(connection: Task, started: Tasks) -> Self {
        Self::Many {
            running: FuturesUnordered::from_iter([connection]),
            started,
        }
    }

    /// Polls a future and the connection, until the future is done. A connection that ends tells those who wait for it.
    ///
    /// The future waits for the connection alone and is polled after it: were it to wake this task, the task would be
    /// polled once more for nothing.
    async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let mut unheard = Context::from_waker(Waker::noop());
            if let Poll::Ready(output) = future.as_mut().poll(&mut unheard) {
                return Poll::Ready(output);
            }
            self.poll(context);
            future.as_mut().poll(&mut unheard)
        })
        .await
    }

    /// Polls the connection once and says whether it has ended.
    async fn poll_once(&mut self) -> bool {
        poll_fn(|context| Poll::Ready(self.poll(context))).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        match self {
            Self::One(connection) => {
                if connection
                    .as_mut()
                    .is_some_and(|task| task.poll_unpin(context).is_ready())
                {
                    *connection = None;
                }
                connection.is_none()
            }
            Self::Many { running, started } => loop {
                running.extend(started.take());
                match running.poll_next_unpin(context) {
                    Poll::Ready(None) => return true,
                    Poll::Pending if started.is_empty() => return false,
                    Poll::Ready(Some(())) | Poll::Pending => {}
                }
            },
        }
    }
}

/// hyper's HTTP/2 hands parts of its work to an executor: this one keeps them for the driver instead of spawning.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<Vec<Task>>>);

impl Tasks {
    fn add(&self, task: Task) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }

    fn take(&self) -> Vec<Task> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.add(Box::pin(future));
    }
}
