//! Who is measured.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use clap::ValueEnum;

use crate::process::Process;
use crate::scenario::Scenario;
use crate::{bare_loop, blackbox, freshwatch};

/// Somebody who runs probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Contender {
    /// The program: judging, state, histograms, export.
    Freshwatch,
    /// What is left of a prober without all that: wait, ask, read, parse.
    BareLoop,
    /// Its `/probe`, called by this process at the same times.
    Blackbox,
}

/// What a contender is started with.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// What it is to run.
    pub scenario: &'a Scenario,
    /// Whom it is to ask.
    pub target: SocketAddr,
    /// Where it takes its results, if it does.
    pub receiver: SocketAddr,
    /// An empty folder of its own.
    pub folder: &'a Path,
    /// Worker threads; its own choice without it.
    pub workers: Option<usize>,
}

/// A contender at work. It ends when it is dropped.
pub trait AtWork {
    /// The process that is measured.
    fn process(&mut self) -> &mut Process;

    /// What it says of its runs, and then its end; the words are for people.
    fn finish(self: Box<Self>) -> io::Result<Vec<String>>;
}

impl Contender {
    /// What it is called in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Freshwatch => "freshwatch",
            Self::BareLoop => "bare loop",
            Self::Blackbox => "blackbox",
        }
    }

    /// Whether its program is not on this machine.
    pub fn is_missing(self) -> bool {
        match self {
            Self::Freshwatch | Self::BareLoop => false,
            Self::Blackbox => !blackbox::binary().exists(),
        }
    }

    /// Starts it, and waits until it says that it is ready. `program` is freshwatch's binary.
    pub fn start(self, program: &Path, setting: Setting<'_>) -> io::Result<Box<dyn AtWork>> {
        Ok(match self {
            Self::Freshwatch => Box::new(freshwatch::start(program, setting)?),
            Self::BareLoop => Box::new(bare_loop::start(setting)?),
            Self::Blackbox => Box::new(blackbox::start(setting)?),
        })
    }
}
