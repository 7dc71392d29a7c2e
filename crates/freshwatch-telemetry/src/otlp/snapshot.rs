//! Which series were exported last, so that one that is no longer there can be ended.
//!
//! Most probes show the same series. What a probe's series are besides its name and labels, its shape, is kept once
//! for all of them: a probe costs two pointers.

use std::collections::{BTreeSet, HashSet};
use std::hash::{Hash, Hasher};
use std::iter::Peekable;
use std::sync::Arc;
use std::vec;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::metric::Metric;
use jiff::Timestamp;

use crate::record::{Bearer, Measurement, Value};

/// Every series that was exported last. While an export goes on, those of the one before are taken out in the
/// order of the probes' names.
pub(super) struct Snapshot {
    probes: Vec<Exported>,
    before: Peekable<vec::IntoIter<Exported>>,
    prober: Arc<Shape>,
    shapes: HashSet<Arc<Shape>>,
}

/// What was exported of one probe.
struct Exported {
    definition: Arc<Definition>,
    shape: Arc<Shape>,
}

/// The series of a probe, in the order of the record.
type Shape = Vec<Series>;

/// What a series is besides its probe.
#[derive(Debug, Clone)]
struct Series {
    metric: &'static Metric,
    label: Option<Box<str>>,
}

/// Series that are no longer there.
pub(super) struct Gone {
    /// Of which probe; `None`: of the prober itself.
    definition: Option<Arc<Definition>>,
    series: Arc<Shape>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            probes: Vec::new(),
            before: Vec::new().into_iter().peekable(),
            prober: Arc::default(),
            shapes: HashSet::new(),
        }
    }
}

impl Snapshot {
    /// Begins an export.
    pub(super) fn begin(&mut self) {
        self.before = std::mem::take(&mut self.probes).into_iter().peekable();
    }

    /// Takes in what the next probe in the order of names shows now; gives the series that are gone: of the probes
    /// before it that are no longer there, and its own.
    pub(super) fn probe(&mut self, definition: &Arc<Definition>, current: &[Measurement<'_>]) -> Vec<Gone> {
        let mut gone = Vec::new();
        while let Some(removed) = self
            .before
            .next_if(|before| before.definition.name < definition.name)
        {
            gone.push(removed.into());
        }
        let before = self
            .before
            .next_if(|before| before.definition.name == definition.name);
        let shape = match &before {
            Some(before) if matches(&before.shape, current) => Arc::clone(&before.shape),
            Some(_) | None => self.intern(current),
        };
        gone.extend(before.and_then(|before| ended(before, definition, &shape)));
        self.probes.push(Exported {
            definition: Arc::clone(definition),
            shape,
        });
        gone
    }

    /// Ends an export with what the prober itself shows now; gives the series that are gone: of the last probes,
    /// where they are no longer there, and of the prober.
    pub(super) fn finish(&mut self, current: &[Measurement<'_>]) -> Vec<Gone> {
        let mut gone: Vec<_> = self.before.by_ref().map(Gone::from).collect();
        self.before = Vec::new().into_iter().peekable();
        if !matches(&self.prober, current) {
            let shape = Arc::new(shape_of(current));
            gone.extend(without(&self.prober, &shape).map(|series| Gone {
                definition: None,
                series,
            }));
            self.prober = shape;
        }
        self.shapes.retain(|shape| Arc::strong_count(shape) > 1);
        gone
    }

    fn intern(&mut self, current: &[Measurement<'_>]) -> Arc<Shape> {
        let shape = shape_of(current);
        if let Some(known) = self.shapes.get(&shape) {
            return Arc::clone(known);
        }
        let shape = Arc::new(shape);
        self.shapes.insert(Arc::clone(&shape));
        shape
    }
}

impl From<Exported> for Gone {
    fn from(removed: Exported) -> Self {
        Self {
            definition: Some(removed.definition),
            series: removed.shape,
        }
    }
}

impl Gone {
    /// Of which probe; `None`: of the prober itself.
    pub(super) fn probe(&self) -> Option<Bearer<'_>> {
        self.definition.as_deref().map(Bearer::probe)
    }

    /// The end of each series, at `time`.
    pub(super) fn ends(&self, time: Timestamp) -> impl Iterator<Item = Measurement<'_>> {
        let probe = self.probe();
        self.series.iter().map(move |series| series.end(probe, time))
    }
}

impl Series {
    fn end<'a>(&'a self, probe: Option<Bearer<'a>>, time: Timestamp) -> Measurement<'a> {
        Measurement {
            metric: self.metric,
            bearer: probe,
            label: self.label.as_deref(),
            value: Value::Ended,
            time,
        }
    }

