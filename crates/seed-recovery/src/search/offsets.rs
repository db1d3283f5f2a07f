//! Where in the stream a sequence may start.

use crate::error::{Error, Result};

/// Words of the stream at which the sequence may start: `first`, `first + stride`, … below `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Offsets {
    /// The first offset, in 32-bit words.
    #[serde(rename = "from")]
    pub first: u64,
    /// One past the last.
    #[serde(rename = "to")]
    pub end: u64,
    /// The distance between offsets.
    pub stride: u64,
}

impl Offsets {
    /// One offset.
    #[must_use]
    pub fn at(offset: u64) -> Self {
        Self { first: offset, end: offset + 1, stride: 1 }
    }

    /// How many offsets there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        (self.end - self.first).div_ceil(self.stride)
    }

    /// The last offset.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.first + (self.count() - 1) * self.stride
    }

    /// Whether `offset` is one of them.
    #[must_use]
    pub fn contains(&self, offset: u64) -> bool {
        (self.first..self.end).contains(&offset)
            && (offset - self.first).is_multiple_of(self.stride)
    }

    /// Every one of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + use<> {
        (self.first..self.end).step_by(self.stride as usize)
    }

    fn check(&self) -> Result<()> {
        let bad = |option, expected: &str, found: String| {
            Err(Error::Option { option, expected: expected.into(), found })
        };
        if self.stride == 0 {
            return bad("--stride", "at least 1", "0".into());
        }
        if self.first >= self.end || self.end > 1 << 32 {
            return bad(
                "--offsets",
                "A..B with A below B and B at most 4294967296",
                format!("{}..{}", self.first, self.end),
            );
        }
        Ok(())
    }
}

/// Stretches of offsets and single ones, all tried in one pass over the seeds.
///
/// ```
/// use seed_recovery::{OffsetSet, Offsets};
/// let set: OffsetSet = vec![Offsets { first: 0, end: 9, stride: 4 }, Offsets::at(2333)].into();
/// assert_eq!(set.count(), 4);
/// assert!(set.contains(8) && set.contains(2333) && !set.contains(9));
/// assert_eq!(set.to_string(), "offsets 0..9 by 4, 2333");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetSet {
    spans: Vec<Offsets>,
}

impl OffsetSet {
    /// The stretches, as they were given.
    #[must_use]
    pub fn spans(&self) -> &[Offsets] {
        &self.spans
    }

    /// How many offsets there are; one that stands in two stretches counts twice.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.spans.iter().map(Offsets::count).sum()
    }

    /// The lowest offset; 0 for none.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.spans.iter().map(|span| span.first).min().unwrap_or(0)
    }

    /// The highest offset; 0 for none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.spans.iter().map(Offsets::last).max().unwrap_or(0)
    }

    /// Whether `offset` is one of them.
    #[must_use]
    pub fn contains(&self, offset: u64) -> bool {
        self.spans.iter().any(|span| span.contains(offset))
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.spans.is_empty() {
            return Err(Error::Option {
                option: "--offset",
                expected: "at least one offset".into(),
                found: "empty".into(),
            });
        }
        self.spans.iter().try_for_each(Offsets::check)
    }
}

impl From<Offsets> for OffsetSet {
    fn from(span: Offsets) -> Self {
        Self { spans: vec![span] }
    }
}

impl From<Vec<Offsets>> for OffsetSet {
    fn from(spans: Vec<Offsets>) -> Self {
        Self { spans }
    }
}

impl std::fmt::Display for OffsetSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.count() == 1 { "offset " } else { "offsets " })?;
        for (i, span) in self.spans.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            match (span.count(), span.stride) {
                (1, _) => write!(f, "{}", span.first)?,
                (_, 1) => write!(f, "{}..{}", span.first, span.end)?,
                (_, stride) => write!(f, "{}..{} by {stride}", span.first, span.end)?,
            }
        }
        Ok(())
    }
}

/// The greatest common divisor; that of 0 and `a` is `a`.
pub(crate) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
