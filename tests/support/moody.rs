//! An OTLP receiver that takes batches, refuses, hangs or cuts, as it is told.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use freshwatch_agent::clock;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{RwLock, watch};
use tokio::task::JoinSet;

/// Larger than any batch.
const LARGEST_REQUEST: usize = 64 << 20;

/// How the receiver is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It takes everything.
    Well,
    /// Nobody listens.
    Refusing,
    /// 503.
    Unavailable,
    /// 429, to be asked again after so many seconds.
    Limiting(u64),
    /// It reads and does not answer.
    Hanging,
    /// It closes the connection in the middle of a request.
    Cutting,
}

impl Mood {
    /// A word for the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Refusing => "refuses",
            Self::Unavailable => "503",
            Self::Limiting(_) => "429",
            Self::Hanging => "hangs",
            Self::Cutting => "cuts",
        }
    }
}

/// What becomes of a request that it takes: its body, and when its head came.
type Take = Arc<dyn Fn(&[u8], Timestamp) + Send + Sync>;

/// The receiver. It ends when it is dropped.
#[derive(Debug)]
pub struct MoodyReceiver {
    /// Where it listens, when it does.
    pub address: SocketAddr,
    mood: watch::Sender<Mood>,
    _listening: JoinSet<()>,
}

impl MoodyReceiver {
    /// Starts one that is well, on the runtime that this is called in. `take` is called with each body that it takes,
    /// before it says so.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(take: impl Fn(&[u8], Timestamp) + Send + Sync + 'static) -> io::Result<Self> {
        let listener = lasting_port().await?;
        let address = listener.local_addr()?;
        let (mood, moods) = watch::channel(Mood::Well);
        let mut listening = JoinSet::new();
        listening.spawn(live(listener, address, moods, Arc::new(take)));
        Ok(Self {
            address,
            mood,
            _listening: listening,
        })
    }

    /// The base of its URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How it is now.
    pub fn mood(&self) -> Mood {
        *self.mood.borrow()
    }

    /// Changes how it is.
    pub fn become_so(&self, mood: Mood) {
        self.mood.send_if_modified(|now| {
            let changes = *now != mood;
            *now = mood;
            changes
        });
    }
}

/// A port that nobody is given while the receiver does not listen: one below those that connections get, and another one
/// for each receiver of this process. A client that gets the very port that it wants to reach even connects to itself.
async fn lasting_port() -> io::Result<TcpListener> {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 8000).unwrap_or_default();
    for _ in 0..2000 {
        let nth = GIVEN.fetch_add(1, Ordering::Relaxed) % 2000;
        let port = 20_000 + (first + nth) % 10_000;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            return Ok(listener);
        }
    }
    Err(io::Error::other("no port from 20000 to 29999 is free"))
}

/// Listens whenever it does not refuse.
async fn live(first: TcpListener, address: SocketAddr, mut moods: watch::Receiver<Mood>, take: Take) {
    let mut listener = Some(first);
    let answering = Arc::<RwLock<()>>::default();
    loop {
        let Some(listening) = listener.take() else {
            if moods.wait_for(|mood| *mood != Mood::Refusing).await.is_err() {
                return;
            }
            listener = TcpListener::bind(address).await.ok();
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let mut connections = JoinSet::new();
        let refusing = async {
            moods
                .clone()
                .wait_for(|mood| *mood == Mood::Refusing)
                .await
                .is_ok()
        };
        let accepting = async {
            loop {
                if let Ok((stream, _)) = listening.accept().await {
                    while connections.try_join_next().is_some() {}
                    let answering = Arc::clone(&answering);
                    connections.spawn(serve(stream, moods.clone(), Arc::clone(&take), answering));
                }
            }
        };
        tokio::select! {
            goes_on = refusing => if !goes_on { return },
            () = accepting => {}
        }
        // With the listener, its connections end here: those that have taken something say so before.
        let all_is_said = answering.write().await;
        drop(connections);
        drop(all_is_said);
    }
}

/// Serves a connection; `answering` is held from before a request is taken until that is said.
async fn serve(
    mut stream: TcpStream,
    moods: watch::Receiver<Mood>,
    take: Take,
    answering: Arc<RwLock<()>>,
) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let end = read_head(&mut stream, &mut bytes).await?;
        let length = length_of(&bytes[..end])?;
        let (mood, now) = (*moods.borrow(), clock::now());
        let wanted = end + if mood == Mood::Cutting { length / 2 } else { length };
        if wanted > LARGEST_REQUEST {
            return None;
        }
        while bytes.len() < wanted {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        let answering = answering.read().await;
        let answer = match mood {
            Mood::Well => {
                // An answer says that the batch is here: so it is taken in before.
                let body = bytes.get(end..end + length)?.to_vec();
                let take = Arc::clone(&take);
                tokio::task::spawn_blocking(move || take(&body, now)).await.ok()?;
                "200 OK\r\ncontent-type: application/x-protobuf\r\n".to_owned()
            }
            Mood::Unavailable => "503 Service Unavailable\r\n".to_owned(),
            Mood::Limiting(seconds) => format!("429 Too Many Requests\r\nretry-after: {seconds}\r\n"),
            Mood::Hanging => {
                drop(answering);
                // Until the client gives up.
                let _ = stream.read_u8().await;
                return None;
            }
            Mood::Refusing | Mood::Cutting => return None,
        };
        bytes.drain(..end + length);
        let answer = format!("HTTP/1.1 {answer}content-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

/// Where the head ends.
async fn read_head(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<usize> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            return Some(end + 4);
        }
        if bytes.len() > 64 << 10 || stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn length_of(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?.to_ascii_lowercase();
    let mut lines = head.lines();
    lines.find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
}
