//! Whether the evidence can single out a seed.

use super::{Search, Target};
use crate::error::{Error, Result};

impl Search {
    /// How many seeds and offsets beside the true ones are expected to print the same by chance.
    #[must_use]
    pub fn expected_false_hits(&self) -> f64 {
        self.targets.iter().map(|target| self.expected_for(target)).sum()
    }

    fn expected_for(&self, Target { evidence, offsets }: &Target) -> f64 {
        let trials = (self.seeds.end - self.seeds.start) as f64 * offsets.count() as f64;
        trials * (-evidence.bits()).exp2()
    }

    /// What would make the evidence single out a seed (one false hit in a hundred such searches);
    /// `None` where it does already. Of several targets, the first that needs it.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        self.targets.iter().find_map(|target| self.advice_for(target))
    }

    fn advice_for(&self, target: &Target) -> Option<String> {
        let missing = (self.expected_for(target) * 100.0).log2();
        if missing <= 0.0 {
            return None;
        }
        let known = target.evidence.known_values() as f64;
        let values = (missing / (target.evidence.bits() / known)).ceil();
        let more_values =
            format!("{values} more known value{} like these", if values == 1.0 { "" } else { "s" });
        let per_digit = target.evidence.bits_per_digit();
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
    /// [`Error::TooWeak`] where one false hit or more is expected for a target.
    pub fn check_strength(&self) -> Result<()> {
        (0..self.targets.len()).try_for_each(|i| match self.targets.len() {
            1 => self.check_strength_of(i),
            _ => self.strength(i, &format!("target {}", i + 1)),
        })
    }

    /// Refuses one target, counted from 0, that would drown the seed in false hits.
    ///
    /// # Errors
    /// [`Error::TooWeak`] where one false hit or more is expected for it.
    pub fn check_strength_of(&self, target: usize) -> Result<()> {
        self.strength(target, "it")
    }

    fn strength(&self, target: usize, which: &str) -> Result<()> {
        let Some(target) = self.targets.get(target) else { return Ok(()) };
        let expected = self.expected_for(target);
        let Some(advice) = self.advice_for(target).filter(|_| expected >= 1.0) else {
            return Ok(());
        };
        Err(Error::TooWeak {
            advice: format!(
                "{which} holds {:.1} bits, so about {} of the {} pairs of seed and offset would print the same by chance; {advice}",
                target.evidence.bits(),
                expected.round(),
                u128::from(self.seeds.end - self.seeds.start) * u128::from(target.offsets.count()),
            ),
        })
    }
}
