//! What a checkpoint holds: Python's values as a tree, over any representation of a tensor.

use super::fault::Fault;

/// How deep lists, tuples and dictionaries may stand inside one another.
pub(crate) const MAX_DEPTH: usize = 200;

/// A Python object as `torch.save` writes it, with tensors of type `T`.
///
/// It covers what `torch.load(path, weights_only=True)` accepts of dense tensors and Python's own
/// types. Dictionaries keep their order. Comparison is Rust's: `Int(1)` is not `Float(1.0)`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Tree<T> {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// An `int` of up to 128 bits: the seeds of `torch.seed()` exceed an `i64`.
    Int(i128),
    /// A `float`
    Float(f64),
    /// A `complex`: real and imaginary part
    Complex(f64, f64),
    /// A `str`
    Str(String),
    /// A `bytes`
    Bytes(Vec<u8>),
    /// A `bytearray`
    ByteArray(Vec<u8>),
    /// A `torch.Tensor`
    Tensor(T),
    /// A `torch.nn.Parameter`
    Parameter(T),
    /// A `list`
    List(Vec<Self>),
    /// A `tuple`
    Tuple(Vec<Self>),
    /// A `set`
    Set(Vec<Self>),
    /// A `dict`
    Dict(Vec<(Self, Self)>),
    /// A `collections.Counter`
    Counter(Vec<(Self, Self)>),
    /// A `collections.OrderedDict`
    OrderedDict {
        /// Keys and values
        items: Vec<(Self, Self)>,
        /// The instance's own attributes by name, such as a state dictionary's `_metadata`
        attributes: Vec<(Self, Self)>,
    },
    /// A `torch.Size`
    Size(Vec<i64>),
    /// A `torch.dtype`, by PyTorch's name: `float32`
    Dtype(String),
    /// A `torch.device`, as Python's `str(device)`: `cpu`, `cuda:0`
    Device(String),
}

impl<T> Tree<T> {
    /// A `dict` with these keys, each of which is a `str`, and values.
    pub fn dict<K: Into<String>>(items: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Dict(items.into_iter().map(|(k, v)| (Self::Str(k.into()), v)).collect())
    }

    /// A `list` of what can be converted.
    pub fn list<V: Into<Self>>(items: impl IntoIterator<Item = V>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Keys and values of a dictionary of any kind.
    pub fn items(&self) -> Option<&[(Self, Self)]> {
        match self {
            Self::Dict(items) | Self::Counter(items) | Self::OrderedDict { items, .. } => {
                Some(items)
            }
            _ => None,
        }
    }

    /// What Python calls its type, with its article: `an int`, `a torch.Tensor`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an int",
            Self::Float(_) => "a float",
            Self::Complex(..) => "a complex",
            Self::Str(_) => "a str",
            Self::Bytes(_) => "a bytes",
            Self::ByteArray(_) => "a bytearray",
            Self::Tensor(_) => "a torch.Tensor",
            Self::Parameter(_) => "a torch.nn.Parameter",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Set(_) => "a set",
            Self::Dict(_) => "a dict",
            Self::Counter(_) => "a collections.Counter",
            Self::OrderedDict { .. } => "a collections.OrderedDict",
            Self::Size(_) => "a torch.Size",
            Self::Dtype(_) => "a torch.dtype",
            Self::Device(_) => "a torch.device",
        }
    }

    /// The same tree with its tensors replaced; `place` says where the tensor stands.
    pub(crate) fn try_map<U>(
        &self,
        place: &mut Place,
        tensor: &mut impl FnMut(&T, &Place) -> Result<U, Fault>,
    ) -> Result<Tree<U>, Fault> {
        if place.depth() > MAX_DEPTH {
            return Err(Fault::TooDeep { place: place.start() });
        }
        Ok(match self {
            Self::None => Tree::None,
            Self::Bool(v) => Tree::Bool(*v),
            Self::Int(v) => Tree::Int(*v),
            Self::Float(v) => Tree::Float(*v),
            Self::Complex(re, im) => Tree::Complex(*re, *im),
            Self::Str(v) => Tree::Str(v.clone()),
            Self::Bytes(v) => Tree::Bytes(v.clone()),
            Self::ByteArray(v) => Tree::ByteArray(v.clone()),
            Self::Tensor(v) => Tree::Tensor(tensor(v, place)?),
            Self::Parameter(v) => Tree::Parameter(tensor(v, place)?),
            Self::List(v) => Tree::List(map_all(v, place, tensor)?),
            Self::Tuple(v) => Tree::Tuple(map_all(v, place, tensor)?),
            Self::Set(v) => Tree::Set(map_all(v, place, tensor)?),
            Self::Dict(v) => Tree::Dict(map_items(v, place, tensor)?),
            Self::Counter(v) => Tree::Counter(map_items(v, place, tensor)?),
            Self::OrderedDict { items, attributes } => Tree::OrderedDict {
                items: map_items(items, place, tensor)?,
                attributes: map_items(attributes, place, tensor)?,
            },
            Self::Size(v) => Tree::Size(v.clone()),
            Self::Dtype(v) => Tree::Dtype(v.clone()),
            Self::Device(v) => Tree::Device(v.clone()),
        })
    }
}

