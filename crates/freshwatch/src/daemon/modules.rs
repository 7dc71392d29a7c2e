//! `/probe`: a loaded probe run once against another target, as blackbox_exporter's users know it.

use std::sync::Arc;
use std::time::Duration;

use freshwatch_agent::Agent;
use freshwatch_page::{ProbeAnswer, ProbeAsk, Text};
use freshwatch_probe::definition::Definition;
use freshwatch_probe::run::Run;
use freshwatch_probe::template::{Part, Template};
use freshwatch_telemetry::prometheus;
use globset::{Glob, GlobMatcher};
use tokio::sync::Semaphore;
use url::Url;

use crate::report;

/// So many run at once; whoever comes then is told to come again.
const MOST_AT_ONCE: usize = 100;

/// Whom `/probe` may ask.
#[derive(Debug, Clone)]
pub struct Targets(Vec<Target>);

#[derive(Debug, Clone)]
struct Target {
    host: GlobMatcher,
    port: Option<u16>,
}

impl Targets {
    /// Reads `HOST` or `HOST:PORT`; `*` in a host stands for any text.
    ///
    /// # Errors
    /// A fragment that says what is wrong and how to write it.
    pub fn read(texts: &[String]) -> Result<Self, String> {
        texts
            .iter()
            .map(|text| Target::read(text))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn allow(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else {
            return false;
        };
        let port = url.port_or_known_default();
        self.0
            .iter()
            .any(|target| target.host.is_match(host) && (target.port.is_none() || target.port == port))
    }
}

impl Target {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a host: write it like `api.example.com`, `*.example.com` or `[::1]:8080`"
            )
        };
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| wrong())?))
            }
            Some(_) | None => (text, None),
        };
        if host.is_empty() || host.contains(['/', '@', '?', '#', ' ']) {
            return Err(wrong());
        }
        // In a glob, brackets are a class of characters; in an address of IPv6 they are not.
        let glob = host
            .to_ascii_lowercase()
            .replace('[', "\u{1}")
            .replace(']', "[]]")
            .replace('\u{1}', "[[]");
        let host = Glob::new(&glob).map_err(|_| wrong())?.compile_matcher();
        Ok(Self { host, port })
    }
}

/// Runs loaded probes against other targets.
pub(super) struct Modules {
    agent: Agent,
    targets: Targets,
    places: Semaphore,
}

impl Modules {
    pub fn new(agent: Agent, targets: Targets) -> Self {
        Self {
            agent,
            targets,
            places: Semaphore::new(MOST_AT_ONCE),
        }
    }

    /// Runs this definition once against the target that is asked for.
    pub async fn probe(&self, module: &Definition, ask: &ProbeAsk) -> ProbeAnswer {
        let url = match aim(&module.request.url, &ask.target) {
            Ok(url) => url,
            Err(why) => return ProbeAnswer::BadTarget(why),
        };
        match Url::parse(&url.render(&freshwatch_probe::template::RunValues::default())) {
            Ok(url) if self.targets.allow(&url) => {}
            Ok(_) => return ProbeAnswer::ForbiddenTarget,
            Err(error) => return ProbeAnswer::BadTarget(format!("is no part of a URL: {error}")),
        }
        let Ok(_place) = self.places.try_acquire() else {
            return ProbeAnswer::Busy;
        };
        let mut definition = module.clone();
        definition.request.url = url;
        // Wherever a redirect leads, nobody has allowed it.
        definition.request.redirects = 0;
        definition.timeout = definition.timeout.min(ask.within);
        let run = self.agent.run_once(&Arc::new(definition), None).await;
        ProbeAnswer::Measured(if ask.debug {
            for_people(run)
        } else {
            for_prometheus(&run)
        })
    }
}

fn for_prometheus(run: &Run) -> Text {
    Text {
        content_type: prometheus::CONTENT_TYPE,
        body: prometheus::write_run(run),
    }
}

fn for_people(run: Run) -> Text {
    let took: Duration = run.took;
    let text = report::text::round(&[run], took, None);
    Text {
        content_type: "text/plain; charset=utf-8",
        body: anstream::adapter::strip_str(&text).to_string().into_bytes(),
    }
}

