//! Classes by the distance from the middle of a normal distribution.

use tch::Tensor;

use super::super::split::{SplitSeed, with_state};
use super::{at_least_one, shuffled, tensors};
use crate::{Error, Result};

/// What [`make_gaussian_quantiles`] takes, with scikit-learn's names and defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianQuantilesOptions {
    /// The middle; zeros by default.
    pub mean: Option<Vec<f64>>,
    /// The variance of each feature; 1 by default.
    pub cov: f64,
    /// How many samples; 100 by default.
    pub n_samples: usize,
    /// How many features; 2 by default.
    pub n_features: usize,
    /// How many classes; 3 by default.
    pub n_classes: usize,
    /// Whether the samples are put in random order; true by default.
    pub shuffle: bool,
}

impl From<usize> for GaussianQuantilesOptions {
    fn from(n_samples: usize) -> Self {
        Self { mean: None, cov: 1., n_samples, n_features: 2, n_classes: 3, shuffle: true }
    }
}

impl Default for GaussianQuantilesOptions {
    fn default() -> Self {
        100.into()
    }
}

/// Shells around a middle: `make_gaussian_quantiles(…, random_state=random_state)`.
///
/// # Shapes
/// `([n, features], [n])`, float64 and int64.
///
/// # Errors
/// [`Error::Argument`] for no samples, features or classes, for fewer samples than classes, a negative variance or a
/// middle of another length, [`Error::Split`] for a seed beyond 32 bits.
pub fn make_gaussian_quantiles<'a>(
    options: impl Into<GaussianQuantilesOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let GaussianQuantilesOptions { mean, cov, n_samples, n_features, n_classes, shuffle } =
        options.into();
    at_least_one([("n_samples", n_samples), ("n_features", n_features), ("n_classes", n_classes)])?;
    if n_samples < n_classes {
        return Err(Error::argument("n_samples", n_samples, "it must be at least n_classes"));
    }
    if !(cov >= 0. && cov.is_finite()) {
        return Err(Error::argument("cov", cov, "it must be 0 or above"));
    }
    let mean = mean.unwrap_or_else(|| vec![0.; n_features]);
    if mean.len() != n_features {
        let accepted = "it must have one number for each feature";
        return Err(Error::argument("mean", format!("{mean:?}"), accepted));
    }
    with_state(random_state.into(), |rng| {
        let drawn = rng.standard_normal(n_samples * n_features);
        let deviation = cov.sqrt();
        let row = |drawn: &[f64]| -> Vec<f64> {
            drawn.iter().zip(&mean).map(|(drawn, mean)| drawn * deviation + mean).collect()
        };
        let mut rows: Vec<_> = drawn.chunks(n_features).map(row).collect();
        let distance = |row: &Vec<f64>| {
            let squares = row.iter().zip(&mean).map(|(x, mean)| (x - mean) * (x - mean));
            pairwise_sum(&squares.collect::<Vec<_>>())
        };
        rows.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        let step = n_samples / n_classes;
        let class = |i: usize| (i / step).min(n_classes - 1) as i64;
        let mut rows: Vec<_> = rows.into_iter().enumerate().map(|(i, x)| (x, class(i))).collect();
        shuffled(&mut rows, shuffle, rng);
        let (x, y): (Vec<_>, Vec<i64>) = rows.into_iter().unzip();
        tensors(x, n_features, &y)
    })
}

/// Ten normal features, and whether their squares are above 9.34 in sum, 1 or -1:
/// `make_hastie_10_2(n_samples, random_state=random_state)`; scikit-learn's default is 12,000 samples.
///
/// # Shapes
/// `([n, 10], [n])`, both float64.
///
/// # Errors
/// [`Error::Argument`] for no samples, [`Error::Split`] for a seed beyond 32 bits.
pub fn make_hastie_10_2<'a>(
    n_samples: usize,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    at_least_one([("n_samples", n_samples)])?;
    with_state(random_state.into(), |rng| {
        let drawn = rng.standard_normal(10 * n_samples);
        let rows: Vec<_> = drawn.chunks(10).map(Vec::from).collect();
        let sum = |row: &Vec<f64>| pairwise_sum(&row.iter().map(|x| x * x).collect::<Vec<_>>());
        let y: Vec<_> = rows.iter().map(|row| if sum(row) > 9.34 { 1. } else { -1. }).collect();
        Ok((tensors(rows, 10, &[])?.0, Tensor::f_from_slice(&y)?))
    })
}

/// `np.sum` of a row, by NumPy's `pairwise_sum`: eight sums in turn, halves where there are more than 128.
fn pairwise_sum(values: &[f64]) -> f64 {
    match values.len() {
        0..8 => values.iter().fold(0., |sum, value| sum + value),
        8..=128 => {
            let (eights, rest) = values.as_chunks::<8>();
            let mut r = [0.; 8];
            eights.iter().for_each(|eight| (0..8).for_each(|i| r[i] += eight[i]));
            let sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
            rest.iter().fold(sum, |sum, value| sum + value)
        }
        n => {
            let half = n / 2 - n / 2 % 8;
            pairwise_sum(&values[..half]) + pairwise_sum(&values[half..])
        }
    }
}
