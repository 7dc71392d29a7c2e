use std::sync::Arc;
use std::time::Duration;

use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::fingerprint::Fingerprint;
use freshwatch_probe::observation::NotMade;
use freshwatch_probe::prober::Skip;
use freshwatch_probe::request::Request;
use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;

use super::{Board, Known, Reloaded};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn name(text: &str) -> ProbeName {
    ProbeName::parse(text).unwrap()
}

/// A definition told in a word: its name, behind `=` what it promises, and before it `-` when it is disabled.
fn definition(word: &str) -> Arc<Definition> {
    let (word, enabled) = word.strip_prefix('-').map_or((word, true), |word| (word, false));
    let (probe, promise) = word.split_once('=').unwrap_or((word, ""));
    let mut definition = Definition::new(name(probe), Request::get("http://a.example/"));
    definition.fingerprint = Fingerprint::of(&promise);
    definition.enabled = enabled;
    Arc::new(definition)
}

fn loaded(words: &str) -> (Board, Reloaded) {
    let mut board = Board::new(at(0));
    let reloaded = load(&mut board, words, 0);
    (board, reloaded)
}

fn load(board: &mut Board, words: &str, second: i64) -> Reloaded {
    let definitions: Vec<_> = words.split_whitespace().map(definition).collect();
    board.load(&definitions, at(second))
}

fn run(word: &str, verdict: Verdict, second: i64) -> Run {
    let mut run = Run::not_made(&definition(word), NotMade::Aborted, at(second));
    run.judgment.verdict = verdict;
    run
}

