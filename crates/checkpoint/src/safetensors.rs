//! The safetensors format.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{Read, Seek};

use ::safetensors::tensor::{self, SafeTensors, serialize};

use crate::Fault;
use crate::content::{self, Content};

/// PyTorch's names of dtypes and the format's.
const DTYPES: [(&str, tensor::Dtype); 15] = [
    ("float64", tensor::Dtype::F64),
    ("float32", tensor::Dtype::F32),
    ("float16", tensor::Dtype::F16),
    ("bfloat16", tensor::Dtype::BF16),
    ("int64", tensor::Dtype::I64),
    ("int32", tensor::Dtype::I32),
    ("int16", tensor::Dtype::I16),
    ("int8", tensor::Dtype::I8),
    ("uint8", tensor::Dtype::U8),
    ("bool", tensor::Dtype::BOOL),
    ("complex64", tensor::Dtype::C64),
    ("float8_e4m3fn", tensor::Dtype::F8_E4M3),
    ("float8_e5m2", tensor::Dtype::F8_E5M2),
    ("float8_e4m3fnuz", tensor::Dtype::F8_E4M3FNUZ),
    ("float8_e5m2fnuz", tensor::Dtype::F8_E5M2FNUZ),
];

/// A tensor, whose elements lie in the order of its indices.
#[derive(Debug)]
pub struct Dense<'a> {
    /// PyTorch's name of the dtype; the format's, where PyTorch has none.
    pub dtype: String,
    /// Python's `tensor.size()`.
    pub size: Vec<usize>,
    /// The elements.
    pub bytes: Cow<'a, [u8]>,
}

/// The bytes of a file, unless it is of another format.
///
/// # Errors
/// A file of another format, or that cannot be read.
pub fn read(mut file: impl Read + Seek) -> Result<Vec<u8>, Fault> {
    content::expect(Content::Safetensors, &mut file)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file's tensors by name, in the order in which it holds them.
///
/// # Errors
/// A damaged file.
pub fn tensors(file: &[u8]) -> Result<Vec<(String, Dense<'_>)>, Fault> {
    let damaged = |e| Fault::Damaged(format!("a damaged or incomplete safetensors file ({e})"));
    let tensors = SafeTensors::deserialize(file).map_err(damaged)?;
    let (_, header) = SafeTensors::read_metadata(file).map_err(damaged)?;
    let read = header.offset_keys().into_iter().map(|name| {
        let view = tensors.tensor(&name).map_err(damaged)?;
        let known = DTYPES.iter().find(|(_, dtype)| *dtype == view.dtype());
        let dtype = known.map_or_else(|| view.dtype().to_string(), |(name, _)| (*name).to_owned());
        let (size, bytes) = (view.shape().to_vec(), view.data().into());
        Ok((name, Dense { dtype, size, bytes }))
    });
    read.collect()
}

/// A file of these tensors.
///
/// # Errors
/// A name that occurs twice, and a dtype that the format does not have.
pub fn write<'a>(
    tensors: impl IntoIterator<Item = Result<(&'a str, Dense<'a>), Fault>>,
) -> Result<Vec<u8>, Fault> {
    let mut names = HashSet::new();
    let mut views = Vec::new();
    for tensor in tensors {
        let (name, tensor) = tensor?;
        if !names.insert(name) {
            let path = "the state dictionary".to_owned();
            return Err(Fault::Twice { key: format!("{name:?}"), path });
        }
        let known = DTYPES.iter().find(|(name, _)| *name == tensor.dtype);
        let Some(&(_, dtype)) = known else {
            let action = "written: safetensors has no such dtype";
            return Err(Fault::Dtype { path: format!("{name:?}"), dtype: tensor.dtype, action });
        };
        views.push((name, Written { dtype, tensor }));
    }
    serialize(views, None).map_err(|e| Fault::Damaged(e.to_string()))
}

struct Written<'a> {
    dtype: tensor::Dtype,
    tensor: Dense<'a>,
}

impl tensor::View for Written<'_> {
    fn dtype(&self) -> tensor::Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.tensor.size
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.tensor.bytes)
    }

    fn data_len(&self) -> usize {
        self.tensor.bytes.len()
    }
}
