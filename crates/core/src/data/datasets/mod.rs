//! Data that are made, as [`sklearn.datasets`](https://scikit-learn.org/stable/api/sklearn.datasets.html) makes
//! them: NumPy's draws in scikit-learn's order, float64 as there; the labels are int64.
//!
//! ```
//! use torch_exact::data::datasets::{MoonsOptions, make_moons};
//! use tch::Kind;
//!
//! # fn main() -> torch_exact::Result<()> {
//! let options = MoonsOptions { noise: Some(0.1), ..200.into() };
//! let (x, y) = make_moons(options, 42)?;
//! let x = x.to_kind(Kind::Float);
//! assert_eq!((x.size(), y.size()), (vec![200, 2], vec![200]));
//! # Ok(())
//! # }
//! ```
//!
//! Moons, circles, Friedman's first and third target and the rolled sheets are made of sines, cosines and tangents,
//! whose last bits NumPy computes otherwise where a processor has AVX-512. The informative and redundant features of
//! [`make_classification`] and a target of several features of [`make_regression`] are products of matrices, whose
//! last bits depend on the kernels that NumPy's OpenBLAS chooses by the processor, and on its threads: here they are
//! those of `OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1`, which Python gives with these in its environment on
//! every processor that has AVX2, and without them on one without AVX-512, but for large data.

mod blobs;
mod classification;
mod friedman;
mod hypercube;
mod manifolds;
mod product;
mod quantiles;
mod regression;
mod two_kinds;

use tch::Tensor;

pub use self::blobs::{BlobsOptions, make_blobs};
pub use self::classification::{ClassificationOptions, make_classification};
pub use self::friedman::{
    Friedman1Options, make_friedman1, make_friedman2, make_friedman3, make_sparse_uncorrelated,
};
pub use self::manifolds::{SwissRollOptions, make_s_curve, make_swiss_roll};
pub use self::quantiles::{GaussianQuantilesOptions, make_gaussian_quantiles, make_hastie_10_2};
pub use self::regression::{RegressionOptions, make_regression};
pub use self::two_kinds::{CirclesOptions, MoonsOptions, Samples, make_circles, make_moons};
use crate::numpy::RandomState;
use crate::{Error, Result};

/// What [`make_friedman2`], [`make_friedman3`] and [`make_s_curve`] take, with scikit-learn's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisyOptions {
    /// How many samples; 100 by default.
    pub n_samples: usize,
    /// The standard deviation of what is added; 0 by default.
    pub noise: f64,
}

impl From<usize> for NoisyOptions {
    fn from(n_samples: usize) -> Self {
        Self { n_samples, noise: 0. }
    }
}

impl Default for NoisyOptions {
    fn default() -> Self {
        100.into()
    }
}

/// Whether it is no deviation, NaN included.
fn below_zero(deviation: f64) -> bool {
    deviation.is_nan() || deviation < 0.
}

/// `sklearn.utils.shuffle`.
fn shuffled<T>(rows: &mut [T], shuffle: bool, generator: &mut RandomState) {
    if shuffle {
        generator.shuffle(rows);
    }
}

fn tensors(rows: Vec<Vec<f64>>, width: usize, labels: &[i64]) -> Result<(Tensor, Tensor)> {
    let size = [rows.len() as i64, width as i64];
    let x = Tensor::f_from_slice(&rows.concat())?.f_view(size)?;
    Ok((x, Tensor::f_from_slice(labels)?))
}

fn at_least_one<const N: usize>(counts: [(&'static str, usize); N]) -> Result<()> {
    match counts.into_iter().find(|(_, count)| *count == 0) {
        Some((name, _)) => Err(Error::argument(name, 0, "it must be 1 or above")),
        None => Ok(()),
    }
}

/// Refuses what is no finite standard deviation.
fn deviation(name: &'static str, value: f64) -> Result<()> {
    if below_zero(value) || value.is_infinite() {
        return Err(Error::argument(name, value, "it must be 0 or above, and finite"));
    }
    Ok(())
}
