//! Reads certificates: when they end, whom they are for, and what is wrong with them in plain words.

use std::time::Duration;

use freshwatch_probe::duration;
use jiff::Timestamp;
use rustls::{CertificateError, Error};
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use crate::http::failure::words;

/// So many names of a certificate are listed.
const NAMES_SHOWN: usize = 5;

/// When the first certificate of a chain ends.
pub(crate) fn earliest_expiry(chain: &[CertificateDer<'_>]) -> Option<Timestamp> {
    chain
        .iter()
        .filter_map(|shown| validity(shown))
        .map(|(_, end)| end)
        .min()
}

/// Checks that a certificate is valid at `now`.
pub(crate) fn check_validity(shown: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let unix = |time: Timestamp| {
        let seconds = u64::try_from(time.as_second()).unwrap_or_default();
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    };
    let (begin, end) = validity(shown).ok_or(CertificateError::BadEncoding)?;
    if now < unix(begin) {
        let not_before = unix(begin);
        return Err(CertificateError::NotValidYetContext {
            time: now,
            not_before,
        }
        .into());
    }
    if now > unix(end) {
        let not_after = unix(end);
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    Ok(())
}

/// What is wrong with the certificate that `peer` showed when asked for `name`.
pub(crate) fn complaint(
    error: &CertificateError,
    chain: &[CertificateDer<'_>],
    peer: &str,
    name: &str,
) -> String {
    let parsed = chain.first().and_then(|shown| parse_x509_certificate(shown).ok());
    let leaf = parsed.as_ref().map(|(_, certificate)| certificate);
    let whose = format!("the certificate of {peer}");
    match error {
        CertificateError::ExpiredContext { time, not_after } => format!(
            "{whose} expired {} ago, at {}",
            between(*not_after, *time),
            moment(*not_after)
        ),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "{whose} is not valid before {}, in {}",
            moment(*not_before),
            between(*time, *not_before)
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "{whose} is not for `{name}`: it is for {}",
                leaf.map_or_else(|| "nobody".into(), names)
            )
        }
        CertificateError::UnknownIssuer => untrusted(&whose, leaf),
        CertificateError::Other(_) if leaf.is_some_and(is_self_signed) => untrusted(&whose, leaf),
        CertificateError::Other(other) => format!("{whose} was refused: {}", variant(&other.to_string())),
        CertificateError::Revoked => format!("{whose} was revoked"),
        CertificateError::BadEncoding => format!("{whose} cannot be read"),
        CertificateError::BadSignature => format!("{whose} is not signed by the issuer that it names"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("{whose} is not made for servers")
        }
        other => format!("{whose} was refused: {}", variant(&format!("{other:?}"))),
    }
}

/// The name of an error's variant in words: they are the only short ones there are, and what they hold is long.
fn variant(debug: &str) -> String {
    let name = debug.split(|c: char| !c.is_alphanumeric());
    words(name.take(1).collect::<String>().trim_end_matches("Context"))
}

fn is_self_signed(leaf: &X509Certificate<'_>) -> bool {
    leaf.subject() == leaf.issuer()
}

fn untrusted(whose: &str, leaf: Option<&X509Certificate<'_>>) -> String {
    match leaf {
        Some(leaf) if is_self_signed(leaf) => {
            format!("{whose} is self-signed: if that is right, name it in `tls.ca`")
        }
        Some(leaf) => format!(
            "{whose} was issued by `{}`, which is not trusted: name that authority in `tls.ca`, or let the server send \
             the certificates in between",
            leaf.issuer()
        ),
        None => format!("{whose} was issued by an authority that is not trusted"),
    }
}

/// The names that a certificate is for (RFC 6125: its subject alternative names).
fn names(leaf: &X509Certificate<'_>) -> String {
    let extension = leaf.subject_alternative_name().ok().flatten();
    let found: Vec<String> = extension
        .iter()
        .flat_map(|extension| &extension.value.general_names)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(format!("`{name}`")),
            GeneralName::IPAddress(bytes) => address(bytes).map(|address| format!("`{address}`")),
            _ => None,
        })
        .collect();
    match found.len() {
        0 => "no name at all".into(),
        count if count > NAMES_SHOWN => {
            format!(
                "{} and {} more",
                found[..NAMES_SHOWN].join(", "),
                count - NAMES_SHOWN
            )
        }
        _ => found.join(", "),
    }
}

