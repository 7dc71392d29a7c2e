//! The server that is probed, in a process of its own: it answers cheaply, and notes when each request reached it.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use freshwatch_agent::clock;
use freshwatch_tests::price_list::PriceList;
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::process::{self, Process};
use crate::scenario::{SLOW, Size};

/// The hidden argument of this role; after it the file for what it noted.
pub const AS_TARGET: &str = "--as-target";

/// What a slow answer takes.
const DELAY: Duration = Duration::from_millis(100);

/// How old its data is: a batch made it. What is made with the answer would be watched for that, which costs some more.
const AGE: SignedDuration = SignedDuration::from_mins(10);

const LARGEST_HEAD: usize = 16 << 10;

/// When the request of a probe reached the target.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// Which probe.
    pub probe: u32,
    /// When its request's head was there.
    pub at: Timestamp,
}

/// The target, from outside.
#[derive(Debug)]
pub struct Target {
    /// Its process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    notes: PathBuf,
}

impl Target {
    /// Starts one.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let notes = folder.join("arrivals");
        let arguments = [notes.display().to_string()];
        let (process, line) = Process::start_role(AS_TARGET, &arguments, folder)?;
        let address = line.parse().map_err(io::Error::other)?;
        Ok(Self {
            process,
            address,
            notes,
        })
    }

    /// Ends it, and takes over what it noted.
    pub fn finish(self) -> io::Result<Vec<Arrival>> {
        self.process.close(Duration::from_secs(10))?;
        let notes = fs::read(&self.notes)?;
        Ok(notes.chunks_exact(12).filter_map(Arrival::read).collect())
    }
}

impl Arrival {
    fn bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&self.probe.to_le_bytes());
        // Nanoseconds of this century fit.
        let at = i64::try_from(self.at.as_nanosecond()).unwrap_or(i64::MAX);
        bytes[4..].copy_from_slice(&at.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let probe = u32::from_le_bytes(bytes[..4].try_into().ok()?);
        let at = i64::from_le_bytes(bytes[4..].try_into().ok()?);
        Some(Self {
            probe,
            at: Timestamp::from_nanosecond(at.into()).ok()?,
        })
    }
}

type Notes = Arc<Mutex<Vec<Arrival>>>;

/// This role: listens until standard input ends, and then writes down what it noted.
pub fn run(arguments: &[String]) -> io::Result<ExitCode> {
    process::end_with_parent()?;
    let notes = Notes::default();
    let noted = Arc::clone(&notes);
    // One thread answers; another only waits for the end.
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(listen(&noted))
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    let bytes: Vec<u8> = notes.iter().flat_map(|arrival| arrival.bytes()).collect();
    let file = arguments
        .first()
        .ok_or_else(|| io::Error::other("no file was named"))?;
    fs::write(file, bytes)?;
    Ok(ExitCode::SUCCESS)
}

async fn listen(notes: &Notes) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    let lists = Arc::new(Size::ALL.map(|size| (size, PriceList::of(size.bytes()))));
    loop {
        let (stream, _) = listener.accept().await?;
        let (notes, lists) = (Arc::clone(notes), Arc::clone(&lists));
        // It ends with the connection, or with this process. A client that goes away early is its own trouble.
        tokio::spawn(async move { serve(stream, &notes, &*lists).await });
    }
}

/// Answers the requests of one connection, which have no bodies.
async fn serve(mut stream: TcpStream, notes: &Notes, lists: &[(Size, PriceList)]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut head).await? == 0 || head.len() > LARGEST_HEAD {
            return Ok(());
        }
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let now = clock::now();
        let Some((probe, slow, size)) = asked(&head) else {
            return stream
                .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                .await;
        };
        notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arrival { probe, at: now });
        if slow {
            tokio::time::sleep(DELAY).await;
        }
        if let Some((_, list)) = lists.iter().find(|(listed, _)| *listed == size) {
            stream.write_all(&answer(&list.at(now - AGE))).await?;
        }
        head.clear();
    }
}

/// Which probe asks, whether it wants to wait, and for how large an answer.
fn asked(head: &[u8]) -> Option<(u32, bool, Size)> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let path = std::str::from_utf8(line).ok()?.split(' ').nth(1)?;
    let (folder, index) = path.strip_prefix('/')?.split_once('/')?;
    let slow = folder == SLOW;
    let size = Size::ALL.into_iter().find(|size| size.folder() == folder);
    let size = size.or(slow.then_some(Size::Small))?;
    Some((index.parse().ok()?, slow, size))
}

fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
