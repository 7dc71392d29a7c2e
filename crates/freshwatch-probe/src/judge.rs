//! The one judgment.

use jiff::Timestamp;

use crate::definition::Definition;
use crate::observation::Observation;
use crate::run::Judgment;

/// Turns what was promised and what was seen into a judgment.
pub fn judge(definition: &Definition, observation: &Observation, now: Timestamp) -> Judgment {
    let _ = (definition, observation, now);
    unimplemented!()
}
