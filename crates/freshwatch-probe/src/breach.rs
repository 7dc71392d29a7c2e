//! Holds an answer against an [`Expectation`]: whatever does not hold is a [`Breach`].

use std::fmt::Arguments;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::expectation::{Expectation, Schema, Violation};
use crate::matcher::{Matcher, Subject};
use crate::observation::Exchange;
use crate::path::Path;
use crate::redact::Redactor;
use crate::select::{Unparsable, View};
use crate::{duration, show, size};

/// One thing of an [`Expectation`] that does not hold.
#[derive(Debug, Clone)]
pub struct Breach {
    /// What kind of thing.
    pub kind: BreachKind,
    /// A plain sentence.
    pub message: String,
    /// What was seen against what was wanted.
    pub contrast: Option<(String, String)>,
}

/// What kind of thing does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreachKind {
    /// The status.
    Status,
    /// A matcher.
    Matcher,
    /// There is nothing for a matcher.
    Missing,
    /// The body is not JSON.
    NotJson,
    /// The body is not text.
    NotText,
    /// The body is too large and too deep.
    TooCostly,
    /// The JSON Schema.
    Schema,
    /// The certificate.
    Certificate,
    /// The time it took.
    Latency,
}

impl Expectation {
    /// Everything that does not hold; `now` is for the certificate.
    pub fn breaches(&self, view: &View<'_>, exchange: &Exchange, now: Timestamp) -> Vec<Breach> {
        let mut breaches = Breaches::default();
        breaches.add(self.status_breach(view.answer.status));
        for (name, matcher) in &self.headers {
            let values = view.header(name);
            breaches.check(
                format_args!("the header `{name}`"),
                matcher,
                &values,
                true,
                view.secrets,
            );
        }
        for (path, matcher) in &self.body {
            breaches.check_path(path, matcher, view);
        }
        if let Some(matcher) = &self.text {
            match view.text() {
                Ok(text) => {
                    breaches.check(
                        format_args!("the body"),
                        matcher,
                        &[text.into()],
                        true,
                        view.secrets,
                    );
                }
                Err(why) => breaches.unparsable(why),
            }
        }
        if let Some(schema) = &self.schema {
            match view.json() {
                Ok(document) => {
                    breaches.add(schema.violation(document).map(|v| v.breach(schema, view.secrets)));
                }
                Err(why) => breaches.unparsable(why),
            }
        }
        breaches.add(self.size_breach(exchange));
        breaches.add(self.certificate_breach(exchange, now));
        breaches.add(self.latency_breach(exchange));
        breaches.0
    }

    fn status_breach(&self, status: u16) -> Option<Breach> {
        let wanted = self.status.as_ref().filter(|wanted| !wanted.contains(status))?;
        Some(Breach {
            kind: BreachKind::Status,
            message: format!("the status is {status}, wanted {wanted}"),
            contrast: Some((status.to_string(), wanted.to_string())),
        })
    }

    fn size_breach(&self, exchange: &Exchange) -> Option<Breach> {
        #[expect(clippy::cast_precision_loss, reason = "a body has fewer than 2^53 bytes")]
        let size = exchange.body_length.unwrap_or(0) as f64;
        let broken = self.size.iter().find(|bound| !bound.holds(size))?;
        let seen = size::show(exchange.body_length.unwrap_or(0));
        let wanted = broken.describe(|bytes| size::show(whole(bytes)));
        Some(Breach {
            kind: BreachKind::Matcher,
            message: format!("the body's size is {seen}, wanted {wanted}"),
            contrast: Some((seen, wanted)),
        })
    }

    fn certificate_breach(&self, exchange: &Exchange, now: Timestamp) -> Option<Breach> {
        let wanted = duration::show(self.certificate_valid_for?);
        let breach = |message: String, seen: String| {
            Some(Breach {
                kind: BreachKind::Certificate,
                message,
                contrast: Some((seen, format!("valid for {wanted} or longer"))),
            })
        };
        let Some(expiry) = exchange.tls.as_ref().and_then(|tls| tls.earliest_expiry) else {
            return breach("the answer came without a certificate".into(), "none".into());
        };
        let left = expiry.duration_since(now);
        if left >= SignedDuration::try_from(self.certificate_valid_for?).unwrap_or(SignedDuration::MAX) {
            return None;
        }
        let shown = duration::show(left.unsigned_abs());
        if left.is_negative() {
            return breach(
                format!("the certificate ended {shown} ago"),
                format!("ended {expiry}"),
            );
        }
        breach(
            format!("the certificate ends in {shown}, wanted {wanted} or longer"),
            format!("ends {expiry}"),
        )
    }

