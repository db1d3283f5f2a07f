use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tch::Tensor;

use super::{Buffer, Module, Parameter};
use crate::hook;

/// What a module can be made of: a [`Parameter`], a [`Buffer`], a [`Module`], the mode it reads
/// ([`Training`]), and an `Option` of each.
///
/// [`parts!`](crate::parts) lists a module's parts by the names of its fields.
pub trait Part {
    /// Lists this part, under `name`, among those of a module.
    fn list<'a>(&'a self, name: &'a str, parts: &mut Parts<'a>);
}

/// The parts of a module, by name, in the order in which Python's `__init__` would set them: what
/// [`Module::parts`] returns.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    pub(super) parameters: Vec<(&'a str, &'a Parameter)>,
    /// With whether each is saved.
    pub(super) buffers: Vec<(&'a str, &'a Tensor, bool)>,
    pub(super) modules: Vec<(&'a str, &'a dyn Module)>,
    pub(super) training: Option<&'a Training>,
}

impl<'a> Parts<'a> {
    /// No parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The parts and another, the last.
    pub fn with(mut self, name: &'a str, part: &'a (impl Part + ?Sized)) -> Self {
        part.list(name, &mut self);
        self
    }

    /// The parts and a buffer, the last, if there is one: what a loss has that is given as a plain tensor.
    pub(super) fn with_buffer(mut self, name: &'a str, tensor: Option<&'a Tensor>) -> Self {
        self.buffers.extend(tensor.map(|tensor| (name, tensor, true)));
        self
    }
}

/// Lists the fields that are a module's [parts](Part), inside its `impl Module`:
/// `parts!(linear1, linear2);`. A module of no parts needs no list.
#[macro_export]
macro_rules! parts {
    ($($field:ident),+ $(,)?) => {
        fn parts(&self) -> $crate::nn::Parts<'_> {
            $crate::nn::Parts::new()$(.with(stringify!($field), &self.$field))+
        }
    };
}

impl Part for Parameter {
    fn list<'a>(&'a self, name: &'a str, parts: &mut Parts<'a>) {
        parts.parameters.push((name, self));
    }
}

impl Part for Buffer {
    fn list<'a>(&'a self, name: &'a str, parts: &mut Parts<'a>) {
        parts.buffers.push((name, self, self.persistent()));
    }
}

impl<M: Module> Part for M {
    fn list<'a>(&'a self, name: &'a str, parts: &mut Parts<'a>) {
        parts.modules.push((name, self));
    }
}

impl Part for Box<dyn Module> {
    fn list<'a>(&'a self, name: &'a str, parts: &mut Parts<'a>) {
        parts.modules.push((name, self.as_ref()));
    }
}

impl Part for Training {
    fn list<'a>(&'a self, _name: &'a str, parts: &mut Parts<'a>) {
        parts.training = Some(self);
    }
}

impl<P: Part> Part for Option<P> {
    fn list<'a>(&'a self, name: &'a str, parts: &mut Parts<'a>) {
        if let Some(part) = self {
            part.list(name, parts);
        }
    }
}

/// The mode that [`Module::train`] and [`Module::eval`] set, for a module that reads it; training at
/// first.
#[derive(Debug)]
pub struct Training(Arc<AtomicBool>);

impl Training {
    /// Whether the mode is training.
    ///
    /// A step that asks while it is recorded, to be replayed, is recorded for the answer.
    pub fn get(&self) -> bool {
        let mode = self.0.load(Ordering::Relaxed);
        hook::depend_on(&self.0, mode);
        mode
    }

    pub(super) fn set(&self, mode: bool) {
        self.0.store(mode, Ordering::Relaxed);
    }
}

impl Default for Training {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Clone for Training {
    fn clone(&self) -> Self {
        Self(Arc::new(AtomicBool::new(self.get())))
    }
}
