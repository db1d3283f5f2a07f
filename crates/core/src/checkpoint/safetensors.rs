//! State dictionaries in the safetensors format, as `safetensors.torch` reads and writes them.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use ::checkpoint::Fault;
use ::checkpoint::safetensors::{self, Dense};
use tch::Tensor;

use super::torch_save::bytes_of;
use crate::Result;
use crate::dtype;
use crate::nn::StateDict;

/// Writes a state dictionary, whole or not at all: `safetensors.torch.save_file(tensors, path)`.
///
/// The format knows no views: tensors that share a storage are written one by one, which Python
/// refuses to do.
///
/// ```
/// use torch_exact::nn::{Linear, Module};
/// use torch_exact::checkpoint::safetensors;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("model.safetensors");
/// let (model, other) = (Linear::new(3, 2)?, Linear::new(3, 2)?);
/// safetensors::save_file(&model.state_dict(), &path)?;
/// other.load_state_dict(&safetensors::load_file(&path)?)?;
/// assert_eq!(*other.weight, *model.weight);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Checkpoint`](crate::Error::Checkpoint) where a name occurs twice, a dtype is none of
/// the format's, or the file cannot be written.
pub fn save_file(tensors: &StateDict, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    super::wrap("write", path, || {
        let dense = tensors.iter().map(|(name, tensor)| Ok((name, dense(name, tensor)?)));
        let bytes = safetensors::write(dense)?;
        atomic_file::write(path, |file| Ok(file.write_all(&bytes)?))
    })
}

/// Reads a state dictionary, in the order in which the file holds the tensors, on the CPU:
/// `safetensors.torch.load_file(path)`.
///
/// # Errors
/// [`Error::Checkpoint`](crate::Error::Checkpoint) where the file cannot be read, is damaged or of
/// another format, or has a dtype that tch has no name for.
pub fn load_file(path: impl AsRef<Path>) -> Result<StateDict> {
    let path = path.as_ref();
    super::wrap("read", path, || {
        let file = safetensors::read(File::open(path)?)?;
        let tensors = safetensors::tensors(&file)?.into_iter();
        tensors.map(|(name, dense)| Ok((name.clone(), tensor(&name, &dense)?))).collect()
    })
}

fn tensor(name: &str, dense: &Dense) -> std::result::Result<Tensor, Fault> {
    let path = || format!("{name:?}");
    let kind = dtype::of_name(&dense.dtype).ok_or_else(|| Fault::Dtype {
        path: path(),
        dtype: dense.dtype.clone(),
        action: "read: tch has no such tensors",
    })?;
    let size: Vec<_> = dense.size.iter().map(|&n| n as i64).collect();
    Tensor::f_from_data_size(&dense.bytes, &size, kind)
        .map_err(|e| Fault::Tensor { path: path(), problem: crate::Error::from(e).to_string() })
}

/// A tensor's dtype, shape and bytes.
fn dense(name: &str, tensor: &Tensor) -> std::result::Result<Dense<'static>, Fault> {
    let problem = |problem| Fault::Tensor { path: format!("{name:?}"), problem };
    if !tensor.defined() || tensor.is_sparse() {
        return Err(problem("an undefined or sparse tensor cannot be written".to_owned()));
    }
    let read = || -> Result<_> {
        let dtype = dtype::name(tensor.f_kind()?).to_owned();
        Ok((dtype, bytes_of(&tensor.f_resolve_conj()?.f_resolve_neg()?)?))
    };
    let (dtype, bytes) = read().map_err(|error| problem(error.to_string()))?;
    let size = tensor.size().iter().map(|&n| n as usize).collect();
    Ok(Dense { dtype, size, bytes: bytes.into() })
}
