//! Files and folders on a real disk.

use std::fs;
use std::path::{Path, PathBuf};

use freshwatch_file::{Mistakes, ProbeSet, load};

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn probe(name: &str) -> String {
    format!("probes:\n  {name}:\n    get: https://example.com/\n")
}

fn read(paths: &[PathBuf]) -> Result<ProbeSet, Mistakes> {
    load(paths, &|_| None)
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    let set = read(paths).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    set.definitions
        .iter()
        .map(|definition| definition.name.to_string())
        .collect()
}

fn messages(paths: &[PathBuf]) -> Vec<String> {
    let mistakes = read(paths).unwrap_err();
    mistakes
        .iter()
        .map(|mistake| format!("{} {}", mistake.code.as_str(), mistake.message))
        .collect()
}

#[test]
fn a_folder_is_read_at_any_depth_in_the_order_of_names() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (file, name) in [
        ("b.yml", "b"),
        ("a.yaml", "a"),
        ("c/d/e.yaml", "e"),
        ("c/a.yaml", "ca"),
    ] {
        write(folder, file, &probe(name));
    }
    for file in [".hidden.yaml", ".git/x.yaml", "notes.txt", "schema.json", "yaml"] {
        write(folder, file, "not a probe file");
    }
    assert_eq!(names(&[folder.into()]), ["a", "b", "ca", "e"]);
    // A file is read once, however often it is named.
    assert_eq!(
        names(&[folder.join("c/a.yaml"), folder.into()]),
        ["ca", "a", "b", "e"]
    );
}

#[test]
fn a_named_file_is_read_whatever_its_name() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), ".probe", &probe("a"));
    assert_eq!(names(&[folder.path().join(".probe")]), ["a"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_their_loops_end() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // As Kubernetes mounts a ConfigMap.
    write(folder, "..2026_11_22/prices.yaml", &probe("prices"));
    symlink("..2026_11_22", folder.join("..data")).unwrap();
    symlink("..data/prices.yaml", folder.join("prices.yaml")).unwrap();
    symlink(".", folder.join("loop")).unwrap();
    symlink("nowhere.txt", folder.join("dangling.txt")).unwrap();
    assert_eq!(names(&[folder.into()]), ["prices"]);
    symlink("nowhere", folder.join("dangling.yaml")).unwrap();
    assert_eq!(messages(&[folder.into()]), ["unreadable this link leads nowhere"]);
}

#[test]
fn what_cannot_be_read_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    assert_eq!(
        messages(std::slice::from_ref(&missing)),
        ["unreadable there is no such file or folder"]
    );
    assert_eq!(
        messages(&[folder.path().into()]),
        ["unreadable the folder holds no probe files"]
    );
    assert_eq!(
        messages(&[]),
        ["unreadable no files and folders to read were named"]
    );
    let rendered = read(&[missing]).unwrap_err().render(false);
    assert!(
        rendered.contains("missing") && rendered.contains("help: check the path"),
        "{rendered}"
    );
}

#[test]
fn without_a_path_the_remedy_names_the_default_folder() {
    for path in ["probes/", "probes"] {
        let mistakes = read(&[path.into()]).unwrap_err();
        let mistake = mistakes.iter().next().unwrap();
        assert_eq!(mistake.message, "there is no such file or folder");
        assert_eq!(
            mistake.help.as_deref(),
            Some(
                "without a PATH, `probes/` is read: run freshwatch where that folder is, or name your files"
            ),
            "{path}"
        );
    }
}

#[test]
fn reasons_of_the_disk_are_told_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "a.yaml",
        &format!("{}    expect: {{schema: s}}\n", probe("a")),
    );
    fs::create_dir(folder.path().join("s")).unwrap();
    assert_eq!(
        messages(&[folder.path().into()]),
        ["bad_schema the schema `s` cannot be read: it is a folder"]
    );
    assert_eq!(
        messages(&[folder.path().join("a.yaml/b.yaml")]),
        ["unreadable cannot be read: a part of its path is not a folder"]
    );
}

/// The messages of a load, unless it waits for something that never comes.
#[cfg(unix)]
fn messages_in_time(path: PathBuf) -> Vec<String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(messages(&[path])));
    let waited = receiver.recv_timeout(std::time::Duration::from_secs(30));
    waited.expect("the load does not wait")
}

#[cfg(unix)]
#[test]
fn what_may_never_end_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [pipe, socket] = ["pipe.yaml", "socket.yaml"].map(|name| folder.join(name));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [pipe, socket, "/dev/zero".into()] {
        let refused = "unreadable this is a pipe, a socket or a device, which may never end";
        assert_eq!(messages_in_time(path), [refused]);
    }
    // In a folder they are no probe files, as schemas they are a mistake.
    write(folder, "a.yaml", &probe("a"));
    assert_eq!(names(&[folder.into()]), ["a"]);
    for schema in ["pipe.yaml", "/dev/zero"] {
        let file = folder.join("a.yaml");
        let text = format!("{}    expect: {{schema: {schema}}}\n", probe("a"));
        fs::write(&file, text).unwrap();
        let refused = format!(
            "bad_schema the schema `{schema}` cannot be read: it is a pipe, a socket or a device, which may never end"
        );
        assert_eq!(messages_in_time(file), [refused]);
    }
}

#[test]
fn a_file_beyond_the_bound_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{}# {}", probe("a"), "x".repeat(4 << 20));
    write(folder.path(), "large.yaml", &text);
    assert_eq!(
        messages(&[folder.path().into()]),
        ["too_large a probe file of more than 4 MiB"]
    );
}

#[test]
fn paths_are_relative_to_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{}    expect: {{schema: schemas/s.json}}\n", probe("a"));
    write(folder.path(), "sub/a.yaml", &text);
    write(folder.path(), "sub/schemas/s.json", "{}");
    assert_eq!(names(&[folder.path().into()]), ["a"]);
}

#[test]
fn one_broken_file_does_not_hide_the_mistakes_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.yaml", "probes: {");
    write(folder.path(), "b.yaml", "probes:\n  b:\n    get: nowhere\n");
    fs::write(folder.path().join("c.yaml"), b"\xff\xfe").unwrap();
    let codes: Vec<String> = messages(&[folder.path().into()])
        .iter()
        .map(|message| message.split(' ').next().unwrap().into())
        .collect();
    assert_eq!(codes, ["syntax", "bad_url", "not_utf8"]);
}

/// Each needs the next: a chain that no recursion survives.
#[test]
fn ten_thousand_probes() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from(
        "defaults:\n  every: 5m\n  labels: {team: prices}\n  timezone: Asia/Seoul\n  needs: [probe-10000]\nprobes:\n",
    );
    for number in 1..10_000 {
        let next = number + 1;
        let promises =
            "expect: {body: {\"$.items[*].price\": {each: {above: 0}}}}\n    fresh: {at: $.t, max_age: 1h}";
        let probe =
            format!("  probe-{number}:\n    get: https://example.com/{number}\n    needs: [probe-{next}]\n");
        text = text + &probe + "    " + promises + "\n";
    }
    text += "  probe-10000:\n    get: https://example.com/last\n";
    write(folder.path(), "many.yaml", &text);
    assert_eq!(names(&[folder.path().into()]).len(), 10_000);
}
