//! The second question of a stale run: is the origin as old as what the edge has served?

use std::sync::Arc;
use std::time::Instant;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::freshness::memory::Memory;
use freshwatch_probe::run::Judgment;
use jiff::Timestamp;

use crate::agent::Agent;
use crate::preparation::Preparation;
use crate::run_once::judge_aside;
use crate::tracing::Recording;
use crate::{clock, http};

/// The probe's `origin` is asked once, in what is left of the probe's `timeout`.
pub(crate) struct Question<'r> {
    pub definition: &'r Arc<Definition>,
    pub preparation: &'r Preparation,
    pub remembered: Option<Arc<Memory>>,
    pub deadline: Instant,
    pub judged_at: Option<Timestamp>,
    pub recording: &'r mut Recording,
}

impl Agent {
    /// Adds to a stale judgment where it is stale.
    pub(crate) async fn locate(&self, question: Question<'_>, judgment: &mut Judgment) {
        let Question {
            definition,
            preparation,
            ..
        } = question;
        let Some(request) = preparation.to_origin() else {
            return;
        };
        let deadline = question.deadline;
        let seen = http::fetch(
            &self.shared,
            definition,
            preparation,
            &request,
            deadline,
            question.recording,
        )
        .await;
        let now = question.judged_at.unwrap_or_else(clock::now);
        let (seen, judged) = judge_aside(definition, preparation, seen, question.remembered, now).await;
        judgment.compare_with_origin(&seen, &judged);
    }
}
