//! Disks that take nothing.

use freshwatch_store::{Store, StoreError};

use super::child::{FAILED, WROTE, Writer};
use super::{Folder, at, check, name, observed, remember};

#[test]
fn a_folder_that_is_missing_or_takes_no_files_is_told() {
    let folder = Folder::new();
    let missing = folder.path("missing").join("state.db");
    let error = Store::open(&missing).unwrap_err();
    assert!(matches!(error, StoreError::NotOpened { .. }), "{error:?}");
    // Whoever one is, in this folder nobody can make a file.
    let error = Store::open("/sys/state.db".as_ref()).unwrap_err();
    insta::assert_snapshot!(error, @"`/sys/state.db` cannot be opened: its folder must exist and be writable");
    assert!(!error.is_refusal());
}

#[test]
fn a_disk_that_takes_nothing_more_loses_nothing_and_takes_it_up_again() {
    let folder = Folder::new();
    remember(&folder.open(), "price", 1, "a");
    let size = std::fs::metadata(folder.state()).unwrap().len();
    // A process whose files may not grow: writing fails as it does on a full disk.
    let blocks = size / 512;
    let limit = format!("trap '' XFSZ; ulimit -f {blocks};");
    let mut writer = Writer::start(&folder.state(), Some(3), &limit);
    for _ in 0..3 {
        let why = writer.next(FAILED).expect("it cannot write");
        assert!(why.contains("state.db"), "{why}");
    }
    assert!(writer.end());
    let store = folder.open();
    check(&store, "price", Some("a"));
    check(&store, "probe-1", None);
    assert_eq!(std::fs::metadata(folder.state()).unwrap().len(), size);
    let mut writer = Writer::start(&folder.state(), Some(1), "");
    assert!(writer.next(WROTE).is_some());
    assert!(writer.end());
    assert!(store.recall(&[name("probe-1")]).unwrap().memories.len() == 1);
}

#[test]
fn a_file_that_may_only_be_read_is_read() {
    let folder = Folder::new();
    remember(&folder.open(), "price", 1, "a");
    let mut permissions = std::fs::metadata(folder.state()).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(folder.state(), permissions).unwrap();
    let store = folder.open();
    check(&store, "price", Some("a"));
    match store.remember(&[observed("price", 2, "b")], at(2)) {
        Err(StoreError::ReadOnly { .. }) => check(&store, "price", Some("a")),
        // The administrator may do anything.
        told => assert_eq!(told, Ok(freshwatch_store::Written::default())),
    }
}
