//! The names of what a module holds, and what of it a state dictionary is made of and copied into.

use tch::Tensor;

use super::super::{Parameter, StateDict};
use super::Module;
use crate::Result;

pub(super) fn prefixed<T>(
    child: &str,
    entries: Vec<(String, T)>,
) -> impl Iterator<Item = (String, T)> {
    entries.into_iter().map(move |(name, entry)| (format!("{child}.{name}"), entry))
}

/// The state with what the modules add to one of older versions.
pub(super) fn upgraded(module: &(impl Module + ?Sized), state: &StateDict) -> Result<StateDict> {
    fn upgrade(
        module: &(impl Module + ?Sized),
        name: &str,
        given: &StateDict,
        state: &mut StateDict,
    ) -> Result<()> {
        let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
        module.upgrade(state, &prefix, given.version(name))?;
        let mut children = module.named_children().into_iter();
        children.try_for_each(|(child, it)| upgrade(it, &format!("{prefix}{child}"), given, state))
    }
    let mut result = state.clone();
    upgrade(module, "", state, &mut result)?;
    Ok(result)
}

/// What a state dictionary is copied into.
pub(super) fn targets(module: &(impl Module + ?Sized)) -> Vec<(String, Tensor)> {
    saved(module).into_iter().map(|(name, p)| (name, p.shallow_clone())).collect()
}

/// The dotted names of a module and of all inside, as `named_modules()` orders them, and the version
/// of each.
pub(super) fn versions(module: &(impl Module + ?Sized)) -> Vec<(String, i64)> {
    let mut all = vec![(String::new(), module.version())];
    for (child, module) in module.named_children() {
        all.extend(versions(module).into_iter().map(|(name, version)| match name.as_str() {
            "" => (child.to_owned(), version),
            _ => (format!("{child}.{name}"), version),
        }));
    }
    all
}

pub(super) fn names(module: &(impl Module + ?Sized)) -> Vec<String> {
    versions(module).into_iter().map(|(name, _)| name).collect()
}

/// What the state dictionary is made of: of each module the parameters, then the buffers.
pub(super) fn saved(module: &(impl Module + ?Sized)) -> Vec<(String, Parameter)> {
    let parts = module.parts();
    let own = parts.parameters.iter().map(|(name, p)| ((*name).to_owned(), (*p).clone()));
    let buffers = parts.buffers.iter().filter(|(_, _, persistent)| *persistent);
    let buffers = buffers.map(|(name, buffer, _)| ((*name).to_owned(), Parameter::handle(buffer)));
    let mut all: Vec<_> = own.chain(buffers).collect();
    for (child, module) in parts.modules {
        all.extend(prefixed(child, saved(module)));
    }
    all
}
