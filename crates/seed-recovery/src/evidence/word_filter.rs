//! Evidence as cheap filters of single words of the generator, for the search's inner loop.
//!
//! A filter never rejects words that draw the evidence; it may let others pass, which the full
//! verification then rejects.

use std::sync::Arc;

use super::box_muller_table::BoxMullerTable;

/// A filter of one or two words, counted from the sequence's start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WordFilter {
    /// `(word << shift) - low <= width`, around the end if need be.
    Range { at: u64, shift: u32, low: u32, width: u32 },
    /// `word % range == value`, as a multiplication by the inverse of the range's odd part.
    Modulo { at: u64, value: u32, inverse: u32, rotate: u32, bound: u32 },
    /// A normal of unknown partner; both words are shifted left before the look-up.
    BoxMuller { angle: u64, radius: u64, shift: u32, table: Arc<BoxMullerTable> },
}

/// Where the sequence's first word may lie before the one filtered: NumPy's polar method may have
/// thrown pairs away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// How many starts are tried.
    pub count: u64,
    /// The words between them.
    pub step: u64,
}

impl Attempts {
    pub(super) const ONE: Self = Self { count: 1, step: 1 };
    /// A pair is thrown away with probability 0.2146; 24 times in a row once in 10^16.
    pub(super) const POLAR: Self = Self { count: 24, step: 4 };
}

impl WordFilter {
    /// The first word the filter reads.
    pub(crate) fn first(&self) -> u64 {
        match *self {
            Self::Range { at, .. } | Self::Modulo { at, .. } => at,
            Self::BoxMuller { angle, radius, .. } => angle.min(radius),
        }
    }

    /// The last word the filter reads.
    pub(crate) fn last(&self) -> u64 {
        match *self {
            Self::Range { at, .. } | Self::Modulo { at, .. } => at,
            Self::BoxMuller { angle, radius, .. } => angle.max(radius),
        }
    }

    /// How many bits of evidence the filter holds.
    pub(crate) fn bits(&self) -> f64 {
        let whole = 2.0_f64.powi(32);
        let probability = match self {
            Self::Range { shift, width, .. } => {
                let step = f64::from(1_u32 << shift);
                ((f64::from(*width) / step).floor() + 1.0) * step / whole
            }
            Self::Modulo { bound, .. } => (f64::from(*bound) + 1.0) / whole,
            Self::BoxMuller { table, .. } => table.probability(),
        };
        -probability.log2()
    }

    /// The same filter with every word counted from `start`.
    pub(crate) fn from(&self, start: u64) -> Self {
        let mut filter = self.clone();
        match &mut filter {
            Self::Range { at, .. } | Self::Modulo { at, .. } => *at -= start,
            Self::BoxMuller { angle, radius, .. } => {
                *angle -= start;
                *radius -= start;
            }
        }
        filter
    }
}
