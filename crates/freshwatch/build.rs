//! Has the linker lay what a daemon runs side by side: the functions that `layout.txt` lists, in its order.
//!
//! Of the program's code a daemon runs an eighth, spread over all of it, and the system maps 64 KiB around whatever is
//! touched: without this a daemon takes 5 MB more memory, and misses its caches more often. What the program does is
//! the same with it and without, and a name in the list that no longer exists is passed over.
//! `tests/layout/record.sh` writes the list.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=layout.txt");
    if !is_wanted() {
        return;
    }
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("layout.txt");
    let names = fs::read_to_string(list).expect("the list is in the repository");
    let mut script = "SECTIONS {\n.text.run : {\n".to_owned();
    for name in names.lines() {
        // What is seldom run of a function stands apart.
        let _ = writeln!(script, "*(.text.{name} .text.unlikely.{name})");
    }
    script.push_str("}\n}\nINSERT BEFORE .text;\n");
    let folder = env::var_os("OUT_DIR").expect("cargo gives a folder");
    let file = Path::new(&folder).join("layout.ld");
    fs::write(&file, script).expect("the folder takes files");
    println!("cargo::rustc-link-arg-bins=-T{}", file.display());
}

/// In releases for Linux. GNU ld and LLD read such a script; whoever has chosen another linker goes without.
fn is_wanted() -> bool {
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let linker_is_chosen = env::var_os("RUSTC_LINKER").is_some() || flags.contains("link");
    is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && !linker_is_chosen
}
