//! What is read is what was written last.

use freshwatch_store::{Unreadable, Written};

use super::{Folder, at, check, name, observed, remember};

#[test]
fn what_was_written_is_read_after_a_restart() {
    let folder = Folder::new();
    remember(&folder.open(), "price", 1, "a");
    let store = folder.open();
    check(&store, "price", Some("a"));
    check(&store, "other", None);
    remember(&store, "price", 2, "b");
    remember(&store, "other", 2, "c");
    let store = folder.open();
    check(&store, "price", Some("b"));
    check(&store, "other", Some("c"));
    assert_eq!(folder.names(), ["state.db"]);
}

#[test]
fn an_older_observation_never_takes_the_place_of_a_newer_one() {
    let folder = Folder::new();
    let store = folder.open();
    remember(&store, "price", 100, "newer");
    let late = [observed("price", 99, "older"), observed("other", 99, "first")];
    assert_eq!(store.remember(&late, at(101)), Ok(Written::default()));
    check(&store, "price", Some("newer"));
    check(&store, "other", Some("first"));
}

#[test]
fn an_observation_of_a_clock_that_was_ahead_gives_way() {
    let folder = Folder::new();
    let store = folder.open();
    let ahead = 300;
    remember(&store, "price", ahead, "ahead");
    let told = store.remember(&[observed("price", 0, "now")], at(0));
    assert_eq!(told, Ok(Written::default()));
    check(&store, "price", Some("ahead"));
    let told = store.remember(&[observed("price", -1, "now")], at(-1));
    assert_eq!(told, Ok(Written::default()));
    check(&store, "price", Some("now"));
}

#[test]
fn a_probe_that_is_gone_is_forgotten_after_a_while_and_one_that_runs_rarely_never() {
    let folder = Folder::new();
    let store = folder.open();
    for probe in ["gone", "yearly", "recent"] {
        let seconds = i64::from(probe == "recent");
        remember(&store, probe, seconds, probe);
    }
    let days_90 = 90 * 24 * 3600;
    let forget = |seconds| store.forget_gone(&[name("yearly")], at(seconds));
    assert_eq!(forget(days_90), Ok(Written::default()));
    check(&store, "gone", Some("gone"));
    assert_eq!(forget(days_90 + 1), Ok(Written::default()));
    check(&store, "gone", None);
    check(&store, "yearly", Some("yearly"));
    check(&store, "recent", Some("recent"));
}

#[test]
fn a_memory_that_makes_no_sense_is_told_and_harms_no_other() {
    let folder = Folder::new();
    let store = folder.open();
    remember(&store, "price", 1, "a");
    remember(&store, "other", 1, "b");
    let tool = rusqlite::Connection::open(folder.state()).unwrap();
    let spoil = "UPDATE memories SET memory = '{\"version\":7}' WHERE probe = 'price'";
    assert_eq!(tool.execute(spoil, []), Ok(1));
    drop(tool);
    let recalled = store.recall(&[name("price"), name("other")]).unwrap();
    assert_eq!(recalled.memories, [observed("other", 1, "b")]);
    let [Unreadable { probe, why }] = &recalled.unreadable[..] else {
        panic!("{recalled:?}");
    };
    assert!(probe.as_str() == "price" && why.contains("version 7"), "{why}");
}

#[test]
fn a_file_that_somebody_removed_is_made_anew_and_that_is_told() {
    let folder = Folder::new();
    let store = folder.open();
    remember(&store, "price", 1, "a");
    std::fs::remove_file(folder.state()).unwrap();
    let told = store.remember(&[observed("other", 2, "b")], at(2)).unwrap();
    assert!(told.began_anew && told.set_aside.is_none(), "{told:?}");
    check(&store, "price", None);
    check(&store, "other", Some("b"));
}

#[test]
fn names_that_mean_something_to_a_database_are_names_of_files() {
    let folder = Folder::new();
    for file in [":memory:", "file:x?mode=memory", "a b#c%20d", "ü"] {
        let path = folder.path(file);
        let (store, _) = freshwatch_store::Store::open(&path).unwrap();
        remember(&store, "price", 1, "a");
        assert!(path.is_file(), "{file}");
    }
}

#[test]
fn ten_thousand_probes_are_one_transaction() {
    let folder = Folder::new();
    let store = folder.open();
    let names: Vec<String> = (0..10_000).map(|number| format!("probe-{number}")).collect();
    let all: Vec<_> = names.iter().map(|name| observed(name, 1, name)).collect();
    assert_eq!(store.remember(&all, at(1)), Ok(Written::default()));
    let names: Vec<_> = names.iter().map(|text| name(text)).collect();
    assert_eq!(store.recall(&names).unwrap().memories.len(), 10_000);
}
