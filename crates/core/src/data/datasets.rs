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
//! Moons and circles are made of sines and cosines, whose last bits NumPy computes otherwise where a processor has
//! AVX-512. `make_classification` and others multiply matrices by NumPy's BLAS, whose order of sums is its own, and
//! are not here; [`make_regression`] is, where its product is no sum.

use std::f64::consts::PI;

use tch::Tensor;

use super::split::{SplitSeed, with_state};
use crate::numpy::RandomState;
use crate::{Error, Result};

/// How many samples: all together, of which the first kind has half, or of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    /// Of both kinds.
    All(usize),
    /// Of the first and of the second.
    Each(usize, usize),
}

impl Samples {
    fn each(self) -> (usize, usize) {
        match self {
            Self::All(all) => (all / 2, all - all / 2),
            Self::Each(first, second) => (first, second),
        }
    }
}

/// What [`make_moons`] takes, with scikit-learn's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoonsOptions {
    /// How many samples; 100 by default.
    pub n_samples: Samples,
    /// Whether they are put in random order; true by default.
    pub shuffle: bool,
    /// The standard deviation of what is added; none by default.
    pub noise: Option<f64>,
}

impl From<usize> for MoonsOptions {
    fn from(n_samples: usize) -> Self {
        Self { n_samples: Samples::All(n_samples), shuffle: true, noise: None }
    }
}

impl Default for MoonsOptions {
    fn default() -> Self {
        100.into()
    }
}

/// Two half circles that hold each other: `make_moons(…, random_state=random_state)`.
///
/// # Shapes
/// `([n, 2], [n])`, float64 and int64.
///
/// # Errors
/// [`Error::Argument`] for no samples or a negative deviation, [`Error::Split`] for a seed beyond 32 bits.
pub fn make_moons<'a>(
    options: impl Into<MoonsOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let MoonsOptions { n_samples, shuffle, noise } = options.into();
    if n_samples == Samples::All(0) {
        return Err(Error::argument("n_samples", 0, "it must be 1 or above"));
    }
    let (outer, inner) = n_samples.each();
    let outer = crate::numpy::linspace(0., PI, outer).into_iter().map(|t| [t.cos(), t.sin()]);
    let inner = crate::numpy::linspace(0., PI, inner).into_iter();
    let inner = inner.map(|t| [1. - t.cos(), 1. - t.sin() - 0.5]);
    two_kinds(outer.collect(), inner.collect(), shuffle, noise, random_state.into())
}

/// What [`make_circles`] takes, with scikit-learn's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CirclesOptions {
    /// How many samples; 100 by default.
    pub n_samples: Samples,
    /// Whether they are put in random order; true by default.
    pub shuffle: bool,
    /// The standard deviation of what is added; none by default.
    pub noise: Option<f64>,
    /// The inner circle's radius, from 0 to below 1; 0.8 by default.
    pub factor: f64,
}

impl From<usize> for CirclesOptions {
    fn from(n_samples: usize) -> Self {
        Self { n_samples: Samples::All(n_samples), shuffle: true, noise: None, factor: 0.8 }
    }
}

impl Default for CirclesOptions {
    fn default() -> Self {
        100.into()
    }
}

/// A circle in a circle: `make_circles(…, random_state=random_state)`.
///
/// # Shapes
/// `([n, 2], [n])`, float64 and int64.
///
/// # Errors
/// [`Error::Argument`] for a negative deviation or a factor outside 0 to 1, [`Error::Split`] for a seed beyond 32
/// bits.
pub fn make_circles<'a>(
    options: impl Into<CirclesOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let CirclesOptions { n_samples, shuffle, noise, factor } = options.into();
    if !(0.0..1.0).contains(&factor) {
        return Err(Error::argument("factor", factor, "it must be from 0 to below 1"));
    }
    let circle = |count: usize, factor: Option<f64>| {
        let step = 2. * PI / count as f64;
        // `linspace` without its end; a factor of 1 is no product there.
        let of = |i: usize| [(i as f64 * step).cos(), (i as f64 * step).sin()];
        (0..count)
            .map(|i| factor.map_or_else(|| of(i), |factor| of(i).map(|x| x * factor)))
            .collect()
    };
    let (outer, inner) = n_samples.each();
    let (outer, inner) = (circle(outer, None), circle(inner, Some(factor)));
    two_kinds(outer, inner, shuffle, noise, random_state.into())
}

