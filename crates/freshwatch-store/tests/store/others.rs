//! Several processes and threads use one file.

use std::thread;

use freshwatch_store::Store;

use super::child::{FAILED, Writer, mark, names};
use super::{Folder, at, check, name, observed};

#[test]
fn processes_that_write_at_once_neither_fail_nor_lose_the_newest() {
    let folder = Folder::new();
    let writers: Vec<Writer> = [30, 40, 20]
        .iter()
        .map(|&rounds| Writer::start(&folder.state(), Some(rounds), ""))
        .collect();
    let names: Vec<_> = names().iter().map(|text| name(text)).collect();
    for _ in 0..20 {
        let recalled = folder.open().recall(&names).expect("it can be read meanwhile");
        assert!([0, names.len()].contains(&recalled.memories.len()));
    }
    for mut writer in writers {
        assert_eq!(writer.next(FAILED), None);
        assert!(writer.end());
    }
    check(&folder.open(), "probe-7", Some(&mark(40, false)));
    assert_eq!(folder.names(), ["state.db"]);
}

#[test]
fn threads_that_write_at_once_neither_fail_nor_lose_the_newest() {
    let folder = Folder::new();
    thread::scope(|scope| {
        for thread in 0..4 {
            let store = folder.open();
            scope.spawn(move || {
                for round in 0..25 {
                    let seconds = round * 4 + thread;
                    let item = observed("price", seconds, &seconds.to_string());
                    store.remember(&[item], at(200)).expect("it can be written");
                }
            });
        }
    });
    check(&folder.open(), "price", Some("99"));
}

#[test]
fn a_damaged_file_is_set_aside_once_however_many_find_it() {
    for _ in 0..20 {
        let folder = Folder::new();
        std::fs::write(folder.state(), "nonsense").unwrap();
        let told: Vec<bool> = thread::scope(|scope| {
            let open = || {
                let (store, aside) = Store::open(&folder.state()).expect("it opens");
                let item = observed("price", 1, "a");
                store.remember(&[item], at(1)).expect("it can be written");
                aside.is_some()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("it ends"))
                .collect()
        });
        assert_eq!(told.iter().filter(|&&told| told).count(), 1, "{told:?}");
        assert_eq!(folder.names(), ["state.db", "state.db.damaged-1"]);
        check(&folder.open(), "price", Some("a"));
    }
}
