use std::collections::{HashMap, HashSet};

use ::checkpoint::Tree;
use tch::{Tensor, no_grad};

use crate::repr::{self, Printer, Repr};
use crate::{Error, Result};

/// Tensors by dotted name, in the order of their registration: what `module.state_dict()` returns.
///
/// The tensors share their storage with the parameters and do not require grad. It is an
/// `OrderedDict`: a name inserted again keeps its position.
///
/// ```
/// use torch_exact::nn::{Linear, Module, StateDict};
///
/// # fn main() -> torch_exact::Result<()> {
/// let model = Linear::new(3, 2)?;
/// // Only the biases, under another name:
/// let state: StateDict = (model.state_dict().into_iter())
///     .filter(|(name, _)| name.ends_with("bias"))
///     .map(|(name, tensor)| (format!("head.{name}"), tensor))
///     .collect();
/// assert!(state.get("head.bias").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct StateDict {
    tensors: Vec<(String, Tensor)>,
    /// Python's `_metadata`: the version of each module's class.
    metadata: Option<Tree>,
}

impl StateDict {
    /// Values with the metadata that Python keeps of the modules of these names and versions.
    ///
    /// A name that two children share stays there twice; saving and loading then refuse it.
    pub(super) fn with_modules(
        values: impl IntoIterator<Item = (String, Tensor)>,
        modules: Vec<(String, i64)>,
    ) -> Self {
        let version = |n| Tree::Dict(vec![(Tree::Str("version".to_owned()), Tree::Int(n))]);
        let items =
            modules.into_iter().map(|(name, n)| (Tree::Str(name), version(n.into()))).collect();
        let metadata = Some(Tree::OrderedDict { items, attributes: Vec::new() });
        Self { tensors: values.into_iter().collect(), metadata }
    }

    /// The version of the class of the module of that name, `""` for the whole, if the state has it:
    /// `state._metadata[module].get("version")`.
    pub fn version(&self, module: &str) -> Option<i64> {
        let Some(Tree::Dict(items) | Tree::OrderedDict { items, .. }) = &self.metadata else {
            return None;
        };
        let of = |items: &[(Tree, Tree)], key: &str| {
            let key = Tree::Str(key.to_owned());
            items.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone())
        };
        match of(items, module)? {
            Tree::Dict(entries) => match of(&entries, "version")? {
                Tree::Int(version) => version.try_into().ok(),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn into_parts(self) -> (Vec<(String, Tensor)>, Option<Tree>) {
        (self.tensors, self.metadata)
    }

    pub(crate) fn set_metadata(&mut self, metadata: Option<Tree>) {
        self.metadata = metadata;
    }

    /// The tensor of that name: `state[name]`.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.iter().find(|(known, _)| *known == name).map(|(_, tensor)| tensor)
    }

    /// Whether there is a tensor of that name: `name in state`.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets the tensor of that name, and returns the one that it replaces: `state[name] = tensor`.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) -> Option<Tensor> {
        let name = name.into();
        match self.tensors.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => Some(std::mem::replace(old, tensor)),
            None => {
                self.tensors.push((name, tensor));
                None
            }
        }
    }

    /// Takes the tensor of that name out: `state.pop(name)`.
    pub fn remove(&mut self, name: &str) -> Option<Tensor> {
        let index = self.tensors.iter().position(|(known, _)| known == name)?;
        Some(self.tensors.remove(index).1)
    }

    /// Keeps those for which `keep` returns true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &Tensor) -> bool) {
        self.tensors.retain(|(name, tensor)| keep(name, tensor));
    }

    /// Names and tensors in order: `state.items()`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The names in order: `state.keys()`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// A copy whose tensors have storages of their own: `copy.deepcopy(state)`.
    ///
    /// A clone is a shallow one, as `state.copy()` in Python.
    ///
    /// # Errors
    /// What libtorch says when memory does not hold it.
    pub fn copied(&self) -> Result<Self> {
        let tensors = self.iter().map(|(name, tensor)| {
            let mut copy = tensor.f_empty_like()?;
            copy.f_copy_(tensor)?;
            Ok((name.to_owned(), copy))
        });
        let tensors = tensors.collect::<Result<_>>()?;
        Ok(Self { tensors, metadata: self.metadata.clone() })
    }

    /// Copies values into tensors of a module, all or none. `modules` are the names of the module and of
    /// all inside.
    ///
    /// # Errors
    /// [`Error::StateDict`] with every shape that differs and, where `strict`, every name that is
    /// missing or unexpected, in the order in which Python lists them.
    pub(super) fn copy_into(
        &self,
        targets: Vec<(String, Tensor)>,
        modules: &[String],
        strict: bool,
    ) -> Result<IncompatibleKeys> {
        let (pairs, keys) = self.match_with(targets, modules, strict)?;
        no_grad(|| {
            for (mut target, value) in pairs {
                target.f_copy_(&value)?;
            }
            Ok(keys)
        })
    }

    /// Pairs of a module's tensors and the values for them, and the names that do not match.
    fn match_with(
        &self,
        targets: Vec<(String, Tensor)>,
        modules: &[String],
        strict: bool,
    ) -> Result<(Vec<(Tensor, Tensor)>, IncompatibleKeys)> {
        let mut values = HashMap::new();
        let mut faults = Vec::new();
        for (name, tensor) in self.iter() {
            if values.insert(name, tensor).is_some() {
                faults.push(format!("{name:?} is there twice"));
            }
        }
        let mut names = HashSet::new();
        let mut keys = IncompatibleKeys::default();
        let mut pairs = Vec::new();
        for (name, target) in targets {
            if !names.insert(name.clone()) {
                faults.push(format!("two tensors of the module are named {name:?}"));
            }
            let Some(value) = values.get(name.as_str()) else {
                keys.missing_keys.push(name);
                continue;
            };
            let (found, expected) = (value.size(), target.size());
            if found == expected {
                pairs.push((target, value.shallow_clone()));
            } else if expected.is_empty() && found == [1] {
                // Before PyTorch had 0-d tensors, numbers were saved as vectors of one element.
                pairs.push((target, value.f_reshape(expected.as_slice())?));
            } else {
                faults.push(format!(
                    "size mismatch for {name}: {found:?} in the state dictionary, {expected:?} in \
                     the module"
                ));
            }
        }
        keys.unexpected_keys = self.unexpected(&names, modules);
        if strict {
            faults.splice(0..0, keys.sentences());
        }
        match faults.is_empty() {
            true => Ok((pairs, keys)),
            false => Err(Error::StateDict(faults.join("; "))),
        }
    }

    /// The names that the module does not have, module by module as Python goes through them.
    fn unexpected(&self, known: &HashSet<String>, modules: &[String]) -> Vec<String> {
        let unknown = self.names().filter(|name| !known.contains(*name));
        let mut unknown: Vec<_> = unknown.map(str::to_owned).collect();
        if unknown.len() > 1 {
            let order: HashMap<_, _> =
                modules.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
            unknown.sort_by_key(|name| {
                // The innermost module that the name leads to; the module itself has the name "".
                let ends = name.rmatch_indices('.').map(|(end, _)| &name[..end]);
                ends.chain([""]).find_map(|prefix| order.get(prefix)).copied()
            });
        }
        unknown
    }
}

