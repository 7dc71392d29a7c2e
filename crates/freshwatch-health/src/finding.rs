//! What is found of one dataset or check when somebody asks.

use crate::json::Object;
use crate::moment;

/// The words of draft-inadarei-api-health-check, section 3.1, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Healthy.
    Pass,
    /// Healthy, with a concern.
    Warn,
    /// Unhealthy.
    Fail,
}

impl Status {
    /// The word: `pass`, `warn` or `fail`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// How many characters of an explanation are told.
const LONGEST_OUTPUT: usize = 300;

/// What is found of one dataset or check. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Its key among the checks: `prices:age`, `database:connections`.
    pub key: String,
    pub component: String,
    pub about: About,
    pub status: Status,
    pub output: Option<String>,
    /// When this was so.
    pub time: i64,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// The age of a dataset.
    Age {
        /// In milliseconds.
        age: Option<i64>,
        updated: Option<i64>,
    },
    /// Anything else.
    Other,
}

impl Finding {
    /// The check as draft-inadarei-api-health-check, section 4, spells it.
    pub fn json(&self) -> String {
        let check = Object::new().text("componentId", &self.component);
        let check = match &self.about {
            About::Age { age, updated } => {
                let check = check.text("componentType", "datastore");
                let check = match age {
                    Some(age) => check
                        .raw("observedValue", &moment::seconds(*age))
                        .text("observedUnit", "s"),
                    None => check,
                };
                check.maybe_text("updatedAt", updated.and_then(moment::rfc3339).as_deref())
            }
            About::Other => check.text("componentType", "component"),
        };
        let output = self.output.as_deref().map(shortened);
        check
            .text("status", self.status.as_str())
            .maybe_text("time", moment::rfc3339(self.time).as_deref())
            .maybe_text("output", output.as_deref())
            .end()
    }
}

/// One line that stays short, however long an error's text is.
fn shortened(output: &str) -> String {
    let mut characters = output.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = characters.by_ref().take(LONGEST_OUTPUT).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}
