//! A client that sends what it is told, byte for byte, and shows what came.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::net::SocketAddr;

use flate2::read::GzDecoder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// Sends a request and reads until the server closes.
pub async fn exchange(address: SocketAddr, request: &str) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The server may be done with us before it has read all that we sent.
    let _ = stream.read_to_end(&mut answer).await;
    Reply::read(&answer).unwrap_or_else(|| panic!("no answer to {request:?}"))
}

/// Reads one answer of a connection that stays open.
pub async fn read_one(stream: &mut TcpStream) -> Reply {
    let mut answer = Vec::new();
    loop {
        if let Some(reply) = Reply::read(&answer)
            && reply.headers["content-length"] == reply.body.len().to_string()
        {
            return reply;
        }
        assert!(
            stream.read_buf(&mut answer).await.unwrap() > 0,
            "closed within an answer"
        );
    }
}

/// Everything until the server closes; nothing when it resets.
pub async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    rest
}

impl Reply {
    fn read(answer: &[u8]) -> Option<Self> {
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&answer[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(": "));
        Some(Self {
            status,
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: answer[end + 4..].to_vec(),
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn unpacked(&self) -> String {
        let mut text = String::new();
        GzDecoder::new(self.body.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        text
    }
}

/// Without what every answer carries.
impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let everywhere = [
            "cache-control",
            "connection",
            "content-length",
            "date",
            "x-content-type-options",
        ];
        writeln!(formatter, "{}", self.status)?;
        for (name, value) in &self.headers {
            if !everywhere.contains(&name.as_str()) {
                writeln!(formatter, "{name}: {value}")?;
            }
        }
        write!(formatter, "\n{}", self.text())
    }
}
