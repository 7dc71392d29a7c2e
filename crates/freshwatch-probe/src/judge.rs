//! The one judgment, and the precedence of verdicts: it stands here alone.

mod aloud;

use std::sync::Arc;

use jiff::Timestamp;

use crate::breach::{Breach, BreachKind};
use crate::definition::Definition;
use crate::expectation::{StatusSet, VerdictRule};
use crate::explain::Trace;
use crate::freshness::assess::Assessment;
use crate::freshness::cache;
use crate::freshness::memory::{Memory, Recall};
use crate::observation::{Answer, Body, Cause, NotMade, Observation, Outcome, RedirectStop, Unreachable};
use crate::run::{DataAge, Items, Judgment};
use crate::select::{Unparsable, View};
use crate::self_report::{self, NoReport, SelfReport};
use crate::verdict::{Code, Reason, Verdict};
use crate::{duration, show, size};

/// Turns what was promised, what was seen and what earlier runs saw into a judgment at `now`, and what to remember from
/// now on. It cannot fail: whatever was seen, there is one.
pub fn judge(
    definition: &Definition,
    observation: &Observation,
    recall: Recall<'_>,
    now: Timestamp,
) -> Judgment {
    judge_aloud(definition, observation, recall, now, Trace::NONE)
}

/// As [`judge`], and tells its steps to whoever listens.
pub fn judge_aloud(
    definition: &Definition,
    observation: &Observation,
    recall: Recall<'_>,
    now: Timestamp,
    trace: Trace<'_>,
) -> Judgment {
    let mut findings = match &observation.outcome {
        Outcome::NotMade(why) => Findings::of(not_made(why)),
        Outcome::Unreachable(failure) => Findings::of(unreachable(failure)),
        Outcome::Answered(answer) => {
            let case = Case::new(definition, observation, answer, recall, now);
            case.aloud(trace).judge()
        }
    };
    if let Outcome::Answered(answer) = &observation.outcome
        && findings
            .reasons
            .iter()
            .any(|reason| reason.verdict == Verdict::Stale)
    {
        findings
            .notes
            .extend(cache::note(&answer.headers, &observation.secrets));
    }
    // Whatever a sentence was made of, no secret leaves in it, and nothing that a terminal would obey.
    let redact = |text: &mut String| *text = show::plain(&observation.secrets.redact(text));
    for reason in &mut findings.reasons {
        redact(&mut reason.message);
        reason.seen.iter_mut().for_each(redact);
    }
    findings.notes.iter_mut().for_each(redact);
    trace.redact(redact);
    findings.into_judgment()
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    reasons: Vec<Reason>,
    notes: Vec<String>,
    data: Option<DataAge>,
    items: Option<Box<Items>>,
    memory: Option<Arc<Memory>>,
}

impl Findings {
    fn of(reason: Reason) -> Self {
        Self {
            reasons: vec![reason],
            ..Self::default()
        }
    }

    fn add(&mut self, reason: Reason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Takes the ages of another rule in: those of the one whose data is the oldest are shown.
    fn add_ages(&mut self, data: Option<DataAge>, items: Option<Items>) {
        let is_older = |data: &DataAge| self.data.is_none_or(|other| data.is_older_than(&other));
        self.data = data.filter(is_older).or(self.data);
        let goes_before = |items: &Items| {
            let others = self.items.as_ref();
            others.is_none_or(|others| items.fresh * others.judged < others.fresh * items.judged)
        };
        if let Some(items) = items.filter(goes_before) {
            self.items = Some(Box::new(items));
        }
    }

    /// The precedence: the worst verdict that any reason speaks for; all reasons stay, the worst first.
    fn into_judgment(mut self) -> Judgment {
        self.reasons
            .sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
        Judgment {
            verdict: self.reasons.first().map_or(Verdict::Ok, |reason| reason.verdict),
            reasons: self.reasons,
            notes: self.notes,
            data: self.data,
            items: self.items,
            memory: self.memory,
            stale_at: None,
        }
    }
}

/// A complete answer before the judge.
struct Case<'a> {
    definition: &'a Definition,
    observation: &'a Observation,
    answer: &'a Answer,
    view: View<'a>,
    recall: Recall<'a>,
    now: Timestamp,
}

impl<'a> Case<'a> {
    fn new(
        definition: &'a Definition,
        observation: &'a Observation,
        answer: &'a Answer,
        recall: Recall<'a>,
        now: Timestamp,
    ) -> Self {
        Self {
            definition,
            observation,
            answer,
            view: View::new(answer, definition, &observation.secrets),
            recall,
            now,
        }
    }

