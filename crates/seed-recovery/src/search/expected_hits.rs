//! Whether the evidence can single out a seed.

use super::Search;
use crate::error::{Error, Result};

impl Search {
    /// How many seeds and offsets beside the true one are expected to print the same by chance.
    #[must_use]
    pub fn expected_false_hits(&self) -> f64 {
        let trials = (self.seeds.end - self.seeds.start) as f64 * self.offsets.count() as f64;
        trials * (-self.evidence.bits()).exp2()
    }

    /// What would make the evidence single out a seed (one false hit in a hundred such searches);
    /// `None` where it does already.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let missing = (self.expected_false_hits() * 100.0).log2();
        if missing <= 0.0 {
            return None;
        }
        let known = self.evidence.known_values() as f64;
        let values = (missing / (self.evidence.bits() / known)).ceil();
        let more_values =
            format!("{values} more known value{} like these", if values == 1.0 { "" } else { "s" });
        let per_digit = self.evidence.bits_per_digit();
        Some(if per_digit > 0.0 {
            let digits = (missing / per_digit).ceil();
            let plural = if digits == 1.0 { "" } else { "s" };
            format!(
                "{digits} more digit{plural} of each value, or {more_values}, would single out a seed"
            )
        } else {
            format!("{more_values} would single out a seed")
        })
    }

    /// Refuses a search that would drown the seed in false hits.
    ///
    /// # Errors
    /// [`Error::TooWeak`] where one false hit or more is expected.
    pub fn check_strength(&self) -> Result<()> {
        let expected = self.expected_false_hits();
        match self.advice() {
            Some(advice) if expected >= 1.0 => Err(Error::TooWeak {
                advice: format!(
                    "it holds {:.1} bits, so about {} of the {} pairs of seed and offset would print the same by chance; {advice}",
                    self.evidence.bits(),
                    expected.round(),
                    u128::from(self.seeds.end - self.seeds.start)
                        * u128::from(self.offsets.count()),
                ),
            }),
            _ => Ok(()),
        }
    }
}
