//! The tensors that a program names, in order, in one file, and two such files compared.
//!
//! For programs that compare themselves: `parity fuzz` and tests within one process. What another
//! program computes is recorded as it is; see [`crate::recording`].

mod compare;
mod dtype;
mod error;
mod manifest;
mod report;
mod scope;
mod trace_file;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::View;
use tch::{Kind, Tensor};

use dtype::dtype_of;

pub use compare::{
    Comparison, ManifestDifference, OrderDifference, TensorDifference, Unmatched, compare,
};
pub use error::{Error, Result};
pub use manifest::Manifest;
pub use report::Table;
pub use scope::Scope;
pub use trace_file::TraceFile;

/// Key of the file's metadata that holds the names in order of recording, as a JSON list: the
/// tensors themselves lie in the file sorted by dtype and name.
pub(crate) const ORDER: &str = "order";

/// Records tensors under names and writes them into one `.safetensors` file.
///
/// A trace that is off does nothing at all: each call is one branch.
///
/// ```
/// use parity::trace::{Manifest, Trace};
/// use tch::Tensor;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("rust.safetensors");
/// let mut trace = Trace::create(&path, Manifest::new().with("seed", 42))?;
/// trace.record("x", &Tensor::from_slice(&[1.0_f32, 2.0]))?;
/// for epoch in 0..3_u32 {
///     trace.step(epoch);
///     trace.record("loss", &Tensor::from(1.0 / f64::from(epoch + 1)))?;
/// }
/// trace.finish()?;
///
/// let file = parity::trace::TraceFile::read(&path)?;
/// assert_eq!(file.order(), ["x", "00000/loss", "00001/loss", "00002/loss"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Trace {
    // Boxed, so that a trace that is off is one null pointer.
    recording: Option<Box<Recording>>,
}

#[derive(Debug)]
struct Recording {
    /// None for a trace that stays in memory.
    path: Option<PathBuf>,
    manifest: Manifest,
    prefix: String,
    order: Vec<String>,
    names: HashSet<String>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Trace {
    /// Starts a trace that [`Trace::finish`] writes to `path`.
    ///
    /// A file left at `path` by an earlier run is removed at once, so that a run that fails leaves
    /// none to be taken for its own.
    ///
    /// # Errors
    /// [`Error::NoFolder`] if `path` lies in no folder, [`Error::NotAFile`] if it is a folder or a
    /// device, and [`Error::Write`] if the earlier file cannot be removed.
    pub fn create(path: impl AsRef<Path>, manifest: Manifest) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let folder = folder_of(&path);
        if !folder.is_dir() {
            return Err(Error::NoFolder { folder, path });
        }
        match fs::symlink_metadata(&path) {
            Ok(found) if !found.is_file() => return Err(Error::NotAFile { path }),
            Ok(_) => fs::remove_file(&path)
                .map_err(|source| Error::Write { path: path.clone(), source })?,
            Err(_) => {}
        }
        Ok(Self::on(Some(path), manifest))
    }

    /// Starts a trace that no file is written of; [`Trace::encode`] gives what one would hold.
    #[must_use]
    pub fn in_memory(manifest: Manifest) -> Self {
        Self::on(None, manifest)
    }

    fn on(path: Option<PathBuf>, manifest: Manifest) -> Self {
        let recording = Recording {
            path,
            manifest,
            prefix: String::new(),
            order: Vec::new(),
            names: HashSet::new(),
            entries: Vec::new(),
        };
        Self { recording: Some(Box::new(recording)) }
    }

    /// A trace that records nothing.
    #[must_use]
    pub fn off() -> Self {
        Self { recording: None }
    }

