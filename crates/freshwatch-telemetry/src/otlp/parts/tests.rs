//! Requests that are refused for some of their points.

use std::collections::BTreeSet;

use freshwatch_probe::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message;

use super::{Cuts, MOST_CUTS, Outcome, Parts, points_of};
use crate::otlp::config::Compression;
use crate::otlp::encode::Encoder;
use crate::otlp::parcel::pack;
use crate::parcel::Parcel;
use crate::record::{Bearer, of_standing};
use crate::sample::{NOON, named, resource, time};

/// What a point is told by: its probe and its time.
type Key = (String, u64);

/// A request of so many probes at each of so many times, a second apart.
fn request(probes: usize, times: i64, compression: Compression) -> Parcel {
    let mut encoder = Encoder::new(&resource());
    for second in 0..times {
        let at = time(NOON) + SignedDuration::from_secs(second);
        for nth in 0..probes {
            let standing = named(&format!("p-{nth:03}"), Verdict::Ok);
            let full = encoder.take(Some(Bearer::probe(&standing.definition)), |visit| {
                of_standing(&standing, at, visit);
            });
            assert_eq!(full, []);
        }
    }
    pack(encoder.finish().unwrap(), compression, time(NOON))
}

/// Every point of a part with its probe and time, in the order of the request.
fn keys(part: &Parcel) -> Vec<Key> {
    let mut body = Vec::new();
    match part.coding {
        crate::parcel::Coding::Plain => body.extend_from_slice(&part.body),
        crate::parcel::Coding::Gzip => drop(
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&part.body[..]), &mut body).unwrap(),
        ),
    }
    let request = ExportMetricsServiceRequest::decode(body.as_slice()).unwrap();
    let points = points_of(&request).unwrap();
    assert_eq!(points.len() as u64, part.items);
    points
        .into_iter()
        .map(|point| (point.probe.unwrap_or_default(), point.time))
        .collect()
}

/// What a receiver takes of a request that refuses all of what holds such a point, and how often it is asked.
fn taken(parcel: &Parcel, cuts: Cuts, is_bad: impl Fn(&Key) -> bool) -> (Vec<Key>, Outcome, u32) {
    let mut parts = Parts::of(parcel, cuts).unwrap();
    let (mut taken, mut requests) = (Vec::new(), 0);
    while let Some(part) = parts.next() {
        requests += 1;
        let keys = keys(&part);
        if keys.iter().any(&is_bad) {
            parts.refused("answered 400".to_owned(), true);
        } else {
            parts.taken(0, None);
            taken.extend(keys);
        }
    }
    let outcome = parts.outcome();
    assert_eq!(outcome.taken, taken.len() as u64);
    assert_eq!(outcome.taken + outcome.rejected.points, parcel.items);
    (taken, outcome, requests)
}

fn nanos(second: i64) -> u64 {
    let at: Timestamp = time(NOON) + SignedDuration::from_secs(second);
    u64::try_from(at.as_nanosecond()).unwrap()
}

#[test]
fn what_is_taken_comes_in_order_of_time_and_all_of_it_is_there() {
    for compression in [Compression::None, Compression::Gzip] {
        let parcel = request(5, 4, compression);
        let (taken, outcome, requests) = taken(&parcel, Cuts::default(), |_| false);
        assert_eq!(requests, 2);
        assert_eq!(outcome.rejected.points, 0);
        let halves = taken.split_at(taken.len() / 2);
        let latest = halves.0.iter().map(|(_, time)| time).max();
        assert!(latest <= halves.1.iter().map(|(_, time)| time).min());
        let (mut all, mut came) = (keys(&parcel), taken);
        all.sort();
        came.sort();
        assert_eq!(came, all);
    }
}

