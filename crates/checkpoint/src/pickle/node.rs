//! The values that a pickle builds.

use std::collections::HashMap;

use super::globals::Global;
use crate::view::{StorageRef, View};

/// A value's number. Values refer to one another by number, so that a list may contain itself
/// without harm, and dropping is never deep.
pub(super) type Id = usize;

#[derive(Clone, Debug)]
pub(super) enum Node<'a> {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Complex(f64, f64),
    Str(&'a str),
    Bytes(Vec<u8>),
    ByteArray(Vec<u8>),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Set(Vec<Id>),
    Dict(Dict<'a>),
    Size(Vec<i64>),
    Device(String),
    Global(Global),
    Storage(StorageRef),
    Tensor { view: View, parameter: bool },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum DictKind {
    Plain,
    Ordered,
    Counter,
}

/// A dictionary: as in Python a key set again keeps its place.
#[derive(Clone, Debug)]
pub(super) struct Dict<'a> {
    pub(super) kind: DictKind,
    pub(super) items: Vec<(Id, Id)>,
    indices: HashMap<Key<'a>, usize>,
    pub(super) attributes: Option<Id>,
}

/// What a dictionary tells keys apart by: in Python `True`, `1` and `1.0` are one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key<'a> {
    None,
    Number(i128),
    Float(u64),
    Str(&'a str),
    Bytes(Vec<u8>),
    Tuple(Vec<Key<'a>>),
    Dtype(&'static str),
    Device(String),
}

impl<'a> Dict<'a> {
    pub(super) fn new(kind: DictKind) -> Self {
        Self { kind, items: Vec::new(), indices: HashMap::new(), attributes: None }
    }

    pub(super) fn of_kind(self, kind: DictKind) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn set(&mut self, key: Key<'a>, key_id: Id, value: Id) {
        match self.indices.get(&key) {
            Some(&index) => self.items[index].1 = value,
            None => {
                self.indices.insert(key, self.items.len());
                self.items.push((key_id, value));
            }
        }
    }
}
