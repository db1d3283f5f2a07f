//! Parts of a search, for several machines.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::error::Error;

/// Part `number` of the `of` parts, of one size to a seed, into which a search's seeds are split.
///
/// ```
/// use seed_recovery::Shard;
/// let third: Shard = "3/3".parse()?;
/// assert_eq!(third.part(&(0..10)), 6..10);
/// # Ok::<(), seed_recovery::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u64,
    of: u64,
}

impl Default for Shard {
    /// The whole search.
    fn default() -> Self {
        Self { number: 1, of: 1 }
    }
}

impl Shard {
    /// Its seeds; none where there are more parts than seeds.
    #[must_use]
    pub fn part(&self, seeds: &Range<u64>) -> Range<u64> {
        let count = u128::from(seeds.end - seeds.start);
        let border =
            |parts: u64| seeds.start + (count * u128::from(parts) / u128::from(self.of)) as u64;
        border(self.number - 1)..border(self.number)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let numbers = text
            .split_once('/')
            .and_then(|(number, of)| Some((number.trim().parse().ok()?, of.trim().parse().ok()?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(Error::Option {
                option: "--shard",
                expected: "K/N, part K of N, counted from 1".into(),
                found: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}
