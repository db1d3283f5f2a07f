use tch::Tensor;

use super::{Module, Part, Parts};
use crate::{Error, Result};

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
    modules: Vec<(String, Layer)>,
}

/// A module that can be cloned though its type is forgotten.
#[derive(Debug)]
struct Layer {
    module: Box<dyn Module>,
    clone: fn(&dyn Module) -> Option<Layer>,
}

impl Layer {
    fn new<M: Module + Clone>(module: M) -> Self {
        let clone = |module: &dyn Module| module.downcast_ref::<M>().cloned().map(Self::new);
        Self { module: Box::new(module), clone }
    }
}

impl Clone for Layer {
    fn clone(&self) -> Self {
        (self.clone)(self.module.as_ref()).expect("`new` knew the type")
    }
}

impl Sequential {
    /// An empty sequence, which returns its input.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a module under its position, `"0"`, `"1"`, …, or the next number that is free.
    #[expect(clippy::should_implement_trait, reason = "the name that tch's Sequential has")]
    pub fn add(mut self, module: impl Module + Clone) -> Self {
        let mut position = self.modules.len();
        while self.modules.iter().any(|(known, _)| *known == position.to_string()) {
            position += 1;
        }
        self.modules.push((position.to_string(), Layer::new(module)));
        self
    }

    /// Appends a module under a name: an entry of `nn.Sequential(OrderedDict([(name, module)]))`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a name that is empty, taken or has a dot in it, which Python
    /// refuses too.
    pub fn add_named(mut self, name: &str, module: impl Module + Clone) -> Result<Self> {
        let taken = self.modules.iter().any(|(known, _)| known == name);
        if name.is_empty() || name.contains('.') || taken {
            let accepted = "a module's name must be new, not empty and without a dot";
            return Err(Error::argument("name", format!("`{name}`"), accepted));
        }
        self.modules.push((name.to_owned(), Layer::new(module)));
        Ok(self)
    }

    /// The module at a position, as the `M` that it is: `model[0]` in Python is
    /// `model.get::<Linear>(0)?`.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is no such position, or another type of module at it.
    pub fn get<M: Module>(&self, index: usize) -> Result<&M> {
        let Some((_, layer)) = self.modules.get(index) else {
            let given = format!("{index} of {}", self.len());
            return Err(Error::argument("index", given, "positions count from 0"));
        };
        layer.module.downcast_ref().ok_or_else(|| {
            let given = format!("{index}, a {}", layer.module.class_name());
            Error::argument("index", given, "another type of module was asked for")
        })
    }

    /// The modules in order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Module> {
        self.modules.iter().map(|(_, layer)| layer.module.as_ref())
    }

    /// How many modules there are.
    pub fn len(&self) -> usize {
        self.modules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
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

    fn parts(&self) -> Parts<'_> {
        let mut parts = Parts::new();
        self.modules.iter().for_each(|(name, layer)| layer.module.list(name, &mut parts));
        parts
    }
}
