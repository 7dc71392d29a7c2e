//! A refused request, taken apart: receivers refuse the whole of it for one point that is too old or out of order. What
//! they take goes out in requests of its own, the older before the newer.
//!
//! The points stand in the order of their times and, at one time, of their probes; what is refused together stands
//! together. A refused part is cut in two, between two probes where it holds several, until what is refused is alone or
//! enough was cut; then each part that is left is tried as it is. Where both halves of one probe's points are refused,
//! nothing of them is good.

use std::io::Read;
use std::ops::Range;

use flate2::read::GzDecoder;
use freshwatch_probe::metric::PROBE_LABEL;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message;

use super::config::Compression;
use super::encode::MOST_BYTES;
use super::parcel::pack_body;
use super::push::Rejected;
use crate::parcel::{Coding, Parcel, Signal};

/// As often a refused request is cut at most: a point among two thousand is alone after eleven cuts, and a request holds
/// about fifty probes.
pub(super) const MOST_CUTS: u32 = 64;

/// When nothing of a request was taken, the next is cut half as often, but so often at least.
const FEWEST_CUTS: u32 = 1;

/// How often requests are cut. A receiver that takes nothing of them, since all of it is too old for it, is not asked
/// for each part of the next ones as well.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cuts(u32);

impl Default for Cuts {
    fn default() -> Self {
        Self(MOST_CUTS)
    }
}

impl Cuts {
    /// Learns from what became of a request.
    pub(super) fn learn(&mut self, outcome: &Outcome) {
        self.0 = if outcome.taken > 0 {
            MOST_CUTS
        } else {
            (self.0 / 2).max(FEWEST_CUTS)
        };
    }
}

/// A refused request.
pub(super) struct Parts {
    request: ExportMetricsServiceRequest,
    /// The points, by where they stand in the request, in the order in which they are sent.
    points: Vec<Point>,
    compression: Compression,
    like: Parcel,
    /// What is still to be sent, the next at the end.
    waiting: Vec<Part>,
    /// What was given out last.
    sent: Part,
    cuts: u32,
    outcome: Outcome,
}

/// What became of a request that was taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Points that the receiver has.
    pub(super) taken: u64,
    /// What it refused, or rejected of what it took, with its last words.
    pub(super) rejected: Rejected,
}

/// Some of the points.
#[derive(Default)]
struct Part {
    range: Range<usize>,
    /// Whether it is the first half of one probe's points: the second comes next.
    is_first_half: bool,
    /// The first half, when this is the second and the first was refused.
    refused_half: Option<Range<usize>>,
}

struct Point {
    nth: usize,
    time: u64,
    probe: Option<String>,
}

impl Parts {
    /// Takes a request apart; none: it has no parts.
    pub(super) fn of(parcel: &Parcel, cuts: Cuts) -> Option<Self> {
        match parcel.signal {
            Signal::Metrics => (),
            // Nobody refuses these for their age.
            Signal::Traces | Signal::Logs => return None,
        }
        let request = match parcel.coding {
            Coding::Plain => ExportMetricsServiceRequest::decode(parcel.body.clone()).ok()?,
            Coding::Gzip => {
                let mut plain = Vec::new();
                let decoder = GzDecoder::new(&parcel.body[..]);
                decoder.take(4 * MOST_BYTES as u64).read_to_end(&mut plain).ok()?;
                ExportMetricsServiceRequest::decode(plain.as_slice()).ok()?
            }
        };
        let mut points = points_of(&request)?;
        if points.len() < 2 {
            return None;
        }
        points.sort_by(|one, other| {
            (one.time, &one.probe, one.nth).cmp(&(other.time, &other.probe, other.nth))
        });
        let mut parts = Self {
            sent: Part::default(),
            request,
            points,
            compression: match parcel.coding {
                Coding::Plain => Compression::None,
                Coding::Gzip => Compression::Gzip,
            },
            like: parcel.clone(),
            waiting: Vec::new(),
            cuts: cuts.0,
            outcome: Outcome::default(),
        };
        parts.cut(0..parts.points.len());
        Some(parts)
    }

    /// The next part to send; none: all of it was answered.
    pub(super) fn next(&mut self) -> Option<Parcel> {
        self.sent = self.waiting.pop()?;
        let range = self.sent.range.clone();
        let items = range.len() as u64;
        let body = self.request_of(range).encode_to_vec();
        Some(pack_body(body.into(), items, self.compression, self.like.at))
    }

    /// The receiver has the part that was sent, but for so many points of it.
    pub(super) fn taken(&mut self, rejected_points: u64, words: Option<String>) {
        let points = self.sent.range.len() as u64;
        let rejected = rejected_points.min(points);
        self.outcome.taken += points - rejected;
        self.outcome.rejected.points += rejected;
        if words.is_some() {
            self.outcome.rejected.words = words;
        }
        if let Some(half) = self.sent.refused_half.take() {
            self.cut(half);
        }
    }

