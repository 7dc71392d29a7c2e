//! A server that a daemon watches: each path answers as the test says at that moment.

use std::collections::HashMap;
use std::sync::Arc;

use freshwatch_agent::clock;
use jiff::Timestamp;
use tokio::sync::watch;

use super::within;
use crate::server::{Recorded, Server, Visit, json};

/// A server whose paths answer `200` with `{}` unless the test says otherwise.
pub struct Target {
    server: Server,
    stage: Arc<Stage>,
}

/// What a path does.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// It answers with these bytes.
    Answers(Vec<u8>),
    /// It answers nothing until the test says otherwise.
    Waits,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// When.
    pub at: Timestamp,
    /// What was asked.
    pub request: Recorded,
}

struct Stage {
    behaviours: watch::Sender<HashMap<String, Behaviour>>,
    arrivals: watch::Sender<Vec<Arrival>>,
    presence: watch::Sender<HashMap<String, Presence>>,
}

/// How many ask a path.
#[derive(Debug, Clone, Copy, Default)]
struct Presence {
    now: usize,
    most: usize,
}

impl Target {
    /// Starts one.
    pub async fn start() -> Self {
        let stage = Arc::new(Stage {
            behaviours: watch::Sender::default(),
            arrivals: watch::Sender::default(),
            presence: watch::Sender::default(),
        });
        let played = Arc::clone(&stage);
        let server = Server::playing(move |visit| Arc::clone(&played).play(visit)).await;
        Self { server, stage }
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// The `HOST:PORT` of its URLs.
    pub fn authority(&self) -> String {
        self.server.address().to_string()
    }

    /// A probe for a probe file that asks the path of its name; `keys` are lines of YAML.
    pub fn probe(&self, name: &str, keys: &str) -> String {
        let keys = keys.replace('\n', "\n    ");
        format!(
            "  {name}:\n    get: {}\n    {keys}\n",
            self.url(&format!("/{name}"))
        )
    }

    /// Makes a path answer so from now on, also whoever waits there.
    pub fn answer(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.set(path, Behaviour::Answers(bytes.into()));
    }

    /// Makes whoever asks a path wait from now on.
    pub fn hold(&self, path: &str) {
        self.set(path, Behaviour::Waits);
    }

    fn set(&self, path: &str, behaviour: Behaviour) {
        let set = |behaviours: &mut HashMap<_, _>| {
            behaviours.insert(path.to_owned(), behaviour);
        };
        self.stage.behaviours.send_modify(set);
    }

    /// The requests to a path so far.
    pub fn arrivals(&self, path: &str) -> Vec<Arrival> {
        arrivals_at(path, &self.stage.arrivals.borrow())
    }

    /// Waits until a path was asked so often, and gives the requests.
    ///
    /// # Panics
    /// When it is not.
    pub async fn asked(&self, path: &str, times: usize) -> Vec<Arrival> {
        let mut all = self.stage.arrivals.subscribe();
        let come = all.wait_for(|all| arrivals_at(path, all).len() >= times);
        let come = within(come, || {
            format!("{path} was asked {} times", self.arrivals(path).len())
        });
        drop(come.await);
        self.arrivals(path)
    }

    /// How many have asked a path at once at most.
    pub fn most_at_once(&self, path: &str) -> usize {
        self.presence(path).most
    }

    /// How many wait for a path's answer now.
    pub fn waiting(&self, path: &str) -> usize {
        self.presence(path).now
    }

    /// Waits until nobody waits for a path's answer any more.
    ///
    /// # Panics
    /// When somebody stays.
    pub async fn left(&self, path: &str) {
        let mut presence = self.stage.presence.subscribe();
        let left = presence.wait_for(|presence| presence.get(path).is_none_or(|here| here.now == 0));
        drop(within(left, || format!("{} wait for {path}", self.waiting(path))).await);
    }

    fn presence(&self, path: &str) -> Presence {
        self.stage
            .presence
            .borrow()
            .get(path)
            .copied()
            .unwrap_or_default()
    }
}

impl Stage {
    async fn play(self: Arc<Self>, mut visit: Visit) {
        let Some(request) = visit.request().await else {
            return;
        };
        let path = path_of(&request).to_owned();
        let mut behaviours = self.behaviours.subscribe();
        // Before anybody hears of the request: what the test changes then is for those that come later.
        let at_once = answer_now(&mut behaviours, &path);
        self.enter(&path);
        self.arrivals.send_modify(|arrivals| {
            arrivals.push(Arrival {
                at: clock::now(),
                request,
            });
        });
        let bytes = if at_once.is_some() {
            at_once
        } else {
            tokio::select! {
                bytes = answer(&mut behaviours, &path) => Some(bytes),
                // Nothing else comes than the client's end.
                () = visit.hang() => None,
            }
        };
        self.leave(&path);
        if let Some(bytes) = bytes {
            visit.send(bytes).await;
            visit.close().await;
        }
    }

    fn enter(&self, path: &str) {
        self.presence.send_modify(|presence| {
            let here = presence.entry(path.to_owned()).or_default();
            here.now += 1;
            here.most = here.most.max(here.now);
        });
    }

    fn leave(&self, path: &str) {
        self.presence.send_modify(|presence| {
            if let Some(here) = presence.get_mut(path) {
                here.now -= 1;
            }
        });
    }
}

type Behaviours = watch::Receiver<HashMap<String, Behaviour>>;

/// What a path answers; none when it lets its clients wait.
fn answer_now(behaviours: &mut Behaviours, path: &str) -> Option<Vec<u8>> {
    match behaviours.borrow_and_update().get(path) {
        None => Some(json("{}")),
        Some(Behaviour::Answers(bytes)) => Some(bytes.clone()),
        Some(Behaviour::Waits) => None,
    }
}

/// What a path answers, as soon as it does.
async fn answer(behaviours: &mut Behaviours, path: &str) -> Vec<u8> {
    loop {
        if let Some(bytes) = answer_now(behaviours, path) {
            return bytes;
        }
        if behaviours.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn arrivals_at(path: &str, all: &[Arrival]) -> Vec<Arrival> {
    let at = all.iter().filter(|arrival| path_of(&arrival.request) == path);
    at.cloned().collect()
}

fn path_of(request: &Recorded) -> &str {
    let target = request.target.as_str();
    target.split_once('?').map_or(target, |(path, _)| path)
}
