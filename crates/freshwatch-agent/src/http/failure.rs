//! Why there is no complete answer, told to a tired person.

use std::error::Error;
use std::io;

use freshwatch_probe::observation::{Body, Cause, NotMade, Outcome, Phase, RedirectStop, Unreachable};
use freshwatch_probe::redact::Redactor;
use freshwatch_probe::size;
use rustls::AlertDescription;

use crate::http::conversation::LARGEST_HEAD;
use crate::http::head_guard::{MOST_BEFORE_HEAD, NoHead};

/// Messages are cut behind so many characters: some quote what a server sent.
const LONGEST_MESSAGE: usize = 400;

/// What ends an attempt without an answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service's side.
    Unreachable(Unreachable),
    /// Ours.
    NotMade(NotMade),
}

impl Failure {
    /// No complete answer came.
    pub const fn unreachable(cause: Cause, phase: Phase, message: String) -> Self {
        Self::Unreachable(Unreachable {
            cause,
            phase,
            message,
        })
    }

    /// When this machine has run out of files, buffers or memory, that is no failure of the service.
    pub fn exhausted(error: &io::Error) -> Option<Self> {
        // ENOMEM, ENFILE, EMFILE, ENOBUFS of Linux.
        let exhausted = matches!(error.raw_os_error(), Some(12 | 23 | 24 | 105));
        exhausted.then_some(Self::NotMade(NotMade::Overload))
    }

    /// Whether the peer hung up before the head of an answer was complete.
    pub fn is_reset(&self) -> bool {
        match self {
            Self::Unreachable(unreachable) => unreachable.cause == Cause::Reset,
            Self::NotMade(_) => false,
        }
    }
}

impl From<Unreachable> for Failure {
    fn from(unreachable: Unreachable) -> Self {
        Self::Unreachable(unreachable)
    }
}

impl From<NotMade> for Failure {
    fn from(not_made: NotMade) -> Self {
        Self::NotMade(not_made)
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(unreachable) => Self::Unreachable(unreachable),
            Failure::NotMade(not_made) => Self::NotMade(not_made),
        }
    }
}

/// The outcome with messages that can be shown: without secrets, without control characters, not too long.
pub(crate) fn presentable(outcome: Outcome, secrets: &Redactor) -> Outcome {
    let show = |text: String| -> String {
        let printable = |c: char| if c.is_control() { ' ' } else { c };
        secrets
            .redact(&text)
            .chars()
            .map(printable)
            .take(LONGEST_MESSAGE)
            .collect()
    };
    match outcome {
        Outcome::Answered(mut answer) => {
            answer.redirect_stop = answer.redirect_stop.map(|stop| match stop {
                RedirectStop::BadLocation(why) => RedirectStop::BadLocation(show(why)),
                RedirectStop::TooMany { .. } | RedirectStop::Credentials => stop,
            });
            answer.body = match answer.body {
                Body::Undecodable { coding, why } => Body::Undecodable {
                    coding: show(coding),
                    why,
                },
                Body::Complete(_) | Body::TooLarge { .. } => answer.body,
            };
            Outcome::Answered(answer)
        }
        Outcome::Unreachable(unreachable) => Outcome::Unreachable(Unreachable {
            message: show(unreachable.message),
            ..unreachable
        }),
        Outcome::NotMade(not_made) => Outcome::NotMade(match not_made {
            NotMade::Secret(why) => NotMade::Secret(show(why)),
            NotMade::Aborted | NotMade::Overload | NotMade::Unjudged(_) | NotMade::Internal => not_made,
        }),
    }
}

/// Why no head of an answer came over an open connection.
pub(crate) fn of_head(error: &hyper::Error, peer: &str) -> Failure {
    let (cause, message) = if let Some(alert) = find(error).and_then(alert) {
        return Failure::unreachable(Cause::Tls, Phase::Tls, refused_by_alert(alert, peer));
    } else if error.is_parse_too_large() {
        let limit = size::show(LARGEST_HEAD.into());
        let message =
            format!("the head of the answer of {peer} is larger than {limit} or has over 100 fields");
        (Cause::Protocol, message)
    } else if let Some(NoHead) = find(error) {
        let limit = size::show(MOST_BEFORE_HEAD as u64);
        let message = format!("{peer} sent {limit} of interim answers (1xx) and no answer");
        (Cause::Protocol, message)
    } else if let Some(error) = find::<h2::Error>(error) {
        of_http2(error, peer)
    } else if let Some(error) = find::<io::Error>(error) {
        (
            Cause::Reset,
            format!("{} before an answer came", hung_up(error, peer)),
        )
    } else if error.is_incomplete_message() || error.is_closed() || is_plain_cancel(error) {
        (
            Cause::Reset,
            format!("{peer} closed the connection before an answer came"),
        )
    } else {
        (Cause::Protocol, format!("what {peer} sent is not HTTP"))
    };
    Failure::unreachable(cause, Phase::Processing, message)
}

