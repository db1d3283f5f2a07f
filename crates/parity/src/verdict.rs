//! How two things compare, in one word.

use serde::Serialize;

/// How two things compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every bit is the same.
    Identical,
    /// Some bits differ, or one holds what the other does not.
    Different,
    /// They cannot be held against each other, and a sentence says why.
    NotComparable,
}

impl Verdict {
    /// The exit status that stands for it: 0, 1 or 2.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Identical => 0,
            Self::Different => 1,
            Self::NotComparable => 2,
        }
    }
}
