use super::globals::Global;
use super::machine::{FACTOR, LEAST, Machine};
use super::node::{Dict, DictKind, Id, Node};
use crate::fault::Fault;
use crate::key_path::KeyPath;
use crate::tree::{Items, Tree};

/// Reads one pickle from the start of `input`: its values, and how many bytes it took.
///
/// # Errors
/// What is damaged, is not read, or outgrows the input.
pub fn read(input: &[u8]) -> Result<(Tree, usize), Fault> {
    let mut machine = Machine::new(input);
    let (root, length) = machine.run()?;
    let limit = FACTOR * length.max(LEAST);
    let mut reader = Reader { nodes: &machine.nodes, left: limit, limit, path: KeyPath::default() };
    Ok((reader.tree(root)?, length))
}

struct Reader<'n, 'a> {
    nodes: &'n [Node<'a>],
    /// How many bytes the tree may still grow by.
    left: usize,
    limit: usize,
    path: KeyPath,
}

impl Reader<'_, '_> {
    fn take(&mut self, bytes: usize) -> Result<(), Fault> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or(Fault::TooLarge { limit: self.limit, factor: FACTOR })?;
        Ok(())
    }

    fn tree(&mut self, id: Id) -> Result<Tree, Fault> {
        self.take(size_of::<Tree>())?;
        let nodes = self.nodes;
        Ok(match &nodes[id] {
            Node::None => Tree::None,
            Node::Bool(value) => Tree::Bool(*value),
            Node::Int(value) => Tree::Int(*value),
            Node::Float(value) => Tree::Float(*value),
            Node::Complex(re, im) => Tree::Complex(*re, *im),
            Node::Str(text) => {
                self.take(text.len())?;
                Tree::Str((*text).to_owned())
            }
            Node::Bytes(bytes) => {
                self.take(bytes.len())?;
                Tree::Bytes(bytes.clone())
            }
            Node::ByteArray(bytes) => {
                self.take(bytes.len())?;
                Tree::ByteArray(bytes.clone())
            }
            Node::List(items) => Tree::List(self.all(items)?),
            Node::Tuple(items) => Tree::Tuple(self.all(items)?),
            Node::Set(items) => Tree::Set(self.all(items)?),
            Node::Dict(dict) => self.dict(dict)?,
            Node::Size(size) => {
                self.take(8 * size.len())?;
                Tree::Size(size.clone())
            }
            Node::Device(device) => Tree::Device(device.clone()),
            Node::Global(Global::Dtype(dtype)) => Tree::Dtype(dtype.name.to_owned()),
            Node::Global(_) | Node::Storage(_) => {
                let problem =
                    "a function, class or storage by itself, which is not a value".to_owned();
                return Err(Fault::Tensor { path: self.path.to_string(), problem });
            }
            Node::Tensor { view, parameter } => {
                self.take(8 * (view.size.len() + view.stride.len()))?;
                view.check(&self.path)?;
                match parameter {
                    true => Tree::Parameter(view.clone()),
                    false => Tree::Tensor(view.clone()),
                }
            }
        })
    }

    fn all(&mut self, items: &[Id]) -> Result<Vec<Tree>, Fault> {
        let mut trees = Vec::new();
        for (index, &item) in items.iter().enumerate() {
            let key = Tree::Int(index as i128);
            trees.push(self.inside(&key, item)?);
        }
        Ok(trees)
    }

    fn dict(&mut self, dict: &Dict) -> Result<Tree, Fault> {
        let items = self.items(dict)?;
        Ok(match dict.kind {
            DictKind::Plain => Tree::Dict(items),
            DictKind::Counter => Tree::Counter(items),
            DictKind::Ordered => {
                let attributes = match dict.attributes.map(|id| &self.nodes[id]) {
                    Some(Node::Dict(attributes)) => self.items(attributes)?,
                    _ => Vec::new(),
                };
                Tree::OrderedDict { items, attributes }
            }
        })
    }

    fn items(&mut self, dict: &Dict) -> Result<Items, Fault> {
        let mut pairs = Vec::new();
        for &(key, value) in &dict.items {
            let key = self.tree(key)?;
            let value = self.inside(&key, value)?;
            pairs.push((key, value));
        }
        Ok(pairs)
    }

    fn inside(&mut self, key: &Tree, item: Id) -> Result<Tree, Fault> {
        self.path.push(key.key_text())?;
        let tree = self.tree(item);
        self.path.pop();
        tree
    }
}
