//! PyTorch's own files: tensors to and from the views of storages that they are pickled as.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ::checkpoint::{Dtype, Fault, KeyPath, StorageRef, View, torch_save};
use shim::Storage;
use tch::{Device, Kind, Tensor};

use super::Value;
use crate::dtype;

type Result<T> = std::result::Result<T, Fault>;

pub(super) fn load(path: &Path) -> Result<Value> {
    let (tree, mut records) = torch_save::read(BufReader::new(File::open(path)?))?;
    let (mut storages, mut tensors) = (HashMap::new(), HashMap::new());
    Value::from_tree(tree, &mut KeyPath::default(), &mut |view, path| {
        if let Some(made) = tensors.get(&view.identity) {
            return Ok(Tensor::shallow_clone(made));
        }
        let storage = match storages.get(&view.storage.key) {
            Some(storage) => Tensor::shallow_clone(storage),
            None => {
                let bytes = records.read(&view.storage)?;
                let storage = bytes_as_storage(&bytes).map_err(|error| torch(path, error))?;
                storages.insert(view.storage.key.clone(), storage.shallow_clone());
                storage
            }
        };
        let tensor = tensor(view, &storage, path)?;
        tensors.insert(view.identity, tensor.shallow_clone());
        Ok(tensor)
    })
}

fn bytes_as_storage(bytes: &[u8]) -> crate::Result<Tensor> {
    Ok(Tensor::f_from_data_size(bytes, &[bytes.len() as i64], Kind::Uint8)?)
}

fn tensor(view: &View, storage: &Tensor, path: &KeyPath) -> Result<Tensor> {
    view.check_storage(storage.numel() as u64, path)?;
    let kind = dtype::of_name(view.dtype.name).ok_or_else(|| Fault::Dtype {
        path: path.to_string(),
        dtype: view.dtype.name.to_owned(),
        action: "read: tch has no such tensors",
    })?;
    let rebuild = || -> crate::Result<Tensor> {
        let mut tensor = Tensor::f_empty([0], (kind, Device::Cpu))?;
        let tensor = tensor.f_set_source_tensor_storage_offset_(
            storage,
            view.offset,
            view.size.as_slice(),
            view.stride.as_slice(),
        )?;
        let tensor = if view.conj { tensor.f_conj()? } else { tensor };
        let tensor = if view.neg { tensor.f_internal_neg_view()? } else { tensor };
        Ok(if view.requires_grad { tensor.f_set_requires_grad(true)? } else { tensor })
    };
    rebuild().map_err(|error| torch(path, error))
}

pub(super) fn save(value: &Value, path: &Path) -> Result<()> {
    let mut storages = Storages::default();
    let tree =
        value.to_tree(&mut KeyPath::default(), &mut |tensor, path| storages.view(tensor, path))?;
    let bytes = storages
        .held
        .iter()
        .map(|storage| bytes_of(&storage.tensor).map_err(|error| Fault::Io(error.to_string())));
    atomic_file::write(path, |file| torch_save::write(file, &tree, bytes))
}

/// The storages of the tensors that were met, in the order of meeting.
#[derive(Default)]
struct Storages {
    numbers: HashMap<usize, usize>,
    held: Vec<Held>,
}

struct Held {
    /// The whole storage as bytes.
    tensor: Tensor,
    dtype: &'static Dtype,
}

impl Storages {
    fn view(&mut self, tensor: &Tensor, path: &KeyPath) -> Result<View> {
        if !tensor.defined() || tensor.is_sparse() {
            let problem = "an undefined or sparse tensor cannot be written".to_owned();
            return Err(Fault::Tensor { path: path.to_string(), problem });
        }
        let dtype = dtype_of(tensor, path)?;
        let view = self.dense_view(tensor, dtype).map_err(|error| torch(path, error))?;
        let number: usize = view.storage.key.parse().unwrap_or_default();
        if self.held[number].dtype != dtype {
            let problem = format!(
                "it shares its storage with a tensor of dtype {}, and itself has {}",
                self.held[number].dtype.name, dtype.name
            );
            return Err(Fault::Tensor { path: path.to_string(), problem });
        }
        Ok(view)
    }

    fn dense_view(&mut self, tensor: &Tensor, dtype: &'static Dtype) -> crate::Result<View> {
        let identity = shim::identity(tensor);
        let Storage { identity: storage, bytes, offset } = Storage::from_tensor(tensor)?;
        let number = match self.numbers.get(&storage) {
            Some(&number) => number,
            None => {
                let whole = whole_storage(tensor, bytes)?;
                self.held.push(Held { tensor: whole, dtype });
                self.numbers.insert(storage, self.held.len() - 1);
                self.held.len() - 1
            }
        };
        Ok(View {
            identity,
            storage: StorageRef {
                key: number.to_string(),
                dtype: dtype.storage.map(|_| dtype),
                location: match tensor.device() {
                    Device::Cuda(index) => format!("cuda:{index}"),
                    _ => "cpu".to_owned(),
                },
                bytes: bytes as u64,
            },
            dtype,
            offset,
            size: tensor.size(),
            stride: tensor.stride(),
            requires_grad: tensor.requires_grad(),
            conj: tensor.f_is_conj()?,
            neg: tensor.f_is_neg()?,
        })
    }
}

fn dtype_of(tensor: &Tensor, path: &KeyPath) -> Result<&'static Dtype> {
    let kind = tensor.f_kind().map_err(|error| torch(path, error.into()))?;
    Dtype::of_name(dtype::name(kind)).ok_or_else(|| Fault::Dtype {
        path: path.to_string(),
        dtype: dtype::name(kind).to_owned(),
        action: "written: quantized tensors are not covered",
    })
}

/// The storage that `tensor` is a view of, all of it, as bytes that share it.
fn whole_storage(tensor: &Tensor, bytes: i64) -> crate::Result<Tensor> {
    // An empty view at the storage's start: the offset that follows counts from there.
    let start = tensor.f_detach()?.f_as_strided([0], [1], 0)?;
    let mut whole = Tensor::f_empty([0], (Kind::Uint8, tensor.device()))?;
    Ok(whole.f_set_source_tensor_storage_offset_(&start, 0, [bytes], [1])?)
}

/// A tensor's elements as bytes, in the order of its indices, whatever its device and strides.
pub(super) fn bytes_of(tensor: &Tensor) -> crate::Result<Vec<u8>> {
    let numel = tensor.numel();
    let mut bytes = vec![0; numel * tensor.f_kind()?.elt_size_in_bytes()];
    tensor.f_copy_data_u8(&mut bytes, numel)?;
    Ok(bytes)
}

fn torch(path: &KeyPath, error: crate::Error) -> Fault {
    Fault::Tensor { path: path.to_string(), problem: error.to_string() }
}