    fn aloud(self, trace: Trace<'a>) -> Self {
        Self {
            view: self.view.aloud(trace),
            ..self
        }
    }

    fn judge(&self) -> Findings {
        self.tell_answer();
        if let Some(findings) = self.ruled() {
            return findings;
        }
        let mut findings = Findings::default();
        if let Some(stop) = &self.answer.redirect_stop {
            findings.add(redirect(stop, self.answer.status));
            return findings;
        }
        let report = self.self_report();
        let decides = report.as_ref().is_some_and(|report| match report {
            // A bad word is believed on any status but those that speak of the prober; a good one does not make up for
            // a 503.
            Ok(report) => {
                report.verdict > Verdict::Degraded && !matches!(self.answer.status, 401 | 403 | 407 | 429)
            }
            Err(_) => false,
        });
        if let Some(reason) = self.status().filter(|_| !decides) {
            self.tell_status(&reason);
            findings.add(reason);
            // What came is not the answer that the other promises are about; only how it came still counts.
            self.warn_of_the_way(&mut findings);
            return findings;
        }
        match report {
            Some(Ok(report)) => self.add_report(&mut findings, &report),
            Some(Err(reason)) => findings.add(reason),
            None => {}
        }
        if self.status().is_some() {
            self.assess_quietly(&mut findings);
            return findings;
        }
        self.judge_body(&mut findings);
        findings
    }

    /// The first rule under `verdict` that the answer fits decides.
    fn ruled(&self) -> Option<Findings> {
        let rules = &self.definition.verdict_rules;
        let rule = rules.iter().find(|rule| {
            let breaches = self.rule_breaches(rule);
            self.tell_rule(rule.verdict, breaches.as_deref());
            breaches.is_some_and(|breaches| breaches.is_empty())
        })?;
        let word = rule.verdict;
        let message = format!(
            "the answer ({}) fits the probe's own rule for `{word}`",
            self.answer.status
        );
        let mut findings = Findings::default();
        match word {
            Verdict::Ok => findings.notes.push(message),
            Verdict::Degraded | Verdict::Stale | Verdict::Invalid | Verdict::Down | Verdict::Unknown => {
                findings.add(Reason::new(word, Code::Rule, message));
            }
        }
        self.assess_quietly(&mut findings);
        Some(findings)
    }

    /// Why the answer does not fit a rule; `None`: the rule is about a body that never came whole.
    fn rule_breaches(&self, rule: &VerdictRule) -> Option<Vec<Breach>> {
        let incomplete = !matches!(self.answer.body, Body::Complete(_));
        let reads_body = rule.when.needs_json() || rule.when.text.is_some() || !rule.when.size.is_empty();
        let exchange = &self.observation.exchange;
        (!(incomplete && reads_body)).then(|| rule.when.breaches(&self.view, exchange, self.now))
    }

    /// Rules that would fit but for a body that cannot be read: whether they do nobody knows, and that is not a pass.
    fn add_unclear_rules(&self, findings: &mut Findings) {
        for rule in &self.definition.verdict_rules {
            let breaches = self.rule_breaches(rule).unwrap_or_default();
            let unreadable = |breach: &Breach| {
                matches!(
                    breach.kind,
                    BreachKind::NotJson | BreachKind::NotText | BreachKind::TooCostly
                )
            };
            if breaches.iter().all(unreadable) {
                for breach in breaches {
                    findings.add(expected(breach));
                }
            }
        }
    }

    /// The age of the data for the telemetry, when something else has decided the verdict.
    fn assess_quietly(&self, findings: &mut Findings) {
        self.tell_quietness();
        for assessment in self.assess(findings) {
            findings.add_ages(assessment.data, assessment.items);
        }
    }

