//! A normal whose partner in the pair is not known: the angle's word bounds the radius's.

use std::f64::consts::TAU;

const BUCKET_BITS: u32 = 10;

/// For each bucket of the angle, the radius's words that can yield the value; both as fractions of 2^32.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BoxMullerTable {
    ranges: Vec<(u32, u32)>,
}

impl BoxMullerTable {
    /// For a value between `low` and `high` that is the radius times the sine or the cosine;
    /// words are shifted left by `shift`, so that many low bits of the radius are not seen.
    pub(super) fn new(low: f64, high: f64, sine: bool, shift: u32) -> Self {
        let buckets = 1_u32 << BUCKET_BITS;
        let ranges = (0..buckets)
            .map(|bucket| {
                let from = f64::from(bucket) / f64::from(buckets);
                let to = f64::from(bucket + 1) / f64::from(buckets);
                let (least, most) = factor(from, to, sine);
                radius(low, high, least, most).map_or((1, 0), |(least, most)| {
                    (
                        floor_u32(radius_word(least) - 1e-9) & (u32::MAX << shift),
                        ceil_u32(radius_word(most) + 1e-9),
                    )
                })
            })
            .collect();
        Self { ranges }
    }

    /// Whether an angle and a radius, both as fractions of 2^32, can yield the value.
    #[inline(always)]
    pub(crate) fn admits(&self, angle: u32, radius: u32) -> bool {
        let (least, most) = self.ranges[(angle >> (32 - BUCKET_BITS)) as usize];
        least <= radius && radius <= most
    }

    /// The share of all pairs of words that pass.
    pub(super) fn probability(&self) -> f64 {
        let width = |&(least, most): &(u32, u32)| {
            if least <= most { f64::from(most - least) + 1.0 } else { 0.0 }
        };
        self.ranges.iter().map(width).sum::<f64>() / self.ranges.len() as f64 / 2.0_f64.powi(32)
    }
}

/// The least and the most of the sine or cosine between two fractions of a turn.
fn factor(from: f64, to: f64, sine: bool) -> (f64, f64) {
    let value = |turn: f64| {
        if sine { (TAU * turn).sin() } else { (TAU * turn).cos() }
    };
    let (a, b) = (value(from), value(to));
    // Every quarter turn is a bucket's edge, so the function is monotone within a bucket.
    (a.min(b) - 1e-9, a.max(b) + 1e-9)
}

/// The radii `r >= 0` for which some factor in `least..=most` gives `low <= r * factor <= high`.
fn radius(low: f64, high: f64, least: f64, most: f64) -> Option<(f64, f64)> {
    if high < 0.0 {
        return radius(-high, -low, -most, -least);
    }
    if low > 0.0 {
        return (most > 0.0)
            .then(|| (low / most, if least > 0.0 { high / least } else { f64::INFINITY }));
    }
    let upper = if least > 0.0 {
        high / least
    } else if most < 0.0 {
        low / most
    } else {
        f64::INFINITY
    };
    Some((0.0, upper))
}

/// The uniform, a fraction of 1, whose radius this is: both Box-Muller kernels use `sqrt(-2 log(1 - u))`.
pub(super) fn radius_word(radius: f64) -> f64 {
    -(-radius * radius / 2.0).exp_m1()
}

/// A fraction of 1 as a word, rounded down.
pub(super) fn floor_u32(fraction: f64) -> u32 {
    // A float's conversion saturates at the type's ends.
    (fraction * 2.0_f64.powi(32)).floor() as u32
}

/// A fraction of 1 as a word, rounded up.
pub(super) fn ceil_u32(fraction: f64) -> u32 {
    (fraction * 2.0_f64.powi(32)).ceil() as u32
}
