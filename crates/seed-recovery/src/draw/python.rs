//! Draws of Python's `random`, value by value: `Lib/random.py` and `Modules/_randommodule.c`.

use draws::Words;
use draws::numpy::legacy::unit;

use super::{Draw, Generator, Kind, Scalar};

pub(super) fn visit<W: Words>(
    draw: &Draw,
    generator: &mut Generator<W>,
    sink: &mut impl FnMut(usize, Scalar) -> bool,
) -> bool {
    let n = draw.len();
    let words = &mut generator.words;
    match draw.kind {
        Kind::PyUniform { low, high } => {
            (0..n).all(|i| sink(i, Scalar::F64(low + (high - low) * unit(words))))
        }
        Kind::PyRandint { low, high } => {
            let count = (high.wrapping_sub(low) as u64).wrapping_add(1);
            (0..n).all(|i| sink(i, Scalar::I64(low.wrapping_add(below(words, count) as i64))))
        }
        Kind::PyShuffle => {
            let mut order: Vec<i64> = (0..n as i64).collect();
            (0..n).rev().all(|i| {
                if i > 0 {
                    order.swap(i, below(words, i as u64 + 1) as usize);
                }
                sink(i, Scalar::I64(order[i]))
            })
        }
        _ => (0..n).all(|i| sink(i, Scalar::F64(unit(words)))),
    }
}

/// A number below `count`: as many bits as `count` has, drawn again where they are too many.
fn below(words: &mut impl Words, count: u64) -> u64 {
    let bits = 64 - count.leading_zeros();
    loop {
        let value = bits_of(words, bits);
        if value < count {
            return value;
        }
    }
}

/// `getrandbits`: whole words from the lowest on, the last one's high bits.
fn bits_of(words: &mut impl Words, bits: u32) -> u64 {
    if bits <= 32 {
        return u64::from(words.word() >> (32 - bits));
    }
    let low = u64::from(words.word());
    low | u64::from(words.word() >> (64 - bits)) << 32
}
