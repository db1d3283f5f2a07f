//! What PyTorch and NumPy draw at random, in plain Rust and bit for bit: no tensor, no libtorch.
//!
//! * [`numpy`]: NumPy's generators, `RandomState` and `default_rng`;
//! * [`Mt19937`]: the words behind `RandomState` and behind PyTorch's CPU generator;
//! * [`linear_bounds`]: the range that a fresh `torch.nn.Linear` draws its parameters from.
#![forbid(unsafe_code)]

pub mod mt19937;
pub mod numpy;

pub use mt19937::{Mt19937, Words};

/// The bounds of a linear layer's initial weight and bias, in Python's own float64 steps.
///
/// `kaiming_uniform_(a=sqrt(5))` for the weight and `1 / sqrt(fan_in)` for the bias: equal on
/// paper, not always in float64, and 0 for no inputs. Mirrors `torch.nn.Linear.reset_parameters`.
///
/// ```
/// let (weight, bias) = draws::linear_bounds(3);
/// assert_eq!(bias, 0.577_350_269_189_625_8);
/// assert_ne!(weight, bias);
/// ```
#[must_use]
pub fn linear_bounds(in_features: usize) -> (f64, f64) {
    if in_features == 0 {
        return (0., 0.);
    }
    let fan_in = in_features as f64;
    let slope = 5_f64.sqrt();
    let gain = (2.0 / (1.0 + slope * slope)).sqrt();
    (3_f64.sqrt() * (gain / fan_in.sqrt()), 1.0 / fan_in.sqrt())
}
