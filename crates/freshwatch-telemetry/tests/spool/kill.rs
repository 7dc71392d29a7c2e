//! A kill at any moment loses nothing that was stored, and the queue opens.

use std::io::Write as _;
use std::time::Duration;

use freshwatch_telemetry::spool::Spool;

use super::child::{Keeper, Said, length};
use super::{BEGIN, Folder, sized};

/// What waits, without taking it out: the numbers of the parcels, each of which is what it was.
fn waiting(folder: &Folder) -> Vec<u64> {
    let copy = Folder::new();
    for path in folder.files("").iter().filter(|path| path.is_file()) {
        std::fs::copy(path, copy.path().join(path.file_name().expect("a name"))).expect("it is copied");
    }
    let mut spool: Spool = copy.open();
    let mut numbers = Vec::new();
    while let Some((sequence, parcel)) = spool.first(BEGIN).expect("it is read") {
        assert_eq!(parcel, sized(parcel.items, length(parcel.items)));
        numbers.push(parcel.items);
        spool.done(sequence);
    }
    let lost = spool.take_lost();
    assert_eq!((lost.damaged, lost.full, lost.age), (0, 0, 0));
    numbers
}

/// Kills so many processes, one after the other, in the same folder.
fn kill(times: u32) {
    let folder = Folder::new();
    let (mut stored, mut done, mut torn) = (0, 0, 0);
    for turn in 0..times {
        let mut keeper = Keeper::start(folder.path(), stored + 1, None, "");
        let mut said = Vec::new();
        said.extend((0..turn * 7 % 23).map_while(|_| keeper.next()));
        // Else it would always be at the beginning of what comes next.
        std::thread::sleep(Duration::from_micros((u64::from(turn) * 7919) % 5000));
        said.extend(keeper.kill());
        let (mut said_stored, mut said_done) = (stored, done);
        for said in &said {
            match said {
                Said::Stored(number) => said_stored = *number,
                Said::Done(number) => said_done = *number,
                Said::Failed(why) => panic!("turn {turn}: {why}"),
            }
        }
        torn += u32::from(folder.open().take_lost().torn > 0);
        let numbers = waiting(&folder);
        let (first, last) = match numbers[..] {
            [first, .., last] => (first, last),
            [only] => (only, only),
            [] => (said_done + 1, said_done),
        };
        assert_eq!(numbers, (first..=last).collect::<Vec<_>>(), "turn {turn}");
        // What it had no time to say may have happened.
        assert!(
            (said_done..=said_done + 1).contains(&(first - 1)),
            "turn {turn}: {first} waits, {said_done} was done"
        );
        assert!(
            (said_stored..=said_stored + 1).contains(&last),
            "turn {turn}: {last} is there, {said_stored} was stored"
        );
        (stored, done) = (last, first - 1);
    }
    let told = format!("{times} kills: {stored} stored, {done} done with, {torn} cut in the middle\n");
    // The macros' output of a test that passes is kept back; this is not.
    let _ = std::io::stderr().write_all(told.as_bytes());
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_stored() {
    kill(30);
}

/// `cargo test -p freshwatch-telemetry --test spool -- --ignored --nocapture a_thousand_kills`
#[test]
#[ignore = "it takes a minute"]
fn a_thousand_kills_lose_nothing_that_was_stored() {
    kill(1000);
}
