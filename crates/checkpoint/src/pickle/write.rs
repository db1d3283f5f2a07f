use std::collections::{HashMap, HashSet};

use crate::fault::Fault;
use crate::key_path::KeyPath;
use crate::tree::Tree;
use crate::view::View;

/// Writes values as `torch.save` pickles them, with protocol 2.
///
/// # Errors
/// A key that occurs twice or that Python cannot use as one, and a `str` of more than 4 GiB.
pub fn write(tree: &Tree) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer { out: vec![0x80, 2], memo: HashMap::new(), path: KeyPath::default() };
    writer.tree(tree)?;
    writer.out.push(b'.');
    Ok(writer.out)
}

/// What is written once and then referred to.
#[derive(PartialEq, Eq, Hash)]
enum Known<'t> {
    Str(&'t str),
    Global(&'static str, &'t str),
    Tensor(usize, bool),
}

struct Writer<'t> {
    out: Vec<u8>,
    memo: HashMap<Known<'t>, u32>,
    path: KeyPath,
}

impl<'t> Writer<'t> {
    fn tree(&mut self, tree: &'t Tree) -> Result<(), Fault> {
        match tree {
            Tree::None => self.out.push(b'N'),
            Tree::Bool(value) => self.bool(*value),
            Tree::Int(value) => self.int(*value),
            Tree::Float(value) => self.float(*value),
            Tree::Complex(re, im) => {
                self.global("__builtin__", "complex");
                self.float(*re);
                self.float(*im);
                self.out.extend([0x86, b'R']);
            }
            Tree::Str(text) => self.str(text)?,
            Tree::Bytes(bytes) => self.bytes(bytes)?,
            Tree::ByteArray(bytes) => {
                self.global("__builtin__", "bytearray");
                self.bytes(bytes)?;
                self.out.extend([0x85, b'R']);
            }
            Tree::Tensor(view) => self.tensor(view)?,
            Tree::Parameter(view) => self.parameter(view)?,
            Tree::List(items) => self.list(items)?,
            Tree::Tuple(items) => {
                self.out.push(b'(');
                self.all(items)?;
                self.out.push(b't');
            }
            Tree::Set(items) => {
                items.iter().try_for_each(|item| self.hashable(item))?;
                self.global("__builtin__", "set");
                self.list(items)?;
                self.out.extend([0x85, b'R']);
            }
            Tree::Dict(items) => {
                self.out.push(b'}');
                self.items(items)?;
            }
            Tree::Counter(items) => {
                self.global("collections", "Counter");
                self.out.push(b'}');
                self.items(items)?;
                self.out.extend([0x85, b'R']);
            }
            Tree::OrderedDict { items, attributes } => {
                self.empty_ordered_dict();
                self.items(items)?;
                if !attributes.is_empty() {
                    self.out.push(b'}');
                    self.items(attributes)?;
                    self.out.push(b'b');
                }
            }
            Tree::Size(size) => {
                self.global("torch", "Size");
                self.sizes(size);
                self.out.extend([0x85, b'R']);
            }
            Tree::Dtype(name) => self.global("torch", name),
            Tree::Device(name) => {
                self.global("torch", "device");
                self.str(name)?;
                self.out.extend([0x85, b'R']);
            }
        }
        Ok(())
    }

    fn list(&mut self, items: &'t [Tree]) -> Result<(), Fault> {
        self.out.extend([b']', b'(']);
        self.all(items)?;
        self.out.push(b'e');
        Ok(())
    }

    fn all(&mut self, items: &'t [Tree]) -> Result<(), Fault> {
        for (index, item) in items.iter().enumerate() {
            self.path.push(index.to_string())?;
            self.tree(item)?;
            self.path.pop();
        }
        Ok(())
    }

    fn items(&mut self, items: &'t [(Tree, Tree)]) -> Result<(), Fault> {
        let mut names = HashSet::new();
        self.out.push(b'(');
        for (key, value) in items {
            self.hashable(key)?;
            if let Tree::Str(name) = key
                && !names.insert(name)
            {
                let path = self.path.to_string();
                return Err(Fault::Twice { key: key.key_text(), path });
            }
            self.tree(key)?;
            self.path.push(key.key_text())?;
            self.tree(value)?;
            self.path.pop();
        }
        self.out.push(b'u');
        Ok(())
    }

    /// Refuses what Python cannot use as a key.
    fn hashable(&self, key: &Tree) -> Result<(), Fault> {
        match key {
            Tree::Tuple(items) => items.iter().try_for_each(|item| self.hashable(item)),
            Tree::None
            | Tree::Bool(_)
            | Tree::Int(_)
            | Tree::Float(_)
            | Tree::Str(_)
            | Tree::Bytes(_)
            | Tree::Dtype(_)
            | Tree::Device(_) => Ok(()),
            other => Err(Fault::Type {
                key: format!("a key of {}", self.path),
                expected: "a number, a str, a bytes or a tuple of them",
                found: other.type_name().to_owned(),
            }),
        }
    }

