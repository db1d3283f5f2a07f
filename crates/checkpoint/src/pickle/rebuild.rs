//! What the functions on the closed list make of their arguments.

use super::globals::Global;
use super::machine::Machine;
use super::node::{Dict, DictKind, Id, Node};
use crate::dtype::Dtype;
use crate::fault::Fault;
use crate::view::{StorageRef, View};

impl<'a> Machine<'a> {
    /// `REDUCE`: what `function(*arguments)` gives in Python.
    pub(super) fn reduce(&self, function: Id, arguments: Id) -> Result<Node<'a>, Fault> {
        let Node::Global(function) = self.nodes[function] else {
            return Err(self.problem("a call of something that is not a function"));
        };
        let Node::Tuple(arguments) = &self.nodes[arguments] else {
            return Err(self.problem("a call whose arguments are no tuple"));
        };
        self.call(function, arguments)
    }

    fn call(&self, function: Global, arguments: &[Id]) -> Result<Node<'a>, Fault> {
        let wrong = || self.problem(format!("{function:?} with arguments that it does not take"));
        let nodes: Vec<_> = arguments.iter().map(|&id| &self.nodes[id]).collect();
        Ok(match (function, nodes.as_slice()) {
            (Global::OrderedDict, []) => Node::Dict(Dict::new(DictKind::Ordered)),
            (Global::Counter, []) => Node::Dict(Dict::new(DictKind::Counter)),
            (Global::Counter, [Node::Dict(dict)]) if dict.kind == DictKind::Plain => {
                self.spend(64 * dict.items.len())?;
                Node::Dict(dict.clone().of_kind(DictKind::Counter))
            }
            (Global::Set, []) => Node::Set(Vec::new()),
            (Global::Set, [Node::List(items)]) => {
                self.spend(8 * items.len())?;
                Node::Set(items.clone())
            }
            (Global::Bytes, []) => Node::Bytes(Vec::new()),
            (Global::ByteArray, []) => Node::ByteArray(Vec::new()),
            (Global::ByteArray, [Node::Bytes(bytes)]) => {
                self.spend(bytes.len())?;
                Node::ByteArray(bytes.clone())
            }
            (Global::ByteArray, [Node::Str(text), Node::Str("latin-1")]) => {
                Node::ByteArray(self.latin1(text)?)
            }
            (Global::Encode, [Node::Str(text), Node::Str("latin1")]) => {
                Node::Bytes(self.latin1(text)?)
            }
            (Global::Complex, [Node::Float(re), Node::Float(im)]) => Node::Complex(*re, *im),
            (Global::Size, [Node::Tuple(sizes)]) => Node::Size(self.integers(sizes)?),
            (Global::Device, [Node::Str(name)]) => Node::Device((*name).to_owned()),
            (Global::Device, [Node::Str(name), Node::Int(index)]) => {
                Node::Device(format!("{name}:{index}"))
            }
            (Global::RebuildTensor, [storage, offset, size, stride]) => {
                let fields = (*storage, *offset, *size, *stride);
                Node::Tensor { view: self.view(fields, None)?, parameter: false }
            }
            (
                Global::RebuildTensorV2,
                [storage, offset, size, stride, Node::Bool(grad), _hooks, metadata @ ..],
            ) => self.tensor((*storage, *offset, *size, *stride), None, *grad, metadata)?,
            (
                Global::RebuildTensorV3,
                [
                    storage,
                    offset,
                    size,
                    stride,
                    Node::Bool(grad),
                    _hooks,
                    Node::Global(Global::Dtype(dtype)),
                    metadata @ ..,
                ],
            ) => self.tensor((*storage, *offset, *size, *stride), Some(dtype), *grad, metadata)?,
            (
                Global::RebuildParameter,
                [Node::Tensor { view, .. }, Node::Bool(requires_grad), _hooks],
            )
            // The fourth argument is the attributes that were set on the parameter.
            | (
                Global::RebuildParameterWithState,
                [Node::Tensor { view, .. }, Node::Bool(requires_grad), _hooks, _],
            ) => self.parameter(view, *requires_grad)?,
            // A tensor with attributes of its own: the tensor is read, they are not.
            (
                Global::RebuildFromType,
                [
                    Node::Global(function),
                    Node::Global(Global::Tensor | Global::Parameter),
                    Node::Tuple(arguments),
                    _state,
                ],
            ) if *function != Global::RebuildFromType => self.call(*function, arguments)?,
            _ => return Err(wrong()),
        })
    }

    fn tensor(
        &self,
        fields: (&Node, &Node, &Node, &Node),
        dtype: Option<&'static Dtype>,
        requires_grad: bool,
        metadata: &[&Node],
    ) -> Result<Node<'a>, Fault> {
        let (conj, neg) = match metadata {
            [] | [Node::None] => (false, false),
            [Node::Dict(dict)] => (self.flag(dict, "conj"), self.flag(dict, "neg")),
            _ => return Err(self.problem("a tensor whose metadata is not a dict")),
        };
        let view = View { requires_grad, conj, neg, ..self.view(fields, dtype)? };
        Ok(Node::Tensor { view, parameter: false })
    }

    fn parameter(&self, view: &View, requires_grad: bool) -> Result<Node<'a>, Fault> {
        self.spend(8 * (view.size.len() + view.stride.len()) + view.storage.key.len())?;
        let view = View { requires_grad, identity: self.nodes.len(), ..view.clone() };
        Ok(Node::Tensor { view, parameter: true })
    }

    fn flag(&self, dict: &Dict, name: &str) -> bool {
        dict.items.iter().any(|&(key, value)| {
            matches!(self.nodes[key], Node::Str(text) if text == name)
                && matches!(self.nodes[value], Node::Bool(true))
        })
    }

    /// A view of a storage; `dtype` is that of an untyped one.
    fn view(
        &self,
        (storage, offset, size, stride): (&Node, &Node, &Node, &Node),
        dtype: Option<&'static Dtype>,
    ) -> Result<View, Fault> {
        let (Node::Storage(storage), Node::Int(offset)) = (storage, offset) else {
            return Err(self.problem("a tensor without a storage and an offset"));
        };
        let (Node::Tuple(_) | Node::Size(_), Node::Tuple(stride)) = (size, stride) else {
            return Err(self.problem("a tensor whose size or stride is not a tuple"));
        };
        let size = match size {
            Node::Size(size) => {
                self.spend(8 * size.len())?;
                size.clone()
            }
            Node::Tuple(items) => self.integers(items)?,
            _ => Vec::new(),
        };
        let dtype = match (dtype, storage.dtype) {
            (Some(dtype), None) => dtype,
            (None, Some(dtype)) => dtype,
            _ => return Err(self.problem("a tensor whose dtype is not its storage's")),
        };
        self.spend(storage.key.len() + storage.location.len())?;
        Ok(View {
            identity: self.nodes.len(),
            storage: storage.clone(),
            dtype,
            offset: self.integer(*offset)?,
            size,
            stride: self.integers(stride)?,
            requires_grad: false,
            conj: false,
            neg: false,
        })
    }

    /// `BINPERSID`: the only thing that is stored outside the pickle is a storage.
    pub(super) fn storage(&self, id: Id) -> Result<StorageRef, Fault> {
        let Node::Tuple(items) = &self.nodes[id] else {
            return Err(self.problem("a persistent id that is not a tuple"));
        };
        let nodes: Vec<_> = items.iter().map(|&id| &self.nodes[id]).collect();
        match nodes.as_slice() {
            [
                Node::Str("storage"),
                Node::Global(Global::Storage(dtype)),
                Node::Str(key),
                Node::Str(location),
                Node::Int(numel),
            ] => {
                let width = i128::from(dtype.map_or(1, |dtype| dtype.width));
                let bytes = numel.checked_mul(width).and_then(|bytes| u64::try_from(bytes).ok());
                let bytes = bytes.ok_or_else(|| self.problem(format!("a storage of {numel}")))?;
                self.spend(key.len() + location.len())?;
                Ok(StorageRef {
                    key: (*key).to_owned(),
                    dtype: *dtype,
                    location: (*location).to_owned(),
                    bytes,
                })
            }
            _ => Err(self.problem("a persistent id that describes no storage")),
        }
    }

    fn integer(&self, value: i128) -> Result<i64, Fault> {
        i64::try_from(value).map_err(|_| self.problem(format!("{value} where 64 bits are held")))
    }

    fn integers(&self, items: &[Id]) -> Result<Vec<i64>, Fault> {
        self.spend(8 * items.len())?;
        let values = items.iter().map(|&id| match self.nodes[id] {
            Node::Int(value) => self.integer(value),
            _ => Err(self.problem("a size that is not an int")),
        });
        values.collect()
    }

    fn latin1(&self, text: &str) -> Result<Vec<u8>, Fault> {
        self.spend(text.len())?;
        let bytes = text.chars().map(|c| u8::try_from(c).ok()).collect::<Option<_>>();
        bytes.ok_or_else(|| self.problem("bytes with a character beyond latin-1"))
    }
}
