//! Surfaces rolled up in space.

use std::f64::consts::PI;

use tch::Tensor;

use super::super::split::{SplitSeed, with_state};
use super::{NoisyOptions, at_least_one, deviation, tensors};
use crate::Result;
use crate::numpy::RandomState;

/// What [`make_swiss_roll`] takes, with scikit-learn's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SwissRollOptions {
    /// How many samples; 100 by default.
    pub n_samples: usize,
    /// The standard deviation of what is added; 0 by default.
    pub noise: f64,
    /// Whether the roll has a hole; false by default.
    pub hole: bool,
}

impl From<usize> for SwissRollOptions {
    fn from(n_samples: usize) -> Self {
        Self { n_samples, noise: 0., hole: false }
    }
}

impl Default for SwissRollOptions {
    fn default() -> Self {
        100.into()
    }
}

/// A sheet rolled up: `make_swiss_roll(…, random_state=random_state)`, the second tensor being the place along it.
///
/// # Shapes
/// `([n, 3], [n])`, both float64; the second is `[]` where `n` is 1, as in scikit-learn.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) for no samples or a negative deviation,
/// [`Error::Split`](crate::Error::Split) for a seed beyond 32 bits.
pub fn make_swiss_roll<'a>(
    options: impl Into<SwissRollOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let SwissRollOptions { n_samples, noise, hole } = options.into();
    made(n_samples, noise, random_state.into(), |rng| {
        let (t, y): (Vec<f64>, Vec<f64>) = if hole {
            let corners = (0..9).filter(|&corner| corner != 4);
            let corner = |at: u32| (PI * (1.5 + f64::from(at / 3)), f64::from(at % 3 * 7));
            let corners: Vec<_> = corners.map(corner).collect();
            let which = rng.randint(0, 8, n_samples)?;
            let (t, y) = (rng.random_sample(n_samples), rng.random_sample(n_samples));
            let of = |((which, t), y): ((i64, f64), f64)| {
                let corner = corners[which as usize];
                (corner.0 + t * PI, corner.1 + y * 7.)
            };
            which.into_iter().zip(t).zip(y).map(of).unzip()
        } else {
            let t = rng.random_sample(n_samples);
            let t = t.into_iter().map(|t| 1.5 * PI * (1. + 2. * t)).collect();
            (t, rng.random_sample(n_samples).into_iter().map(|y| 21. * y).collect())
        };
        let rows = t.iter().zip(y).map(|(t, y)| [t * t.cos(), y, t * t.sin()]).collect();
        Ok((rows, t))
    })
}

/// A sheet bent to an S: `make_s_curve(…, random_state=random_state)`, the second tensor being the place along it.
///
/// # Shapes
/// `([n, 3], [n])`, both float64; the second is `[]` where `n` is 1, as in scikit-learn.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) for no samples or a negative deviation,
/// [`Error::Split`](crate::Error::Split) for a seed beyond 32 bits.
pub fn make_s_curve<'a>(
    options: impl Into<NoisyOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let NoisyOptions { n_samples, noise } = options.into();
    made(n_samples, noise, random_state.into(), |rng| {
        let t = rng.random_sample(n_samples);
        let t: Vec<_> = t.into_iter().map(|t| 3. * PI * (t - 0.5)).collect();
        let y = rng.random_sample(n_samples);
        let sign = |t: f64| if t == 0. { 0. } else { t.signum() };
        let row = |(t, y): (&f64, f64)| [t.sin(), 2. * y, sign(*t) * (t.cos() - 1.)];
        Ok((t.iter().zip(y).map(row).collect(), t))
    })
}

fn made(
    n_samples: usize,
    noise: f64,
    random_state: SplitSeed<'_>,
    draw: impl FnOnce(&mut RandomState) -> Result<(Vec<[f64; 3]>, Vec<f64>)>,
) -> Result<(Tensor, Tensor)> {
    at_least_one([("n_samples", n_samples)])?;
    deviation("noise", noise)?;
    with_state(random_state, |rng| {
        let (mut rows, t) = draw(rng)?;
        // All of the first coordinate, then of the second and of the third.
        for coordinate in 0..3 {
            let drawn = rng.standard_normal(n_samples);
            let of_all = rows.iter_mut().zip(drawn);
            of_all.for_each(|(row, drawn)| row[coordinate] += noise * drawn);
        }
        let (x, _) = tensors(rows.into_iter().map(Vec::from).collect(), 3, &[])?;
        Ok((x, Tensor::f_from_slice(&t)?.f_squeeze()?))
    })
}
