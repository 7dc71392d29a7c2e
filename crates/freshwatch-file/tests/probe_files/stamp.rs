//! What a stamp sees of the disk, and what it does not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use freshwatch_file::{Stamp, load, stamp};

/// A folder of two files, one of them beneath another folder.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    for (file, name) in [("a.yaml", "a"), ("sub/b.yml", "b")] {
        write(&folder.path().join(file), &probe(name));
    }
    folder
}

fn probe(name: &str) -> String {
    format!("probes:\n  {name}:\n    get: https://example.com/\n")
}

/// Writes a file at a time of its own: two writes within one tick of the clock look alike.
fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
    File::options()
        .append(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

/// As `write`, one nanosecond later.
fn write_later(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000) + Duration::from_nanos(1);
    File::options()
        .append(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

fn of(path: &Path) -> Stamp {
    stamp(&[path.to_owned()], &[])
}

/// What `change` does to the folder shows, or does not.
#[track_caller]
fn check(shows: bool, change: impl FnOnce(&Path)) {
    let folder = folder();
    let before = of(folder.path());
    assert_eq!(before, of(folder.path()));
    change(folder.path());
    assert_eq!(before != of(folder.path()), shows);
}

#[test]
fn changes_of_probe_files_show() {
    check(true, |folder| write(&folder.join("c.yaml"), &probe("c")));
    check(true, |folder| fs::remove_file(folder.join("sub/b.yml")).unwrap());
    check(true, |folder| {
        fs::rename(folder.join("a.yaml"), folder.join("c.yaml")).unwrap();
    });
    check(true, |folder| write_later(&folder.join("a.yaml"), &probe("c")));
    check(true, |folder| write(&folder.join("a.yaml"), &probe("longer")));
    check(true, |folder| {
        write(&folder.join("new"), &probe("c"));
        fs::rename(folder.join("new"), folder.join("a.yaml")).unwrap();
    });
    check(true, |folder| fs::remove_dir_all(folder).unwrap());
}

#[test]
fn what_is_not_read_does_not_show() {
    check(false, |folder| write(&folder.join("notes.txt"), "x"));
    check(false, |folder| write(&folder.join(".hidden.yaml"), "x"));
    check(false, |folder| fs::create_dir(folder.join("empty")).unwrap());
    check(false, |folder| drop(fs::read(folder.join("a.yaml")).unwrap()));
}

#[cfg(unix)]
#[test]
fn the_swap_of_a_config_map_shows() {
    use std::os::unix::fs::symlink;
    // As the kubelet writes it: links to `..data/FILE`, `..data` a link to a folder that is replaced as a whole.
    let mounted = tempfile::tempdir().unwrap();
    let mounted = mounted.path();
    for version in ["..2026_11_22_01", "..2026_11_22_02"] {
        fs::create_dir(mounted.join(version)).unwrap();
        write(&mounted.join(version).join("prices.yaml"), &probe("prices"));
        write(&mounted.join(version).join("s.json"), "{}");
    }
    symlink("..2026_11_22_01", mounted.join("..data")).unwrap();
    symlink("..data/prices.yaml", mounted.join("prices.yaml")).unwrap();
    symlink("..data/s.json", mounted.join("s.json")).unwrap();
    let schema = [mounted.join("s.json")];
    let [folder, file] = [mounted.to_owned(), mounted.join("prices.yaml")].map(|path| [path]);
    let stamps = || [stamp(&folder, &[]), stamp(&file, &[]), stamp(&[], &schema)];
    let before = stamps();
    assert_eq!(before, stamps());
    symlink("..2026_11_22_02", mounted.join("..data_tmp")).unwrap();
    fs::rename(mounted.join("..data_tmp"), mounted.join("..data")).unwrap();
    for (before, after) in before.iter().zip(stamps()) {
        assert_ne!(*before, after);
    }
}

#[test]
fn changes_of_what_the_probes_refer_to_show() {
    let folder = folder();
    let schema = folder.path().join("s.json");
    let text = "probes: {c: {get: http://h/, expect: {schema: s.json}}}";
    write(&folder.path().join("c.yaml"), text);
    write(&schema, "{}");
    let paths = [folder.path().to_owned()];
    let referenced = load(&paths, &|_| None).unwrap().referenced;
    assert_eq!(referenced, std::slice::from_ref(&schema));
    let stamps = || [stamp(&paths, &referenced), stamp(&paths, &[])];
    let before = stamps();
    write_later(&schema, "[]");
    let after = stamps();
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1], after[1]);
    fs::remove_file(&schema).unwrap();
    assert_ne!(stamps()[0], after[0]);
}

#[test]
fn what_cannot_be_seen_is_seen_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let missing: PathBuf = folder.path().join("later.yaml");
    let (before, beside) = (of(&missing), stamp(&[], std::slice::from_ref(&missing)));
    assert_eq!(before, of(&missing));
    write(&missing, &probe("a"));
    assert_ne!(before, of(&missing));
    assert_ne!(beside, stamp(&[], &[missing]));
}

#[cfg(unix)]
#[test]
fn new_rights_show() {
    use std::os::unix::fs::PermissionsExt as _;
    // The time of a change of rights is the clock's: a file as old as this one has changed before.
    let folder = folder();
    let file = folder.path().join("a.yaml");
    let before = of(folder.path());
    let mut tries = 0;
    // One tick of the file system's clock may pass in between, some milliseconds at most.
    while before == of(folder.path()) && tries < 20_000 {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        tries += 1;
    }
    assert_ne!(before, of(folder.path()));
}
