//! `copy.deepcopy` of a model.

use std::cell::RefCell;
use std::collections::HashMap;

use shim::Storage;
use tch::{Device, Kind, Tensor, no_grad};

use crate::{Error, Result};

/// How a tensor is copied.
type Copy = fn(&Tensor) -> Result<Tensor>;

thread_local! {
    /// The copies made so far, by the identity of what they are of, while [`deepcopy`] runs.
    static COPIES: RefCell<Option<Copies>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Copies {
    made: HashMap<usize, Tensor>,
    failure: Option<Error>,
}

impl Copies {
    fn copy(&mut self, tensor: &Tensor, copy: Copy) -> Tensor {
        let identity = shim::identity(tensor);
        if let Some(made) = self.made.get(&identity) {
            return made.shallow_clone();
        }
        let copy = copy(tensor).unwrap_or_else(|error| {
            self.failure = Some(error);
            tensor.shallow_clone()
        });
        self.made.insert(identity, copy.shallow_clone());
        copy
    }
}

/// Another handle on a parameter, or a copy while [`deepcopy`] runs.
pub(super) fn parameter(tensor: &Tensor) -> Tensor {
    cloned(tensor, parameter_copy)
}

/// The same of a buffer.
pub(super) fn buffer(tensor: &Tensor) -> Tensor {
    cloned(tensor, buffer_copy)
}

fn cloned(tensor: &Tensor, copy: Copy) -> Tensor {
    COPIES.with_borrow_mut(|copies| match copies {
        Some(copies) => copies.copy(tensor, copy),
        None => tensor.shallow_clone(),
    })
}

/// `Parameter.__deepcopy__`.
fn parameter_copy(tensor: &Tensor) -> Result<Tensor> {
    let copy = shim::clone(&tensor.f_detach()?)?;
    Ok(copy.f_set_requires_grad(tensor.requires_grad())?)
}

/// `Tensor.__deepcopy__`, which copies the bytes of the storage.
fn buffer_copy(tensor: &Tensor) -> Result<Tensor> {
    let (Storage { bytes, offset, .. }, device) = (Storage::from_tensor(tensor)?, tensor.device());
    let mut copied = Tensor::f_empty([bytes], (Kind::Uint8, device))?;
    let all = seen_as(tensor, (Kind::Uint8, device), 0, &[bytes], &[1])?;
    no_grad(|| copied.f_copy_(&all))?;
    let options = (tensor.kind(), device);
    let copy = seen_as(&copied, options, offset, &tensor.size(), &tensor.stride())?;
    Ok(copy.f_set_requires_grad(tensor.requires_grad())?)
}

/// Another tensor on a tensor's storage.
fn seen_as(
    tensor: &Tensor,
    options: (Kind, Device),
    offset: i64,
    size: &[i64],
    stride: &[i64],
) -> Result<Tensor> {
    let seen = Tensor::f_empty([0], options)?;
    let source = tensor.f_detach()?;
    let (size, stride) = (size.into(), stride.into());
    let arguments = [(&seen).into(), (&source).into(), offset.into(), size, stride];
    shim::operator("aten::set_.source_Tensor_storage_offset", &arguments)?;
    Ok(seen)
}

/// A model with parameters and buffers of its own, of the same values: `copy.deepcopy(model)`.
///
/// What `model` holds twice is held twice by the copy too: tied weights stay tied. Gradients are not
/// copied.
///
/// ```
/// use torch_exact::nn::{Linear, deepcopy};
///
/// # fn main() -> torch_exact::Result<()> {
/// let linear = Linear::new(3, 2)?;
/// let copy = deepcopy(&linear)?;
/// let _ = tch::no_grad(|| linear.weight.shallow_clone().f_zero_())?;
/// assert_ne!(*copy.weight, *linear.weight);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Whatever libtorch says, for want of memory for example.
pub fn deepcopy<M: Clone>(model: &M) -> Result<M> {
    /// Ends the copying, also where `clone` panics.
    struct Ending(Option<Copies>);
    impl Drop for Ending {
        fn drop(&mut self) {
            COPIES.set(self.0.take());
        }
    }
    let _ending = Ending(COPIES.replace(Some(Copies::default())));
    let copy = model.clone();
    match COPIES.take().and_then(|copies| copies.failure) {
        None => Ok(copy),
        Some(error) => Err(error),
    }
}
