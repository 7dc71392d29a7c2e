//! The story: a pure function from the time since the start to the state of every endpoint.
//!
//! It is told on a fast clock: four seconds stand for a day, so that `max_age: 8s` in the probe file stands for two
//! days.

use std::time::Duration;

/// A pretend day.
pub(crate) const DAY: Duration = Duration::from_secs(4);

/// How long one story lasts: a whole number of pretend days, so that it can be told again and again.
pub(crate) const LENGTH: Duration = Duration::from_secs(44);

/// The batch lands at three o'clock each pretend night.
const LANDING: Duration = Duration::from_millis(500);

/// The health endpoint's own promise: prices are at most two pretend days old.
pub(crate) const HEALTHY_AGE: Duration = Duration::from_secs(8);

/// What has last happened in the pretend world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// The batch lands every night, and every endpoint answers.
    AllIsWell,
    /// The batch lands no more, and nobody is told.
    BatchStopped,
    /// The search answers 200 with an error inside.
    SearchBroken,
    /// The chat hangs up without an answer.
    ChatDown,
    /// All of it works again, the batch from the next night on.
    Repaired,
}

impl Act {
    /// All of them in order.
    pub(crate) const ALL: [Self; 5] = [
        Self::AllIsWell,
        Self::BatchStopped,
        Self::SearchBroken,
        Self::ChatDown,
        Self::Repaired,
    ];

    /// When it begins, since the start of the story.
    pub(crate) const fn begins(self) -> Duration {
        Duration::from_secs(match self {
            Self::AllIsWell => 0,
            Self::BatchStopped => 8,
            Self::SearchBroken => 20,
            Self::ChatDown => 28,
            Self::Repaired => 36,
        })
    }

    /// What has happened, in a few words.
    pub(crate) const fn headline(self) -> &'static str {
        match self {
            Self::AllIsWell => "All is well",
            Self::BatchStopped => "The nightly batch stopped, quietly",
            Self::SearchBroken => "The search lost its index",
            Self::ChatDown => "The chat crashed",
            Self::Repaired => "Everything was repaired",
        }
    }

    /// What that means for whoever looks from outside.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::AllIsWell => "Every night the batch lands new prices; every endpoint answers.",
            Self::BatchStopped => "No error, no alert: still 200 OK, with older prices every day.",
            Self::SearchBroken => "It answers 200 OK with an error inside; its status stays green.",
            Self::ChatDown => "It hangs up without an answer: what every status check finds.",
            Self::Repaired => "Search and chat are back at once, new prices in the coming night.",
        }
    }

    /// How long until the next act begins, or the story is over.
    pub(crate) fn remaining(elapsed: Duration) -> Duration {
        let next = Self::ALL
            .into_iter()
            .map(Self::begins)
            .find(|begins| *begins > elapsed);
        next.unwrap_or(LENGTH).saturating_sub(elapsed)
    }
}

/// The state of the pretend service at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scene {
    /// What has last happened.
    pub(crate) act: Act,
    /// How long ago the newest prices landed.
    pub(crate) age_of_prices: Duration,
    /// Whether the search finds anything, or answers with an error inside.
    pub(crate) search_works: bool,
    /// Whether the chat answers, or hangs up.
    pub(crate) chat_works: bool,
}

impl Scene {
    /// The state so long after the start; after the end all stays well.
    pub(crate) fn at(elapsed: Duration) -> Self {
        let act = Act::ALL
            .into_iter()
            .rfind(|act| act.begins() <= elapsed)
            .unwrap_or(Act::AllIsWell);
        Self {
            act,
            age_of_prices: age_of_prices(elapsed),
            search_works: !matches!(act, Act::SearchBroken | Act::ChatDown),
            chat_works: act != Act::ChatDown,
        }
    }
}

/// Since the last landing before `elapsed`; the landings of the nights without a batch fall away.
fn age_of_prices(elapsed: Duration) -> Duration {
    let stopped = Act::BatchStopped.begins();
    let first_after = Act::Repaired.begins() + LANDING;
    if elapsed >= stopped && elapsed < first_after {
        return since_landing(stopped) + elapsed.saturating_sub(stopped);
    }
    since_landing(elapsed)
}

/// Since the last landing while the batch runs: it also ran the night before the story.
fn since_landing(elapsed: Duration) -> Duration {
    let since_a_landing_before = elapsed.saturating_add(DAY.saturating_sub(LANDING));
    let millis = since_a_landing_before.as_millis() % DAY.as_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Act, DAY, HEALTHY_AGE, LENGTH, Scene};

    fn at(seconds: f64) -> Scene {
        Scene::at(Duration::from_secs_f64(seconds))
    }

    #[track_caller]
    fn check(seconds: f64, act: Act, age: f64, search_works: bool, chat_works: bool) {
        let age_of_prices = Duration::from_secs_f64(age);
        let expected = Scene {
            act,
            age_of_prices,
            search_works,
            chat_works,
        };
        assert_eq!(at(seconds), expected, "{seconds} s");
    }

    #[test]
    fn every_act_breaks_one_thing_more_and_the_last_repairs_all() {
        check(0.0, Act::AllIsWell, 3.5, true, true);
        check(0.5, Act::AllIsWell, 0.0, true, true);
        check(7.9, Act::AllIsWell, 3.4, true, true);
        check(8.0, Act::BatchStopped, 3.5, true, true);
        check(14.0, Act::BatchStopped, 9.5, true, true);
        check(20.0, Act::SearchBroken, 15.5, false, true);
        check(28.0, Act::ChatDown, 23.5, false, false);
        check(36.0, Act::Repaired, 31.5, true, true);
        check(36.4, Act::Repaired, 31.9, true, true);
        check(36.5, Act::Repaired, 0.0, true, true);
        check(44.0, Act::Repaired, 3.5, true, true);
    }

    #[test]
    fn while_the_batch_runs_prices_are_never_older_than_a_day() {
        for tenth in (0..80_u32).chain(365..600) {
            let scene = at(f64::from(tenth) / 10.0);
            assert!(scene.age_of_prices < DAY, "{tenth}: {scene:?}");
        }
    }

    #[test]
    fn while_it_stands_still_they_only_grow_older() {
        let ages: Vec<Duration> = (80..365_u32)
            .map(|tenth| at(f64::from(tenth) / 10.0).age_of_prices)
            .collect();
        assert!(ages.is_sorted_by(|earlier, later| earlier < later));
        assert!(ages.last().is_some_and(|oldest| *oldest > 3 * HEALTHY_AGE));
    }

    #[test]
    fn the_story_can_be_told_again() {
        assert_eq!(
            Scene::at(LENGTH).age_of_prices,
            Scene::at(Duration::ZERO).age_of_prices
        );
        assert!(
            Act::ALL
                .into_iter()
                .map(Act::begins)
                .is_sorted_by(|earlier, later| earlier < later)
        );
    }

    #[test]
    fn what_an_act_means_fits_a_terminal_of_80_columns() {
        for act in Act::ALL {
            assert!("   0s  ".len() + act.meaning().chars().count() <= 80, "{act:?}");
        }
    }

    #[test]
    fn the_acts_fill_the_story() {
        let mut elapsed = Duration::ZERO;
        let mut acts = Vec::new();
        while elapsed < LENGTH {
            acts.push(Scene::at(elapsed).act);
            elapsed += Act::remaining(elapsed);
        }
        assert_eq!((acts.as_slice(), elapsed), (Act::ALL.as_slice(), LENGTH));
    }
}
