//! The bounds in bytes and age.

use freshwatch_telemetry::spool::{Limits, Lost, Spool};
use jiff::SignedDuration;

use super::{Folder, drain, made, sized};

const LIMITS: Limits = Limits {
    most_bytes: 1 << 20,
    longest: SignedDuration::from_secs(100),
};

#[test]
fn the_oldest_go_first_and_the_disk_never_holds_more() {
    let folder = Folder::new();
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    let mut lost = 0;
    for number in 1..=500 {
        spool.append(&sized(number, 10_000)).unwrap();
        assert!(folder.bytes() <= LIMITS.most_bytes, "{}", folder.bytes());
        lost += spool.take_lost().full;
        assert_eq!(lost + spool.len(), number);
    }
    // A segment goes as a whole: a sixteenth of the bound.
    assert!(spool.len() >= 95, "{}", spool.len());
    let left: Vec<u64> = drain(&mut spool).into_iter().map(|parcel| parcel.items).collect();
    assert_eq!(left, (lost + 1..=500).collect::<Vec<_>>());
    assert_eq!(spool.take_lost(), Lost::default());
}

#[test]
fn what_is_larger_than_the_bound_waits_alone() {
    let folder = Folder::new();
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    for (number, length) in [(1, 1000), (2, 2 << 20), (3, 1000)] {
        spool.append(&sized(number, length)).unwrap();
        assert_eq!(spool.len(), 1);
    }
    assert_eq!(spool.take_lost().full, 2);
    assert_eq!(drain(&mut spool), [sized(3, 1000)]);
}

#[test]
fn one_that_is_taken_out_while_its_segment_goes_is_no_trouble() {
    let folder = Folder::new();
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    for number in 1..=3 {
        spool.append(&sized(number, 1000)).unwrap();
    }
    let (sequence, _) = spool.first(made(0)).unwrap().unwrap();
    spool.drop_oldest();
    assert_eq!(spool.take_lost().full, 3);
    assert!(spool.first_waiting() > sequence);
    spool.done(sequence);
    spool.append(&sized(4, 1000)).unwrap();
    assert_eq!(drain(&mut spool), [sized(4, 1000)]);
}

#[test]
fn what_is_too_old_is_not_sent() {
    let folder = Folder::new();
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    for number in 1..=10 {
        spool.append(&sized(number, 1000)).unwrap();
    }
    // The fourth is just young enough.
    let (sequence, first) = spool.first(made(104)).unwrap().unwrap();
    assert_eq!((sequence, first), (4, sized(4, 1000)));
    assert_eq!(spool.take_lost().age, 3);
    spool.expire(made(107));
    assert_eq!(
        (spool.take_lost().age, spool.len(), spool.first_waiting()),
        (3, 4, 7)
    );
    drop(spool);
    let mut spool = Spool::open(folder.path(), LIMITS).unwrap();
    assert_eq!(spool.first(made(1000)), Ok(None));
    assert_eq!((spool.take_lost().age, folder.bytes()), (4, 0));
    // A clock that went back makes nothing old.
    spool.append(&sized(11, 1000)).unwrap();
    assert!(spool.first(made(0)).unwrap().is_some());
}