fn two_kinds(
    first: Vec<[f64; 2]>,
    second: Vec<[f64; 2]>,
    shuffle: bool,
    noise: Option<f64>,
    random_state: SplitSeed<'_>,
) -> Result<(Tensor, Tensor)> {
    let labels = [vec![0; first.len()], vec![1; second.len()]].concat();
    let mut rows: Vec<_> = [first, second].concat().into_iter().zip(labels).collect();
    if let Some(noise) = noise.filter(|&noise| below_zero(noise)) {
        return Err(Error::argument("noise", noise, "it must be 0 or above"));
    }
    with_state(random_state, |generator| {
        shuffled(&mut rows, shuffle, generator);
        if let Some(noise) = noise {
            let drawn = generator.normal(0., noise, 2 * rows.len())?;
            let values = rows.iter_mut().flat_map(|(row, _)| row);
            values.zip(drawn).for_each(|(value, drawn)| *value += drawn);
        }
        let rows: (Vec<_>, Vec<i64>) = rows.into_iter().unzip();
        tensors(rows.0.into_iter().map(Vec::from).collect(), 2, &rows.1)
    })
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

/// What [`make_blobs`] takes, with scikit-learn's names and defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct BlobsOptions {
    /// How many samples in all, shared out evenly; 100 by default.
    pub n_samples: usize,
    /// How many of each center, in place of `n_samples`.
    pub n_samples_per_center: Option<Vec<usize>>,
    /// How many features, where centers are drawn; 2 by default.
    pub n_features: usize,
    /// How many centers are drawn; 3 by default, or as many as `n_samples_per_center` has.
    pub n_centers: Option<usize>,
    /// The centers, in place of drawn ones.
    pub centers: Option<Vec<Vec<f64>>>,
    /// The standard deviation of all, or of each center; 1 by default.
    pub cluster_std: Vec<f64>,
    /// What the drawn centers' coordinates are between; -10 and 10 by default.
    pub center_box: (f64, f64),
    /// Whether the samples are put in random order; true by default.
    pub shuffle: bool,
}

impl From<usize> for BlobsOptions {
    fn from(n_samples: usize) -> Self {
        Self {
            n_samples,
            n_samples_per_center: None,
            n_features: 2,
            n_centers: None,
            centers: None,
            cluster_std: vec![1.],
            center_box: (-10., 10.),
            shuffle: true,
        }
    }
}

impl Default for BlobsOptions {
    fn default() -> Self {
        100.into()
    }
}