#[test]
fn one_bad_probe_costs_its_own_points_alone() {
    let parcel = request(50, 1, Compression::None);
    let of_each = parcel.items / 50;
    for bad in ["p-000", "p-024", "p-025", "p-049"] {
        let (taken, outcome, requests) = taken(&parcel, Cuts::default(), |(probe, _)| probe == bad);
        assert_eq!(outcome.rejected.points, of_each, "{bad}");
        let probes: BTreeSet<_> = taken.iter().map(|(probe, _)| probe).collect();
        assert_eq!(probes.len(), 49);
        assert!(requests <= 2 * MOST_CUTS, "{bad}: {requests}");
        assert_eq!(outcome.rejected.words.as_deref(), Some("answered 400"));
    }
}

#[test]
fn what_is_newer_than_what_is_too_old_is_taken() {
    let parcel = request(10, 4, Compression::None);
    let bound = nanos(2);
    let (taken, outcome, _) = taken(&parcel, Cuts::default(), |(_, time)| *time < bound);
    assert_eq!(outcome.rejected.points, parcel.items / 2);
    assert!(taken.iter().all(|(_, time)| *time >= bound));
}

#[test]
fn several_bad_probes_cost_their_own_points_alone() {
    let parcel = request(50, 1, Compression::None);
    let of_each = parcel.items / 50;
    let is_bad = |(probe, _): &Key| probe.ends_with(['0', '3', '6']);
    let (_, outcome, requests) = taken(&parcel, Cuts::default(), is_bad);
    assert_eq!(outcome.rejected.points, 15 * of_each);
    assert!(requests <= 2 * MOST_CUTS, "{requests}");
}

#[test]
fn where_nothing_is_good_not_every_point_is_asked_for() {
    let parcel = request(50, 1, Compression::None);
    let (taken, outcome, requests) = taken(&parcel, Cuts::default(), |_| true);
    assert_eq!((taken.len(), outcome.rejected.points), (0, parcel.items));
    assert!(requests <= 2 * MOST_CUTS, "{requests}");
}

/// A receiver that minds one point alone is told apart by its number: the probe's points have one time.
#[test]
fn one_bad_series_costs_its_own_point_alone() {
    let parcel = request(50, 1, Compression::None);
    for bad in [0, 7, 35] {
        let mut parts = Parts::of(&parcel, Cuts::default()).unwrap();
        let target = parts
            .points
            .iter()
            .filter(|point| point.probe.as_deref() == Some("p-031"))
            .nth(bad)
            .unwrap()
            .nth;
        let mut requests = 0;
        while parts.next().is_some() {
            requests += 1;
            let range = parts.sent.range.clone();
            if parts.points[range].iter().any(|point| point.nth == target) {
                parts.refused(String::new(), true);
            } else {
                parts.taken(0, None);
            }
        }
        assert_eq!(parts.outcome().rejected.points, 1, "{bad}");
        assert!(requests <= 30, "{requests}");
    }
}

#[test]
fn a_receiver_that_takes_nothing_is_asked_less_and_less_until_it_takes_something() {
    let parcel = request(20, 1, Compression::None);
    let mut cuts = Cuts::default();
    let mut ask = |is_bad: bool| {
        let (_, outcome, requests) = taken(&parcel, cuts, |(probe, _)| is_bad || probe == "p-007");
        cuts.learn(&outcome);
        requests
    };
    let first = ask(true);
    let asked: Vec<_> = (0..6).map(|_| ask(true)).collect();
    assert!(
        asked.is_sorted_by(|one, other| one >= other) && asked[0] < first,
        "{first} {asked:?}"
    );
    assert_eq!(asked.last(), Some(&2));
    // It takes what does not hold the bad one, as before.
    assert_eq!(ask(false), 2);
    assert!(ask(false) > 4);
}

#[test]
fn what_is_of_one_piece_or_no_request_has_no_parts() {
    let parcel = request(1, 1, Compression::None);
    let mut parts = Parts::of(&parcel, Cuts::default()).unwrap();
    while let Some(part) = parts.next() {
        if part.items == 1 {
            assert!(Parts::of(&part, Cuts::default()).is_none());
            parts.taken(0, None);
        } else {
            parts.refused(String::new(), true);
        }
    }
    let rubbish = Parcel {
        body: b"rubbish".to_vec().into(),
        ..parcel
    };
    assert!(Parts::of(&rubbish, Cuts::default()).is_none());
}
