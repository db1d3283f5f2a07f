use tch::Tensor;

use super::Parameter;
use crate::repr::{self, Printer, Repr};
use crate::{Error, Result};

/// Tensors by dotted name, in the order of their registration: what `module.state_dict()` returns.
///
/// The tensors share their storage with the parameters and do not require grad.
#[derive(Debug, Default)]
pub struct StateDict(Vec<(String, Tensor)>);

impl StateDict {
    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.iter().find(|(known, _)| *known == name).map(|(_, tensor)| tensor)
    }

    /// Names and tensors in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says every name that is missing, unexpected or of another shape, as Python does.
    pub(crate) fn check_against(&self, parameters: &[(String, Parameter)]) -> Result<()> {
        let mut faults = Vec::new();
        for (name, parameter) in parameters {
            match self.get(name) {
                None => faults.push(format!("`{name}` is missing")),
                Some(value) if value.size() != parameter.size() => faults.push(format!(
                    "`{name}` has shape {:?} where the module has {:?}",
                    value.size(),
                    parameter.size()
                )),
                Some(_) => {}
            }
        }
        let unexpected = self.iter().filter(|(name, _)| parameters.iter().all(|(n, _)| n != name));
        faults.extend(unexpected.map(|(name, _)| format!("`{name}` is unexpected")));
        if faults.is_empty() { Ok(()) } else { Err(Error::StateDict(faults.join("; "))) }
    }
}

impl FromIterator<(String, Tensor)> for StateDict {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        Self(tensors.into_iter().collect())
    }
}

impl Repr for StateDict {
    fn repr(&self) -> std::result::Result<String, repr::Error> {
        let items = self.iter().map(|(name, tensor)| Ok((name, tensor.repr()?)));
        Ok(repr::ordered_dict(items.collect::<std::result::Result<Vec<_>, repr::Error>>()?))
    }

    fn repr_pretty(&self, printer: &mut Printer) -> std::result::Result<(), repr::Error> {
        printer.ordered_dict(self.iter())
    }
}
