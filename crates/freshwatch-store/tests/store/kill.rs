//! A kill at any moment leaves the file readable, with all of a transaction or nothing of it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::child::{BEGINS, WROTE, Writer, mark, names};
use super::{Folder, name};

#[test]
fn a_kill_at_any_moment_leaves_whole_rounds() {
    let folder = Folder::new();
    let names: Vec<_> = names().iter().map(|text| name(text)).collect();
    for turn in 0..20 {
        let mut writer = Writer::start(&folder.state(), None, "");
        let mut said: i64 = 0;
        for _ in 0..=turn % 3 {
            said = writer.next(WROTE).expect("a round").parse().expect("a number");
        }
        writer.next(BEGINS).expect("a round");
        // Somewhere within that round, and every time elsewhere.
        std::thread::sleep(Duration::from_millis(turn));
        said = writer.kill().unwrap_or(said);
        let recalled = folder.open().recall(&names).expect("it can be read");
        assert_eq!(recalled.memories.len(), names.len(), "turn {turn}");
        let rounds: BTreeSet<String> = recalled
            .memories
            .iter()
            .map(|found| serde_json::to_string(&*found.memory).expect("JSON"))
            .collect();
        assert_eq!(rounds.len(), 1, "turn {turn}: half a round was written");
        let wrote = rounds.iter().any(|json| json.contains(&mark(said, true)));
        let one_more = rounds.iter().any(|json| json.contains(&mark(said + 1, true)));
        assert!(wrote || one_more, "turn {turn}: {said} was lost: {rounds:?}");
        // The next turn begins with the first round again, which is older.
        std::fs::remove_file(folder.state()).expect("it is there");
    }
}
