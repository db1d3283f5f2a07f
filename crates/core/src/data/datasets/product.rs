//! `np.dot` of float64 as the OpenBLAS of NumPy's wheels computes it on a processor with AVX2, on one thread: its kernels
//! for Haswell, which add the parts of a sum in an order that depends on the matrices' sizes, partly fused.
//!
//! With `OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1` in its environment NumPy uses them on every processor that
//! has AVX2. The orders were found by trying; `--test datasets` compares them.

use crate::{Error, Result};

/// So many parts OpenBLAS adds in one go.
const PARTS: usize = 256;

/// `np.dot(rows, right)`, with `right` of `width` columns in NumPy's order: `[n, k] · [k, width] -> [n, width]`.
///
/// # Errors
/// [`Error::Argument`], naming the argument that `k` comes from, for sums of more than 256 parts, and for one row and one column with more than 15.
pub(super) fn dot(
    rows: &[&[f64]],
    right: &[f64],
    width: usize,
    argument: &'static str,
) -> Result<Vec<Vec<f64>>> {
    let (n, k) = (rows.len(), right.len() / width.max(1));
    if k > PARTS || (n == 1 && width == 1 && k > 15) {
        let accepted = "the order is unknown in which NumPy's BLAS adds so many products";
        return Err(Error::argument(argument, k, accepted));
    }
    let columns: Vec<Vec<f64>> =
        (0..width).map(|j| right.iter().skip(j).step_by(width).copied().collect()).collect();
    // What is left when these go by fours, and by twos.
    let (rows_in_fours, rows_in_twos, columns_in_fours) = (n & !3, n & !1, width & !3);
    let element = |(i, row): (usize, &&[f64]), (j, column): (usize, &Vec<f64>)| {
        let parts: Vec<_> = row.iter().copied().zip(column.iter().copied()).collect();
        match (n, width) {
            (1, 1) => added(0., &parts),
            (1, _) if j < columns_in_fours => row_by_block(&parts),
            (1, 2 | 3) => {
                let pairs = parts.len() & !3;
                let by_pairs = parts[..pairs].chunks(2).fold(0., |sum, p| sum + added(0., p));
                added(by_pairs, &parts[pairs..])
            }
            (1, _) => added(0., &parts),
            (_, 1) => by_column(&parts, i < rows_in_fours, i < rows_in_twos),
            _ if i >= rows_in_twos && j < columns_in_fours => last_row(&parts),
            _ => fused(0., &parts),
        }
    };
    let columns = || columns.iter().enumerate();
    Ok(rows.iter().enumerate().map(|row| columns().map(|c| element(row, c)).collect()).collect())
}

/// One after another, each product rounded.
fn added(sum: f64, parts: &[(f64, f64)]) -> f64 {
    parts.iter().fold(sum, |sum, (a, b)| sum + a * b)
}

/// One after another, each product fused with its addition.
fn fused(sum: f64, parts: &[(f64, f64)]) -> f64 {
    parts.iter().fold(sum, |sum, (a, b)| a.mul_add(*b, sum))
}

/// `dgemm`'s single last row: eights go to four sums in turn, what remains to the first.
fn last_row(parts: &[(f64, f64)]) -> f64 {
    let eights = parts.len() & !7;
    let mut sums: [f64; 4] = lanes(&parts[..eights], |sum, (a, b)| a.mul_add(b, sum));
    sums[0] = fused(sums[0], &parts[eights..]);
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// `dgemv` of a row: fours, then a pair, then one.
fn row_by_block(parts: &[(f64, f64)]) -> f64 {
    let (fours, rest) = parts.as_chunks::<4>();
    let two = |(a, b): (f64, f64), (c, d): (f64, f64)| c.mul_add(d, a * b);
    let sum = fours.iter().fold(0., |sum, &[p, q, r, s]| sum + (two(p, r) + two(q, s)));
    let (pairs, rest) = rest.as_chunks::<2>();
    added(pairs.iter().fold(sum, |sum, pair| sum + added(0., pair)), rest)
}

/// `dgemv` by a column: fours in a way of its own for rows in groups of four, of two, and alone; then the rest.
fn by_column(parts: &[(f64, f64)], in_fours: bool, in_twos: bool) -> f64 {
    let fours = parts.len() & !3;
    let plain = |sum, (a, b): (f64, f64)| sum + a * b;
    let sum = match (in_fours, in_twos) {
        (true, _) => crosswise(lanes(&parts[..fours], |sum, (a, b)| a.mul_add(b, sum))),
        (_, true) => {
            let [first, second] = lanes(&parts[..fours], plain);
            first + second
        }
        _ => crosswise(lanes(&parts[..fours], plain)),
    };
    match &parts[fours..] {
        [] => sum,
        [(a, b)] => a.mul_add(*b, sum),
        [(a, b), (c, d), rest @ ..] => sum + fused(a.mul_add(*b, c * d), rest),
    }
}

/// Sums that the parts go to in turn.
fn lanes<const N: usize>(parts: &[(f64, f64)], add: impl Fn(f64, (f64, f64)) -> f64) -> [f64; N] {
    let mut sums = [0.; N];
    for (i, part) in parts.iter().enumerate() {
        sums[i % N] = add(sums[i % N], *part);
    }
    sums
}

fn crosswise([a, b, c, d]: [f64; 4]) -> f64 {
    (a + c) + (b + d)
}