/// The module's URL, aimed at a target: a whole URL takes its place, an origin or a host the place of its origin.
fn aim(module: &Template, target: &str) -> Result<Template, String> {
    let as_url = |text: &str| {
        let url = Url::parse(text)
            .ok()
            .filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())?;
        (url.username().is_empty() && url.password().is_none()).then_some(url)
    };
    let wrong = || "is neither a host nor an http or https URL without credentials".to_owned();
    if target.contains("://") {
        let url = as_url(target).ok_or_else(wrong)?;
        if url.path() != "/" || url.query().is_some() || target.ends_with('/') {
            return Ok(Template::literal(url));
        }
    }
    let (origin, rest) = split(module)?;
    let origin = if target.contains("://") {
        target.to_owned()
    } else {
        let scheme = origin.split_once("://").map_or("http", |(scheme, _)| scheme);
        format!("{scheme}://{target}")
    };
    let url =
        as_url(&origin).filter(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none());
    let url = url.ok_or_else(wrong)?;
    let mut parts = vec![Part::Literal(url.as_str().trim_end_matches('/').to_owned())];
    parts.extend(rest);
    Ok(Template::new(parts))
}

/// The origin of a module's URL, and what comes behind it.
fn split(module: &Template) -> Result<(String, Vec<Part>), String> {
    let hidden = || "cannot be put into this module's URL, whose host is a placeholder or has credentials: give a whole URL";
    let Some((Part::Literal(first), others)) = module.parts().split_first() else {
        return Err(hidden().into());
    };
    let authority = first.find("://").map(|at| at + 3).ok_or_else(hidden)?;
    let path = first[authority..].find(['/', '?', '#']).map(|at| authority + at);
    if path.is_none() && !others.is_empty() {
        return Err(hidden().into());
    }
    let (origin, rest) = first.split_at(path.unwrap_or(first.len()));
    let rest = std::iter::once(Part::Literal(rest.to_owned())).chain(others.iter().cloned());
    Ok((origin.to_owned(), rest.collect()))
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::template::{Part, RunValues, Template};
    use url::Url;

    use super::{Targets, aim};

    #[track_caller]
    fn check(module: &str, target: &str, url: &str) {
        let aimed = aim(&Template::literal(module), target).unwrap();
        assert_eq!(aimed.render(&RunValues::default()), url);
    }

    #[test]
    fn a_target_replaces_the_origin_or_the_url() {
        let module = "https://api.example/v1/prices?region=seoul";
        check(module, "b.example", "https://b.example/v1/prices?region=seoul");
        check(
            module,
            "b.example:8443",
            "https://b.example:8443/v1/prices?region=seoul",
        );
        check(
            module,
            "http://b.example",
            "http://b.example/v1/prices?region=seoul",
        );
        check(module, "http://b.example/", "http://b.example/");
        check(module, "http://b.example/v2?x=1", "http://b.example/v2?x=1");
        check(module, "[::1]:80", "https://[::1]:80/v1/prices?region=seoul");
        check("http://api.example", "b.example", "http://b.example");
    }

    #[test]
    fn what_is_no_target_is_refused() {
        let module = Template::literal("https://api.example/v1");
        for target in [
            "ftp://b.example",
            "b.example/path",
            "a@b.example",
            "http://u:p@b.example/",
            "b.example?x",
            "",
            "b c",
        ] {
            assert!(aim(&module, target).is_err(), "{target}");
        }
        let hidden = Template::new(vec![
            Part::Literal("https://".into()),
            Part::Nonce,
            Part::Literal("/x".into()),
        ]);
        assert!(aim(&hidden, "b.example").is_err() && aim(&hidden, "http://b.example/x").is_ok());
    }

    #[track_caller]
    fn allow(targets: &[&str], url: &str) -> bool {
        let targets: Vec<String> = targets.iter().map(|&target| target.to_owned()).collect();
        Targets::read(&targets).unwrap().allow(&Url::parse(url).unwrap())
    }

    #[test]
    fn only_the_hosts_that_are_named_are_asked() {
        assert!(
            allow(&["api.example"], "https://API.example/x")
                && allow(&["API.example"], "http://api.example:81")
        );
        assert!(!allow(&["api.example"], "https://api.example.evil.example/"));
        assert!(!allow(&["api.example"], "https://api.example@evil.example/"));
        assert!(
            allow(&["*.example.com"], "https://a.b.example.com/")
                && !allow(&["*.example.com"], "https://example.com/")
        );
        assert!(
            allow(&["a.example:8080"], "http://a.example:8080/")
                && !allow(&["a.example:8080"], "http://a.example/")
        );
        assert!(allow(&["a.example:80"], "http://a.example/"));
        assert!(
            allow(&["[::1]"], "http://[::1]:9/")
                && allow(&["[::1]:9"], "http://[::1]:9/")
                && !allow(&["[::1]:9"], "http://[::1]/")
        );
        assert!(!allow(&[], "http://a.example/"));
    }

    #[test]
    fn targets_that_are_none_are_refused() {
        for text in ["", "http://a.example", "a.example/x", "a:b", "a b", "u@a"] {
            assert!(Targets::read(&[text.to_owned()]).is_err(), "{text}");
        }
    }
}
