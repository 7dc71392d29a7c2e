//! A damaged file gets another name; what belongs to somebody else stays as it is.

use std::fs;

use freshwatch_store::{Store, StoreError};

use super::{Folder, at, check, observed, remember};

/// A file with enough in it to have many pages.
fn filled() -> Folder {
    let folder = Folder::new();
    let store = folder.open();
    let all: Vec<_> = (0..500)
        .map(|number| observed(&format!("probe-{number}"), 1, &"x".repeat(200)))
        .collect();
    store.remember(&all, at(1)).expect("it works");
    folder
}

/// Damages a file: it is set aside byte for byte, and a new one works.
#[track_caller]
fn sets_aside(damage: impl FnOnce(&mut Vec<u8>)) {
    let folder = filled();
    let mut bytes = fs::read(folder.state()).expect("it works");
    damage(&mut bytes);
    fs::write(folder.state(), &bytes).expect("it works");
    let (store, aside) = Store::open(&folder.state()).expect("it works");
    let aside = aside.unwrap_or_else(|| panic!("{} bytes are not set aside", bytes.len()));
    assert_eq!(aside.to.file_name(), Some("state.db.damaged-1".as_ref()));
    assert!(fs::read(&aside.to).expect("it works") == bytes, "{aside}");
    check(&store, "probe-1", None);
    remember(&store, "probe-1", 2, "b");
    check(&folder.open(), "probe-1", Some("b"));
    assert_eq!(folder.names(), ["state.db", "state.db.damaged-1"]);
}

#[test]
fn what_is_no_database_is_set_aside() {
    sets_aside(|bytes| *bytes = b"probes:\n  price:\n    get: https://example.com/\n".to_vec());
    sets_aside(|bytes| *bytes = vec![0; 100_000]);
    sets_aside(|bytes| bytes[0] = b'X');
}

#[test]
fn what_is_truncated_is_set_aside() {
    let whole = fs::read(filled().state()).unwrap().len();
    for length in [
        1,
        15,
        16,
        99,
        100,
        511,
        512,
        4095,
        4096,
        8192,
        whole - 4096,
        whole - 1,
    ] {
        sets_aside(|bytes| bytes.truncate(length));
    }
}

#[test]
fn what_fails_the_check_of_its_integrity_is_set_aside() {
    sets_aside(|bytes| {
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0);
    });
    sets_aside(|bytes| bytes[4096..].fill(0xff));
    // The root page of the table.
    sets_aside(|bytes| bytes[4096] = 7);
}

#[test]
fn what_says_that_it_is_ours_and_is_not_is_set_aside() {
    for change in [
        "DROP TABLE memories",
        "ALTER TABLE memories RENAME COLUMN observed TO seen",
        "PRAGMA user_version = 0",
    ] {
        let folder = filled();
        alter(&folder, change);
        let (_, aside) = Store::open(&folder.state()).unwrap();
        assert!(aside.is_some(), "{change}");
    }
}

#[test]
fn any_flipped_byte_is_found_or_harmless() {
    let folder = filled();
    let whole = fs::read(folder.state()).unwrap();
    for step in 0..200 {
        let mut bytes = whole.clone();
        let place = step * 7919 % bytes.len();
        bytes[place] ^= 0x55;
        fs::write(folder.state(), &bytes).unwrap();
        match Store::open(&folder.state()) {
            Ok((_, Some(aside))) => {
                assert!(fs::read(&aside.to).unwrap() == bytes);
                fs::remove_file(aside.to).unwrap();
            }
            Ok((store, None)) => check(&store, "nobody", None),
            Err(error) => assert!(error.is_refusal(), "{place}: {error}"),
        }
        fs::remove_file(folder.state()).unwrap();
    }
}