    /// Whether the trace records; ask before computing what only the trace needs.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.recording.is_some()
    }

    /// Says where in the run the next tensors belong: `step(42)` stores `"loss"` as `"00042/loss"`,
    /// `step((42, 3))` as `"00042/00003/loss"`, `step(("model_0", 42))` as `"model_0/00042/loss"`,
    /// and `step(())` as `"loss"` again.
    pub fn step(&mut self, scope: impl Scope) {
        if let Some(recording) = &mut self.recording {
            recording.prefix.clear();
            scope.write(&mut recording.prefix);
        }
    }

    /// Records a copy of `tensor` as it is now, whatever its shape, device and strides.
    ///
    /// # Errors
    /// [`Error::RepeatedName`], [`Error::BadName`], [`Error::Undefined`],
    /// [`Error::UnsupportedKind`] or [`Error::Copy`].
    pub fn record(&mut self, name: &str, tensor: &Tensor) -> Result<()> {
        match &mut self.recording {
            None => Ok(()),
            Some(recording) => recording.record(name, tensor),
        }
    }

    /// What the file would hold if the trace were finished now; nothing for a trace that is off.
    ///
    /// # Errors
    /// [`Error::Encode`] if the tensors do not make a valid file.
    pub fn encode(&self) -> Result<Vec<u8>> {
        self.recording.as_ref().map_or(Ok(Vec::new()), |recording| recording.encode())
    }

    /// Writes the file: first under another name in the same folder, then renamed, so that it is
    /// whole or absent.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be written and [`Error::Encode`] if the tensors do not
    /// make a valid one.
    pub fn finish(self) -> Result<()> {
        match self.recording.as_ref().and_then(|recording| recording.path.clone()) {
            None => Ok(()),
            Some(path) => write_atomically(&path, &self.encode()?)
                .map_err(|source| Error::Write { path, source }),
        }
    }
}

impl Recording {
    fn record(&mut self, name: &str, tensor: &Tensor) -> Result<()> {
        let name = format!("{}{name}", self.prefix);
        if name.is_empty() || name.ends_with('/') || name == "__metadata__" {
            return Err(Error::BadName { name });
        }
        if self.names.contains(&name) {
            return Err(Error::RepeatedName { name });
        }
        if !tensor.defined() {
            return Err(Error::Undefined { name });
        }
        let kind = tensor.kind();
        let Some(dtype) = dtype_of(kind) else {
            return Err(Error::UnsupportedKind { name, kind });
        };
        let bytes =
            bytes_of(tensor).map_err(|source| Error::Copy { name: name.clone(), source })?;
        let shape = tensor.size().into_iter().map(|n| n.unsigned_abs() as usize).collect();
        self.entries.push(Entry { dtype, shape, bytes });
        self.names.insert(name.clone());
        self.order.push(name);
        Ok(())
    }

    fn encode(&self) -> Result<Vec<u8>> {
        let encode_error = |reason: String| Error::Encode { reason };
        let order = serde_json::to_string(&self.order).map_err(|e| encode_error(e.to_string()))?;
        let mut metadata: HashMap<String, String> =
            self.manifest.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        metadata.insert(ORDER.to_string(), order);
        let tensors = self.order.iter().zip(&self.entries);
        safetensors::serialize(tensors, Some(metadata)).map_err(|e| encode_error(e.to_string()))
    }
}

impl View for &Entry {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        (&self.bytes).into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The tensor's elements in row-major order, in the machine's byte order.
fn bytes_of(tensor: &Tensor) -> std::result::Result<Vec<u8>, tch::TchError> {
    // A conjugated or negated view is only marked as such; its memory still holds the original.
    let resolved = match tensor.kind() {
        Kind::ComplexFloat => &tensor.f_resolve_conj()?.f_resolve_neg()?,
        _ => tensor,
    };
    let mut bytes = vec![0; resolved.numel() * resolved.kind().elt_size_in_bytes()];
    if !bytes.is_empty() {
        resolved.f_copy_data_u8(&mut bytes, resolved.numel())?;
    }
    Ok(bytes)
}

fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".trace")
        // The process's umask applies, as to any other file it makes.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}