    /// What every freshness rule says, and what is to be remembered of it.
    fn assess(&self, findings: &mut Findings) -> Vec<Assessment> {
        let rules = &self.definition.fresh;
        let mut assessments: Vec<Assessment> = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| {
                self.tell_fresh(index);
                rule.assess(&self.view, self.recall, self.now)
            })
            .collect();
        // Nearly always nothing is new, and then nothing is built; what rules that are gone remember goes with the next
        // news, and is never more than there are rules.
        let is_news = assessments.iter().any(|assessment| assessment.remember.is_some());
        if let Recall::From(before) = self.recall
            && (is_news || before.len() > rules.len())
            && self.definition.remembers()
        {
            let mut memory = before.of_rules(rules);
            for (rule, assessment) in rules.iter().zip(&mut assessments) {
                if let Some(recollection) = assessment.remember.take() {
                    memory.put(rule, recollection);
                }
            }
            findings.memory = (memory != *before).then(|| Arc::new(memory));
        }
        assessments
    }

    /// The endpoint's own judgment, where the probe asks for it.
    fn self_report(&self) -> Option<Result<SelfReport, Reason>> {
        self.definition.self_report.then_some(())?;
        let document = match self.view.json() {
            Ok(document) => document,
            Err(Unparsable::NotJson(why) | Unparsable::NotText(why)) => {
                return Some(Err(Reason::new(Verdict::Invalid, Code::NotJson, why)));
            }
            Err(Unparsable::TooCostly(_) | Unparsable::Incomplete) => return None,
        };
        Some(self_report::read(document).map_err(|why| match why {
            NoReport::Absent => {
                let message = "the body has no text `$.status`, by which an endpoint judges itself";
                Reason::new(Verdict::Invalid, Code::NoMatch, message)
            }
            NoReport::UnknownWord(word) => {
                let shown = show::text(&word, self.view.secrets);
                let message = format!("`$.status` is {shown}, which is no word of a health report");
                let known = "FRESH, STALE, pass, warn, fail, UP, DOWN, OUT_OF_SERVICE or UNKNOWN";
                Reason::new(Verdict::Invalid, Code::SelfReport, message).contrast(shown, known)
            }
        }))
    }

    fn add_report(&self, findings: &mut Findings, report: &SelfReport) {
        self.tell_report(report);
        if report.verdict == Verdict::Ok {
            return;
        }
        let word = show::text(&report.word, self.view.secrets);
        let checks: Vec<String> = report
            .checks
            .iter()
            .take(3)
            .map(|name| format!("`{}`", self.view.secrets.redact(name)))
            .collect();
        let because = if checks.is_empty() {
            String::new()
        } else {
            format!(" because of {}", checks.join(", "))
        };
        let message = format!("the endpoint says of itself that it is {word}{because}");
        findings.add(Reason::new(report.verdict, Code::SelfReport, message));
    }

    /// What the status means when it is not an expected one.
    fn status(&self) -> Option<Reason> {
        let status = self.answer.status;
        let wanted = self.definition.expect.status.as_ref();
        let wanted = wanted.unwrap_or(StatusSet::success());
        if wanted.contains(status) {
            return None;
        }
        let reason = match status {
            429 => {
                let wait = self.observation.exchange.retry_after;
                let when = wait.map(|wait| format!("; it asks for {} of rest", duration::show(wait)));
                let message = format!(
                    "429: the service asks us to slow down{}",
                    when.unwrap_or_default()
                );
                Reason::new(Verdict::Unknown, Code::RateLimited, message)
            }
            401 | 403 | 407 if self.definition.request.has_credentials() => {
                let message = format!("{status}: the probe's credentials were refused; renew them");
                Reason::new(Verdict::Unknown, Code::Credential, message)
            }
            401 | 403 | 407 => {
                let message = format!(
                    "{status}: the endpoint wants credentials and the probe has none (`auth`, or a secret in its request)"
                );
                Reason::new(Verdict::Invalid, Code::Status, message)
            }
            500..=599 => Reason::new(
                Verdict::Down,
                Code::Status,
                format!("{status}: the service says that it failed"),
            ),
            _ => Reason::new(
                Verdict::Invalid,
                Code::Status,
                format!("the status is {status}, wanted {wanted}"),
            ),
        };
        Some(reason.contrast(status.to_string(), wanted.to_string()))
    }

    fn judge_body(&self, findings: &mut Findings) {
        self.add_unclear_rules(findings);
        match &self.answer.body {
            Body::Complete(_) => {}
            Body::TooLarge { limit } => {
                let limit = size::show(*limit);
                let message = format!("the body is larger than {limit} (`max_body`); reading stopped there");
                let reason = Reason::new(Verdict::Invalid, Code::TooLarge, message);
                findings.add(reason.contrast(format!("more than {limit}"), format!("at most {limit}")));
            }
            Body::Undecodable { coding, why } => {
                let coding = show::text(coding, self.view.secrets);
                let message = format!("the body does not decompress as {coding}: {why}");
                findings.add(Reason::new(Verdict::Invalid, Code::Encoding, message));
            }
        }
        let exchange = &self.observation.exchange;
        let breaches = self.definition.expect.breaches(&self.view, exchange, self.now);
        self.tell_breaches("expect", &breaches);
        for breach in breaches {
            findings.add(expected(breach));
        }
        if let Some(warn) = &self.definition.warn {
            let breaches = warn.breaches(&self.view, exchange, self.now);
            self.tell_breaches("warn", &breaches);
            for breach in breaches {
                findings.add(warned(breach));
            }
        }
        for assessment in self.assess(findings) {
            // That the body never came whole is said already; a signal in a header still tells the age.
            let is_whole = matches!(self.answer.body, Body::Complete(_));
            let reasons = assessment.reasons.into_iter();
            for reason in reasons.filter(|reason| is_whole || reason.code != Code::NoTimestamp) {
                findings.add(reason);
            }
            findings.notes.extend(assessment.notes);
            findings.add_ages(assessment.data, assessment.items);
        }
    }

    /// The warnings that do not depend on what the answer says.
    fn warn_of_the_way(&self, findings: &mut Findings) {
        let Some(warn) = &self.definition.warn else { return };
        for breach in warn.breaches(&self.view, &self.observation.exchange, self.now) {
            if matches!(breach.kind, BreachKind::Latency | BreachKind::Certificate) {
                findings.add(warned(breach));
            }
        }
    }
}

