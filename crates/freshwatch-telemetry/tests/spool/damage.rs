//! Files that were cut anywhere, or of which any bit has changed.

use std::fs;
use std::path::PathBuf;

use freshwatch_telemetry::spool::{Finding, Lost};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use proptest::{prop_assert, prop_assert_eq, proptest};

use super::{Folder, drain, numbers, parcel};

const HEAD: usize = 44;

/// The only segment.
fn segment(folder: &Folder) -> PathBuf {
    let mut segments = folder.files(".batches");
    assert_eq!(segments.len(), 1);
    segments.remove(0)
}

/// Where the records with bodies of these lengths end.
fn ends(lengths: &[usize]) -> Vec<usize> {
    let mut end = 0;
    let ends = lengths.iter().map(|length| {
        end += HEAD + length;
        end
    });
    ends.collect()
}

/// Opens the folder, takes everything out, and opens it once more, when nothing is wrong any more.
#[track_caller]
fn recovered(folder: &Folder, lengths: &[usize]) -> (Vec<u64>, Lost, Vec<Finding>) {
    let mut spool = folder.open();
    let waiting = spool.len();
    let drained = numbers(&drain(&mut spool), lengths);
    let (lost, findings) = (spool.take_lost(), spool.findings());
    // What was not readable below its head was found out late.
    assert!(drained.len() as u64 <= waiting && waiting <= drained.len() as u64 + lost.damaged);
    spool.append(&parcel(1)).expect("it is stored");
    drop(spool);
    let mut spool = folder.open();
    assert_eq!(drain(&mut spool), [parcel(1)]);
    assert_eq!(
        (spool.take_lost(), spool.findings()),
        (Lost::default(), Vec::new())
    );
    (drained, lost, findings)
}

/// A cut loses what it cuts, no more; half a record is cut off and counted.
fn check_cut(lengths: &[usize], done: u64, at: usize) {
    let folder = Folder::new();
    folder.filled(lengths, done);
    let path = segment(&folder);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("it is there");
    file.set_len(at as u64).expect("it is cut");
    let whole = ends(lengths).iter().filter(|end| **end <= at).count() as u64;
    let (drained, lost, findings) = recovered(&folder, lengths);
    assert_eq!(drained, (done + 1..=whole).collect::<Vec<_>>(), "cut at {at}");
    let is_torn = at != 0 && !ends(lengths).contains(&at);
    let torn = u64::from(is_torn);
    assert_eq!(
        lost,
        Lost {
            torn,
            ..Lost::default()
        },
        "cut at {at}"
    );
    assert_eq!(findings.len() as u64, torn, "{findings:?}");
    assert_eq!(folder.files(".damaged"), [""; 0].map(PathBuf::from));
}

/// A changed bit loses the parcel that it is in, no other, and the file is set aside.
fn check_flip(lengths: &[usize], done: u64, at: usize, bit: u8) {
    let folder = Folder::new();
    folder.filled(lengths, done);
    let path = segment(&folder);
    let mut bytes = fs::read(&path).expect("it is there");
    bytes[at] ^= 1 << bit;
    fs::write(&path, bytes).expect("it is written");
    let hit = ends(lengths).iter().filter(|end| **end <= at).count() as u64 + 1;
    let (drained, lost, findings) = recovered(&folder, lengths);
    let expected: Vec<_> = (done + 1..=lengths.len() as u64)
        .filter(|number| *number != hit)
        .collect();
    assert_eq!(drained, expected, "bit {bit} of byte {at}");
    // The body of what was done with is not looked at again.
    if hit > done {
        assert_eq!(
            lost,
            Lost {
                damaged: 1,
                ..Lost::default()
            },
            "bit {bit} of byte {at}"
        );
        // Where nothing of it can be read, it is set aside at once.
        let is_aside = matches!(findings.last(), Some(Finding::SetAside { to: Some(_), .. }));
        assert!(is_aside && findings.len() <= 2, "{findings:?}");
        assert_eq!(folder.files(".damaged").len(), 1);
    } else {
        assert_eq!(lost, Lost::default());
    }
}

#[test]
fn a_cut_at_any_byte_loses_what_it_cuts_and_no_more() {
    let lengths = [0, 30, 100];
    for at in 0..ends(&lengths)[2] {
        check_cut(&lengths, 0, at);
    }
}

