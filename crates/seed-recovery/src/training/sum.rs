//! Sums as ATen computes them, with the same code on every processor.
//!
//! Mirrors `aten/src/ATen/native/cpu/SumKernel.cpp`, and of 1.6 `Reduce.h` beside it.

/// How ATen adds up many values.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Sums {
    /// In eight lanes, four rows at a time, and cascaded where they are long: PyTorch 2.11.
    Cascaded,
    /// Blocks of 32 values in as many lanes, the rest one after the other: PyTorch 1.6.
    Sequential,
}

/// Lanes of a vector of float32; the sum has no code for wider ones.
const LANES: usize = 8;
/// Sums that run side by side.
const ROWS: usize = 4;
/// Levels of the cascade.
const LEVELS: usize = 4;

fn add<const L: usize>(a: [f32; L], b: [f32; L]) -> [f32; L] {
    std::array::from_fn(|l| a[l] + b[l])
}

/// `R` sums of `size` values each: each level takes over from the one below after 16 values or more.
fn cascade<const R: usize, const L: usize>(
    size: usize,
    load: impl Fn(usize, usize) -> [f32; L],
) -> [[f32; L]; R] {
    let log = usize::BITS - size.max(1).saturating_sub(1).leading_zeros();
    let power = (log as usize / LEVELS).max(4);
    let step = 1_usize << power;
    let mut sums = [[[0.0; L]; R]; LEVELS];
    let mut i = 0;
    while i + step <= size {
        for _ in 0..step {
            for (r, sum) in sums[0].iter_mut().enumerate() {
                *sum = add(*sum, load(i, r));
            }
            i += 1;
        }
        for level in 1..LEVELS {
            let below = std::mem::replace(&mut sums[level - 1], [[0.0; L]; R]);
            for (sum, below) in sums[level].iter_mut().zip(below) {
                *sum = add(*sum, below);
            }
            if i & ((step - 1) << (level * power)) != 0 {
                break;
            }
        }
    }
    for i in i..size {
        for (r, sum) in sums[0].iter_mut().enumerate() {
            *sum = add(*sum, load(i, r));
        }
    }
    std::array::from_fn(|r| (1..LEVELS).fold(sums[0][r], |sum, level| add(sum, sums[level][r])))
}

/// One sum of `size` values, as four of every fourth.
fn row<const L: usize>(size: usize, load: impl Fn(usize) -> [f32; L]) -> [f32; L] {
    let whole = size / ROWS;
    let mut sums: [[f32; L]; ROWS] = cascade(whole, |i, r| load(i * ROWS + r));
    for i in whole * ROWS..size {
        sums[0] = add(sums[0], load(i));
    }
    sums.into_iter().reduce(add).unwrap_or([0.0; L])
}

/// `values.sum()`.
pub(super) fn total(sums: Sums, values: &[f32]) -> f32 {
    match sums {
        Sums::Cascaded => cascaded(values),
        Sums::Sequential => sequential(values),
    }
}

fn sequential(values: &[f32]) -> f32 {
    let (blocks, rest) = values.as_chunks::<{ ROWS * LANES }>();
    let lanes = blocks.iter().copied().reduce(add).map_or(0.0, |lanes| {
        let lane = |row: usize, l: usize| lanes[row * LANES + l];
        let sums = (0..LANES).map(|l| (lane(0, l) + lane(1, l)) + (lane(2, l) + lane(3, l)));
        sums.reduce(|sum, lane| sum + lane).unwrap_or(0.0)
    });
    rest.iter().fold(lanes, |sum, value| sum + value)
}

fn cascaded(values: &[f32]) -> f32 {
    let vectors = values.len() / LANES;
    if vectors == 0 {
        return row(values.len(), |i| [values[i]])[0];
    }
    let lanes: [f32; LANES] = row(vectors, |i| std::array::from_fn(|l| values[i * LANES + l]));
    let rest = values[vectors * LANES..].iter().fold(0.0, |sum, value| sum + value);
    lanes.iter().fold(rest, |sum, lane| sum + lane)
}

/// `values.sum(0)` of rows of `columns` values, fewer than eight.
pub(super) fn columns(sums: Sums, values: &[f32], columns: usize) -> Vec<f32> {
    if columns == 1 {
        return vec![total(sums, values)];
    }
    let rows = values.len() / columns;
    if sums == Sums::Sequential {
        let column = |column| values.iter().skip(column).step_by(columns).fold(0.0, |a, b| a + b);
        return (0..columns).map(column).collect();
    }
    let mut sums = Vec::with_capacity(columns);
    while sums.len() + ROWS <= columns {
        let first = sums.len();
        let four: [[f32; 1]; ROWS] = cascade(rows, |i, r| [values[i * columns + first + r]]);
        sums.extend(four.map(|[sum]| sum));
    }
    for column in sums.len()..columns {
        sums.push(row(rows, |i| [values[i * columns + column]])[0]);
    }
    sums
}