    fn tensor(&mut self, view: &'t View) -> Result<(), Fault> {
        if self.recall(Known::Tensor(view.identity, false)) {
            return Ok(());
        }
        self.view(view, view.requires_grad)?;
        self.memoize(Known::Tensor(view.identity, false));
        Ok(())
    }

    fn parameter(&mut self, view: &'t View) -> Result<(), Fault> {
        if self.recall(Known::Tensor(view.identity, true)) {
            return Ok(());
        }
        self.global("torch._utils", "_rebuild_parameter");
        self.out.push(b'(');
        self.view(view, false)?;
        self.bool(view.requires_grad);
        self.empty_ordered_dict();
        self.out.extend([b't', b'R']);
        self.memoize(Known::Tensor(view.identity, true));
        Ok(())
    }

    fn view(&mut self, view: &'t View, requires_grad: bool) -> Result<(), Fault> {
        let storage = &view.storage;
        let rebuild =
            if storage.dtype.is_some() { "_rebuild_tensor_v2" } else { "_rebuild_tensor_v3" };
        self.global("torch._utils", rebuild);
        self.out.extend([b'(', b'(']);
        self.str("storage")?;
        match storage.dtype.and_then(|dtype| dtype.storage) {
            Some(class) => self.global("torch", class),
            None => self.global("torch.storage", "UntypedStorage"),
        }
        self.str(&storage.key)?;
        self.str(&storage.location)?;
        self.int((storage.bytes / storage.dtype.map_or(1, |dtype| dtype.width)).into());
        self.out.extend([b't', b'Q']);
        self.int(view.offset.into());
        self.sizes(&view.size);
        self.sizes(&view.stride);
        self.bool(requires_grad);
        self.empty_ordered_dict();
        if storage.dtype.is_none() {
            self.global("torch", view.dtype.name);
        }
        if view.conj || view.neg {
            self.out.push(b'}');
            for (name, _) in [("conj", view.conj), ("neg", view.neg)].iter().filter(|(_, set)| *set)
            {
                self.str(name)?;
                self.bool(true);
                self.out.push(b's');
            }
        }
        self.out.extend([b't', b'R']);
        Ok(())
    }

    fn empty_ordered_dict(&mut self) {
        self.global("collections", "OrderedDict");
        self.out.extend([b')', b'R']);
    }

    fn sizes(&mut self, sizes: &[i64]) {
        self.out.push(b'(');
        sizes.iter().for_each(|&size| self.int(size.into()));
        self.out.push(b't');
    }

    fn global(&mut self, module: &'static str, name: &'t str) {
        if !self.recall(Known::Global(module, name)) {
            self.out.extend(format!("c{module}\n{name}\n").into_bytes());
            self.memoize(Known::Global(module, name));
        }
    }

    fn bool(&mut self, value: bool) {
        self.out.push(if value { 0x88 } else { 0x89 });
    }

    fn int(&mut self, value: i128) {
        if let Ok(value) = u8::try_from(value) {
            self.out.extend([b'K', value]);
        } else if let Ok(value) = i32::try_from(value) {
            self.out.push(b'J');
            self.out.extend(value.to_le_bytes());
        } else {
            // As few bytes as keep the sign.
            let mut bytes = value.to_le_bytes().to_vec();
            let fill = if value < 0 { 0xff } else { 0 };
            while let [.., before, last] = bytes[..]
                && last == fill
                && (before ^ fill) < 0x80
            {
                bytes.pop();
            }
            self.out.extend([0x8a, bytes.len() as u8]);
            self.out.extend(bytes);
        }
    }

    fn float(&mut self, value: f64) {
        self.out.push(b'G');
        self.out.extend(value.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.global("_codecs", "encode");
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        self.text(&text)?;
        self.str("latin1")?;
        self.out.extend([0x86, b'R']);
        Ok(())
    }

    fn str(&mut self, text: &'t str) -> Result<(), Fault> {
        if !self.recall(Known::Str(text)) {
            self.text(text)?;
            self.memoize(Known::Str(text));
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        let length = u32::try_from(text.len()).map_err(|_| Fault::Tensor {
            path: self.path.to_string(),
            problem: "a str of more than 4 GiB".to_owned(),
        })?;
        self.out.push(b'X');
        self.out.extend(length.to_le_bytes());
        self.out.extend(text.as_bytes());
        Ok(())
    }

    fn memoize(&mut self, known: Known<'t>) {
        let index = self.memo.len() as u32;
        self.out.push(b'r');
        self.out.extend(index.to_le_bytes());
        self.memo.insert(known, index);
    }

    /// Writes a reference to what was written before, if it was.
    fn recall(&mut self, known: Known<'t>) -> bool {
        let index = self.memo.get(&known).copied();
        if let Some(index) = index {
            self.out.push(b'j');
            self.out.extend(index.to_le_bytes());
        }
        index.is_some()
    }
}
