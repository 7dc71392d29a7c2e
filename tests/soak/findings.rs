//! What was found, and whether it is as it should be.

use std::process::ExitCode;

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<(bool, String)>,
}

impl Findings {
    /// Notes something that has to hold.
    pub fn must(&mut self, holds: bool, what: impl Into<String>) {
        self.found.push((holds, what.into()));
    }

    /// Prints everything.
    pub fn tell(&self) -> ExitCode {
        println!();
        for (holds, what) in &self.found {
            println!("{} {what}", if *holds { "holds " } else { "FAILED" });
        }
        let failed = self.found.iter().filter(|(holds, _)| !holds).count();
        if failed == 0 {
            println!("\nthe soak holds");
            return ExitCode::SUCCESS;
        }
        println!("\nthe soak FAILED: {failed} of {} do not hold", self.found.len());
        ExitCode::FAILURE
    }
}

/// The first few of many, for a line.
pub fn some(all: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    match all.len() {
        0 => String::new(),
        more if more > SHOWN => format!(": {shown}; and {} more", more - SHOWN),
        _ => format!(": {shown}"),
    }
}
