//! The delivery of what one gate has said.

use std::time::Duration;

use jiff::Timestamp;

use super::config::Config;
use super::encode::{Batch, Encoder};
use super::parcel::pack;
use super::push::{Courier, Delivery, Failure};
use crate::record::{Gate, of_bypass, of_gate};
use crate::resource::Resource;

/// Delivers what a gate has said, before `bound` is over.
pub async fn push_gate(
    config: &Config,
    resource: &Resource,
    gate: &Gate,
    now: Timestamp,
    bound: Duration,
) -> Delivery {
    let mut courier = match Courier::new(config, now, bound) {
        Ok(courier) => courier,
        Err(message) => {
            return Delivery {
                failure: Some(Failure { message, hint: None }),
                ..Delivery::default()
            };
        }
    };
    for batch in batches(resource, gate, now) {
        let parcel = pack(batch, config.compression, now);
        courier.deliver_or_lose(&parcel).await;
    }
    courier.delivery
}

fn batches(resource: &Resource, gate: &Gate, now: Timestamp) -> Vec<Batch> {
    let mut encoder = Encoder::new(resource);
    let mut batches = encoder.take(Some(gate.bearer()), |visit| of_gate(gate, now, visit));
    batches.extend(encoder.take(gate.bearer_of_bypass(), |visit| of_bypass(gate, now, visit)));
    batches.extend(encoder.finish());
    batches
}
