//! Reading a trace back, or any other safetensors file.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use tch::Tensor;

use super::dtype::kind_of;
use super::{Error, Manifest, ORDER, Result};
use crate::element::dtype_name;

/// A safetensors file in memory, its tensors in order of recording.
///
/// ```no_run
/// let file = parity::trace::TraceFile::read("run.safetensors")?;
/// for name in file.order() {
///     println!("{name}: {:?}", file.shape(name));
/// }
/// # Ok::<(), parity::trace::Error>(())
/// ```
#[derive(Debug)]
pub struct TraceFile {
    path: PathBuf,
    manifest: Manifest,
    order: Vec<String>,
    tensors: HashMap<String, StoredTensor>,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct StoredTensor {
    dtype: Dtype,
    shape: Vec<usize>,
    start: usize,
    end: usize,
}

impl TraceFile {
    /// Reads the file at `path`.
    ///
    /// A file that does not say in which order its tensors were recorded, as another program's does
    /// not, has them in the order in which they lie in it.
    ///
    /// # Errors
    /// [`Error::Read`] if the file cannot be read; [`Error::Malformed`] if it is not a whole
    /// safetensors file, or its recording order does not name each of its tensors once.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let bytes = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        Self::from_bytes(path, bytes)
    }

    /// Reads a file's content that is in memory already; `path` only names it.
    ///
    /// # Errors
    /// [`Error::Malformed`], as [`TraceFile::read`].
    pub fn from_bytes(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Result<Self> {
        let path = path.into();
        Self::parse(path.clone(), bytes).map_err(|reason| Error::Malformed { path, reason })
    }

    fn parse(path: PathBuf, bytes: Vec<u8>) -> std::result::Result<Self, String> {
        // The library checks that the header's offsets cover the rest of the file exactly.
        SafeTensors::deserialize(&bytes).map_err(|error| explain(&bytes, &error))?;
        let (header, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|error| error.to_string())?;
        let data = header + size_of::<u64>();
        let tensors: HashMap<_, _> = metadata
            .tensors()
            .into_iter()
            .map(|(name, info)| {
                let (start, end) = info.data_offsets;
                let stored = StoredTensor {
                    dtype: info.dtype,
                    shape: info.shape.clone(),
                    start: data + start,
                    end: data + end,
                };
                (name, stored)
            })
            .collect();
        let mut notes = metadata.metadata().clone().unwrap_or_default();
        let order = match notes.remove(ORDER) {
            Some(order) => recorded_order(&order, &tensors)?,
            None => metadata.offset_keys(),
        };
        Ok(Self { path, manifest: notes.into_iter().collect(), order, tensors, bytes })
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Under which conditions the trace was recorded.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The names in order of recording.
    #[must_use]
    pub fn order(&self) -> &[String] {
        &self.order
    }

    /// The dtype of `name`, if the file has such a tensor.
    #[must_use]
    pub fn dtype(&self, name: &str) -> Option<Dtype> {
        self.tensors.get(name).map(|stored| stored.dtype)
    }

    /// The shape of `name`, if the file has such a tensor.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|stored| stored.shape.as_slice())
    }

    /// The tensor `name`, on the CPU.
    ///
    /// # Errors
    /// [`Error::NoTensor`] if the file has none of that name, [`Error::UnknownDtype`] if tch has no
    /// name for its dtype, [`Error::Copy`] if libtorch cannot make it.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        let stored = self.tensors.get(name).ok_or_else(|| Error::NoTensor { name: name.into() })?;
        let kind = kind_of(stored.dtype).ok_or_else(|| Error::UnknownDtype {
            name: name.into(),
            dtype: dtype_name(stored.dtype),
        })?;
        // A tensor's sizes are those of a file in memory, which an i64 holds.
        let shape: Vec<_> = stored.shape.iter().map(|&n| n as i64).collect();
        Tensor::f_from_data_size(&self.bytes[stored.start..stored.end], &shape, kind)
            .map_err(|source| Error::Copy { name: name.into(), source })
    }

    /// The elements of `name` in row-major order, little endian, if the file has such a tensor.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.tensors.get(name).map(|stored| &self.bytes[stored.start..stored.end])
    }
}

fn recorded_order(
    order: &str,
    tensors: &HashMap<String, StoredTensor>,
) -> std::result::Result<Vec<String>, String> {
    let order: Vec<String> = serde_json::from_str(order).map_err(|error| {
        format!("its metadata key {ORDER:?} should be a JSON list of names, but: {error}")
    })?;
    let mut missing: HashMap<&str, ()> = tensors.keys().map(|name| (name.as_str(), ())).collect();
    for name in &order {
        if missing.remove(name.as_str()).is_none() {
            let problem = if tensors.contains_key(name) { "twice" } else { "but does not hold it" };
            return Err(format!("its recording order names {name:?} {problem}"));
        }
    }
    match missing.keys().min() {
        Some(name) => Err(format!("its recording order leaves out the tensor {name:?}")),
        None => Ok(order),
    }
}

/// What is wrong with a file, for a reader who does not know the format.
fn explain(bytes: &[u8], error: &safetensors::SafeTensorError) -> String {
    match bytes.len() {
        0 => "the file is empty".into(),
        n => format!("its {n} bytes are not a whole safetensors file ({error})"),
    }
}
