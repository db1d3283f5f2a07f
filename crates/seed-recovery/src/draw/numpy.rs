//! NumPy's legacy draws, value by value.

use draws::Words;
use draws::numpy::legacy::{at_most, polar, unit};

use super::{Draw, Generator, Kind, Scalar};

pub(super) fn visit<W: Words>(
    draw: &Draw,
    generator: &mut Generator<W>,
    sink: &mut impl FnMut(usize, Scalar) -> bool,
) -> bool {
    let n = draw.len();
    let Generator { words, cached_normal, .. } = generator;
    match draw.kind {
        Kind::NpUniform { low, high } => {
            (0..n).all(|i| sink(i, Scalar::F64(uniform(unit(words), (low, high)))))
        }
        Kind::NpRandn => (0..n).all(|i| sink(i, Scalar::F64(polar(words, cached_normal)))),
        Kind::NpNormal { loc, scale } => {
            (0..n).all(|i| sink(i, Scalar::F64(loc + scale * polar(words, cached_normal))))
        }
        Kind::NpRandint { low, high } => {
            let highest = (high.wrapping_sub(low) as u64).wrapping_sub(1);
            (0..n).all(|i| {
                let value = at_most(words, highest);
                sink(i, Scalar::I64(low.wrapping_add(value as i64)))
            })
        }
        Kind::NpPermutation => permutation(n, words, sink),
        _ => (0..n).all(|i| sink(i, Scalar::F64(unit(words)))),
    }
}

/// The value of a uniform between two bounds.
pub(crate) fn uniform(unit: f64, (low, high): (f64, f64)) -> f64 {
    low + (high - low) * unit
}

fn permutation(
    n: usize,
    words: &mut impl Words,
    sink: &mut impl FnMut(usize, Scalar) -> bool,
) -> bool {
    let mut order: Vec<i64> = (0..n as i64).collect();
    (0..n).rev().all(|i| {
        let j = at_most(words, i as u64) as usize;
        order.swap(i, j);
        sink(i, Scalar::I64(order[i]))
    })
}
