//! The arithmetic of NumPy's legacy generator: `numpy/random/mtrand.pyx`,
//! `numpy/random/src/legacy/legacy-distributions.c` and `random_interval` of
//! `numpy/random/src/distributions/distributions.c`.

use super::{Draw, Generator, Kind, Scalar};
use crate::mt19937::Words;

pub(super) fn visit<W: Words>(
    draw: &Draw,
    generator: &mut Generator<W>,
    sink: &mut impl FnMut(usize, Scalar) -> bool,
) -> bool {
    let n = draw.len();
    match draw.kind {
        Kind::NpUniform { low, high } => {
            (0..n).all(|i| sink(i, Scalar::F64(uniform(unit(generator), (low, high)))))
        }
        Kind::NpRandn => (0..n).all(|i| sink(i, Scalar::F64(polar(generator)))),
        Kind::NpNormal { loc, scale } => {
            (0..n).all(|i| sink(i, Scalar::F64(loc + scale * polar(generator))))
        }
        Kind::NpRandint { low, high } => {
            let highest = (high.wrapping_sub(low) as u64).wrapping_sub(1);
            (0..n).all(|i| {
                let value = below_or_equal(generator, highest);
                sink(i, Scalar::I64(low.wrapping_add(value as i64)))
            })
        }
        Kind::NpPermutation => permutation(n, generator, sink),
        _ => (0..n).all(|i| sink(i, Scalar::F64(unit(generator)))),
    }
}

fn unit<W: Words>(generator: &mut Generator<W>) -> f64 {
    let high = u64::from(generator.words.word() >> 5);
    let low = u64::from(generator.words.word() >> 6);
    (high << 26 | low) as f64 / (1_u64 << 53) as f64
}

/// The value of a uniform between two bounds.
pub(crate) fn uniform(unit: f64, (low, high): (f64, f64)) -> f64 {
    low + (high - low) * unit
}

/// One standard normal by the polar method; the second of each pair is kept for the next call.
fn polar<W: Words>(generator: &mut Generator<W>) -> f64 {
    if let Some(kept) = generator.cached_normal.take() {
        return kept;
    }
    loop {
        let x1 = 2.0 * unit(generator) - 1.0;
        let x2 = 2.0 * unit(generator) - 1.0;
        let r2 = x1 * x1 + x2 * x2;
        if r2 < 1.0 && r2 != 0.0 {
            let factor = (-2.0 * r2.ln() / r2).sqrt();
            generator.cached_normal = Some(factor * x1);
            return factor * x2;
        }
    }
}

/// A number in `0..=highest`: masks to the next power of two and draws again while above.
fn below_or_equal<W: Words>(generator: &mut Generator<W>, highest: u64) -> u64 {
    if highest == 0 {
        return 0;
    }
    let mask = u64::MAX >> highest.leading_zeros();
    loop {
        let mut value = u64::from(generator.words.word());
        if highest > u64::from(u32::MAX) {
            value = value << 32 | u64::from(generator.words.word());
        }
        if value & mask <= highest {
            return value & mask;
        }
    }
}

fn permutation<W: Words>(
    n: usize,
    generator: &mut Generator<W>,
    sink: &mut impl FnMut(usize, Scalar) -> bool,
) -> bool {
    let mut order: Vec<i64> = (0..n as i64).collect();
    (0..n).rev().all(|i| {
        let j = below_or_equal(generator, i as u64) as usize;
        order.swap(i, j);
        sink(i, Scalar::I64(order[i]))
    })
}
