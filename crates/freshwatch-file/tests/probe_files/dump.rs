//! Definitions as text that a person can read: what differs from the defaults of the grammar alone.

use std::fmt::Write as _;

use freshwatch_file::ProbeSet;
use freshwatch_probe::definition::{Definition, ProbeName, When};
use freshwatch_probe::duration;
use freshwatch_probe::expectation::Expectation;
use freshwatch_probe::freshness::{Bound, Freshness, MaxAge, Reading, Signal};
use freshwatch_probe::matcher::{Condition, Matcher};
use freshwatch_probe::request::{Request, RequestBody};
use freshwatch_probe::unit_test::{Earlier, Recorded, UnitTest};

/// All that a set holds.
pub fn set(set: &ProbeSet) -> String {
    let mut text = String::new();
    for calendar in &set.calendars {
        let rules = calendar.rules();
        writeln!(
            text,
            "calendar {}: {:?} {:?}",
            calendar.name(),
            rules.days,
            rules.open
        )
        .unwrap();
        writeln!(text, "  zone {}", rules.timezone.iana_name().unwrap_or("?")).unwrap();
        for holiday in &rules.holidays {
            writeln!(
                text,
                "  closed {} to {} {:?}",
                holiday.from, holiday.to, holiday.name
            )
            .unwrap();
        }
        writeln!(text, "  extra {:?} through {:?}", rules.extra_days, rules.through).unwrap();
    }
    for (definition, tests) in set.definitions.iter().zip(&set.tests) {
        probe(&mut text, definition);
        for test in tests {
            unit_test(&mut text, test);
        }
    }
    text
}

fn probe(text: &mut String, probe: &Definition) {
    writeln!(text, "{}", probe.name).unwrap();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            writeln!(text, "  {name}: {value}").unwrap();
        }
    };
    line("description", probe.description.clone().unwrap_or_default());
    line("request", request(&probe.request));
    line(
        "when",
        match &probe.schedule.when {
            When::Every(every) => format!("every {}", duration::show(*every)),
            When::Cron(cron) => format!("cron {cron}"),
        },
    );
    let zone = probe.schedule.timezone.as_ref().and_then(|zone| zone.iana_name());
    line("zone", zone.unwrap_or_default().into());
    line(
        "jitter",
        probe.schedule.jitter.map(duration::show).unwrap_or_default(),
    );
    line("timeout", duration::show(probe.timeout));
    if probe.retry.attempts > 1 {
        line("retry", format!("{:?}", probe.retry));
    }
    for rule in &probe.verdict_rules {
        line(&format!("{} when", rule.verdict), expectation(&rule.when));
    }
    line("expect", expectation(&probe.expect));
    line("warn", probe.warn.as_deref().map(expectation).unwrap_or_default());
    line(
        "self_report",
        if probe.self_report {
            "yes".into()
        } else {
            String::new()
        },
    );
    let fresh: Vec<String> = probe.fresh.iter().map(freshness).collect();
    line("fresh", fresh.join("\n  and "));
    for (name, value) in probe.labels.iter() {
        line("label", format!("{name}={value}"));
    }
    line("slo", probe.slo.map(|slo| format!("{slo:?}")).unwrap_or_default());
    let needs: Vec<&str> = probe.needs.iter().map(ProbeName::as_str).collect();
    line("needs", needs.join(" "));
    line("enabled", if probe.enabled { String::new() } else { "no".into() });
}

fn unit_test(text: &mut String, test: &UnitTest) {
    let (place, now, expected) = (&test.place, test.now, test.expected);
    writeln!(text, "  test {}: {now} {expected}", test.name).unwrap();
    writeln!(text, "    at {place}").unwrap();
    for before in &test.before {
        match &before.what {
            Earlier::Value {
                value,
                producer,
                item,
            } => writeln!(
                text,
                "    before at {}: {value} of {item:?} follows {producer:?}",
                before.seen
            )
            .unwrap(),
            Earlier::Answer(earlier) => {
                writeln!(text, "    before at {}:", before.seen).unwrap();
                recorded(text, earlier);
            }
        }
    }
    recorded(text, &test.recorded);
}

fn recorded(text: &mut String, recorded: &Recorded) {
    match recorded {
        Recorded::Down(cause) => writeln!(text, "    down {cause:?}").unwrap(),
        Recorded::Answer(answer) => {
            let (latency, certificate) = (answer.latency, answer.certificate_valid_for);
            writeln!(
                text,
                "    {} in {latency:?} certificate {certificate:?}",
                answer.status
            )
            .unwrap();
            for (name, value) in &answer.headers {
                writeln!(text, "    {name}: {value:?}").unwrap();
            }
            writeln!(text, "    {:?}", answer.body).unwrap();
        }
    }
}

