//! State dictionaries in the safetensors format, as `safetensors.torch` reads and writes them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use ::safetensors::tensor::{Dtype, SafeTensors, View, serialize};
use tch::{Kind, Tensor};

use super::content::{self, Content};
use super::fault::Fault;
use super::pt;
use crate::Result;
use crate::dtype;
use crate::nn::StateDict;

const DTYPES: [(Kind, Dtype); 15] = [
    (Kind::Double, Dtype::F64),
    (Kind::Float, Dtype::F32),
    (Kind::Half, Dtype::F16),
    (Kind::BFloat16, Dtype::BF16),
    (Kind::Int64, Dtype::I64),
    (Kind::Int, Dtype::I32),
    (Kind::Int16, Dtype::I16),
    (Kind::Int8, Dtype::I8),
    (Kind::Uint8, Dtype::U8),
    (Kind::Bool, Dtype::BOOL),
    (Kind::ComplexFloat, Dtype::C64),
    (Kind::Float8e4m3fn, Dtype::F8_E4M3),
    (Kind::Float8e5m2, Dtype::F8_E5M2),
    (Kind::Float8e4m3fnuz, Dtype::F8_E4M3FNUZ),
    (Kind::Float8e5m2fnuz, Dtype::F8_E5M2FNUZ),
];

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
        let mut names = HashSet::new();
        let mut views = Vec::new();
        for (name, tensor) in tensors.iter() {
            if !names.insert(name) {
                let place = "the state dictionary".to_owned();
                return Err(Fault::Twice { key: format!("{name:?}"), place });
            }
            views.push((name, Bytes::of(name, tensor)?));
        }
        let bytes = serialize(views, None).map_err(|e| Fault::Damaged(e.to_string()))?;
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
        content::expect(Content::Safetensors, &mut File::open(path)?)?;
        let file = fs::read(path)?;
        let tensors = SafeTensors::deserialize(&file).map_err(|e| {
            Fault::Damaged(format!("a damaged or incomplete safetensors file ({e})"))
        })?;
        let (_, header) =
            SafeTensors::read_metadata(&file).map_err(|e| Fault::Damaged(e.to_string()))?;
        let read = header.offset_keys().into_iter().map(|name| {
            let view = tensors.tensor(&name).map_err(|e| Fault::Damaged(e.to_string()))?;
            let kind =
                DTYPES.iter().find(|(_, dtype)| *dtype == view.dtype()).map(|(kind, _)| *kind);
            let kind = kind.ok_or_else(|| Fault::Dtype {
                place: format!("{name:?}"),
                dtype: view.dtype().to_string(),
                action: "read: tch has no such tensors",
            })?;
            let size: Vec<_> = view.shape().iter().map(|&n| n as i64).collect();
            let tensor =
                Tensor::f_from_data_size(view.data(), &size, kind).map_err(|e| Fault::Tensor {
                    place: format!("{name:?}"),
                    problem: crate::Error::from(e).to_string(),
                })?;
            Ok((name, tensor))
        });
        read.collect()
    })
}

/// A tensor's dtype, shape and bytes.
struct Bytes {
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl Bytes {
    fn of(name: &str, tensor: &Tensor) -> std::result::Result<Self, Fault> {
        let place = || format!("{name:?}");
        let problem = |e: crate::Error| Fault::Tensor { place: place(), problem: e.to_string() };
        if !tensor.defined() || tensor.is_sparse() {
            let problem = "an undefined or sparse tensor cannot be written".to_owned();
            return Err(Fault::Tensor { place: place(), problem });
        }
        let found = tensor.f_kind().map_err(|e| problem(e.into()))?;
        let dtype = DTYPES.iter().find(|(kind, _)| *kind == found).map(|(_, dtype)| *dtype);
        let dtype = dtype.ok_or_else(|| Fault::Dtype {
            place: place(),
            dtype: dtype::name(found).to_owned(),
            action: "written: safetensors has no such dtype",
        })?;
        let resolved = || Ok(tensor.f_resolve_conj()?.f_resolve_neg()?);
        let data = resolved().and_then(|t| pt::bytes_of(&t)).map_err(problem)?;
        Ok(Self { dtype, shape: tensor.size().iter().map(|&n| n as usize).collect(), data })
    }
}

impl View for Bytes {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.data.as_slice().into()
    }

    fn data_len(&self) -> usize {
        self.data.len()
    }
}
