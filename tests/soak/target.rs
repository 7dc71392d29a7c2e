//! The server that is probed: it answers as each probe's temper has it, and notes every request.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use freshwatch_agent::clock;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::answers::Deed;
use crate::cast::Member;

const LARGEST_HEAD: usize = 16 << 10;

/// How long it hangs at most, should the client forget its own bound.
const LONGEST_HANG: Duration = Duration::from_mins(2);

/// What a slow answer takes.
const SLOWLY: Duration = Duration::from_millis(200);

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// When its head was there.
    pub at: Timestamp,
    /// What came of it.
    pub deed: Deed,
    /// When it was done with: answered, or the client gone.
    pub ended: Option<Timestamp>,
}

/// The server that is probed. It ends when it is dropped.
#[derive(Debug)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    notes: Arc<Notes>,
    _listening: JoinSet<()>,
}

#[derive(Debug)]
struct Notes {
    began: Instant,
    mood: Duration,
    probes: Mutex<Vec<(Member, Vec<Asked>)>>,
    requests: AtomicU64,
    connections: AtomicU64,
    /// Requests that no probe of the soak makes.
    strange: AtomicU64,
}

impl Target {
    /// Starts one, on the runtime that this is called in.
    pub async fn start(mood: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let notes = Arc::new(Notes {
            began: clock::monotonic(),
            mood,
            probes: Mutex::default(),
            requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            strange: AtomicU64::new(0),
        });
        let mut listening = JoinSet::new();
        listening.spawn(listen(listener, Arc::clone(&notes)));
        Ok(Self {
            address,
            notes,
            _listening: listening,
        })
    }

    /// Gets to know the next probe; its index is the number of those before it.
    pub fn know(&self, member: Member) {
        self.notes.lock().push((member, Vec::new()));
    }

    /// How many requests came.
    pub fn requests(&self) -> u64 {
        self.notes.requests.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    pub fn connections(&self) -> u64 {
        self.notes.connections.load(Ordering::Relaxed)
    }

    /// Requests that no probe of the soak makes.
    pub fn strange(&self) -> u64 {
        self.notes.strange.load(Ordering::Relaxed)
    }

    /// Everything that it noted, by the probes' indices.
    pub fn notes(&self) -> Vec<(Member, Vec<Asked>)> {
        self.notes.lock().clone()
    }
}

impl Notes {
    fn lock(&self) -> MutexGuard<'_, Vec<(Member, Vec<Asked>)>> {
        self.probes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request; gives what is done with it and where it is noted.
    fn begin(&self, index: usize) -> Option<(Deed, usize)> {
        let passed = clock::monotonic() - self.began;
        let at = clock::now();
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut probes = self.lock();
        let (member, asked) = probes.get_mut(index)?;
        // Not all change their minds at once.
        let apart = self.mood * u32::try_from(index % 16).unwrap_or_default() / 16;
        let mood = (passed + apart).as_millis() / self.mood.as_millis().max(1);
        let deed = member.deed(u64::try_from(mood).unwrap_or_default());
        asked.push(Asked {
            at,
            deed,
            ended: None,
        });
        Some((deed, asked.len() - 1))
    }

    fn end(&self, index: usize, nth: usize) {
        let now = clock::now();
        if let Some(asked) = self
            .lock()
            .get_mut(index)
            .and_then(|(_, asked)| asked.get_mut(nth))
        {
            asked.ended = Some(now);
        }
    }
}

async fn listen(listener: TcpListener, notes: Arc<Notes>) {
    let mut connections = JoinSet::new();
    loop {
        // Out of files for a moment: the next is taken all the same.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        while connections.try_join_next().is_some() {}
        let notes = Arc::clone(&notes);
        connections.spawn(async move {
            notes.connections.fetch_add(1, Ordering::Relaxed);
            // A client that goes away early is noted where its request is.
            let _ = serve(stream, &notes).await;
            notes.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Serves one connection; its requests have no bodies.
async fn serve(mut stream: TcpStream, notes: &Notes) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut head).await? == 0 || head.len() > LARGEST_HEAD {
            return Ok(());
        }
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let index = asked_for(&head);
        let Some((index, (deed, nth))) = index.and_then(|index| Some((index, notes.begin(index)?))) else {
            notes.strange.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        };
        let done = play(&mut stream, deed).await;
        notes.end(index, nth);
        done?;
        if !deed.keeps_connection() {
            return Ok(());
        }
        head.clear();
    }
}

async fn play(stream: &mut TcpStream, deed: Deed) -> io::Result<()> {
    match deed {
        Deed::Hang => {
            // It ends when the client has had enough.
            let _ = tokio::time::timeout(LONGEST_HANG, stream.read_u8()).await;
            return Ok(());
        }
        Deed::Reset => return stream.set_zero_linger(),
        Deed::Slow => tokio::time::sleep(SLOWLY).await,
        Deed::Good
        | Deed::Stale
        | Deed::Close
        | Deed::NotHttp
        | Deed::Half
        | Deed::NotJson
        | Deed::Html
        | Deed::NoTimestamp
        | Deed::Wrong
        | Deed::Failed
        | Deed::Away
        | Deed::NotFound
        | Deed::Limited
        | Deed::Bomb => {}
    }
    stream.write_all(&deed.bytes(clock::now())).await
}

/// Which probe asks.
fn asked_for(head: &[u8]) -> Option<usize> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let path = std::str::from_utf8(line).ok()?.split(' ').nth(1)?;
    path.strip_prefix("/p/")?.parse().ok()
}
