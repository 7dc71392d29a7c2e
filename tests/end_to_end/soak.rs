//! The soak in its short form. What it checks stands in `tests/soak`; half an hour of it finds what half a minute
//! cannot.

use std::process::Command;
use std::time::Duration;

use freshwatch_tests::program::binary;

/// The soak bounds itself; this is for one that does not.
const LONGEST: Duration = Duration::from_mins(3);

#[tokio::test]
async fn nothing_is_lost_nothing_leaks_and_the_end_is_clean() {
    let mut soak = tokio::process::Command::from(Command::new(env!("CARGO_BIN_EXE_soak")));
    soak.arg("--short")
        .arg("--program")
        .arg(binary())
        .kill_on_drop(true);
    let output = tokio::time::timeout(LONGEST, soak.output()).await;
    let output = output.expect("it ends by itself").expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{errors}");
}
