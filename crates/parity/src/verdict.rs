//! How two things compare, in one word.

use serde::Serialize;

/// How two things compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every bit is the same.
    Identical,
    /// Every bit is the same up to where both failed.
    FailedAlike,
    /// Some bits differ, or one holds what the other does not.
    Different,
    /// They cannot be held against each other, and a sentence says why.
    NotComparable,
}

impl Verdict {
    /// The exit status that stands for it: 0, 3, 1 and 2, in the order above.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Identical => 0,
            Self::FailedAlike => 3,
            Self::Different => 1,
            Self::NotComparable => 2,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::FailedAlike => "failed alike",
            Self::Different => "different",
            Self::NotComparable => "not comparable",
        }
    }
}
