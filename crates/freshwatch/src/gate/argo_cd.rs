//! Asks Argo CD for the message of the commit that is deployed: a hook cannot see it.

use std::time::Duration;

use freshwatch_agent::Agent;
use freshwatch_probe::request::{Auth, Request, Tls};
use freshwatch_probe::template::{Part, Secret, Template};
use freshwatch_slo::gate::argo_cd::{self, Commit};
use url::Url;

use super::exchange::exchange;
use crate::command_line::gate::ArgoCd;

/// The variable that Argo CD's own command line reads its token from.
pub(crate) const TOKEN: &str = "ARGOCD_AUTH_TOKEN";

/// How long each of two requests may take.
const WITHIN: Duration = Duration::from_secs(5);

/// The largest answer in bytes: an application tells of all its resources.
const LARGEST_ANSWER: u64 = 16 << 20;

/// The commit that is deployed; none: nobody wants it asked for.
///
/// # Errors
/// A fragment that says why it is not known.
pub(crate) async fn commit(options: &ArgoCd, token: Option<Secret>) -> Option<Result<Commit, String>> {
    let (server, application) = (options.server.as_deref()?, options.application.as_deref()?);
    let found = async {
        let server = Server {
            address: address(server)?,
            agent: Agent::new(),
            token,
            options,
        };
        server.commit(application).await
    };
    Some(found.await)
}

/// An address as Argo CD's own command line takes it, or a URL.
fn address(text: &str) -> Result<Url, String> {
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = Url::parse(&with_scheme).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| "`--argocd-server` is not an address: write it like `argocd.example.com`".to_owned())
}

struct Server<'o> {
    address: Url,
    agent: Agent,
    token: Option<Secret>,
    options: &'o ArgoCd,
}

impl Server<'_> {
    async fn commit(&self, application: &str) -> Result<Commit, String> {
        let (namespace, name) = match application.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, application),
        };
        let revision = if let Some(revision) = &self.options.revision {
            revision.clone()
        } else {
            let body = self.get(&argo_cd::application_path(name), namespace).await?;
            argo_cd::revision_under_way(&body).map_err(told)?
        };
        let path = argo_cd::revision_path(name, &revision);
        let body = self.get(&path, namespace).await?;
        argo_cd::commit(&body).map_err(told)
    }

    async fn get(&self, path: &[&str], namespace: Option<&str>) -> Result<bytes::Bytes, String> {
        let mut url = self.address.clone();
        url.path_segments_mut()
            .map_err(|()| "`--argocd-server` is not an address".to_owned())?
            .pop_if_empty()
            .extend(path);
        if let Some(namespace) = namespace {
            url.query_pairs_mut().append_pair("appNamespace", namespace);
        }
        let mut request = Request::get(url);
        request.max_body = LARGEST_ANSWER;
        request.tls = Tls {
            ca: self.options.ca.clone(),
            insecure: self.options.insecure,
            ..Tls::default()
        };
        request.auth = self.token.clone().map(|value| {
            let name = TOKEN.to_owned();
            Auth::Bearer(Template::new(vec![Part::Env { name, value }]))
        });
        let reply = exchange(&self.agent, request, WITHIN).await;
        let reply = reply.map_err(|trouble| told(&trouble.message))?;
        match reply.status {
            200 => Ok(reply.body),
            401 | 403 if self.token.is_none() => Err(told(&format!(
                "answered {}: put a token into `{TOKEN}`",
                reply.status
            ))),
            401 | 403 => Err(told(&format!(
                "answered {}: the token in `{TOKEN}` may not see the application",
                reply.status
            ))),
            status => Err(told(&format!("answered {status}"))),
        }
    }
}

fn told(why: &str) -> String {
    format!("Argo CD {why}")
}
