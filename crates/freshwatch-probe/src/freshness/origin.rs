//! Where a stale answer is stale: at the edge, in a cache before the origin, or at the origin itself.

use crate::duration;
use crate::freshness::cache;
use crate::observation::{Observation, Outcome};
use crate::run::Judgment;
use crate::verdict::Verdict;

/// Where a stale answer is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaleAt {
    /// A cache before the origin has kept what is old; the origin has newer data.
    Edge,
    /// The origin's own data is as old.
    Origin,
}

impl StaleAt {
    /// The word that reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Origin => "origin",
        }
    }
}

impl Judgment {
    /// Adds to a stale judgment what the origin, asked right after, shows: where the answer is stale, in a word and in
    /// the first reason; or a note when that cannot be told. The verdict stays what the users of the edge see.
    pub fn compare_with_origin(&mut self, seen: &Observation, origin: &Self) {
        if self.verdict != Verdict::Stale {
            return;
        }
        let age = origin.data.and_then(|data| data.age);
        let age = age.map(|age| format!(" ({} old)", duration::show(age.unsigned_abs())));
        let age = age.unwrap_or_default();
        let clause = match origin.verdict {
            Verdict::Ok | Verdict::Degraded => {
                self.stale_at = Some(StaleAt::Edge);
                format!("the origin has fresh data{age}: what is old is a cache before it")
            }
            Verdict::Stale if is_from_cache(seen) => {
                return self.notes.push(
                    "the answer of `origin` came from a cache as well, so whether the origin is old cannot be told"
                        .into(),
                );
            }
            Verdict::Stale => {
                self.stale_at = Some(StaleAt::Origin);
                format!("the origin itself is stale{age}")
            }
            Verdict::Invalid | Verdict::Down | Verdict::Unknown => {
                let why = origin
                    .reasons
                    .first()
                    .map_or("", |reason| reason.message.as_str());
                let note = format!("`origin` could not tell whether it is stale as well: {why}");
                return self.notes.push(note);
            }
        };
        if let Some(reason) = self.reasons.first_mut() {
            reason.message = format!("{}; {clause}", reason.message);
        }
    }
}

fn is_from_cache(seen: &Observation) -> bool {
    match &seen.outcome {
        Outcome::Answered(answer) => cache::is_from_cache(&answer.headers),
        Outcome::Unreachable(_) | Outcome::NotMade(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::header::{AGE, HeaderMap, HeaderValue};
    use jiff::SignedDuration;

    use super::StaleAt;
    use crate::observation::{Answer, Body, Exchange, Observation, Outcome};
    use crate::redact::Redactor;
    use crate::run::{DataAge, Judgment};
    use crate::verdict::{Code, Reason, Verdict};

    fn judgment(verdict: Verdict, message: &str, hours: i64) -> Judgment {
        Judgment {
            verdict,
            reasons: vec![Reason::new(verdict, Code::TooOld, message)],
            notes: Vec::new(),
            data: Some(DataAge {
                timestamp: None,
                age: Some(SignedDuration::from_hours(hours)),
                max_age: None,
                due: None,
                landed: None,
            }),
            items: None,
            memory: None,
            stale_at: None,
        }
    }

    fn answered(age: Option<&'static str>) -> Observation {
        let mut headers = HeaderMap::new();
        headers.extend(age.map(|age| (AGE, HeaderValue::from_static(age))));
        Observation {
            exchange: Exchange::default(),
            outcome: Outcome::Answered(Answer {
                status: 200,
                headers,
                body: Body::Complete(Bytes::new()),
                redirect_stop: None,
            }),
            secrets: Redactor::default(),
        }
    }

    /// A stale answer of the edge beside this verdict of the origin: where it is stale, and what is told.
    #[track_caller]
    fn check(
        origin: Verdict,
        age: Option<&'static str>,
        stale_at: Option<StaleAt>,
        reason: &str,
        note: &str,
    ) {
        let mut edge = judgment(Verdict::Stale, "old", 40);
        edge.compare_with_origin(&answered(age), &judgment(origin, "why", 2));
        assert_eq!((edge.verdict, edge.stale_at), (Verdict::Stale, stale_at));
        assert_eq!(
            (edge.reasons[0].message.as_str(), edge.notes.concat().as_str()),
            (reason, note)
        );
    }

    #[test]
    fn where_it_is_stale() {
        let edge = "old; the origin has fresh data (2h old): what is old is a cache before it";
        check(Verdict::Ok, None, Some(StaleAt::Edge), edge, "");
        check(Verdict::Degraded, Some("9"), Some(StaleAt::Edge), edge, "");
        let origin = "old; the origin itself is stale (2h old)";
        check(Verdict::Stale, None, Some(StaleAt::Origin), origin, "");
        check(Verdict::Stale, Some("0"), Some(StaleAt::Origin), origin, "");
    }

    #[test]
    fn when_that_cannot_be_told() {
        let cached =
            "the answer of `origin` came from a cache as well, so whether the origin is old cannot be told";
        check(Verdict::Stale, Some("60"), None, "old", cached);
        for verdict in [Verdict::Invalid, Verdict::Down, Verdict::Unknown] {
            check(
                verdict,
                None,
                None,
                "old",
                "`origin` could not tell whether it is stale as well: why",
            );
        }
    }

    #[test]
    fn what_is_not_stale_has_no_such_place() {
        let mut edge = judgment(Verdict::Down, "old", 40);
        edge.compare_with_origin(&answered(None), &judgment(Verdict::Ok, "", 2));
        assert_eq!((edge.stale_at, edge.reasons[0].message.as_str()), (None, "old"));
    }
}
