//! Waiting for something that another process does.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use freshwatch_agent::clock;

use crate::process::Process;

/// How long a server may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// Asks again and again; an error when it is not so within the time.
pub fn until<T>(
    what: &str,
    within: Duration,
    mut ask: impl FnMut() -> io::Result<Option<T>>,
) -> io::Result<T> {
    let start = clock::monotonic();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if start.elapsed() > within {
            return Err(io::Error::other(format!("waited {within:?} for {what} in vain")));
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until a server answers 200 at a path.
pub fn until_ready(
    process: &mut Process,
    address: SocketAddr,
    path: &str,
    within: Duration,
) -> io::Result<()> {
    until(&format!("a 200 at {path}"), within, || {
        process.still_runs()?;
        let mut status = None;
        // Until it listens, the connection is refused.
        let answered = get(address, path, |line| {
            status.get_or_insert_with(|| line.to_owned());
        });
        Ok((answered.is_ok() && status.is_some_and(|line| line.contains(" 200 "))).then_some(()))
    })
}

/// Asks a server, and hands on each line of its answer, the head included.
pub fn get(address: SocketAddr, path: &str, mut line: impl FnMut(&str)) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )?;
    let mut reader = BufReader::new(stream);
    let mut bytes = Vec::new();
    while (&mut reader).take(1 << 20).read_until(b'\n', &mut bytes)? > 0 {
        line(&String::from_utf8_lossy(&bytes));
        bytes.clear();
    }
    Ok(())
}

/// A port of the loopback that was free a moment ago.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}
