//! A linear model's target.

use tch::Tensor;

use super::super::split::{SplitSeed, with_state};
use super::product::dot;
use super::{below_zero, shuffled, tensors};
use crate::{Error, Result};

/// What [`make_regression`] takes, with scikit-learn's names; other defaults are its own, but for one feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegressionOptions {
    /// How many samples; 100 by default.
    pub n_samples: usize,
    /// How many features; 1 by default, where scikit-learn has 100.
    pub n_features: usize,
    /// How many of them the target depends on; 1 by default, where scikit-learn has 10.
    pub n_informative: usize,
    /// What is added to the target; 0 by default.
    pub bias: f64,
    /// The standard deviation of what is added; 0 by default.
    pub noise: f64,
    /// Whether samples and features are put in random order; true by default.
    pub shuffle: bool,
}

impl From<usize> for RegressionOptions {
    fn from(n_samples: usize) -> Self {
        Self { n_samples, n_features: 1, n_informative: 1, bias: 0., noise: 0., shuffle: true }
    }
}

impl Default for RegressionOptions {
    fn default() -> Self {
        100.into()
    }
}

/// A target that follows from features, by products in the order of NumPy's BLAS ([which](super)): `make_regression(…, coef=True, random_state=random_state)`, the last tensor
/// being the coefficients.
///
/// # Shapes
/// `([n, features], [n], [features])`, all float64.
///
/// # Errors
/// [`Error::Argument`] for no samples or features, for a negative deviation, and for several informative
/// features of more than 256, or of one sample with more than 15; [`Error::Split`] for a seed beyond 32 bits.
pub fn make_regression<'a>(
    options: impl Into<RegressionOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor, Tensor)> {
    let RegressionOptions { n_samples, n_features, n_informative, bias, noise, shuffle } =
        options.into();
    for (name, value) in [("n_samples", n_samples), ("n_features", n_features)] {
        if value == 0 {
            return Err(Error::argument(name, value, "it must be 1 or above"));
        }
    }
    if below_zero(noise) {
        return Err(Error::argument("noise", noise, "it must be 0 or above"));
    }
    with_state(random_state.into(), |generator| {
        let drawn = generator.standard_normal(n_samples * n_features);
        let informative = generator.uniform(0., 1., n_informative.min(n_features))?;
        let mut coefficients = vec![0.; n_features];
        coefficients.iter_mut().zip(informative).for_each(|(all, drawn)| *all = 100. * drawn);
        let rows: Vec<_> = drawn.chunks(n_features).collect();
        let products = if n_informative > 1 && n_features > 1 {
            dot(&rows, &coefficients, 1, "n_features")?.concat()
        } else {
            // No sum, in whichever order.
            rows.iter().map(|row| row[0] * coefficients[0] + 0.).collect()
        };
        let targets = products.into_iter().map(|product| product + bias);
        let mut rows: Vec<_> = rows.into_iter().map(Vec::from).zip(targets).collect();
        if noise > 0. {
            let drawn = generator.normal(0., noise, n_samples)?;
            rows.iter_mut().zip(drawn).for_each(|((_, y), drawn)| *y += drawn);
        }
        shuffled(&mut rows, shuffle, generator);
        let mut order: Vec<usize> = (0..n_features).collect();
        shuffled(&mut order, shuffle, generator);
        let (rows, targets): (Vec<_>, Vec<f64>) = rows.into_iter().unzip();
        let ordered = |row: &Vec<f64>| order.iter().map(|&feature| row[feature]).collect();
        let (x, _) = tensors(rows.iter().map(ordered).collect(), n_features, &[])?;
        let coefficients: Vec<f64> = ordered(&coefficients);
        // One alone is no list in scikit-learn either.
        let squeezed = |values: &[f64]| Ok::<_, Error>(Tensor::f_from_slice(values)?.f_squeeze()?);
        Ok((x, squeezed(&targets)?, squeezed(&coefficients)?))
    })
}