/// The names that did not match, as `torch.nn.modules.module._IncompatibleKeys`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncompatibleKeys {
    /// Names that the module has and the state dictionary has not.
    pub missing_keys: Vec<String>,
    /// Names that the state dictionary has and the module has not.
    pub unexpected_keys: Vec<String>,
}

impl IncompatibleKeys {
    fn sentences(&self) -> Vec<String> {
        let lists = [("missing", &self.missing_keys), ("unexpected", &self.unexpected_keys)];
        let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
        let sentences = lists.map(|(what, names)| {
            let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
            format!("{what} keys: {}", names.join(", "))
        });
        sentences.collect()
    }
}

/// The same tensors, not copies of them: `state.copy()`.
impl Clone for StateDict {
    fn clone(&self) -> Self {
        Self {
            tensors: self.iter().map(|(name, t)| (name.to_owned(), t.shallow_clone())).collect(),
            metadata: self.metadata.clone(),
        }
    }
}

impl FromIterator<(String, Tensor)> for StateDict {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        let mut state = Self::default();
        state.extend(tensors);
        state
    }
}

impl Extend<(String, Tensor)> for StateDict {
    fn extend<I: IntoIterator<Item = (String, Tensor)>>(&mut self, tensors: I) {
        let indices = self.names().enumerate().map(|(index, name)| (name.to_owned(), index));
        let mut indices: HashMap<_, _> = indices.collect();
        for (name, tensor) in tensors {
            match indices.get(&name) {
                Some(&index) => self.tensors[index].1 = tensor,
                None => {
                    indices.insert(name.clone(), self.tensors.len());
                    self.tensors.push((name, tensor));
                }
            }
        }
    }
}

impl IntoIterator for StateDict {
    type Item = (String, Tensor);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.tensors.into_iter()
    }
}

impl Repr for StateDict {
    fn repr(&self) -> Result<String> {
        let items = self.iter().map(|(name, tensor)| Ok((name, tensor.repr()?)));
        Ok(repr::ordered_dict(items.collect::<Result<Vec<_>>>()?))
    }

    fn repr_pretty(&self, printer: &mut Printer) -> Result<()> {
        printer.ordered_dict(self.iter())
    }
}
