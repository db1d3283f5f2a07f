//! What is known of a Python value without running Python.

use std::cell::RefCell;
use std::rc::Rc;

use crate::notebook::python::ast::{Class, Function};

/// A value, as far as it is known.
#[derive(Clone, Debug)]
pub enum Value {
    Unknown,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Rc<RefCell<Vec<Value>>>),
    Tuple(Rc<Vec<Value>>),
    /// A dictionary with names for keys, a model's state among them.
    Map(Rc<Vec<(String, Value)>>),
    Tensor(Tensor),
    /// A data frame, array or data set: its number of rows, and the names of its columns.
    Table {
        rows: Option<usize>,
        columns: Option<Vec<String>>,
    },
    Loader(Loader),
    /// A numbered object of the machine: a layer, or an instance of a class of the notebook.
    Object(usize),
    Function(Rc<Function>),
    /// A function of the notebook's class with the object it is called on.
    Method(usize, Rc<Function>),
    Class(Rc<Class>),
    /// Something of a library by its full name, `torch.nn.Linear`.
    Path(String),
    /// A method of a value that is no object of the notebook.
    Bound(Box<Value>, String),
    /// `range` and the like: so many steps.
    Range(i64),
    Shape(Vec<usize>),
}

/// A tensor or array.
#[derive(Clone, Debug, Default)]
pub struct Tensor {
    /// Its shape, where that is known.
    pub shape: Option<Vec<usize>>,
    /// The draw whose values it holds, and which of the draw's tensors it is.
    pub origin: Option<(usize, usize)>,
}

/// A data loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loader {
    pub rows: Option<usize>,
    pub shuffle: bool,
    pub batch: Option<usize>,
    /// Whether its sampler orders with the default generator in every version: `SubsetRandomSampler`.
    pub subset: bool,
    /// Whether it was given a generator of its own.
    pub own_generator: bool,
}

impl Value {
    pub fn tensor(shape: Option<Vec<usize>>) -> Self {
        Self::Tensor(Tensor { shape, origin: None })
    }

    pub fn list(values: Vec<Self>) -> Self {
        Self::List(Rc::new(RefCell::new(values)))
    }

    /// A whole number.
    pub fn int(&self) -> Option<i64> {
        match *self {
            Self::Int(n) => Some(n),
            Self::Bool(b) => Some(b.into()),
            Self::Float(x) if x.fract() == 0.0 && x.abs() < 1e15 => Some(x as i64),
            _ => None,
        }
    }

    /// A number that can be a size.
    pub fn size(&self) -> Option<usize> {
        match self {
            Self::Int(n) => usize::try_from(*n).ok(),
            _ => None,
        }
    }

    pub fn float(&self) -> Option<f64> {
        match *self {
            Self::Int(n) => Some(n as f64),
            Self::Float(x) => Some(x),
            _ => None,
        }
    }

    /// The elements of a list or tuple.
    pub fn elements(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(list) => Some(list.borrow().clone()),
            Self::Tuple(values) => Some(values.to_vec()),
            Self::Map(pairs) => {
                Some(pairs.iter().map(|(name, _)| Self::Str(name.clone())).collect())
            }
            Self::Shape(shape) => Some(shape.iter().map(|&n| Self::Int(n as i64)).collect()),
            _ => None,
        }
    }

    /// Sizes: one number, or a list of them.
    pub fn sizes(&self) -> Option<Vec<usize>> {
        match self.elements() {
            Some(elements) => elements.iter().map(Self::size).collect(),
            None => self.size().map(|n| vec![n]),
        }
    }

    /// How many rows it has.
    pub fn rows(&self) -> Option<usize> {
        match self {
            Self::Table { rows, .. } => *rows,
            Self::Tensor(tensor) => tensor.shape.as_ref()?.first().copied(),
            Self::Range(n) => usize::try_from(*n).ok(),
            Self::Str(text) => Some(text.chars().count()),
            Self::Loader(loader) => loader.batches(),
            _ => self.elements().map(|elements| elements.len()),
        }
    }

    /// The shape of nested lists.
    pub fn nested_shape(&self) -> Option<Vec<usize>> {
        match self {
            Self::Tensor(tensor) => tensor.shape.clone(),
            Self::Int(_) | Self::Float(_) | Self::Bool(_) => Some(Vec::new()),
            Self::Range(n) => Some(vec![usize::try_from(*n).ok()?]),
            Self::Table { rows, columns } => Some(vec![(*rows)?, columns.as_ref().map(Vec::len)?]),
            _ => {
                let elements = self.elements()?;
                let inner = match elements.first() {
                    Some(first) => first.nested_shape()?,
                    None => Vec::new(),
                };
                Some([vec![elements.len()], inner].concat())
            }
        }
    }
}

impl Loader {
    /// How many batches a pass serves.
    pub fn batches(&self) -> Option<usize> {
        Some(self.rows?.div_ceil(self.batch?.max(1)))
    }
}
