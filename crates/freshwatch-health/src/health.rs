//! The health of a service: what it has declared, and the answer for whoever asks.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use crate::answer::{Answer, Service};
use crate::bound::Bound;
use crate::check::{Check, Question, State};
use crate::clock::Clock;
use crate::dataset::Dataset;
use crate::finding::Finding;
use crate::moment;
use crate::name::{self, MOST, NotDeclared};

/// The health of a service. Declare what it is made of at the start, and answer requests from it.
///
/// Cloning it gives the same health once more: one clone for the code that declares, one for the handler.
#[derive(Debug, Clone)]
pub struct Health {
    service: Service,
    clock: Clock,
    parts: Arc<RwLock<Vec<Part>>>,
}

#[derive(Debug, Clone)]
enum Part {
    Dataset(Dataset),
    Check(Check),
    Question(Question),
}

impl Part {
    fn name(&self) -> &str {
        match self {
            Self::Dataset(dataset) => dataset.name(),
            Self::Check(check) => check.name(),
            Self::Question(question) => &question.name,
        }
    }

    fn finding(&self, now: i64) -> Finding {
        match self {
            Self::Dataset(dataset) => dataset.finding(now),
            Self::Check(check) => check.finding(now),
            Self::Question(question) => question.finding(now),
        }
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl Health {
    /// The health of a service that has declared nothing yet, by the clock of the system.
    ///
    /// As long as nothing is declared it fails: nobody has looked.
    pub fn new() -> Self {
        Self {
            service: Service::default(),
            clock: Clock::system(),
            parts: Arc::default(),
        }
    }

    /// Takes the time from somewhere else than the system: for tests. Only what is declared afterwards goes by it.
    pub fn with_clock(self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self {
            clock: Clock::of(now),
            ..self
        }
    }

    /// Adds the member `description`: what the service is, for people.
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.service.description = Some(description.into());
        self
    }

    /// Adds the member `releaseId`: which build this is.
    pub fn with_release(mut self, release: impl Into<String>) -> Self {
        self.service.release = Some(release.into());
        self
    }

    /// Declares a dataset. Until the first update is recorded it fails: a service that has just started does not know
    /// how old its data is until somebody tells.
    ///
    /// # Errors
    /// The name is no name or taken, the bound has no room, or there are too many.
    pub fn dataset(&self, name: &str, bound: Bound) -> Result<Dataset, NotDeclared> {
        name::of_dataset(name)?;
        if !bound.has_room() {
            return Err(NotDeclared::BadBound(name.to_owned()));
        }
        let dataset = Dataset::new(name, bound, self.clock.clone());
        self.declare(Part::Dataset(dataset.clone()))?;
        Ok(dataset)
    }

    /// Declares a check that the backend sets when its state changes. Until it is set it fails.
    ///
    /// # Errors
    /// The name is no name, taken, or reads as if it were about freshness, or there are too many.
    pub fn check(&self, name: &str) -> Result<Check, NotDeclared> {
        name::of_check(name)?;
        let check = Check::new(name, self.clock.clone());
        self.declare(Part::Check(check.clone()))?;
        Ok(check)
    }

    /// Declares a check that is asked at every answer, on the thread that answers: it must be quick and wait for
    /// nothing.
    ///
    /// # Errors
    /// The name is no name, taken, or reads as if it were about freshness, or there are too many.
    pub fn check_by(
        &self,
        name: &str,
        ask: impl Fn() -> State + Send + Sync + 'static,
    ) -> Result<(), NotDeclared> {
        name::of_check(name)?;
        self.declare(Part::Question(Question {
            name: name.to_owned(),
            ask: Arc::new(ask),
        }))
    }

    /// The answer as of now.
    pub fn answer(&self) -> Answer {
        let now = moment::since_epoch(self.clock.now());
        // A copy, so that no lock is held while others' code is asked.
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner).clone();
        let findings = parts.iter().map(|part| part.finding(now)).collect();
        Answer::new(&self.service, findings)
    }

    fn declare(&self, part: Part) -> Result<(), NotDeclared> {
        let mut parts = self.parts.write().unwrap_or_else(PoisonError::into_inner);
        if parts.len() >= MOST {
            return Err(NotDeclared::TooMany);
        }
        if parts.iter().any(|other| other.name() == part.name()) {
            return Err(NotDeclared::Twice(part.name().to_owned()));
        }
        parts.push(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
