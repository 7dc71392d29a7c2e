//! What was seen in the end: by freshwatch, and by whoever looks at status codes alone.

use std::fmt::Write as _;

use anstyle::Style;
use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Verdict;

use super::narration::rounds;
use crate::report::text::style;

/// Counts what was seen of every probe.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    rounds: usize,
    probes: Vec<Tally>,
}

/// What was seen of a probe.
#[derive(Debug)]
struct Tally {
    name: ProbeName,
    /// How often the status was that of a success or a redirect.
    green: usize,
    /// How often each verdict came, in the order of [`Verdict::ALL`].
    verdicts: [usize; Verdict::ALL.len()],
}

impl Summary {
    /// Counts a round.
    pub(crate) fn add(&mut self, runs: &[Run]) {
        self.rounds += 1;
        for run in runs {
            let tally = self.tally(run.probe());
            let status = run.exchange.status;
            tally.green += usize::from(status.is_some_and(|status| (200..400).contains(&status)));
            tally.verdicts[run.judgment.verdict as usize] += 1;
        }
    }

    fn tally(&mut self, name: &ProbeName) -> &mut Tally {
        let found = self.probes.iter().position(|tally| tally.name == *name);
        let index = found.unwrap_or_else(|| {
            self.probes.push(Tally {
                name: name.clone(),
                green: 0,
                verdicts: [0; Verdict::ALL.len()],
            });
            self.probes.len() - 1
        });
        &mut self.probes[index]
    }

    /// The table and its lesson; nothing when nothing was seen.
    pub(crate) fn render(&self) -> String {
        if self.rounds == 0 {
            return String::new();
        }
        let bold = Style::new().bold();
        let title = format!("Seen in {}", rounds(self.rounds));
        let names = self.probes.iter().map(|tally| tally.name.as_str().len());
        let names = names.max().unwrap_or(0).max(title.len() - 2);
        let wide = names + 2;
        let mut text = format!("\n{bold}{title:<wide$}  a status check  freshwatch → whom to tell{bold:#}\n");
        for tally in &self.probes {
            let (name, green, told) = (&tally.name, self.green(tally), tally.told());
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "  {name:<names$}  {green}  {told}");
        }
        text + &self.lesson()
    }

    fn green(&self, tally: &Tally) -> String {
        let (colour, words) = match self.rounds.saturating_sub(tally.green) {
            0 => (style(Verdict::Ok), "always green".to_owned()),
            1 => (style(Verdict::Down), "red once".to_owned()),
            red => (style(Verdict::Down), format!("red {red} times")),
        };
        format!("{colour}{words:<14}{colour:#}")
    }

    /// What a check of status codes misses, and what it takes for something else.
    fn lesson(&self) -> String {
        let missed = self.names(|tally, is_green| is_green && tally.worst() > Verdict::Degraded);
        let mistaken = self.names(|tally, is_green| !is_green && tally.worst() == Verdict::Stale);
        let missed = missed.map(|names| format!("missed {names}"));
        let mistaken = mistaken.map(|names| format!("took {names} for down, though only the data is old"));
        let lessons: Vec<String> = missed.into_iter().chain(mistaken).collect();
        if lessons.is_empty() {
            return String::new();
        }
        format!("\nThe status check {}.\n", lessons.join(",\nand "))
    }

    /// The probes that are wanted, by what was seen of them and whether they were always green.
    fn names(&self, wanted: impl Fn(&Tally, bool) -> bool) -> Option<String> {
        let found = self
            .probes
            .iter()
            .filter(|tally| wanted(tally, tally.green == self.rounds));
        let names: Vec<&str> = found.map(|tally| tally.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(" and "))
    }
}

impl Tally {
    /// The verdicts that came, from the best to the worst.
    fn seen(&self) -> impl DoubleEndedIterator<Item = (Verdict, usize)> {
        let counts = self.verdicts;
        (0..counts.len())
            .map(move |index| (Verdict::ALL[index], counts[index]))
            .filter(|(_, count)| *count > 0)
    }

    fn worst(&self) -> Verdict {
        self.seen()
            .next_back()
            .map_or(Verdict::Ok, |(verdict, _)| verdict)
    }

    /// `15 ok, 8 invalid → developers`.
    fn told(&self) -> String {
        let counts = self.seen().map(|(verdict, count)| {
            let colour = style(verdict);
            format!("{colour}{count} {verdict}{colour:#}")
        });
        let counts: Vec<String> = counts.collect();
        let owner = owner(self.worst()).map_or_else(String::new, |owner| format!(" → {owner}"));
        counts.join(", ") + &owner
    }
}

/// Who has to know.
const fn owner(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Ok => None,
        Verdict::Degraded | Verdict::Invalid => Some("developers"),
        Verdict::Stale => Some("data team"),
        Verdict::Down => Some("on-call"),
        Verdict::Unknown => Some("owner of the prober"),
    }
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::verdict::Verdict::{self, Down, Invalid, Ok, Stale};
    use insta::assert_snapshot;

    use super::Summary;
    use crate::demo::narration::tests::run;

    fn render(rounds: &[[(Verdict, u16); 3]]) -> String {
        let mut summary = Summary::default();
        for [price, search, chat] in rounds {
            let runs = [("real-price", price), ("search", search), ("chat", chat)];
            summary.add(&runs.map(|(name, (verdict, status))| run(name, *verdict, *status)));
        }
        anstream::adapter::strip_str(&summary.render()).to_string()
    }

    #[test]
    fn what_a_status_check_misses() {
        let well = [(Ok, 200), (Ok, 204), (Ok, 302)];
        let ill = [(Stale, 200), (Invalid, 404), (Down, 0)];
        assert_snapshot!(render(&[well, ill, ill]), @"
        Seen in 3 rounds  a status check  freshwatch → whom to tell
          real-price      always green    1 ok, 2 stale → data team
          search          red 2 times     1 ok, 2 invalid → developers
          chat            red 2 times     1 ok, 2 down → on-call

        The status check missed real-price.
        ");
    }

    #[test]
    fn what_it_takes_for_something_else() {
        assert_snapshot!(render(&[[(Invalid, 200), (Stale, 503), (Ok, 200)]]), @"
        Seen in 1 round  a status check  freshwatch → whom to tell
          real-price     always green    1 invalid → developers
          search         red once        1 stale → data team
          chat           always green    1 ok

        The status check missed real-price,
        and took search for down, though only the data is old.
        ");
    }

    #[test]
    fn when_all_is_well_there_is_nothing_to_learn() {
        assert_snapshot!(render(&[[(Ok, 200), (Ok, 204), (Ok, 302)]]), @"
        Seen in 1 round  a status check  freshwatch → whom to tell
          real-price     always green    1 ok
          search         always green    1 ok
          chat           always green    1 ok
        ");
    }

    #[test]
    fn nothing_was_seen() {
        assert_eq!(render(&[]), "");
    }

    #[test]
    fn verdicts_are_counted_where_they_stand() {
        for (index, verdict) in Verdict::ALL.into_iter().enumerate() {
            assert_eq!(verdict as usize, index);
        }
    }
}