fn request(request: &Request) -> String {
    let mut text = format!("{:?} {}", request.method, request.url);
    let mut add = |value: String| write!(text, "\n    {value}").unwrap();
    let plain = Request::get("");
    if let Some(origin) = &request.origin {
        add(format!("origin {origin}"));
    }
    for (name, value) in &request.headers {
        add(format!("header {name} = {value:?}"));
    }
    for (name, value) in &request.query {
        add(format!("query {name} = {value:?}"));
    }
    match &request.body {
        None => {}
        Some(RequestBody::Text(body)) => add(format!("body {body:?}")),
        Some(RequestBody::Json(body)) => add(format!("json {body:?}")),
        Some(RequestBody::Form(fields)) => add(format!("form {fields:?}")),
    }
    if let Some(auth) = &request.auth {
        add(format!("auth {auth:?}"));
    }
    if request.tls != plain.tls {
        add(format!("{:?}", request.tls));
    }
    if (request.redirects, request.max_body) != (plain.redirects, plain.max_body) {
        add(format!(
            "redirects {} max_body {}",
            request.redirects, request.max_body
        ));
    }
    if (request.read_as, request.http, request.connection) != (plain.read_as, plain.http, plain.connection) {
        add(format!(
            "{:?} {:?} {:?}",
            request.read_as, request.http, request.connection
        ));
    }
    for address in &request.resolve {
        add(format!(
            "resolve {}:{} = {}",
            address.host, address.port, address.address
        ));
    }
    text
}

fn expectation(expectation: &Expectation) -> String {
    let mut parts = Vec::new();
    parts.extend(
        expectation
            .status
            .as_ref()
            .map(|status| format!("status {status}")),
    );
    parts.extend(
        expectation
            .headers
            .iter()
            .map(|(name, matching)| format!("{name} {}", matcher(matching))),
    );
    parts.extend(
        expectation
            .body
            .iter()
            .map(|(path, matching)| format!("{path} {}", matcher(matching))),
    );
    parts.extend(
        expectation
            .text
            .as_ref()
            .map(|matching| format!("text {}", matcher(matching))),
    );
    parts.extend(
        expectation
            .schema
            .as_ref()
            .map(|schema| format!("schema {}", schema.name())),
    );
    parts.extend(
        expectation
            .size
            .iter()
            .map(|size| format!("size {:?} {}", size.operator, size.number)),
    );
    parts.extend(
        expectation
            .certificate_valid_for
            .map(|left| format!("certificate {}", duration::show(left))),
    );
    parts.extend(
        expectation
            .latency
            .iter()
            .map(|time| format!("latency {:?} {}ms", time.operator, time.number)),
    );
    parts
        .iter()
        .fold(String::new(), |text, part| text + "\n    " + part)
}

fn matcher(matcher: &Matcher) -> String {
    let conditions: Vec<String> = matcher.conditions.iter().map(condition).collect();
    format!("[{}]", conditions.join(", "))
}

fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Equals(value) => format!("= {value}"),
        Condition::Not(value) => format!("not {value}"),
        Condition::OneOf(values) => format!("one of {}", serde_json::Value::from(values.clone())),
        Condition::Compare(comparison) => format!("{:?} {}", comparison.operator, comparison.number),
        Condition::Matches(regex) => format!("matches {regex}"),
        Condition::Contains(value) => format!("contains {value}"),
        Condition::StartsWith(start) => format!("starts with {start:?}"),
        Condition::EndsWith(end) => format!("ends with {end:?}"),
        Condition::Exists(exists) => format!("exists {exists}"),
        Condition::Empty(empty) => format!("empty {empty}"),
        Condition::Type(json_type) => format!("type {json_type}"),
        Condition::Count(comparisons) => format!("count {comparisons:?}"),
        Condition::Length(comparisons) => format!("length {comparisons:?}"),
        Condition::Each(inner) => format!("each {}", matcher(inner)),
        Condition::Any(inner) => format!("any {}", matcher(inner)),
    }
}

fn freshness(fresh: &Freshness) -> String {
    let reading = |reading: &Reading| {
        let zone = reading.timezone.as_ref().and_then(|zone| zone.iana_name());
        format!("{:?} zone {zone:?}", reading.format)
    };
    let signal = match &fresh.signal {
        Signal::At {
            reading: how,
            bound: promise,
        } => format!("at, {}, {}", reading(how), bound(promise)),
        Signal::Period {
            reading: how,
            bound: promise,
        } => format!("period, {}, {}", reading(how), bound(promise)),
        Signal::Age { unit, bound } => format!("age in {unit:?}, {}", max_age(bound)),
        Signal::Advances { follows, bound } => {
            let follows = follows.as_ref().map(ToString::to_string);
            format!("advances, follows {follows:?}, {}", max_age(bound))
        }
        Signal::Changes { bound } => format!("changes, {}", max_age(bound)),
        Signal::Expires { reading: how } => format!("expires, {}", reading(how)),
    };
    let each = fresh.each.as_ref().map(|each| {
        let quorum = each.quorum.map(|quorum| quorum.to_string());
        format!("\n    each {each} quorum {quorum:?} ignore {:?}", each.ignore)
    });
    format!(
        "{signal}\n    {} pick {:?} skew {} cache {:?}{}",
        fresh.source,
        fresh.pick,
        duration::show(fresh.max_skew),
        fresh.max_cache_age.map(duration::show),
        each.unwrap_or_default(),
    )
}

fn bound(bound: &Bound) -> String {
    match bound {
        Bound::MaxAge(bound) => max_age(bound),
        Bound::Due(due) => format!(
            "due {} in {:?}, {}, grace {}, calendar {:?}",
            due.line(),
            due.zone().iana_name(),
            due.wants(),
            duration::show(due.grace()),
            due.calendar()
                .map(|(calendar, roll)| (calendar.name().to_owned(), roll)),
        ),
    }
}

fn max_age(bound: &MaxAge) -> String {
    format!(
        "max_age {} warn_age {:?} calendar {:?}",
        duration::show(bound.max_age),
        bound.warn_age.map(duration::show),
        bound.calendar.as_ref().map(|calendar| calendar.name().to_owned()),
    )
}
