//! What a point costs, by hand: `cargo test --release -p freshwatch-telemetry --lib measure -- --ignored --nocapture`.

use std::time::Instant;

use crate::otlp::encode::Encoder;
use crate::prometheus;
use crate::record::{Bearer, of_standing};
use crate::sample::{FixedState, NOON, prober, resource, time};
use crate::state::State;

#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn moment() -> Instant {
    Instant::now()
}

#[test]
#[ignore = "a measurement, for a release build"]
fn what_a_point_costs() {
    let state = FixedState::new((0..10_000).map(|nth| format!("probe-{nth:05}")), prober());
    let standings = state.after(None, usize::MAX);
    let mut encoder = Encoder::new(&resource());
    for _ in 0..3 {
        let began = moment();
        let (mut points, mut bytes, mut batches) = (0, 0, 0);
        for standing in &standings {
            let probe = Some(Bearer::probe(&standing.definition));
            for batch in encoder.take(probe, |visit| of_standing(standing, time(NOON), visit)) {
                points += batch.points;
                bytes += batch.body.len();
                batches += 1;
            }
        }
        let took = began.elapsed();
        let each = took.as_nanos() / u128::try_from(points).unwrap();
        println!("OTLP: {points} points in {batches} batches, {bytes} bytes: {took:?}, {each} ns a point");
    }
    let began = moment();
    let page = prometheus::write(&state);
    println!("/metrics: {} bytes: {:?}", page.len(), began.elapsed());
}
