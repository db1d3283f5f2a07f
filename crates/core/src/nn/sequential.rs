use tch::Tensor;

use super::{Module, Training};
use crate::{Error, Result};

/// `torch.nn.Sequential`: modules one after the other, each with a name.
///
/// # Where it departs from tch
/// `tch::nn::Sequential` forgets its layers' names and parameters and panics where a shape does not
/// fit. This one keeps both and returns errors; [`Sequential::into_tch`] turns it into tch's.
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
#[derive(Debug, Default)]
pub struct Sequential {
    modules: Vec<(String, Box<dyn Module>)>,
    training: Training,
}

impl Sequential {
    /// An empty sequence, which returns its input.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a module under its position, `"0"`, `"1"`, …, or the next number that is free.
    #[expect(clippy::should_implement_trait, reason = "the name that tch's Sequential has")]
    pub fn add(mut self, module: impl Module + 'static) -> Self {
        let mut position = self.modules.len();
        while self.get(&position.to_string()).is_some() {
            position += 1;
        }
        self.modules.push((position.to_string(), Box::new(module)));
        self
    }

    /// Appends a module under a name: an entry of `nn.Sequential(OrderedDict([(name, module)]))`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a name that is empty, taken or has a dot in it, which Python
    /// refuses too.
    pub fn add_named(mut self, name: &str, module: impl Module + 'static) -> Result<Self> {
        let taken = self.modules.iter().any(|(known, _)| known == name);
        if name.is_empty() || name.contains('.') || taken {
            let accepted = "a module's name must be new, not empty and without a dot";
            return Err(Error::argument("name", format!("`{name}`"), accepted));
        }
        self.modules.push((name.to_owned(), Box::new(module)));
        Ok(self)
    }

    /// The module of that name: `model[0]` in Python is `model.get("0")`.
    pub fn get(&self, name: &str) -> Option<&dyn Module> {
        self.modules.iter().find(|(known, _)| known == name).map(|(_, module)| module.as_ref())
    }

    /// The modules in order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Module> {
        self.modules.iter().map(|(_, module)| module.as_ref())
    }

    /// How many modules there are.
    pub fn len(&self) -> usize {
        self.modules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    /// tch's own sequence of the same modules, whose `forward` panics where this one's returns an
    /// error.
    pub fn into_tch(self) -> tch::nn::Sequential {
        self.modules
            .into_iter()
            .fold(tch::nn::seq(), |sequence, (_, module)| sequence.add(Boxed(module)))
    }
}

impl Module for Sequential {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let mut modules = self.iter();
        let Some(first) = modules.next() else {
            return Ok(input.shallow_clone());
        };
        modules.try_fold(first.forward(input)?, |x, module| module.forward(&x))
    }

    fn children(&self) -> Vec<(&str, &dyn Module)> {
        self.modules.iter().map(|(name, module)| (name.as_str(), module.as_ref())).collect()
    }

    fn training_flag(&self) -> Option<&Training> {
        Some(&self.training)
    }
}

/// A module as tch knows modules: one that cannot fail.
#[derive(Debug)]
struct Boxed(Box<dyn Module>);

impl tch::nn::Module for Boxed {
    fn forward(&self, input: &Tensor) -> Tensor {
        self.0.forward(input).unwrap_or_else(|error| panic!("{error}"))
    }
}
