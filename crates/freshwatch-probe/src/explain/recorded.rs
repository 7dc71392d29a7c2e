//! A recorded answer from a file: what `curl -i` prints, or a body alone.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue};

use crate::unit_test::{RecordedAnswer, media_type};

/// The longest head of an answer in bytes.
const LONGEST_HEAD: usize = 256 << 10;

/// Reads what `curl -i` prints: a head, an empty line, the body. Of several heads, as redirects and interim answers
/// leave them, the last counts. What begins with no head is a body, which came with 200 and the content type that the
/// file's name tells.
///
/// # Errors
/// A fragment that says what is wrong with the head, and the remedy.
pub fn recorded(bytes: Bytes, name: &Path) -> Result<RecordedAnswer, String> {
    let mut answer = RecordedAnswer {
        status: 200,
        headers: HeaderMap::new(),
        body: bytes,
        latency: Duration::ZERO,
        certificate_valid_for: None,
    };
    let mut has_head = false;
    while begins_head(&answer.body) {
        let (head, body) = split(&answer.body)?;
        (answer.status, answer.headers) = read(&answer.body.slice(..head))?;
        answer.body = answer.body.slice(body..);
        has_head = true;
    }
    if let (false, Some(media_type)) = (has_head, media_type(name)) {
        answer
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    match answer.headers.get(CONTENT_ENCODING) {
        Some(coding) if is_compressed(&answer.body) => Err(format!(
            "the body is still compressed ({}): record it with `curl -i --compressed`",
            String::from_utf8_lossy(coding.as_bytes()).escape_debug()
        )),
        Some(_) | None => Ok(answer),
    }
}

fn begins_head(bytes: &[u8]) -> bool {
    bytes.starts_with(b"HTTP/1") || bytes.starts_with(b"HTTP/2") || bytes.starts_with(b"HTTP/3")
}

/// Where the head ends, and where the body begins.
fn split(bytes: &[u8]) -> Result<(usize, usize), String> {
    let within = &bytes[..bytes.len().min(LONGEST_HEAD)];
    let mut start = 0;
    while let Some(length) = within[start..].iter().position(|byte| *byte == b'\n') {
        let line = within[start..start + length].trim_ascii();
        let next = start + length + 1;
        if line.is_empty() {
            return Ok((start, next));
        }
        start = next;
    }
    // `curl -I`, and an editor that took the empty line away.
    if bytes.len() <= LONGEST_HEAD {
        return Ok((bytes.len(), bytes.len()));
    }
    Err("its head does not end within 256 KiB: a head ends with an empty line".into())
}

/// What is wrong is told by its line alone: what stands in it may be a secret.
fn read(head: &[u8]) -> Result<(u16, HeaderMap), String> {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let line = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let status = line
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok());
    let status = status
        .filter(|status| (100..=599).contains(status))
        .ok_or("the first line of its head has no status: write it like `HTTP/1.1 200 OK`")?;
    let mut headers = HeaderMap::new();
    for (index, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
        let (name, value) = field(line).ok_or_else(|| {
            format!(
                "line {} of its head is no header line: write it like `content-type: application/json`, and an empty \
                 line before the body",
                index + 2
            )
        })?;
        headers.append(name, value);
    }
    Ok((status, headers))
}

fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

/// gzip (RFC 1952), zstd (RFC 8878), or what is no text at all.
fn is_compressed(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b])
        || body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || std::str::from_utf8(body).is_err()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use bytes::Bytes;

    use super::recorded;

    /// The status, the content type, the body.
    #[track_caller]
    fn check(name: &str, text: &str, status: u16, media_type: &str, body: &str) {
        let answer = recorded(Bytes::copy_from_slice(text.as_bytes()), Path::new(name)).unwrap();
        let shown = answer
            .headers
            .get("content-type")
            .map_or("", |value| value.to_str().unwrap());
        assert_eq!(
            (answer.status, shown, &answer.body[..]),
            (status, media_type, body.as_bytes())
        );
    }

    #[test]
    fn a_body_alone_has_the_type_of_its_name() {
        check("a.json", "{}", 200, "application/json", "{}");
        check("a.csv", "a,b\n", 200, "text/csv", "a,b\n");
        check("answer", "", 200, "", "");
    }

    #[test]
    fn what_curl_prints_has_a_head() {
        let json = "Content-Type: application/json";
        check(
            "a.csv",
            &format!("HTTP/1.1 200 OK\r\n{json}\r\n\r\n{{}}"),
            200,
            "application/json",
            "{}",
        );
        check(
            "a",
            &format!("HTTP/2 503 \n{json}\n\nHi\n\nthere"),
            503,
            "application/json",
            "Hi\n\nthere",
        );
        check("a.json", "HTTP/1.1 204 No Content\r\n", 204, "", "");
    }

    #[test]
    fn of_several_heads_the_last_counts() {
        let redirect = "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n";
        let text = format!(
            "HTTP/1.1 100 Continue\r\n\r\n{redirect}HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\na,b\n"
        );
        check("a", &text, 200, "text/csv", "a,b\n");
    }

    #[test]
    fn a_head_that_is_none_is_told() {
        let told = |text: &[u8]| recorded(Bytes::copy_from_slice(text), Path::new("a")).unwrap_err();
        assert_eq!(
            told(b"HTTP/1.1 OK\n\n"),
            "the first line of its head has no status: write it like `HTTP/1.1 200 OK`"
        );
        assert!(
            told(b"HTTP/1.1 200 OK\na: b\n{\"a\" 1}\n").starts_with("line 3 of its head is no header line")
        );
        let gzip = b"HTTP/1.1 200 OK\nContent-Encoding: gzip\n\n\x1f\x8b\x08";
        assert_eq!(
            told(gzip),
            "the body is still compressed (gzip): record it with `curl -i --compressed`"
        );
        let endless = [b"HTTP/1.1 200 OK\n".as_slice(), &b"a: b\n".repeat(60_000)].concat();
        assert!(told(&endless).starts_with("its head does not end"));
    }
}