fn address(bytes: &[u8]) -> Option<std::net::IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(Into::into);
    let sixteen = <[u8; 16]>::try_from(bytes).map(Into::into);
    four.or(sixteen).ok()
}

/// From when to when a certificate is valid.
fn validity(shown: &CertificateDer<'_>) -> Option<(Timestamp, Timestamp)> {
    let (_, certificate) = parse_x509_certificate(shown).ok()?;
    let validity = certificate.validity();
    let begin = Timestamp::from_second(validity.not_before.timestamp()).ok()?;
    let end = Timestamp::from_second(validity.not_after.timestamp()).ok()?;
    Some((begin, end))
}

fn between(earlier: UnixTime, later: UnixTime) -> String {
    duration::show(Duration::from_secs(
        later.as_secs().saturating_sub(earlier.as_secs()),
    ))
}

fn moment(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "an unknown time".into(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{CertificateParams, DnType, KeyPair};
    use rustls::{CertificateError, Error};
    use rustls_pki_types::{CertificateDer, UnixTime};

    use super::{check_validity, complaint, earliest_expiry};

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    /// A certificate that is valid in all of 2025, for these names.
    fn certificate(names: &[&str]) -> CertificateDer<'static> {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "someone");
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
        params
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .der()
            .clone()
    }

    const YEAR_2026: u64 = 1_767_225_600;

    #[track_caller]
    fn check(error: &CertificateError, names: &[&str], expected: &str) {
        let said = complaint(error, &[certificate(names)], "a.example:443", "a.example");
        assert_eq!(said, expected);
    }

    #[test]
    fn complaints_are_plain() {
        check(
            &CertificateError::ExpiredContext {
                time: at(YEAR_2026 + 100_000),
                not_after: at(YEAR_2026),
            },
            &["a.example"],
            "the certificate of a.example:443 expired 1d 3h ago, at 2026-01-01T00:00:00Z",
        );
        check(
            &CertificateError::NotValidYetContext {
                time: at(YEAR_2026 - 90),
                not_before: at(YEAR_2026),
            },
            &["a.example"],
            "the certificate of a.example:443 is not valid before 2026-01-01T00:00:00Z, in 1m 30s",
        );
        check(
            &CertificateError::UnknownIssuer,
            &["a.example"],
            "the certificate of a.example:443 is self-signed: if that is right, name it in `tls.ca`",
        );
        check(
            &CertificateError::UnhandledCriticalExtension,
            &["a.example"],
            "the certificate of a.example:443 was refused: unhandled critical extension",
        );
    }

    #[test]
    fn a_wrong_name_lists_the_right_ones() {
        check(
            &CertificateError::NotValidForName,
            &["b.example", "*.c.example", "192.0.2.1"],
            "the certificate of a.example:443 is not for `a.example`: it is for `b.example`, `*.c.example`, `192.0.2.1`",
        );
        check(
            &CertificateError::NotValidForName,
            &["1.b", "2.b", "3.b", "4.b", "5.b", "6.b", "7.b"],
            "the certificate of a.example:443 is not for `a.example`: it is for `1.b`, `2.b`, `3.b`, `4.b`, `5.b` and 2 \
             more",
        );
    }

    #[test]
    fn validity_has_two_ends() {
        let shown = certificate(&["a.example"]);
        assert!(check_validity(&shown, at(YEAR_2026 - 1)).is_ok());
        for (now, wanted) in [
            (YEAR_2026 + 1, "Expired"),
            (YEAR_2026 - 400 * 86_400, "NotValidYet"),
        ] {
            match check_validity(&shown, at(now)) {
                Err(Error::InvalidCertificate(error)) => assert!(format!("{error:?}").starts_with(wanted)),
                other => panic!("{other:?}"),
            }
        }
        let chain = [shown, CertificateDer::from(vec![1, 2, 3])];
        assert_eq!(
            earliest_expiry(&chain).unwrap().as_second(),
            YEAR_2026.cast_signed()
        );
    }
}
