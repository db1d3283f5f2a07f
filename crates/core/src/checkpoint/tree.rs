//! Values with tensors from the plain ones of a file, and back.

use ::checkpoint::{Fault, KeyPath, Tree, View};
use tch::Tensor;

use super::Value;

type Result<T> = std::result::Result<T, Fault>;

impl Value {
    /// A value without tensors; a view is refused.
    pub(super) fn from_plain(tree: Tree) -> Result<Self> {
        Self::from_tree(tree, &mut KeyPath::default(), &mut |_, path| Err(not_plain(path)))
    }

    /// The value, which has no tensors; one that it has is refused.
    pub(super) fn to_plain(&self) -> Result<Tree> {
        self.to_tree(&mut KeyPath::default(), &mut |_, path| Err(not_plain(path)))
    }

    /// The value, each view in it replaced; `tensor` is told where the view stands.
    pub(super) fn from_tree(
        tree: Tree,
        path: &mut KeyPath,
        tensor: &mut impl FnMut(&View, &KeyPath) -> Result<Tensor>,
    ) -> Result<Self> {
        Ok(match tree {
            Tree::None => Self::None,
            Tree::Bool(v) => Self::Bool(v),
            Tree::Int(v) => Self::Int(v),
            Tree::Float(v) => Self::Float(v),
            Tree::Complex(re, im) => Self::Complex(re, im),
            Tree::Str(v) => Self::Str(v),
            Tree::Bytes(v) => Self::Bytes(v),
            Tree::ByteArray(v) => Self::ByteArray(v),
            Tree::Tensor(v) => Self::Tensor(tensor(&v, path)?),
            Tree::Parameter(v) => Self::Parameter(tensor(&v, path)?),
            Tree::List(v) => Self::List(all_from_tree(v, path, tensor)?),
            Tree::Tuple(v) => Self::Tuple(all_from_tree(v, path, tensor)?),
            Tree::Set(v) => Self::Set(all_from_tree(v, path, tensor)?),
            Tree::Dict(v) => Self::Dict(items_from_tree(v, path, tensor)?),
            Tree::Counter(v) => Self::Counter(items_from_tree(v, path, tensor)?),
            Tree::OrderedDict { items, attributes } => Self::OrderedDict {
                items: items_from_tree(items, path, tensor)?,
                attributes: items_from_tree(attributes, path, tensor)?,
            },
            Tree::Size(v) => Self::Size(v),
            Tree::Dtype(v) => Self::Dtype(v),
            Tree::Device(v) => Self::Device(v),
        })
    }

    /// The value, each tensor in it replaced; `view` is told where the tensor stands.
    pub(super) fn to_tree(
        &self,
        path: &mut KeyPath,
        view: &mut impl FnMut(&Tensor, &KeyPath) -> Result<View>,
    ) -> Result<Tree> {
        Ok(match self {
            Self::None => Tree::None,
            Self::Bool(v) => Tree::Bool(*v),
            Self::Int(v) => Tree::Int(*v),
            Self::Float(v) => Tree::Float(*v),
            Self::Complex(re, im) => Tree::Complex(*re, *im),
            Self::Str(v) => Tree::Str(v.clone()),
            Self::Bytes(v) => Tree::Bytes(v.clone()),
            Self::ByteArray(v) => Tree::ByteArray(v.clone()),
            Self::Tensor(v) => Tree::Tensor(view(v, path)?),
            Self::Parameter(v) => Tree::Parameter(view(v, path)?),
            Self::List(v) => Tree::List(all_to_tree(v, path, view)?),
            Self::Tuple(v) => Tree::Tuple(all_to_tree(v, path, view)?),
            Self::Set(v) => Tree::Set(all_to_tree(v, path, view)?),
            Self::Dict(v) => Tree::Dict(items_to_tree(v, path, view)?),
            Self::Counter(v) => Tree::Counter(items_to_tree(v, path, view)?),
            Self::OrderedDict { items, attributes } => Tree::OrderedDict {
                items: items_to_tree(items, path, view)?,
                attributes: items_to_tree(attributes, path, view)?,
            },
            Self::Size(v) => Tree::Size(v.clone()),
            Self::Dtype(v) => Tree::Dtype(v.clone()),
            Self::Device(v) => Tree::Device(v.clone()),
        })
    }
}

fn not_plain(path: &KeyPath) -> Fault {
    Fault::Tensor { path: path.to_string(), problem: "a tensor, where none can be".to_owned() }
}

fn all_from_tree(
    items: Vec<Tree>,
    path: &mut KeyPath,
    tensor: &mut impl FnMut(&View, &KeyPath) -> Result<Tensor>,
) -> Result<Vec<Value>> {
    let items = items.into_iter().enumerate().map(|(index, item)| {
        path.inside(index.to_string(), |path| Value::from_tree(item, path, tensor))
    });
    items.collect()
}

fn items_from_tree(
    items: Vec<(Tree, Tree)>,
    path: &mut KeyPath,
    tensor: &mut impl FnMut(&View, &KeyPath) -> Result<Tensor>,
) -> Result<Vec<(Value, Value)>> {
    let items = items.into_iter().map(|(key, value)| {
        let value = path.inside(key.key_text(), |path| Value::from_tree(value, path, tensor))?;
        Ok((Value::from_tree(key, path, tensor)?, value))
    });
    items.collect()
}

fn all_to_tree(
    items: &[Value],
    path: &mut KeyPath,
    view: &mut impl FnMut(&Tensor, &KeyPath) -> Result<View>,
) -> Result<Vec<Tree>> {
    let items = items
        .iter()
        .enumerate()
        .map(|(index, item)| path.inside(index.to_string(), |path| item.to_tree(path, view)));
    items.collect()
}

fn items_to_tree(
    items: &[(Value, Value)],
    path: &mut KeyPath,
    view: &mut impl FnMut(&Tensor, &KeyPath) -> Result<View>,
) -> Result<Vec<(Tree, Tree)>> {
    let items = items.iter().map(|(key, value)| {
        let key = key.to_tree(path, view)?;
        let value = path.inside(key.key_text(), |path| value.to_tree(path, view))?;
        Ok((key, value))
    });
    items.collect()
}