/// The keys and values of a dictionary.
pub(crate) type Items<T> = Vec<(Tree<T>, Tree<T>)>;

fn map_all<T, U>(
    items: &[Tree<T>],
    place: &mut Place,
    tensor: &mut impl FnMut(&T, &Place) -> Result<U, Fault>,
) -> Result<Vec<Tree<U>>, Fault> {
    let mapped = items.iter().enumerate().map(|(index, item)| {
        place.inside(&Tree::<T>::Int(index as i128), |place| item.try_map(place, tensor))
    });
    mapped.collect()
}

fn map_items<T, U>(
    items: &[(Tree<T>, Tree<T>)],
    place: &mut Place,
    tensor: &mut impl FnMut(&T, &Place) -> Result<U, Fault>,
) -> Result<Items<U>, Fault> {
    let mapped = items.iter().map(|(key, value)| {
        place.inside(key, |place| Ok((key.try_map(place, tensor)?, value.try_map(place, tensor)?)))
    });
    mapped.collect()
}

/// Where in a tree something stands, as Python would index it: `["state"][0]["exp_avg"]`.
#[derive(Debug, Default)]
pub(crate) struct Place(Vec<String>);

impl Place {
    /// Runs `body` one level further in, behind `key`.
    pub(crate) fn inside<T, R>(&mut self, key: &Tree<T>, body: impl FnOnce(&mut Self) -> R) -> R {
        self.push(key);
        let result = body(self);
        self.pop();
        result
    }

    pub(crate) fn push<T>(&mut self, key: &Tree<T>) {
        self.0.push(key_text(key));
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    pub(crate) fn depth(&self) -> usize {
        self.0.len()
    }

    /// The first levels, for a place too deep to be printed.
    pub(crate) fn start(&self) -> String {
        self.0.iter().take(4).map(|key| format!("[{key}]")).collect::<String>() + "…"
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the whole");
        }
        self.0.iter().try_for_each(|key| write!(f, "[{key}]"))
    }
}

/// A key as Python writes it in brackets, shortened.
pub(crate) fn key_text<T>(key: &Tree<T>) -> String {
    match key {
        Tree::Int(v) => v.to_string(),
        Tree::Bool(v) => (if *v { "True" } else { "False" }).to_owned(),
        Tree::Float(v) => v.to_string(),
        Tree::None => "None".to_owned(),
        Tree::Str(v) if v.chars().count() <= 80 => format!("{v:?}"),
        Tree::Str(v) => format!("{:?}…", v.chars().take(80).collect::<String>()),
        Tree::Tuple(items) if items.len() <= 4 => {
            let texts: Vec<_> = items.iter().map(key_text).collect();
            format!("({})", texts.join(", "))
        }
        other => other.type_name().to_owned(),
    }
}
