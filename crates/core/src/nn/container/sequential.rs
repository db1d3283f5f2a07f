use tch::Tensor;

use super::{Layers, Module, Parts};
use crate::Result;

/// `torch.nn.Sequential`: modules one after the other, each with a name.
///
/// # Where it departs from tch
/// `tch::nn::Sequential` forgets its layers' names and parameters and panics where a shape does not
/// fit. This one keeps both and returns errors.
///
/// ```
/// use torch_exact::nn::{Linear, Module, ReLU, Sequential};
///
/// # fn main() -> torch_exact::Result<()> {
/// let model = Sequential::new().add(Linear::new(1, 10)?).add(ReLU::new()).add(Linear::new(10, 1)?);
/// let names: Vec<_> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default, Clone)]
pub struct Sequential {
    modules: Layers,
}

impl Sequential {
    /// An empty sequence, which returns its input.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a module under its position, `"0"`, `"1"`, …, or the next number that is free.
    #[expect(clippy::should_implement_trait, reason = "the name that tch's Sequential has")]
    pub fn add(mut self, module: impl Module + Clone) -> Self {
        let mut position = self.len();
        while self.modules.contains(&position.to_string()) {
            position += 1;
        }
        self.modules.push(position.to_string(), module);
        self
    }

    /// Appends a module under a name: an entry of `nn.Sequential(OrderedDict([(name, module)]))`.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for a name that is empty, taken or has a dot in it, which Python
    /// refuses too.
    pub fn add_named(mut self, name: &str, module: impl Module + Clone) -> Result<Self> {
        Layers::check(if self.modules.contains(name) { "" } else { name })?;
        self.modules.push(name.to_owned(), module);
        Ok(self)
    }

    positions!();
}

impl Module for Sequential {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let mut modules = self.iter();
        let Some(first) = modules.next() else {
            return Ok(input.shallow_clone());
        };
        modules.try_fold(first.forward(input)?, |x, module| module.forward(&x))
    }

    fn parts(&self) -> Parts<'_> {
        self.modules.parts()
    }
}
