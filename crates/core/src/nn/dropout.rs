use tch::Tensor;

use super::{Module, Training};
use crate::{Error, Result, parts, repr};

/// `torch.nn.Dropout`: in training, each element is zero with probability `p` and the others are
/// divided by `1 - p`; in evaluation, the input itself.
///
/// The mask is drawn from the default generator as PyTorch draws it, so that the same seed drops the
/// same elements.
///
/// # Shapes
/// `[*] -> [*]`, dtype kept.
///
/// ```
/// use torch_exact::nn::{Dropout, Module};
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let dropout = Dropout::new(0.5)?;
/// let x = random::rand([3, 4])?;
/// assert_ne!(dropout.forward(&x)?, x);
/// dropout.eval();
/// assert_eq!(dropout.forward(&x)?, x);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Dropout {
    p: f64,
    training: Training,
}

impl Dropout {
    /// `nn.Dropout(p)`; PyTorch's default is 0.5.
    ///
    /// # Errors
    /// [`Error::Argument`] for a probability outside 0 to 1.
    pub fn new(p: f64) -> Result<Self> {
        if !(0. ..=1.).contains(&p) {
            let accepted = "a dropout probability has to be between 0 and 1";
            return Err(Error::argument("p", p, accepted));
        }
        Ok(Self { p, training: Training::default() })
    }

    /// The probability of an element to be zeroed.
    pub fn p(&self) -> f64 {
        self.p
    }
}

impl Module for Dropout {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        if !self.training.get() {
            return Ok(input.shallow_clone());
        }
        Ok(input.f_dropout(self.p, true)?)
    }

    fn extra_repr(&self) -> String {
        format!("p={}, inplace=False", repr::float(self.p))
    }

    parts!(training);
}