fn expected(breach: Breach) -> Reason {
    let code = match breach.kind {
        BreachKind::Status => Code::Status,
        BreachKind::Matcher | BreachKind::Latency => Code::Expectation,
        BreachKind::Missing => Code::NoMatch,
        BreachKind::NotJson => Code::NotJson,
        BreachKind::NotText => Code::NotText,
        BreachKind::TooCostly => Code::TooLarge,
        BreachKind::Schema => Code::Schema,
        BreachKind::Certificate => Code::Certificate,
    };
    reason(Verdict::Invalid, code, breach)
}

fn warned(breach: Breach) -> Reason {
    let (verdict, code) = match breach.kind {
        BreachKind::Status | BreachKind::Matcher | BreachKind::Missing | BreachKind::Schema => {
            (Verdict::Degraded, Code::Warning)
        }
        BreachKind::Certificate => (Verdict::Degraded, Code::Certificate),
        BreachKind::Latency => (Verdict::Degraded, Code::Slow),
        // Where JSON or text is needed, an answer that is neither is wrong, whoever needs it.
        BreachKind::NotJson => (Verdict::Invalid, Code::NotJson),
        BreachKind::NotText => (Verdict::Invalid, Code::NotText),
        BreachKind::TooCostly => (Verdict::Invalid, Code::TooLarge),
    };
    reason(verdict, code, breach)
}

fn reason(verdict: Verdict, code: Code, breach: Breach) -> Reason {
    let reason = Reason::new(verdict, code, breach.message);
    match breach.contrast {
        Some((seen, wanted)) => reason.contrast(seen, wanted),
        None => reason,
    }
}

fn not_made(why: &NotMade) -> Reason {
    let (code, message) = match why {
        NotMade::Secret(why) => (Code::Secret, why.clone()),
        NotMade::Aborted => (
            Code::Aborted,
            "the run was cut off by shutdown or a reload".into(),
        ),
        NotMade::Overload => (
            Code::Overload,
            "the prober had no capacity to start in time".into(),
        ),
        NotMade::Unjudged(bound) => (
            Code::Overload,
            format!(
                "judging the answer took longer than {}: its schema or a path has too many ways through it",
                duration::show(*bound)
            ),
        ),
        NotMade::Internal => (
            Code::Internal,
            "the prober failed inside: please report this as a bug of freshwatch".into(),
        ),
    };
    Reason::new(Verdict::Unknown, code, message)
}

fn unreachable(failure: &Unreachable) -> Reason {
    Reason::new(Verdict::Down, failure.cause.into(), failure.message.clone())
}

impl From<Cause> for Code {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Dns => Self::Dns,
            Cause::Connect => Self::Connect,
            Cause::Tls => Self::Tls,
            Cause::Timeout => Self::Timeout,
            Cause::Reset => Self::Reset,
            Cause::Truncated => Self::Truncated,
            Cause::Protocol => Self::Protocol,
        }
    }
}

fn redirect(stop: &RedirectStop, status: u16) -> Reason {
    let message = match stop {
        RedirectStop::TooMany { limit } => {
            format!(
                "more than {} (`redirects`); the last answer was {status}",
                show::counted(*limit as usize, "redirect", "redirects")
            )
        }
        RedirectStop::BadLocation(why) => format!("{status}: the redirect cannot be followed: {why}"),
        RedirectStop::Credentials => {
            format!(
                "{status}: the redirect was not followed: it would carry the probe's secrets to another origin"
            )
        }
    };
    Reason::new(Verdict::Invalid, Code::Redirects, message)
}

#[cfg(test)]
mod tests;