    fn latency_breach(&self, exchange: &Exchange) -> Option<Breach> {
        let took = exchange.took.as_secs_f64() * 1000.0;
        let broken = self.latency.iter().find(|bound| !bound.holds(took))?;
        let seen = duration::show(exchange.took);
        let wanted = broken.describe(|millis| duration::show(Duration::from_millis(whole(millis))));
        Some(Breach {
            kind: BreachKind::Latency,
            message: format!("the answer took {seen}, wanted {wanted}"),
            contrast: Some((seen, wanted)),
        })
    }
}

impl Violation {
    fn breach(self, schema: &Schema, secrets: &Redactor) -> Breach {
        let place = if self.at.is_empty() {
            "the body".into()
        } else {
            format!("`{}`", self.at)
        };
        let more = match self.count {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let why = secrets.redact(&self.why).into_owned();
        Breach {
            kind: BreachKind::Schema,
            message: format!("{place} breaks the schema `{}`: {why}{more}", schema.name()),
            contrast: Some((show::value(&self.seen, secrets), why)),
        }
    }
}

/// Breaches as they are found; that the body cannot be read is said once.
#[derive(Default)]
struct Breaches(Vec<Breach>);

impl Breaches {
    fn add(&mut self, breach: Option<Breach>) {
        self.0.extend(breach);
    }

    fn check_path(&mut self, path: &Path, matcher: &Matcher, view: &View<'_>) {
        let found = match view.select(path) {
            Ok(found) => found,
            Err(why) => return self.unparsable(why),
        };
        let subject = Subject {
            matches: &found,
            missing: view.missing_at(path, found.len()),
            singular: path.is_singular(),
            numbers_in_text: view.spells_numbers(),
        };
        self.hold(format_args!("`{path}`"), matcher, subject, view.secrets);
    }

    fn check(
        &mut self,
        what: Arguments<'_>,
        matcher: &Matcher,
        values: &[Value],
        numbers_in_text: bool,
        secrets: &Redactor,
    ) {
        let found: Vec<&Value> = values.iter().collect();
        let subject = Subject {
            matches: &found,
            missing: 0,
            singular: true,
            numbers_in_text,
        };
        self.hold(what, matcher, subject, secrets);
    }

    /// `what` is spelt out when it does not hold.
    fn hold(&mut self, what: Arguments<'_>, matcher: &Matcher, subject: Subject<'_>, secrets: &Redactor) {
        let Err(mismatch) = matcher.check(subject, secrets) else {
            return;
        };
        let verb = if mismatch.counted { "has" } else { "is" };
        self.0.push(Breach {
            kind: if mismatch.missing {
                BreachKind::Missing
            } else {
                BreachKind::Matcher
            },
            message: format!("{what} {verb} {}, wanted {}", mismatch.seen, mismatch.wanted),
            contrast: Some((mismatch.seen, mismatch.wanted)),
        });
    }

    fn unparsable(&mut self, why: Unparsable) {
        let (kind, message) = match why {
            Unparsable::NotJson(message) => (BreachKind::NotJson, message),
            Unparsable::NotText(message) => (BreachKind::NotText, message),
            Unparsable::TooCostly(message) => (BreachKind::TooCostly, message),
            // That the body never came whole is a reason of its own.
            Unparsable::Incomplete => return,
        };
        if self.0.iter().all(|breach| breach.kind != kind) {
            self.0.push(Breach {
                kind,
                message,
                contrast: None,
            });
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounds come from the file's sizes and durations, which are whole and not negative"
)]
const fn whole(number: f64) -> u64 {
    number as u64
}