#[test]
fn damage_that_comes_later_is_set_aside_by_whoever_writes_or_reads() {
    let folder = filled();
    let store = folder.open();
    fs::write(folder.state(), "nonsense").unwrap();
    let told = store.remember(&[observed("price", 2, "b")], at(2)).unwrap();
    assert!(told.began_anew && told.set_aside.is_some(), "{told:?}");
    check(&store, "price", Some("b"));
    fs::write(folder.state(), "nonsense").unwrap();
    let told = store.forget_gone(&[], at(2)).unwrap();
    assert!(told.began_anew && told.set_aside.is_some(), "{told:?}");
    fs::write(folder.state(), "nonsense").unwrap();
    let recalled = store.recall(&[]).unwrap();
    let aside = recalled.set_aside.unwrap();
    assert_eq!(aside.to.file_name(), Some("state.db.damaged-3".as_ref()));
}

#[test]
fn the_journal_goes_with_the_damaged_file() {
    let folder = Folder::new();
    fs::write(folder.state(), "nonsense").unwrap();
    fs::write(folder.path("state.db-journal"), "\0not hot").unwrap();
    let (_, aside) = Store::open(&folder.state()).unwrap();
    assert!(aside.is_some());
    assert_eq!(
        folder.names(),
        ["state.db", "state.db.damaged-1", "state.db.damaged-1-journal"]
    );
}

#[test]
fn nothing_is_overwritten_and_the_disk_is_not_filled() {
    let folder = Folder::new();
    fs::write(folder.path("state.db.damaged-1"), "somebody's").unwrap();
    for number in 2..=10 {
        fs::write(folder.state(), "nonsense").unwrap();
        let (_, aside) = Store::open(&folder.state()).unwrap();
        let name = format!("state.db.damaged-{number}");
        assert_eq!(aside.unwrap().to, folder.path(&name));
    }
    let somebodys = fs::read_to_string(folder.path("state.db.damaged-1")).unwrap();
    assert_eq!(somebodys, "somebody's");
    fs::write(folder.state(), "nonsense").unwrap();
    let error = Store::open(&folder.state()).unwrap_err();
    let told = error
        .to_string()
        .replace(&folder.path("").display().to_string(), "");
    insta::assert_snapshot!(told, @"`state.db` is damaged (file is not a database) and could not be set aside: 10 damaged files lie beside it already: look at them, then remove them");
    assert_eq!(fs::read_to_string(folder.state()).unwrap(), "nonsense");
}

/// Opens what is not to be touched.
#[track_caller]
fn refuses(folder: &Folder) -> String {
    let before = fs::read(folder.state()).ok();
    let error = Store::open(&folder.state()).expect_err("it is not ours");
    assert!(error.is_refusal(), "{error:?}");
    assert!(fs::read(folder.state()).ok() == before);
    error
        .to_string()
        .replace(&folder.path("").display().to_string(), "")
}

#[test]
fn what_belongs_to_somebody_else_stays_as_it_is() {
    let newer = filled();
    alter(&newer, "PRAGMA user_version = 99");
    insta::assert_snapshot!(refuses(&newer), @"`state.db` was written by a newer freshwatch (its form is 99, this one knows 1): run that version, or give another file");
    let foreign = Folder::new();
    alter(&foreign, "CREATE TABLE customers (name TEXT)");
    insta::assert_snapshot!(refuses(&foreign), @"`state.db` is a database of another program: give another file");
    let not_a_file = Folder::new();
    fs::create_dir(not_a_file.state()).unwrap();
    insta::assert_snapshot!(refuses(&not_a_file), @"`state.db` is not a file: give the name of a file in a folder that can be written");
}

#[test]
fn an_empty_file_is_a_new_one() {
    let folder = Folder::new();
    fs::write(folder.state(), "").unwrap();
    let store = folder.open();
    remember(&store, "price", 1, "a");
    assert!(!matches!(
        Store::open(&folder.state()),
        Err(StoreError::Foreign { .. })
    ));
}

fn alter(folder: &Folder, statement: &str) {
    let tool = rusqlite::Connection::open(folder.state()).expect("it opens");
    tool.execute_batch(statement).expect("it works");
}
