use std::fmt;

use tch::Tensor;

use super::Module;
use crate::Result;

/// A function as a module without parameters, so that it can stand in a
/// [`Sequential`](super::Sequential).
///
/// ```
/// use torch_exact::nn::{Func, Linear, Sequential};
///
/// # fn main() -> torch_exact::Result<()> {
/// let square = Func::new(|x| Ok(x.f_square()?));
/// let model = Sequential::new().add(Linear::new(3, 2)?).add(square);
/// # let _ = model;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Func<F>(F);

impl<F: Fn(&Tensor) -> Result<Tensor> + Send + 'static> Func<F> {
    /// A module whose `forward` calls `function`.
    pub fn new(function: F) -> Self {
        Self(function)
    }
}

impl<F> fmt::Debug for Func<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Func")
    }
}

impl<F: Fn(&Tensor) -> Result<Tensor> + Send + 'static> Module for Func<F> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.0(input)
    }
}
