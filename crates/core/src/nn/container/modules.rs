use tch::Tensor;

use super::{Layers, Module, Parts};
use crate::{Error, Result};

/// A refusal of `forward`, which Python's containers do not have.
fn not_called() -> Result<Tensor> {
    let accepted = "a container is not called: call the modules in it";
    Err(Error::argument("forward", "of a container", accepted))
}

/// `torch.nn.ModuleList`: modules by their positions.
///
/// ```
/// use torch_exact::nn::{Linear, Module, ModuleList};
///
/// # fn main() -> torch_exact::Result<()> {
/// let layers = ModuleList::new().add(Linear::new(3, 3)?).add(Linear::new(3, 3)?);
/// let line = "(0-1): 2 x Linear(in_features=3, out_features=3, bias=True)";
/// assert_eq!(layers.repr()?, format!("ModuleList(\n  {line}\n)"));
/// assert_eq!(layers.get::<Linear>(1)?.out_features(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default, Clone)]
pub struct ModuleList {
    modules: Layers,
}

impl ModuleList {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a module: `list.append(module)`.
    #[expect(clippy::should_implement_trait, reason = "the name that Sequential has")]
    pub fn add(mut self, module: impl Module + Clone) -> Self {
        self.modules.push(self.len().to_string(), module);
        self
    }

    positions!();
}

impl Module for ModuleList {
    fn forward(&self, _: &Tensor) -> Result<Tensor> {
        not_called()
    }

    fn parts(&self) -> Parts<'_> {
        self.modules.parts()
    }

    /// Modules that print alike one after the other stand in one line.
    fn repr(&self) -> Result<String> {
        let mut runs: Vec<(usize, usize, String)> = vec![];
        for (index, module) in self.iter().enumerate() {
            let text = Module::repr(module)?;
            match runs.last_mut() {
                Some((_, end, last)) if *last == text => *end = index,
                _ => runs.push((index, index, text)),
            }
        }
        if runs.is_empty() {
            return Ok("ModuleList()".to_owned());
        }
        let lines = runs.iter().map(|(start, end, text)| {
            let text = text.replace('\n', "\n  ");
            match end - start + 1 {
                1 => format!("  ({start}): {text}\n"),
                count => format!("  ({start}-{end}): {count} x {text}\n"),
            }
        });
        Ok(format!("ModuleList(\n{})", lines.collect::<String>()))
    }
}

/// `torch.nn.ModuleDict`: modules by name, in the order in which they were added.
#[derive(Debug, Default, Clone)]
pub struct ModuleDict {
    modules: Layers,
}

impl ModuleDict {
    /// Without modules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a module, in the place of one that has the name already: `modules[name] = module`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a name that is empty or has a dot in it, which Python refuses too.
    pub fn add(mut self, name: &str, module: impl Module + Clone) -> Result<Self> {
        Layers::check(name)?;
        match self.modules.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, layer)) => *layer = super::Layer::new(module),
            None => self.modules.push(name.to_owned(), module),
        }
        Ok(self)
    }

    /// The module of a name, as the `M` that it is: `modules["conv"]` in Python is
    /// `modules.get::<Conv2d>("conv")?`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a name that there is not, or another type of module under it.
    pub fn get<M: Module>(&self, name: &str) -> Result<&M> {
        let Some((_, layer)) = self.modules.0.iter().find(|(known, _)| known == name) else {
            return Err(Error::argument("name", format!("`{name}`"), "no module has it"));
        };
        layer.downcast(name)
    }

    /// Whether there is a module of that name: `name in modules`.
    pub fn contains(&self, name: &str) -> bool {
        self.modules.contains(name)
    }

    /// The names and modules in order: `modules.items()`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &dyn Module)> {
        self.modules.0.iter().map(|(name, layer)| (name.as_str(), layer.module.as_ref()))
    }

    /// How many modules there are.
    pub fn len(&self) -> usize {
        self.modules.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.modules.0.is_empty()
    }
}

impl Module for ModuleDict {
    fn forward(&self, _: &Tensor) -> Result<Tensor> {
        not_called()
    }

    fn parts(&self) -> Parts<'_> {
        self.modules.parts()
    }
}
