//! Where the judge tells its steps.

use std::cell::{Cell, RefCell};

/// So many steps are kept of one judgment; those beyond are counted.
const MOST_STEPS: usize = 200;

/// One step on the way from an answer to a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What kind of step it is.
    pub stage: Stage,
    /// A plain sentence without a full stop. What was seen stands in it shortened, secrets removed.
    pub message: String,
}

/// The kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What came.
    Answer,
    /// Whether a rule under `verdict` decides.
    Rule,
    /// Whether it is as `expect` and `warn` want it.
    Expectation,
    /// What the endpoint says of itself.
    SelfReport,
    /// Which freshness rule the steps that follow are about, where there are several.
    Fresh,
    /// Which values were found.
    Selected,
    /// How a value was read, by which zone, and what it means.
    Read,
    /// Which of many values counts.
    Picked,
    /// What earlier runs saw.
    Remembered,
    /// How old the data is.
    Age,
    /// Whether that keeps the bound.
    Bound,
    /// Which item the steps that follow are about.
    Item,
    /// Whether enough of the items are fresh.
    Quorum,
    /// How long a cache has kept the answer.
    Cache,
}

impl Stage {
    /// The word of reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Rule => "rule",
            Self::Expectation => "expectation",
            Self::SelfReport => "self_report",
            Self::Fresh => "fresh",
            Self::Selected => "selected",
            Self::Read => "read",
            Self::Picked => "picked",
            Self::Remembered => "remembered",
            Self::Age => "age",
            Self::Bound => "bound",
            Self::Item => "item",
            Self::Quorum => "quorum",
            Self::Cache => "cache",
        }
    }
}

/// The steps of one judgment.
#[derive(Debug, Default)]
pub struct Steps {
    told: RefCell<Vec<Step>>,
    omitted: Cell<usize>,
}

impl Steps {
    /// The steps in order, and how many more there were.
    pub fn into_parts(self) -> (Vec<Step>, usize) {
        (self.told.into_inner(), self.omitted.get())
    }
}

/// Where the judge tells its steps: nowhere in ordinary runs, and then none is put into words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trace<'t>(Option<&'t Steps>);

impl<'t> Trace<'t> {
    /// Nobody listens.
    pub const NONE: Self = Self(None);

    /// The steps are kept there.
    pub const fn to(steps: &'t Steps) -> Self {
        Self(Some(steps))
    }

    /// Whether anybody listens.
    pub const fn is_heard(self) -> bool {
        self.0.is_some()
    }

    /// Tells a step, which is put into words only where somebody listens.
    pub fn tell(self, stage: Stage, message: impl FnOnce() -> String) {
        let Some(steps) = self.0 else { return };
        let mut told = steps.told.borrow_mut();
        if told.len() < MOST_STEPS {
            told.push(Step {
                stage,
                message: message(),
            });
        } else {
            steps.omitted.set(steps.omitted.get() + 1);
        }
    }

    /// Takes out of what was told whatever must not be seen.
    pub(crate) fn redact(self, redact: impl Fn(&mut String)) {
        if let Some(steps) = self.0 {
            let mut told = steps.told.borrow_mut();
            told.iter_mut().for_each(|step| redact(&mut step.message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_STEPS, Stage, Steps, Trace};

    #[test]
    fn what_nobody_hears_is_not_put_into_words() {
        Trace::NONE.tell(Stage::Age, || unreachable!("nobody listens"));
        assert!(!Trace::NONE.is_heard());
    }

    #[test]
    fn steps_have_a_bound() {
        let steps = Steps::default();
        for number in 0..MOST_STEPS + 3 {
            Trace::to(&steps).tell(Stage::Age, || number.to_string());
        }
        let (told, omitted) = steps.into_parts();
        assert_eq!((told.len(), omitted), (MOST_STEPS, 3));
        assert_eq!(told[MOST_STEPS - 1].message, (MOST_STEPS - 1).to_string());
    }
}