/// Why a body is not complete, of which so many coded bytes came.
pub(crate) fn of_body(error: &hyper::Error, peer: &str, came: u64, announced: Option<u64>) -> Failure {
    let got = match announced {
        Some(length) => format!("after {} of {}", size::show(came), size::show(length)),
        None => format!("after {}, before its end", size::show(came)),
    };
    let (cause, message) = if let Some(error) = find::<h2::Error>(error) {
        match error.get_io() {
            // The library holds the length of a body against what was announced (RFC 9113, section 8.1.1).
            None if error.is_library() && error.is_reset() && announced.is_some() => (
                Cause::Truncated,
                format!("the body of {peer} is not as long as announced: it ended {got}"),
            ),
            None if error.is_library() => (
                Cause::Protocol,
                format!("the body of {peer} breaks the rules of HTTP/2 {got}"),
            ),
            None => (
                Cause::Truncated,
                format!("{peer} broke off the body {got}: {}", reason(error)),
            ),
            Some(error) => (
                Cause::Truncated,
                format!("{} in the body, {got}", hung_up(error, peer)),
            ),
        }
    } else if let Some(error) = find::<io::Error>(error) {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => (
                Cause::Protocol,
                format!("the chunks of the body of {peer} cannot be read {got}"),
            ),
            _ => (
                Cause::Truncated,
                format!("{} in the body, {got}", hung_up(error, peer)),
            ),
        }
    } else {
        (
            Cause::Truncated,
            format!("{peer} closed the connection in the body, {got}"),
        )
    };
    Failure::unreachable(cause, Phase::Transfer, message)
}

/// What an alert of TLS (RFC 8446, section 6) means for a probe.
pub(crate) fn refused_by_alert(alert: AlertDescription, peer: &str) -> String {
    match alert {
        AlertDescription::CertificateRequired => {
            format!("{peer} demands a client certificate: set `tls.cert` and `tls.key`")
        }
        AlertDescription::NoApplicationProtocol => {
            format!("{peer} does not offer the version of HTTP that `http` asks for")
        }
        AlertDescription::UnrecognisedName => format!("{peer} knows no site of this name"),
        other => format!("{peer} refused TLS: {}", words(&format!("{other:?}"))),
    }
}

fn alert(error: &rustls::Error) -> Option<AlertDescription> {
    match error {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

fn of_http2(error: &h2::Error, peer: &str) -> (Cause, String) {
    if let Some(error) = error.get_io() {
        return match error.kind() {
            // The frame reader reports frames that cannot be read so.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                (Cause::Protocol, format!("what {peer} sent is not HTTP/2"))
            }
            _ => (
                Cause::Reset,
                format!("{} before an answer came", hung_up(error, peer)),
            ),
        };
    }
    if error.is_remote() {
        return (
            Cause::Reset,
            format!("{peer} broke off the request: {}", reason(error)),
        );
    }
    let message = if error.is_reset() || error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM) {
        // The one fault in a single stream that the library finds before a head is complete; when it is far too long,
        // it gives up the whole connection.
        let limit = size::show(LARGEST_HEAD.into());
        format!("the head of the answer of {peer} is larger than {limit}, or broken")
    } else {
        format!("what {peer} sent is not HTTP/2")
    };
    (Cause::Protocol, message)
}

fn reason(error: &h2::Error) -> String {
    error.reason().map_or_else(
        || "without a reason".into(),
        |reason| words(&format!("{reason:?}")).replace('_', " "),
    )
}

fn hung_up(error: &io::Error, peer: &str) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            format!("{peer} reset the connection")
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::WriteZero => format!("{peer} closed the connection"),
        kind => format!("the connection to {peer} broke ({kind})"),
    }
}

/// hyper cancels a request whose connection ended before it was taken up; a cause beneath says that something else
/// came first.
fn is_plain_cancel(error: &hyper::Error) -> bool {
    let beneath = error
        .source()
        .and_then(|source| source.downcast_ref::<hyper::Error>());
    error.is_canceled()
        && beneath.is_none_or(|beneath| beneath.is_incomplete_message() || beneath.is_closed())
}

/// The first error of a type among an error and its causes.
fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        // What an I/O error wraps is not among its causes by `source`.
        next = match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => current.source(),
        };
    }
    None
}

/// `HandshakeFailure` as `handshake failure`.
pub(crate) fn words(name: &str) -> String {
    let mut text = String::new();
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
        before = letter;
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use freshwatch_probe::observation::{Cause, NotMade, Outcome, Phase, Unreachable};
    use freshwatch_probe::redact::Redactor;

    use super::{Failure, find, presentable, words};

    #[test]
    fn names_become_words() {
        assert_eq!(words("HandshakeFailure"), "handshake failure");
        assert_eq!(words("INTERNAL_ERROR"), "internal_error");
        assert_eq!(words("UnknownCA"), "unknown ca");
    }

    #[test]
    fn messages_hold_no_secret_no_control_character_and_an_end() {
        let unreachable = Unreachable {
            cause: Cause::Connect,
            phase: Phase::Connect,
            message: format!("no s3cret\n\u{1b}[31m{}", "x".repeat(1000)),
        };
        let shown = presentable(Outcome::Unreachable(unreachable), &Redactor::new(["s3cret"]));
        let Outcome::Unreachable(Unreachable { message, .. }) = shown else {
            panic!("another outcome");
        };
        assert!(message.starts_with("no ***  [31mxxx"), "{message}");
        assert_eq!(message.chars().count(), 400);
    }

    #[test]
    fn a_machine_without_files_is_not_a_service_that_is_down() {
        let exhausted = Failure::exhausted(&io::Error::from_raw_os_error(24));
        assert!(matches!(exhausted, Some(Failure::NotMade(NotMade::Overload))));
        assert!(Failure::exhausted(&io::ErrorKind::ConnectionRefused.into()).is_none());
    }

    #[test]
    fn causes_are_found_inside_io_errors() {
        let inner = rustls::Error::DecryptError;
        let error = io::Error::other(io::Error::other(inner));
        assert!(find::<rustls::Error>(&error).is_some());
        assert!(find::<h2::Error>(&error).is_none());
    }
}
