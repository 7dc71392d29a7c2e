//! One look at an endpoint, for somebody who judges it himself.

use std::sync::Arc;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::observation::Observation;
use freshwatch_probe::redact::Redactor;

use crate::agent::Agent;
use crate::preparation::Preparation;
use crate::tracing::Recording;
use crate::{clock, http};

impl Agent {
    /// Asks the endpoint of a probe once, as the first attempt of a run does: within the probe's `timeout`, and not
    /// again when it is down.
    pub async fn observe(&self, definition: &Arc<Definition>) -> Observation {
        let deadline = clock::monotonic() + definition.timeout;
        match Preparation::make(definition).await {
            Ok(preparation) => {
                let first = &preparation.outgoing;
                let mut recording = Recording::begin(self.tracing, clock::monotonic());
                http::fetch(
                    &self.shared,
                    definition,
                    &preparation,
                    first,
                    deadline,
                    &mut recording,
                )
                .await
            }
            Err(why) => Observation::not_made(why),
        }
    }

    /// What must not be shown of an answer to a probe, wherever the answer is from: what the files that the probe names
    /// hold is among it. None when they cannot be read.
    pub async fn secrets(&self, definition: &Arc<Definition>) -> Option<Redactor> {
        let preparation = Preparation::make(definition).await.ok()?;
        Some(preparation.secrets)
    }
}
