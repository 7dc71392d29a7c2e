//! What probe files are loaded for.

/// What probe files are loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To run the probes: their tests are checked and not kept, and the answers that they name are not read, so that
    /// they need not be where the probes run.
    Running,
    /// To find every mistake, those of the recorded answers among them.
    Linting,
    /// To write what watches the probes: nothing is sent, so variables that are missing or empty are no mistakes.
    Generating,
    /// To run the probes' tests: nothing is sent, so variables that are missing or empty are no mistakes.
    Testing {
        /// Whether a probe without a test is a mistake.
        require: bool,
    },
}

impl Purpose {
    /// Whether the tests are kept, with the answers that they name.
    pub(crate) const fn keeps_tests(self) -> bool {
        match self {
            Self::Running | Self::Generating => false,
            Self::Linting | Self::Testing { .. } => true,
        }
    }

    /// Whether a variable may be missing or empty.
    pub(crate) const fn forgives_variables(self) -> bool {
        match self {
            Self::Running | Self::Linting => false,
            Self::Generating | Self::Testing { .. } => true,
        }
    }

    /// Whether every probe must have a test.
    pub(crate) const fn requires_tests(self) -> bool {
        match self {
            Self::Running | Self::Linting | Self::Generating => false,
            Self::Testing { require } => require,
        }
    }
}
