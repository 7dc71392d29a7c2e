//! What may come before the head of an answer is complete: hyper passes over interim answers (RFC 9110, section 15.2)
//! without a bound of its own, and would read them for as long as they come.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes may come before the last byte of the head: interim answers and the head itself.
pub(crate) const MOST_BEFORE_HEAD: usize = 256 << 10;

/// After so many bytes in a row it is somebody else's turn.
const TURN: usize = 64 << 10;

/// A connection whose reads are counted while the head of an answer is waited for.
pub(crate) struct HeadGuard<IO> {
    io: IO,
    allowance: Allowance,
    in_a_row: usize,
}

impl<IO> HeadGuard<IO> {
    /// Guards a connection; the allowance says when it waits for a head.
    pub fn new(io: IO) -> (Self, Allowance) {
        let allowance = Allowance(Arc::new(AtomicUsize::new(usize::MAX)));
        let guard = Self {
            io,
            allowance: allowance.clone(),
            in_a_row: 0,
        };
        (guard, allowance)
    }

    /// The connection itself.
    pub fn into_inner(self) -> IO {
        self.io
    }
}

/// How many bytes may still come.
#[derive(Clone)]
pub(crate) struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    /// A head is waited for from now on.
    pub fn begin_head(&self) {
        self.0.store(MOST_BEFORE_HEAD, Ordering::Relaxed);
    }

    /// The head is complete: what comes now is counted by whoever reads the body.
    pub fn end_head(&self) {
        self.0.store(usize::MAX, Ordering::Relaxed);
    }
}

/// More came before the head of an answer than anybody honest sends.
#[derive(Debug)]
pub(crate) struct NoHead;

impl fmt::Display for NoHead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("too much came before the head of the answer")
    }
}

impl Error for NoHead {}

impl<IO: AsyncRead + Unpin> AsyncRead for HeadGuard<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.allowance.0.load(Ordering::Relaxed);
        if left == usize::MAX {
            return Pin::new(&mut self.io).poll_read(context, buffer);
        }
        if left == 0 {
            return Poll::Ready(Err(io::Error::other(NoHead)));
        }
        if self.in_a_row >= TURN {
            self.in_a_row = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let Poll::Ready(read) = Pin::new(&mut self.io).poll_read(context, buffer) else {
            self.in_a_row = 0;
            return Poll::Pending;
        };
        let came = buffer.filled().len() - before;
        self.in_a_row += came;
        self.allowance
            .0
            .store(left.saturating_sub(came), Ordering::Relaxed);
        Poll::Ready(read)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for HeadGuard<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }
}
