//! Moons and circles, of [`_samples_generator.py`](https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/datasets/_samples_generator.py).

use std::f64::consts::PI;

use tch::Tensor;

use super::super::split::{SplitSeed, with_state};
use super::{below_zero, shuffled, tensors};
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
