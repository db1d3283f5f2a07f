//! A comparison as other readers take it: a page to look at, JUnit XML, and annotations of a
//! continuous integration service.

mod annotations;
mod difference;
mod junit;
mod page;
mod plot;
mod tables;

use crate::comparison::Comparison;
use crate::printed::Printed;
use crate::verdict::Verdict;

pub use annotations::annotations;
pub use junit::junit;
pub use page::page;

pub use crate::text::program;

/// Two programs, and how they compare.
#[derive(Debug)]
pub struct Entry<'a> {
    /// What the pair is called: an example's name, or both programs.
    pub name: String,
    /// How they compare, what they print included.
    pub verdict: Verdict,
    /// Why they cannot be compared, if so.
    pub reason: Option<&'a str>,
    /// Their calls, unless one of them could not be recorded.
    pub comparison: Option<&'a Comparison>,
    /// Whether the difference was [accepted](Comparison::measure_nearness) as near enough.
    pub accepted: bool,
    /// All of it as text.
    pub text: String,
}

impl Entry<'_> {
    fn output(&self) -> Option<&Printed> {
        self.comparison?.output.as_ref()
    }
}