    fn is_of(&self, measurement: &Measurement<'_>) -> bool {
        self.metric.name == measurement.metric.name && self.label.as_deref() == measurement.label
    }
}

/// A name is of one metric alone.
impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.metric.name == other.metric.name && self.label == other.label
    }
}

impl Eq for Series {}

impl Hash for Series {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.metric.name.hash(hasher);
        self.label.hash(hasher);
    }
}

fn shape_of(current: &[Measurement<'_>]) -> Shape {
    let series = |measurement: &Measurement<'_>| Series {
        metric: measurement.metric,
        label: measurement.label.map(Box::from),
    };
    current.iter().map(series).collect()
}

fn matches(shape: &Shape, current: &[Measurement<'_>]) -> bool {
    shape.len() == current.len() && shape.iter().zip(current).all(|(series, of)| series.is_of(of))
}

/// The series of a probe that are no longer there, now that it is defined so and has this shape.
fn ended(before: Exported, definition: &Arc<Definition>, shape: &Arc<Shape>) -> Option<Gone> {
    let has_same_labels = Arc::ptr_eq(&before.definition, definition)
        || Bearer::probe(&before.definition)
            .shared_labels()
            .eq(Bearer::probe(definition).shared_labels());
    let series = if !has_same_labels {
        relabelled(&before, definition, shape)
    } else if Arc::ptr_eq(&before.shape, shape) {
        None
    } else {
        without(&before.shape, shape)
    };
    Some(Gone {
        definition: Some(before.definition),
        series: series?,
    })
}

fn without(before: &Shape, now: &Shape) -> Option<Arc<Shape>> {
    let gone = before.iter().filter(|series| !now.contains(series));
    not_empty(gone.cloned().collect())
}

/// The labels of each series as they arrive are compared: one label may hide another, and an end that goes with a
/// value of the same series and time would be refused, and the whole request with it.
fn relabelled(before: &Exported, definition: &Arc<Definition>, shape: &Shape) -> Option<Arc<Shape>> {
    let whole = |series: &Series, definition: &Definition| {
        let series = series.end(Some(Bearer::probe(definition)), Timestamp::UNIX_EPOCH);
        let labels = series
            .labels()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        (series.metric.name, labels.collect::<BTreeSet<_>>())
    };
    let now: HashSet<_> = shape.iter().map(|series| whole(series, definition)).collect();
    let gone = before
        .shape
        .iter()
        .filter(|series| !now.contains(&whole(series, &before.definition)));
    not_empty(gone.cloned().collect())
}

fn not_empty(shape: Shape) -> Option<Arc<Shape>> {
    (!shape.is_empty()).then(|| Arc::new(shape))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use freshwatch_probe::standing::Standing;
    use freshwatch_probe::verdict::Verdict;
    use jiff::Timestamp;

    use super::Snapshot;
    use crate::record::{Measurement, of_prober, of_standing};
    use crate::sample::{NOON, named, prober, time};

    /// Exports these; gives the ends, a line each.
    fn export(snapshot: &mut Snapshot, standings: &[Standing]) -> Vec<String> {
        snapshot.begin();
        let mut gone = Vec::new();
        for standing in standings {
            let mut current = Vec::new();
            of_standing(standing, time(NOON), &mut |measurement| current.push(measurement));
            gone.extend(snapshot.probe(&standing.definition, &current));
        }
        gone.extend(snapshot.finish(&[]));
        let ends = gone.iter().flat_map(|gone| gone.ends(Timestamp::UNIX_EPOCH));
        ends.map(|end| shown(&end)).collect()
    }

    fn shown(end: &Measurement<'_>) -> String {
        let labels = end.labels().map(|(name, value)| format!("{name}={value}"));
        format!("{}{{{}}}", end.metric.name, labels.collect::<Vec<_>>().join(","))
    }

    /// The probe with another label; its runs stay.
    fn relabel(standing: &mut Standing, name: &str, value: &str) {
        let definition = Arc::make_mut(&mut standing.definition);
        Arc::make_mut(&mut definition.labels).insert(name.to_owned(), value.to_owned());
    }

    #[test]
    fn what_stays_does_not_end() {
        let mut snapshot = Snapshot::default();
        let standings = ["a", "b", "c"].map(|name| named(name, Verdict::Stale));
        for _ in 0..3 {
            assert_eq!(export(&mut snapshot, &standings), [""; 0]);
        }
    }

    #[test]
    fn a_removed_probe_ends_once_with_all_its_series_wherever_it_stood() {
        let standings = ["a", "b", "c"].map(|name| named(name, Verdict::Stale));
        for removed in 0..3 {
            let mut snapshot = Snapshot::default();
            export(&mut snapshot, &standings);
            let mut left = standings.to_vec();
            let name = left.remove(removed).definition.name.clone();
            let ends = export(&mut snapshot, &left);
            let mut all = 0;
            of_standing(&standings[removed], time(NOON), &mut |_| all += 1);
            assert_eq!(ends.len(), all);
            let of_it = format!("{{probe={name},");
            assert!(ends.iter().all(|end| end.contains(&of_it)), "{ends:?}");
            assert_eq!(export(&mut snapshot, &left), [""; 0]);
            assert_eq!(export(&mut snapshot, &standings), [""; 0]);
        }
    }

    #[test]
    fn the_success_of_the_unknown_and_an_old_reason_end() {
        let mut snapshot = Snapshot::default();
        export(
            &mut snapshot,
            &[named("a", Verdict::Stale), named("b", Verdict::Ok)],
        );
        let ends = export(
            &mut snapshot,
            &[named("a", Verdict::Ok), named("b", Verdict::Unknown)],
        );
        insta::assert_snapshot!(ends.join("\n"), @r"
        probe_reason_info{probe=a,team=prices,reason=too_old}
        probe_success{probe=b,team=prices}
        ");
        assert_eq!(
            export(
                &mut snapshot,
                &[named("a", Verdict::Stale), named("b", Verdict::Ok)]
            )
            .len(),
            1
        );
    }

    #[test]
    fn changed_labels_end_the_series_that_had_the_old_ones() {
        let mut snapshot = Snapshot::default();
        let mut standing = named("a", Verdict::Ok);
        export(&mut snapshot, &[standing.clone()]);
        relabel(&mut standing, "team", "others");
        let ends = export(&mut snapshot, &[standing.clone()]);
        assert!(
            ends.len() > 30 && ends.iter().all(|end| end.contains("team=prices")),
            "{ends:?}"
        );
        assert_eq!(export(&mut snapshot, &[standing]), [""; 0]);
    }

    #[test]
    fn labels_that_no_series_carries_end_nothing() {
        let mut snapshot = Snapshot::default();
        let mut standing = named("a", Verdict::Ok);
        export(&mut snapshot, &[standing.clone()]);
        relabel(&mut standing, "job", "mine");
        relabel(&mut standing, "empty", "");
        assert_eq!(export(&mut snapshot, &[standing.clone()]), [""; 0]);
        // A metric's own label hides the probe's, which the others carry.
        relabel(&mut standing, "verdict", "mine");
        let ends = export(&mut snapshot, &[standing]);
        assert!(
            !ends.is_empty() && !ends.iter().any(|end| end.contains("verdict")),
            "{ends:?}"
        );
    }

    #[test]
    fn probes_of_the_same_shape_share_it_and_what_nobody_has_is_let_go() {
        let mut snapshot = Snapshot::default();
        let standings: Vec<_> = (0..100)
            .map(|nth| named(&format!("p-{nth:03}"), Verdict::Ok))
            .collect();
        export(&mut snapshot, &standings);
        assert_eq!(snapshot.shapes.len(), 1);
        let mut mixed = standings.clone();
        mixed[7] = named("p-007", Verdict::Stale);
        export(&mut snapshot, &mixed);
        assert_eq!(snapshot.shapes.len(), 2);
        export(&mut snapshot, &standings);
        assert_eq!(snapshot.shapes.len(), 1);
    }

    #[test]
    fn the_probers_own_series_end_too() {
        let mut snapshot = Snapshot::default();
        let mut prober = prober();
        let mut ends = Vec::new();
        for has_export in [true, false] {
            if !has_export {
                prober.export = None;
            }
            let mut current = Vec::new();
            of_prober(&prober, time(NOON), &mut |measurement| current.push(measurement));
            snapshot.begin();
            let gone = snapshot.finish(&current);
            ends = gone
                .iter()
                .flat_map(|gone| gone.ends(Timestamp::UNIX_EPOCH))
                .map(|end| shown(&end))
                .collect();
        }
        assert!(
            ends.len() == 14 && ends.iter().all(|end| end.contains("export")),
            "{ends:?}"
        );
    }
}
