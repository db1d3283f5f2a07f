//! `torch/nn/modules/container.py`.

/// What a container has of which the modules stand at positions.
macro_rules! positions {
    () => {
        /// The module at a position, as the `M` that it is: `container[0]` in Python is
        /// `container.get::<Linear>(0)?`.
        ///
        /// # Errors
        /// [`Error::Argument`](crate::Error::Argument) where there is no such position, or another type of
        /// module at it.
        pub fn get<M: Module>(&self, index: usize) -> Result<&M> {
            self.modules.get(index)
        }

        /// The modules in order.
        pub fn iter(&self) -> impl Iterator<Item = &dyn Module> {
            self.modules.modules()
        }

        /// How many modules there are.
        pub fn len(&self) -> usize {
            self.modules.0.len()
        }

        /// Whether there are none.
        pub fn is_empty(&self) -> bool {
            self.modules.0.is_empty()
        }
    };
}

mod modules;
mod parameters;
mod sequential;

use std::fmt;

pub use modules::{ModuleDict, ModuleList};
pub use parameters::{ParameterDict, ParameterList};
pub use sequential::Sequential;

use super::{Module, Part, Parts};
use crate::{Error, Result};

/// Modules by name, whose types are forgotten.
#[derive(Default, Clone)]
struct Layers(Vec<(String, Layer)>);

/// A module that can be cloned though its type is forgotten.
struct Layer {
    module: Box<dyn Module>,
    clone: fn(&dyn Module) -> Option<Layer>,
}

impl Layer {
    fn new<M: Module + Clone>(module: M) -> Self {
        let clone = |module: &dyn Module| module.downcast_ref::<M>().cloned().map(Self::new);
        Self { module: Box::new(module), clone }
    }

    fn downcast<M: Module>(&self, name: &str) -> Result<&M> {
        self.module.downcast_ref().ok_or_else(|| {
            let given = format!("{name}, a {}", self.module.class_name());
            Error::argument("index", given, "another type of module was asked for")
        })
    }
}

impl Clone for Layer {
    fn clone(&self) -> Self {
        (self.clone)(self.module.as_ref()).expect("`new` knew the type")
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, layer)| (name, &layer.module))).finish()
    }
}

impl Layers {
    fn push(&mut self, name: String, module: impl Module + Clone) {
        self.0.push((name, Layer::new(module)));
    }

    /// Refuses a name that Python refuses.
    fn check(name: &str) -> Result<()> {
        if name.is_empty() || name.contains('.') {
            let accepted = "a module's name must be new, not empty and without a dot";
            return Err(Error::argument("name", format!("`{name}`"), accepted));
        }
        Ok(())
    }

    fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    fn get<M: Module>(&self, index: usize) -> Result<&M> {
        let Some((name, layer)) = self.0.get(index) else {
            let given = format!("{index} of {}", self.0.len());
            return Err(Error::argument("index", given, "positions count from 0"));
        };
        layer.downcast(name)
    }

    fn modules(&self) -> impl Iterator<Item = &dyn Module> {
        self.0.iter().map(|(_, layer)| layer.module.as_ref())
    }

    fn parts(&self) -> Parts<'_> {
        let mut parts = Parts::new();
        self.0.iter().for_each(|(name, layer)| layer.module.list(name, &mut parts));
        parts
    }
}