#[test]
fn any_changed_bit_loses_one_parcel_and_no_more() {
    let lengths = [0, 4, 12];
    for at in 0..ends(&lengths)[2] {
        for bit in 0..8 {
            check_flip(&lengths, 0, at, bit);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_anywhere(lengths in vec(0..3000_usize, 1..20), done in any::<proptest::sample::Index>(), at in any::<proptest::sample::Index>()) {
        let done = done.index(lengths.len());
        let ends = ends(&lengths);
        // What is done with was read, so it is there.
        let least = if done == 0 { 0 } else { ends[done - 1] };
        let most = *ends.last().unwrap_or(&0);
        check_cut(&lengths, done as u64, least + at.index(most - least));
    }

    #[test]
    fn changed_bits_anywhere(lengths in vec(0..3000_usize, 1..20), done in any::<proptest::sample::Index>(), at in any::<proptest::sample::Index>(), bit in 0..8_u8) {
        let done = done.index(lengths.len());
        check_flip(&lengths, done as u64, at.index(*ends(&lengths).last().unwrap_or(&1)), bit);
    }

    /// Whatever lies in the folder, it opens, what it gives is what was put in, in order and once, and it works on.
    #[test]
    fn rubbish_anywhere(lengths in vec(0..3000_usize, 1..20), wounds in vec((any::<proptest::sample::Index>(), vec(any::<u8>(), 0..200), any::<bool>()), 1..6), cursor in vec(any::<u8>(), 0..40)) {
        let folder = Folder::new();
        folder.filled(&lengths, 0);
        let path = segment(&folder);
        let mut bytes = fs::read(&path).expect("it is there");
        for (at, rubbish, is_inserted) in &wounds {
            let from = at.index(bytes.len() + 1);
            let to = if *is_inserted { from } else { (from + rubbish.len()).min(bytes.len()) };
            bytes.splice(from..to, rubbish.iter().copied());
        }
        fs::write(&path, bytes).expect("it is written");
        fs::write(folder.path().join("cursor"), cursor).expect("it is written");
        fs::write(folder.path().join("00000000000000000009.batches"), &wounds[0].1).expect("it is written");
        let (drained, lost, _) = recovered(&folder, &lengths);
        prop_assert!(drained.is_sorted_by(|one, other| one < other), "{drained:?}");
        prop_assert!(drained.len() as u64 + lost.damaged + lost.torn >= lengths.len() as u64);
    }

    /// A cursor of which a bit has changed is one step behind at most: nothing is lost.
    #[test]
    fn a_cursor_with_a_changed_bit(done in 0..10_u64, at in any::<proptest::sample::Index>(), bit in 0..8_u8) {
        let folder = Folder::new();
        let lengths = [10; 10];
        folder.filled(&lengths, done);
        let path = folder.path().join("cursor");
        let mut bytes = fs::read(&path).expect("it is there");
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            fs::write(&path, bytes).expect("it is written");
        }
        let mut spool = folder.open();
        let drained = numbers(&drain(&mut spool), &lengths);
        let first = drained[0];
        prop_assert!(first == done + 1 || first == done, "{first} after {done}");
        prop_assert_eq!(drained, (first..=10).collect::<Vec<_>>());
    }
}

#[test]
fn zeros_at_the_end_are_what_the_disk_had_not_seen() {
    let folder = Folder::new();
    folder.filled(&[100, 200], 0);
    let path = segment(&folder);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("it is there");
    file.set_len(5000).expect("it is longer");
    let (drained, lost, _) = recovered(&folder, &[100, 200]);
    assert_eq!((drained, lost.torn, lost.damaged), (vec![1, 2], 1, 0));
}

#[test]
fn a_damaged_segment_between_others_does_not_stop_them() {
    let folder = Folder::new();
    let lengths = [3_000_000; 9];
    folder.filled(&lengths, 0);
    let segments = folder.files(".batches");
    assert_eq!(segments.len(), 5);
    fs::write(&segments[1], vec![7; 1000]).expect("it is written");
    let mut spool = folder.open();
    let told: Vec<_> = spool.findings().iter().map(ToString::to_string).collect();
    let told = told
        .join("\n")
        .replace(&folder.path().display().to_string(), "DIR");
    insta::assert_snapshot!(told, @"`DIR/00000000000000000003.batches` is damaged; it was set aside as `DIR/00000000000000000003.damaged`");
    assert_eq!(numbers(&drain(&mut spool), &lengths), [1, 2, 5, 6, 7, 8, 9]);
}

#[test]
fn damaged_segments_do_not_fill_the_disk() {
    let folder = Folder::new();
    for number in 100..110 {
        fs::write(folder.path().join(format!("{number:020}.batches")), "rubbish").expect("it is written");
    }
    let mut spool = folder.open();
    let removed = spool
        .findings()
        .iter()
        .filter(|finding| matches!(finding, Finding::SetAside { to: None, .. }))
        .count();
    assert_eq!(
        (
            removed,
            folder.files(".damaged").len(),
            folder.files(".batches").len()
        ),
        (6, 4, 0)
    );
    assert_eq!(spool.take_lost().damaged, 10);
}

#[test]
fn a_segment_of_another_version_is_kept_for_it() {
    let folder = Folder::new();
    folder.filled(&[3_000_000; 5], 0);
    let segments = folder.files(".batches");
    let mut bytes = fs::read(&segments[1]).expect("it is there");
    bytes[3] = b'2';
    fs::write(&segments[1], &bytes).expect("it is written");
    let mut spool = folder.open();
    let told: Vec<_> = spool.findings().iter().map(ToString::to_string).collect();
    let told = told
        .join("\n")
        .replace(&folder.path().display().to_string(), "DIR");
    insta::assert_snapshot!(told, @"`DIR/00000000000000000003.batches` was written by another version; it was set aside as `DIR/00000000000000000003.other-version`: that version sends it when it gets its name back");
    assert_eq!(numbers(&drain(&mut spool), &[3_000_000; 5]), [1, 2, 5]);
    assert_eq!(spool.take_lost(), Lost::default());
    let kept = fs::read(segments[1].with_extension("other-version")).expect("it is there");
    assert!(kept == bytes);
}
