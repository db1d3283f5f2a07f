//! Checkpoints that Python reads and writes: `torch.save`, `torch.load` and safetensors.
//!
//! A file of `torch.save` holds a tree of Python's values, a [`Value`]: the state dictionaries of
//! models, optimizers, schedulers and generators, and whatever a script puts beside them.
//!
//! ```
//! use torch_exact::checkpoint::{self, Value};
//! use torch_exact::optim::lr_scheduler::StepLR;
//! use torch_exact::prelude::*;
//!
//! # fn main() -> Result<()> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("checkpoint.pt");
//! let model = nn::Linear::new(3, 2)?;
//! let mut optimizer = optim::Adam::new(model.parameters(), optim::lr(0.01))?;
//! let mut scheduler = StepLR::new(&mut optimizer, 30)?;
//! let saved = Value::dict([
//!     ("model", model.state_dict().into()),
//!     ("optimizer", optimizer.state_dict().into()),
//!     ("scheduler", scheduler.state_dict().into()),
//!     ("rng", random::get_rng_state()?.into()),
//!     ("epoch", 7.into()),
//! ]);
//! checkpoint::save(saved, &path)?;
//!
//! let loaded: Value = checkpoint::load(&path)?;
//! model.load_state_dict(&loaded.get("model")?)?;
//! optimizer.load_state_dict(&loaded.get("optimizer")?)?;
//! scheduler.load_state_dict(&loaded.get("scheduler")?)?;
//! random::set_rng_state(&loaded.get("rng")?)?;
//! assert_eq!(loaded.get::<i64>("epoch")?, 7);
//! # Ok(())
//! # }
//! ```
//!
//! Python's `torch.load(path, weights_only=True)` reads what [`save`] wrote: the same keys in the
//! same order, dtypes, shapes and strides; tensors that share a storage share it again. [`load`]
//! reads what `torch.save` writes as a zip file and what `weights_only=True` accepts of it,
//! except sparse, quantized, nested and meta tensors. It runs nothing: names of Python functions are
//! looked up in a closed list. What it allocates is bounded by the file's size. The crate `checkpoint`
//! reads and writes the formats as plain values; here these become tensors.

mod convert;
pub mod safetensors;
mod state;
mod torch_save;
mod tree;
mod value;

use std::path::Path;

pub use ::checkpoint::Fault;
pub use convert::FromValue;
pub use value::Value;

use crate::{Error, Result};

/// Writes a value, whole or not at all: `torch.save(value, path)`.
///
/// # Errors
/// [`Error::Checkpoint`] where the file cannot be written, a key occurs twice, or a tensor is
/// sparse, quantized, or shares its storage with one of another dtype.
pub fn save(value: impl Into<Value>, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let value = value.into();
    wrap("write", path, || torch_save::save(&value, path))
}

/// Reads what a file holds, its tensors on the CPU: `torch.load(path, map_location="cpu",
/// weights_only=True)`.
///
/// It is given as what it is asked for: a [`Value`], or whatever can be made of one, such as the
/// [`StateDict`](crate::nn::StateDict) of a module or a [`Tensor`](tch::Tensor):
///
/// ```
/// # use torch_exact::prelude::*;
/// # fn main() -> Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("model.pt");
/// # let model = nn::Linear::new(3, 2)?;
/// checkpoint::save(model.state_dict(), &path)?;
/// model.load_state_dict(&checkpoint::load(&path)?)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Checkpoint`] where the file cannot be read, is damaged or of another format, or holds
/// what is none of a [`Value`]'s types; [`Error::Value`] where it holds another type than was asked for.
pub fn load<T: FromValue>(path: impl AsRef<Path>) -> Result<T> {
    let path = path.as_ref();
    T::from_value(wrap("read", path, || torch_save::load(path))?)
}

fn wrap<T>(
    action: &'static str,
    path: &Path,
    body: impl FnOnce() -> std::result::Result<T, Fault>,
) -> Result<T> {
    body().map_err(|reason| Error::Checkpoint { action, path: path.to_owned(), reason })
}
