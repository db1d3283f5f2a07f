//! The parts of NumPy that the tutorials draw their data with, bit for bit.
//!
//! [`RandomState`] is NumPy's legacy generator (what `numpy.random.seed`, `rand`, `randn`
//! and scikit-learn's `random_state` use) and [`linspace`] is `numpy.linspace` in float64.
//! Everything here is plain Rust on `Vec`s: no tensor, no device.

mod error;
mod linspace;
mod random_state;

pub use error::Error;
pub use linspace::linspace;
pub use random_state::{RandomState, State};
