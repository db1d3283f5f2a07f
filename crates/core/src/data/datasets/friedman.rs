//! Targets that follow from uniform or normal features by a formula: Friedman's three, and one of Celeux and others.

use std::f64::consts::PI;

use tch::Tensor;

use super::super::split::{SplitSeed, with_state};
use super::{NoisyOptions, at_least_one, deviation, tensors};
use crate::numpy::RandomState;
use crate::{Error, Result};

/// What [`make_friedman1`] takes, with scikit-learn's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Friedman1Options {
    /// How many samples; 100 by default.
    pub n_samples: usize,
    /// How many features, of which five count; 10 by default.
    pub n_features: usize,
    /// The standard deviation of what is added; 0 by default.
    pub noise: f64,
}

impl From<usize> for Friedman1Options {
    fn from(n_samples: usize) -> Self {
        Self { n_samples, n_features: 10, noise: 0. }
    }
}

impl Default for Friedman1Options {
    fn default() -> Self {
        100.into()
    }
}

/// `make_friedman1(…, random_state=random_state)`: `10 sin(π x0 x1) + 20 (x2 - 0.5)² + 10 x3 + 5 x4`.
///
/// # Shapes
/// `([n, features], [n])`, both float64.
///
/// # Errors
/// [`Error::Argument`] for no samples, fewer than five features or a negative deviation, [`Error::Split`] for a seed
/// beyond 32 bits.
pub fn make_friedman1<'a>(
    options: impl Into<Friedman1Options>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let Friedman1Options { n_samples, n_features, noise } = options.into();
    if n_features < 5 {
        return Err(Error::argument("n_features", n_features, "it must be 5 or above"));
    }
    let draw = |rng: &mut RandomState| rng.random_sample(n_samples * n_features);
    made(n_samples, n_features, noise, random_state.into(), draw, |x| {
        let curved = 20. * ((x[2] - 0.5) * (x[2] - 0.5));
        10. * (PI * x[0] * x[1]).sin() + curved + 10. * x[3] + 5. * x[4]
    })
}

/// `make_friedman2(…, random_state=random_state)`: `√(x0² + (x1 x2 - 1 / (x1 x3))²)`.
///
/// # Shapes
/// `([n, 4], [n])`, both float64.
///
/// # Errors
/// [`Error::Argument`] for no samples or a negative deviation, [`Error::Split`] for a seed beyond 32 bits.
pub fn make_friedman2<'a>(
    options: impl Into<NoisyOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let NoisyOptions { n_samples, noise } = options.into();
    made(n_samples, 4, noise, random_state.into(), circuit(n_samples), |x| {
        let reactance = reactance(x);
        (x[0] * x[0] + reactance * reactance).sqrt()
    })
}

/// `make_friedman3(…, random_state=random_state)`: `atan((x1 x2 - 1 / (x1 x3)) / x0)`.
///
/// # Shapes
/// `([n, 4], [n])`, both float64.
///
/// # Errors
/// [`Error::Argument`] for no samples or a negative deviation, [`Error::Split`] for a seed beyond 32 bits.
pub fn make_friedman3<'a>(
    options: impl Into<NoisyOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let NoisyOptions { n_samples, noise } = options.into();
    let target = |x: &[f64]| (reactance(x) / x[0]).atan();
    made(n_samples, 4, noise, random_state.into(), circuit(n_samples), target)
}

/// `make_sparse_uncorrelated(n_samples, n_features, random_state=random_state)`: `x0 + 2 x1 - 2 x2 - 1.5 x3`, with
/// a deviation of 1.
///
/// # Shapes
/// `([n, features], [n])`, both float64.
///
/// # Errors
/// [`Error::Argument`] for no samples or fewer than four features, [`Error::Split`] for a seed beyond 32 bits.
pub fn make_sparse_uncorrelated<'a>(
    n_samples: usize,
    n_features: usize,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    if n_features < 4 {
        return Err(Error::argument("n_features", n_features, "it must be 4 or above"));
    }
    let draw = |rng: &mut RandomState| rng.standard_normal(n_samples * n_features);
    let target = |x: &[f64]| x[0] + 2. * x[1] - 2. * x[2] - 1.5 * x[3];
    made(n_samples, n_features, 1., random_state.into(), draw, target)
}

/// Four features of an electric circuit.
fn circuit(n_samples: usize) -> impl FnOnce(&mut RandomState) -> Vec<f64> {
    move |rng| {
        let mut drawn = rng.random_sample(4 * n_samples);
        for x in drawn.as_chunks_mut::<4>().0 {
            *x = [x[0] * 100., x[1] * (520. * PI) + 40. * PI, x[2], x[3] * 10. + 1.];
        }
        drawn
    }
}

fn reactance(x: &[f64]) -> f64 {
    x[1] * x[2] - 1. / (x[1] * x[3])
}

fn made(
    n_samples: usize,
    n_features: usize,
    noise: f64,
    random_state: SplitSeed<'_>,
    draw: impl FnOnce(&mut RandomState) -> Vec<f64>,
    target: impl Fn(&[f64]) -> f64,
) -> Result<(Tensor, Tensor)> {
    at_least_one([("n_samples", n_samples)])?;
    deviation("noise", noise)?;
    with_state(random_state, |rng| {
        let drawn = draw(rng);
        let rows: Vec<_> = drawn.chunks(n_features).map(Vec::from).collect();
        let added = rng.standard_normal(n_samples).into_iter();
        let y: Vec<_> =
            rows.iter().zip(added).map(|(row, added)| target(row) + noise * added).collect();
        Ok((tensors(rows, n_features, &[])?.0, Tensor::f_from_slice(&y)?))
    })
}
