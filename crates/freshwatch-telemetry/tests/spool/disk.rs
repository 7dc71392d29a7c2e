//! Disks that take nothing.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use freshwatch_telemetry::spool::{Limits, Spool, SpoolError};

use super::child::{Keeper, Said, length};
use super::{BEGIN, Folder, drain, sized};

#[test]
fn a_folder_that_cannot_be_made_or_written_is_told() {
    let folder = Folder::new();
    let file = folder.path().join("file");
    fs::write(&file, "").expect("it is written");
    let error = Spool::open(&file, Limits::default()).unwrap_err();
    assert!(
        matches!(&error, SpoolError::Failed { what: "opened", .. }),
        "{error:?}"
    );
    // Whoever one is, in this folder nobody can make a file.
    let error = Spool::open(Path::new("/sys/queue"), Limits::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("`/sys/queue` cannot be opened: "),
        "{error}"
    );
}

#[test]
fn a_disk_that_takes_nothing_more_loses_nothing_of_what_it_has_and_takes_it_up_again() {
    let folder = Folder::new();
    // A process whose files may not grow beyond 64 KiB: writing fails as it does on a full disk.
    let mut keeper = Keeper::start(folder.path(), 1, Some(40), "trap '' XFSZ; ulimit -f 128;");
    let mut stored = Vec::new();
    let mut failed = 0;
    while let Some(said) = keeper.next() {
        match said {
            Said::Stored(number) => stored.push(number),
            Said::Failed(why) => {
                assert!(why.ends_with("cannot be written: the disk is full"), "{why}");
                failed += 1;
            }
            Said::Done(number) => panic!("{number}"),
        }
    }
    assert!(keeper.end() && failed > 10 && !stored.is_empty(), "{stored:?}");
    let mut spool = folder.open();
    let kept: Vec<_> = stored
        .iter()
        .map(|number| sized(*number, length(*number)))
        .collect();
    spool.append(&sized(7, 200_000)).expect("there is room again");
    let mut drained = drain(&mut spool);
    assert_eq!(drained.pop(), Some(sized(7, 200_000)));
    assert_eq!(drained, kept);
    let lost = spool.take_lost();
    assert_eq!((lost.damaged, lost.full, lost.age), (0, 0, 0));
}

#[test]
fn a_folder_that_was_removed_takes_nothing_more() {
    let folder = Folder::new();
    let mut spool = folder.open();
    spool.append(&sized(1, 1000)).unwrap();
    fs::remove_dir_all(folder.path()).unwrap();
    assert!(spool.is_gone());
    let error = spool.append(&sized(2, 1000)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` was removed while it was in use", folder.path().display())
    );
    drop(spool);
    let mut spool = folder.open();
    spool.append(&sized(2, 1000)).unwrap();
    assert_eq!(drain(&mut spool), [sized(2, 1000)]);
}

#[test]
fn a_segment_that_was_removed_is_lost_and_what_comes_after_it_is_not() {
    let folder = Folder::new();
    let mut spool = folder.open();
    spool.append(&sized(1, 1000)).unwrap();
    spool.append(&sized(2, 1000)).unwrap();
    fs::remove_file(&folder.files(".batches")[0]).unwrap();
    assert_eq!(spool.first(BEGIN), Ok(None));
    assert_eq!(spool.take_lost().damaged, 2);
    for number in 3..6 {
        spool.append(&sized(number, 1000)).unwrap();
    }
    assert_eq!(drain(&mut spool), [3, 4, 5].map(|number| sized(number, 1000)));
    assert_eq!(spool.take_lost().damaged, 0);
}

#[test]
fn a_file_that_has_the_name_of_the_next_segment_stays_as_it_is() {
    let folder = Folder::new();
    let mut spool = folder.open();
    let taken = folder.path().join("00000000000000000001.batches");
    fs::write(&taken, "mine").unwrap();
    let error = spool.append(&sized(1, 1000)).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("cannot be written: entity already exists"),
        "{error}"
    );
    spool.append(&sized(1, 1000)).unwrap();
    assert_eq!(drain(&mut spool), [sized(1, 1000)]);
    assert_eq!(fs::read(&taken).unwrap(), b"mine");
}

#[test]
fn what_a_link_leads_to_is_left_alone() {
    let (folder, other) = (Folder::new(), Folder::new());
    let file = other.path().join("file");
    // Zeros at the end of a segment would be cut off.
    fs::write(&file, [0; 100]).unwrap();
    std::os::unix::fs::symlink(&file, folder.path().join("00000000000000000001.batches")).unwrap();
    let mut spool = folder.open();
    assert!(spool.is_empty() && spool.findings().is_empty());
    assert_eq!(fs::read(&file).unwrap(), [0; 100]);
}

#[test]
fn on_a_full_file_system_what_is_done_with_makes_room() {
    let folder = Folder::new();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(folder.path())
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED, nothing was tested on a full file system: it cannot be mounted"
        );
        return;
    }
    let limits = Limits {
        most_bytes: 4 << 20,
        ..Limits::default()
    };
    let mut spool = Spool::open(folder.path(), limits).expect("it opens");
    let mut stored = 0;
    let error = loop {
        match spool.append(&sized(stored + 1, 30_000)) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, SpoolError::Full { .. }), "{error:?}");
    assert!(stored >= 25, "{stored}");
    for number in 1..=stored {
        let (sequence, first) = spool.first(BEGIN).expect("it is read").expect("it waits");
        assert_eq!(first, sized(number, 30_000));
        spool.done(sequence);
        // The cursor has its place already.
        assert_eq!(spool.first_waiting(), number + 1);
    }
    spool.append(&sized(1, 30_000)).expect("there is room again");
    drop(spool);
    let mut spool = Spool::open(folder.path(), limits).expect("it opens");
    assert_eq!(drain(&mut spool), [sized(1, 30_000)]);
    drop(spool);
    let _ = std::process::Command::new("umount").arg(folder.path()).status();
}
