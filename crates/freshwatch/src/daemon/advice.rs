//! What is odd about the probes, said once: when they are loaded, and when time makes it so, as calendars end.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use freshwatch_agent::clock;
use freshwatch_probe::calendar::Calendar;
use freshwatch_probe::definition::Definition;
use freshwatch_probe::lint::{self, Warning};
use tokio::task::{self, JoinSet};
use tokio::time;

use super::logs;

/// So often everything is looked at again.
const AGAIN: Duration = Duration::from_hours(24);

/// Who looks, and what was said.
#[derive(Default)]
pub(super) struct Advice {
    said: Arc<Mutex<HashSet<Warning>>>,
    /// One at most.
    looking: JoinSet<()>,
}

impl Advice {
    /// Looks at what is in force from now on, beside everything else.
    pub fn look_at(&mut self, calendars: Vec<Arc<Calendar>>, definitions: Vec<Arc<Definition>>) {
        self.looking.abort_all();
        let said = Arc::clone(&self.said);
        let subject = Arc::new((calendars, definitions));
        self.looking.spawn(async move {
            loop {
                let (subject, said) = (Arc::clone(&subject), Arc::clone(&said));
                let looking = task::spawn_blocking(move || {
                    say(lint::all(&subject.0, &subject.1, clock::now()).collect(), &said);
                });
                if looking.await.is_err() {
                    return;
                }
                time::sleep(AGAIN).await;
            }
        });
    }
}

/// Says what was not said before; what is no longer so may be said again.
fn say(odd: HashSet<Warning>, said: &Mutex<HashSet<Warning>>) {
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    let mut new: Vec<&Warning> = odd.difference(&said).collect();
    new.sort_by_key(ToString::to_string);
    logs::odd(&new);
    *said = odd;
}
