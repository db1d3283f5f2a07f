use std::fmt::{self, Display, Formatter};

/// What Python's `torch.optim` prints a warning of and goes on; a library does not print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A group has a parameter twice, which then takes two steps at each step.
    DuplicateParameter,
    /// A scheduler stepped before its optimizer did, so that the first rate was never used.
    SchedulerBeforeOptimizer,
    /// A scheduler was told the epoch, which is deprecated.
    EpochGiven,
}

impl Display for Warning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DuplicateParameter => {
                "a parameter is in its group twice and takes two steps at each step"
            }
            Self::SchedulerBeforeOptimizer => {
                "the scheduler stepped before the optimizer, so the first learning rate was never \
                 used: call the optimizer's step first"
            }
            Self::EpochGiven => {
                "the scheduler was told the epoch, which is deprecated: let it count the epochs"
            }
        })
    }
}