/// Normally distributed clusters: `make_blobs(…, random_state=random_state)`.
///
/// # Shapes
/// `([n, features], [n])`, float64 and int64, the labels being the centers' numbers.
///
/// # Errors
/// [`Error::Argument`] for no samples, features or centers, for a negative deviation, and for numbers of centers,
/// deviations and samples that do not go together; [`Error::Split`] for a seed beyond 32 bits.
pub fn make_blobs<'a>(
    options: impl Into<BlobsOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let options = options.into();
    let given = options.n_samples_per_center.as_ref().map(Vec::len);
    let n_centers = match &options.centers {
        Some(centers) => centers.len(),
        None => given.or(options.n_centers).unwrap_or(3),
    };
    let n_features = match &options.centers {
        Some(centers) => centers.first().map_or(0, Vec::len),
        None => options.n_features,
    };
    let positive =
        [("n_samples", options.n_samples), ("n_features", n_features), ("centers", n_centers)];
    if let Some((name, value)) = positive.into_iter().find(|(_, value)| *value == 0) {
        return Err(Error::argument(name, value, "it must be 1 or above"));
    }
    if options.centers.iter().flatten().any(|center| center.len() != n_features) {
        return Err(Error::argument("centers", "uneven", "each must have as many coordinates"));
    }
    if given.is_some_and(|given| given != n_centers) {
        let accepted = "it must have one number for each center";
        return Err(Error::argument("n_samples_per_center", format!("{given:?}"), accepted));
    }
    let deviations = match options.cluster_std.as_slice() {
        &[all] => vec![all; n_centers],
        each if each.len() == n_centers => each.to_vec(),
        other => {
            let accepted = "it must have one number, or one for each center";
            return Err(Error::argument("cluster_std", format!("{other:?}"), accepted));
        }
    };
    if let Some(negative) = deviations.iter().find(|&&deviation| below_zero(deviation)) {
        return Err(Error::argument("cluster_std", negative, "it must be 0 or above"));
    }
    let even = |center| {
        options.n_samples / n_centers + usize::from(center < options.n_samples % n_centers)
    };
    let counts = options.n_samples_per_center.unwrap_or_else(|| (0..n_centers).map(even).collect());
    with_state(random_state.into(), |generator| {
        let centers = match options.centers {
            Some(centers) => centers,
            None => {
                let (low, high) = options.center_box;
                let drawn = generator.uniform(low, high, n_centers * n_features)?;
                drawn.chunks(n_features).map(<[f64]>::to_vec).collect()
            }
        };
        let mut rows = vec![];
        for (label, (center, count)) in (0..).zip(centers.iter().zip(counts)) {
            let drawn = generator.standard_normal(count * n_features);
            rows.extend(drawn.chunks(n_features).map(|drawn| {
                let std = deviations[label as usize];
                let row = center.iter().zip(drawn).map(|(center, drawn)| center + std * drawn);
                (row.collect::<Vec<_>>(), label)
            }));
        }
        shuffled(&mut rows, options.shuffle, generator);
        let (rows, labels): (Vec<_>, Vec<i64>) = rows.into_iter().unzip();
        tensors(rows, n_features, &labels)
    })
}

/// What [`make_regression`] takes, with scikit-learn's names; other defaults are its own, but for one feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegressionOptions {
    /// How many samples; 100 by default.
    pub n_samples: usize,
    /// How many features; 1 by default, where scikit-learn has 100.
    pub n_features: usize,
    /// How many of them the target depends on; 1 by default, and at most 1, where scikit-learn has 10.
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

/// A target that follows from a feature: `make_regression(…, coef=True, random_state=random_state)`, the last tensor
/// being the coefficients.
///
/// # Shapes
/// `([n, features], [n], [features])`, all float64.
///
/// # Errors
/// [`Error::Argument`] for no samples or features, for a negative deviation, and for more than one informative
/// feature, whose sum NumPy's BLAS computes in an order of its own; [`Error::Split`] for a seed beyond 32 bits.
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
    if n_informative > 1 && n_features > 1 {
        let accepted =
            "NumPy's BLAS adds the parts of more than one feature in an order of its own";
        return Err(Error::argument("n_informative", n_informative, accepted));
    }
    if below_zero(noise) {
        return Err(Error::argument("noise", noise, "it must be 0 or above"));
    }
    with_state(random_state.into(), |generator| {
        let drawn = generator.standard_normal(n_samples * n_features);
        let informative = generator.uniform(0., 1., n_informative.min(n_features))?;
        let mut coefficients = vec![0.; n_features];
        coefficients.iter_mut().zip(informative).for_each(|(all, drawn)| *all = 100. * drawn);
        let target = |row: &[f64]| row[0] * coefficients[0] + 0. + bias;
        let mut rows: Vec<_> =
            drawn.chunks(n_features).map(|row| (row.to_vec(), target(row))).collect();
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
