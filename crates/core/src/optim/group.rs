//! Groups of parameters that share their options, and the checks that Python makes of them.

use std::collections::HashSet;

use crate::nn::Parameter;
use crate::{Error, Result};

/// Parameters with the options they share: an entry of Python's `param_groups`.
#[derive(Debug)]
pub(super) struct Group<O> {
    pub params: Vec<Parameter>,
    pub options: O,
}

/// Makes groups, refusing what Python refuses: no parameters at all, and options out of range.
pub(super) fn groups<O: Copy>(
    groups: Vec<(Vec<Parameter>, O)>,
    check: impl Fn(&O) -> Result<()>,
) -> Result<Vec<Group<O>>> {
    if groups.iter().all(|(params, _)| params.is_empty()) {
        return Err(Error::argument("params", "empty", "an optimizer needs a parameter"));
    }
    let mut seen = HashSet::new();
    // Python lets a parameter be twice in one group, and warns that it will not for ever.
    if groups.iter().flat_map(|(params, _)| params).any(|p| !seen.insert(shim::identity(p))) {
        let accepted = "a parameter can be in one group only, and once";
        return Err(Error::argument("params", "the same twice", accepted));
    }
    groups
        .into_iter()
        .map(|(params, options)| check(&options).map(|()| Group { params, options }))
        .collect()
}

/// The group of that number.
pub(super) fn at<T>(groups: &[T], group: usize) -> Result<&T> {
    groups.get(group).ok_or_else(|| no_group(group))
}

/// The group of that number, to change.
pub(super) fn at_mut<T>(groups: &mut [T], group: usize) -> Result<&mut T> {
    groups.get_mut(group).ok_or_else(|| no_group(group))
}

fn no_group(group: usize) -> Error {
    Error::argument("group", group, "it must be below the number of parameter groups")
}

/// Refuses a negative number and NaN. Python's SGD lets NaN pass, its other optimizers do not.
pub(super) fn zero_or_above(name: &'static str, value: f64) -> Result<()> {
    if value >= 0. {
        return Ok(());
    }
    Err(Error::argument(name, value, "it must be 0 or above"))
}

/// Makes the gradients undefined.
pub(super) fn zero_grad<O>(groups: &[Group<O>]) -> Result<()> {
    for parameter in groups.iter().flat_map(|group| &group.params) {
        shim::clear_grad(parameter)?;
    }
    Ok(())
}
