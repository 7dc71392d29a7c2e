//! What the benchmark is asked to measure.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::PossibleValuesParser;

use crate::contender::Contender;
use crate::scenario::{SCENARIOS, Scenario};

/// The scenario that measures everybody in turn.
const PEERS: &str = "peers";

/// Measures the daemon under load: lateness, CPU time, memory.
#[derive(Debug, Parser)]
#[command(name = "daemon")]
pub struct Arguments {
    /// What to measure; everything without one.
    #[arg(value_name = "SCENARIO", value_parser = PossibleValuesParser::new(SCENARIOS.iter().map(|scenario| scenario.name).chain([PEERS])))]
    scenarios: Vec<String>,
    /// How long to measure, after a warm-up; 30 without it, 60 for the scenario of ten minutes.
    #[arg(long)]
    seconds: Option<u64>,
    /// Worker threads of freshwatch and of the bare loop; without it, freshwatch's own choice and one thread.
    #[arg(long)]
    pub workers: Option<usize>,
    /// The freshwatch that is measured; without it, one is built for release.
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
    /// Who is measured; freshwatch alone without it, and everybody in `peers`.
    #[arg(long, value_delimiter = ',')]
    contenders: Vec<Contender>,
    /// What cargo passes to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    /// What to measure, in order.
    pub fn plan(&self) -> Vec<(Scenario, Contender)> {
        let everything = SCENARIOS.iter().map(|scenario| scenario.name).chain([PEERS]);
        let asked: Vec<&str> = match self.scenarios.as_slice() {
            [] => everything.collect(),
            asked => asked.iter().map(String::as_str).collect(),
        };
        asked.into_iter().flat_map(|name| self.of(name)).collect()
    }

    fn of(&self, name: &str) -> Vec<(Scenario, Contender)> {
        let named = |name: &str| SCENARIOS.iter().find(|scenario| scenario.name == name);
        if name != PEERS {
            let alone = [Contender::Freshwatch];
            let contenders = if self.contenders.is_empty() {
                &alone[..]
            } else {
                &self.contenders
            };
            let scenario = named(name).into_iter();
            return scenario
                .flat_map(|scenario| contenders.iter().map(|who| (*scenario, *who)))
                .collect();
        }
        let wanted = |who: &Contender| self.contenders.is_empty() || self.contenders.contains(who);
        let turns = [
            ("1000x1s", Contender::Freshwatch),
            ("1000x1s", Contender::BareLoop),
            ("1000x1s-kept", Contender::Freshwatch),
            ("1000x1s-kept", Contender::BareLoop),
            ("1000x1s", Contender::Blackbox),
            ("100x1s-64k", Contender::Freshwatch),
            ("100x1s-64k", Contender::BareLoop),
            ("100x1s-64k", Contender::Blackbox),
            ("10x1s-1m", Contender::Freshwatch),
            ("10x1s-1m", Contender::BareLoop),
            ("10x1s-1m", Contender::Blackbox),
        ];
        let turns = turns.into_iter().filter(|(_, who)| wanted(who));
        turns
            .filter_map(|(name, who)| Some((*named(name)?, who)))
            .collect()
    }

    /// How long a scenario is measured.
    pub fn window(&self, scenario: &Scenario) -> Duration {
        self.seconds
            .map_or_else(|| scenario.window(), Duration::from_secs)
    }
}