    /// The receiver refuses the part that was sent; `may_be_cut`: for something in it.
    pub(super) fn refused(&mut self, why: String, may_be_cut: bool) {
        self.outcome.rejected.words = Some(why);
        let Part {
            range,
            is_first_half,
            refused_half,
        } = std::mem::take(&mut self.sent);
        if let Some(half) = refused_half {
            self.lose(&half);
            self.lose(&range);
        } else if !may_be_cut {
            self.lose(&range);
        } else if is_first_half
            && range.len() > 1
            && let Some(second) = self.waiting.last_mut()
        {
            second.refused_half = Some(range);
        } else {
            self.cut(range);
        }
    }

    /// What became of it.
    pub(super) fn outcome(self) -> Outcome {
        self.outcome
    }

    fn cut(&mut self, range: Range<usize>) {
        if range.len() < 2 || self.cuts == 0 {
            self.lose(&range);
            return;
        }
        self.cuts -= 1;
        let border = self.border(&range);
        let middle = border.unwrap_or(usize::midpoint(range.start, range.end));
        let part = |range, is_first_half| Part {
            range,
            is_first_half,
            refused_half: None,
        };
        self.waiting.push(part(middle..range.end, false));
        self.waiting.push(part(range.start..middle, border.is_none()));
    }

    fn lose(&mut self, range: &Range<usize>) {
        self.outcome.rejected.points += range.len() as u64;
    }

    /// The border between two times or probes that is nearest to the middle.
    fn border(&self, of: &Range<usize>) -> Option<usize> {
        let middle = usize::midpoint(of.start, of.end);
        let is_border = |at: &usize| {
            let (one, other) = (&self.points[at - 1], &self.points[*at]);
            (one.time, &one.probe) != (other.time, &other.probe)
        };
        let before = (of.start + 1..=middle).rev().find(is_border);
        let behind = (middle..of.end).find(is_border);
        before
            .into_iter()
            .chain(behind)
            .min_by_key(|at| at.abs_diff(middle))
    }

    /// The request with these points alone.
    fn request_of(&self, range: Range<usize>) -> ExportMetricsServiceRequest {
        let mut wanted = vec![false; self.points.len()];
        for point in &self.points[range] {
            wanted[point.nth] = true;
        }
        let mut wanted = wanted.into_iter();
        let mut request = self.request.clone();
        for resource in &mut request.resource_metrics {
            for scope in &mut resource.scope_metrics {
                scope.metrics.retain_mut(|metric| match metric.data.as_mut() {
                    Some(Data::Gauge(of)) => keep(&mut of.data_points, &mut wanted),
                    Some(Data::Sum(of)) => keep(&mut of.data_points, &mut wanted),
                    Some(Data::Histogram(of)) => keep(&mut of.data_points, &mut wanted),
                    Some(Data::ExponentialHistogram(_) | Data::Summary(_)) | None => false,
                });
            }
        }
        request
    }
}

/// Keeps the points that are wanted; tells whether there are any.
fn keep<P>(points: &mut Vec<P>, wanted: &mut impl Iterator<Item = bool>) -> bool {
    points.retain(|_| wanted.next().unwrap_or(false));
    !points.is_empty()
}

/// Every point in the order of the request; none where some are of a kind that is not ours.
fn points_of(request: &ExportMetricsServiceRequest) -> Option<Vec<Point>> {
    let mut points = Vec::new();
    let scopes = request.resource_metrics.iter().flat_map(|of| &of.scope_metrics);
    for metric in scopes.flat_map(|of| &of.metrics) {
        let mut add = |time, attributes: &[KeyValue]| {
            points.push(Point {
                nth: points.len(),
                time,
                probe: probe_of(attributes),
            });
        };
        match metric.data.as_ref()? {
            Data::Gauge(of) => of
                .data_points
                .iter()
                .for_each(|of| add(of.time_unix_nano, &of.attributes)),
            Data::Sum(of) => of
                .data_points
                .iter()
                .for_each(|of| add(of.time_unix_nano, &of.attributes)),
            Data::Histogram(of) => of
                .data_points
                .iter()
                .for_each(|of| add(of.time_unix_nano, &of.attributes)),
            Data::ExponentialHistogram(_) | Data::Summary(_) => return None,
        }
    }
    Some(points)
}

fn probe_of(attributes: &[KeyValue]) -> Option<String> {
    let probe = attributes.iter().find(|attribute| attribute.key == PROBE_LABEL)?;
    match probe.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(name) => Some(name.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
