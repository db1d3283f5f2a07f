//! State dictionaries in files that Python reads and writes: the safetensors format.
//!
//! `safetensors.torch.load_file(path)` in Python gives what [`save`] wrote, and [`load`] gives what
//! `safetensors.torch.save_file(model.state_dict(), path)` wrote.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use tch::{Device, Tensor};

use crate::nn::StateDict;
use crate::{Error, Result};

/// Tells the unfinished files of one process apart.
static PARTS: AtomicU64 = AtomicU64::new(0);

/// Writes a state dictionary, whole or not at all: first under another name in the same folder,
/// then renamed.
///
/// ```
/// use torch_exact::nn::{Linear, Module};
/// use torch_exact::checkpoint;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("model.safetensors");
/// let (model, other) = (Linear::new(3, 2)?, Linear::new(3, 2)?);
/// checkpoint::save(&model.state_dict(), &path)?;
/// other.load_state_dict(&checkpoint::load(&path)?)?;
/// assert_eq!(*other.weight, *model.weight);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Checkpoint`] where the file cannot be written or a dtype is none of safetensors'.
pub fn save(state: &StateDict, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let tensors = state
        .iter()
        .map(|(name, tensor)| Ok((name, tensor.f_to(Device::Cpu)?.f_contiguous()?)))
        .collect::<Result<Vec<_>>>()?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    let number = PARTS.fetch_add(1, Ordering::Relaxed);
    name.push(OsString::from(format!(".{}-{number}.part", std::process::id())));
    let part = path.with_file_name(name);
    let written = Tensor::write_safetensors(&tensors, &part)
        .map_err(|error| error.to_string())
        .and_then(|()| fs::rename(&part, path).map_err(|error| error.to_string()));
    written.map_err(|reason| {
        // What was begun is removed; where even that fails, the first failure is what counts.
        let _ = fs::remove_file(&part);
        Error::Checkpoint { action: "write", path: path.to_owned(), reason }
    })
}

/// Reads a state dictionary, sorted by name, on the CPU.
///
/// # Errors
/// [`Error::Checkpoint`] where the file cannot be read or is no safetensors file.
pub fn load(path: impl AsRef<Path>) -> Result<StateDict> {
    let path = path.as_ref();
    let mut tensors = Tensor::read_safetensors(path).map_err(|error| Error::Checkpoint {
        action: "read",
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(tensors.into_iter().collect())
}
