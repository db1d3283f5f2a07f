//! NumPy's random generators and `linspace`, bit for bit.
//!
//! [`default_rng`] is what new notebooks draw with; [`RandomState`] is the legacy generator, which
//! `numpy.random.seed`, `rand`, `randn` and scikit-learn's `random_state` use; [`linspace`] is
//! `numpy.linspace` in float64. Everything here is plain Rust on `Vec`s.

mod choice;
mod error;
mod generator;
pub mod legacy;
mod linspace;
mod seed_sequence;
mod ziggurat;

pub use choice::ChoiceOptions;
pub use error::Error;
pub use generator::{Generator, default_rng};
pub use legacy::{RandomState, State};
pub use linspace::linspace;

/// The width of `uniform`'s range, which must be finite and, unless it may be `descending`, must
/// not carry a minus sign.
fn width(low: f64, high: f64, descending: bool) -> Result<f64, Error> {
    let width = high - low;
    if width.is_finite() && (descending || width.is_sign_positive()) {
        return Ok(width);
    }
    Err(Error::Bounds { low, high, descending })
}

/// `scale` where it is a standard deviation: NumPy counts -0.0 as negative, and lets NaN pass.
fn deviation(scale: f64) -> Result<f64, Error> {
    if scale.is_sign_negative() && !scale.is_nan() {
        return Err(Error::NegativeScale { scale });
    }
    Ok(scale)
}

/// The greatest distance from `low` in `low..high`.
fn span(low: i64, high: i64) -> Result<u64, Error> {
    if low >= high {
        return Err(Error::EmptyRange { low, high });
    }
    Ok(high.abs_diff(low) - 1)
}