/// The probes that run, each with how many of its runs were ok, since when they are counted, and whether there is a
/// last one.
fn standings(board: &Board) -> String {
    let told = board.after(None, usize::MAX).into_iter().map(|standing| {
        let last = if standing.last.is_some() { "known" } else { "new" };
        let since = standing.since.as_second();
        let ok = standing.count(Verdict::Ok);
        format!("{} {ok} since {since} {last}", standing.definition.name)
    });
    told.collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(before: &str, after: &str, changes: &str, shown: &str) {
    let (mut board, _) = loaded(before);
    let running: Vec<String> = before
        .split_whitespace()
        .filter(|word| !word.starts_with('-'))
        .map(str::to_owned)
        .collect();
    for word in &running {
        board.absorb(run(word, Verdict::Ok, 1), Some(at(61)));
    }
    let reloaded = load(&mut board, after, 9);
    let names = |names: &[ProbeName]| {
        names
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let told = [
        ("+", names(&reloaded.added)),
        ("~", names(&reloaded.changed)),
        ("-", names(&reloaded.removed)),
    ];
    let told: Vec<String> = told
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(sign, names)| format!("{sign}{names}"))
        .chain([format!("={}", reloaded.unchanged)])
        .collect();
    assert_eq!(told.join(" "), changes, "{before} → {after}");
    assert_eq!(standings(&board), shown, "{before} → {after}");
    assert_eq!(board.prober().probes, board.after(None, usize::MAX).len() as u64);
}

#[test]
fn a_reload_touches_only_what_it_changes() {
    check("", "b a", "+a b =0", "a 0 since 9 new, b 0 since 9 new");
    check("a", "a", "=1", "a 1 since 0 known");
    check("a", "a=other", "~a =0", "a 1 since 0 new");
    check("a b", "b", "-a =1", "b 1 since 0 known");
    check("a", "-a", "~a =0", "");
    check("-a", "a", "~a =0", "a 0 since 9 new");
    check("-a", "-a", "=1", "");
    check("-a", "-a=other", "~a =0", "");
    check("-a", "", "-a =0", "");
    check(
        "b c",
        "a b=other",
        "+a ~b -c =0",
        "a 0 since 9 new, b 1 since 0 new",
    );
}

#[test]
fn a_load_is_told_with_its_time_and_a_failed_one_leaves_that_of_the_last() {
    let (mut board, _) = loaded("a");
    load(&mut board, "a", 5);
    board.load_failed();
    let configuration = board.prober().configuration;
    assert_eq!((configuration.successful, configuration.success), (false, at(5)));
    assert_eq!(standings(&board), "a 0 since 0 new");
    load(&mut board, "a", 7);
    let configuration = board.prober().configuration;
    assert_eq!((configuration.successful, configuration.success), (true, at(7)));
}

#[test]
fn an_unchanged_probe_takes_the_new_definition_and_keeps_its_next_run() {
    let (mut board, _) = loaded("a b");
    board.absorb(run("a", Verdict::Ok, 1), Some(at(61)));
    board.absorb(run("b", Verdict::Ok, 1), Some(at(61)));
    let new = [definition("a"), definition("b=other")];
    board.load(&new, at(9));
    let next = |probe| board.get(&name(probe)).unwrap().next_run;
    assert_eq!((next("a"), next("b")), (Some(at(61)), None));
    assert!(Arc::ptr_eq(&board.get(&name("a")).unwrap().definition, &new[0]));
}

#[test]
fn a_snapshot_never_changes_and_without_one_nothing_is_copied() {
    let (mut board, _) = loaded("a");
    let held = board.get(&name("a")).unwrap();
    board.absorb(run("a", Verdict::Ok, 1), None);
    assert_eq!(held.count(Verdict::Ok), 0);
    let place = Arc::as_ptr(&board.get(&name("a")).unwrap());
    board.absorb(run("a", Verdict::Ok, 2), None);
    let standing = board.get(&name("a")).unwrap();
    assert_eq!((Arc::as_ptr(&standing), standing.count(Verdict::Ok)), (place, 2));
}

#[test]
fn a_run_tells_a_change_and_the_next_start() {
    let (mut board, _) = loaded("a");
    let change = board.absorb(run("a", Verdict::Ok, 1), Some(at(61))).unwrap();
    assert_eq!((change.from, change.run.started), (None, at(1)));
    assert!(board.absorb(run("a", Verdict::Ok, 61), Some(at(121))).is_none());
    let change = board
        .absorb(run("a", Verdict::Stale, 121), Some(at(181)))
        .unwrap();
    assert_eq!(change.from, Some(Verdict::Ok));
    assert_eq!(board.get(&name("a")).unwrap().next_run, Some(at(181)));
}

#[test]
fn what_comes_late_counts_where_it_can() {
    let (mut board, _) = loaded("a=new -off");
    board.scheduled(&name("a"), Some(at(70)));
    // A run of the definition before: counted, and its schedule is no longer the probe's.
    assert!(board.absorb(run("a=old", Verdict::Ok, 1), Some(at(61))).is_none());
    assert_eq!(standings(&board), "a 1 since 0 new");
    assert_eq!(board.get(&name("a")).unwrap().next_run, Some(at(70)));
    // Of probes that are gone or no longer run.
    for probe in ["gone", "off"] {
        assert!(board.absorb(run(probe, Verdict::Ok, 1), Some(at(61))).is_none());
        board.skip(&name(probe), Skip::Missed, 2, Some(at(61)));
        board.scheduled(&name(probe), Some(at(61)));
    }
    assert_eq!(standings(&board), "a 1 since 0 new");
    assert_eq!(board.prober().skipped(Skip::Missed), 4);
}

#[test]
fn skips_and_lateness_are_counted_and_gauges_are_what_was_said_last() {
    let (mut board, _) = loaded("a");
    board.skip(&name("a"), Skip::Overlap, 3, Some(at(61)));
    board.started(Duration::from_millis(3));
    board.in_flight(7);
    board.in_flight(5);
    board.results_lost(2);
    board.results_lost(3);
    let prober = board.prober();
    assert_eq!(prober.skipped(Skip::Overlap), 3);
    assert_eq!(prober.lateness.count(), 1);
    assert_eq!((prober.in_flight, prober.results_lost), (5, 3));
    assert_eq!(board.get(&name("a")).unwrap().next_run, Some(at(61)));
}

#[test]
fn pages_follow_the_order_of_names_and_leave_nobody_out() {
    let (board, _) = loaded("d -b a c");
    let page = |last: Option<&str>, most| -> String {
        let last = last.map(name);
        let page = board.after(last.as_ref(), most);
        let names = page.iter().map(|standing| standing.definition.name.to_string());
        names.collect::<Vec<_>>().join(" ")
    };
    for (last, most, names) in [
        (None, 9, "a c d"),
        (None, 2, "a c"),
        (Some("a"), 2, "c d"),
        (Some("c"), 2, "d"),
        (Some("d"), 2, ""),
        // One that was removed since is no reason to begin again.
        (Some("bb"), 1, "c"),
        (None, 0, ""),
    ] {
        assert_eq!(page(last, most), names, "{last:?} {most}");
    }
    let known = board.known_after(Some(&name("a")), 2);
    assert!(matches!(&known[..], [Known::Disabled(b), Known::Running(c)]
        if b.name == name("b") && c.definition.name == name("c")));
    assert!(board.get(&name("b")).is_none() && board.known(&name("b")).is_some());
}
