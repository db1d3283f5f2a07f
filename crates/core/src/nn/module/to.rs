//! Where a module is moved and what it is cast to.

use tch::{Device, Kind, Tensor};

use super::Module;
use crate::Result;

/// Where a module is moved, or what it is cast to: what [`Module::to`] takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DeviceOrDtype {
    /// A device.
    Device(Device),
    /// A dtype of floating point.
    Dtype(Kind),
}

impl From<Device> for DeviceOrDtype {
    fn from(device: Device) -> Self {
        Self::Device(device)
    }
}

impl From<Kind> for DeviceOrDtype {
    fn from(dtype: Kind) -> Self {
        Self::Dtype(dtype)
    }
}

/// Parameters and buffers.
pub(super) fn tensors_of(module: &(impl Module + ?Sized)) -> Vec<Tensor> {
    let buffers = module.named_buffers().into_iter().map(|(_, buffer)| buffer);
    module.parameters().iter().map(|p| p.shallow_clone()).chain(buffers).collect()
}

/// Puts other data behind a tensor and behind its gradient.
pub(super) fn replace(tensor: &Tensor, other: &dyn Fn(&Tensor) -> Result<Tensor>) -> Result<()> {
    let mut grad = tensor.f_grad()?;
    tensor.shallow_clone().f_set_data(&other(&tensor.f_detach()?)?)?;
    if grad.defined() {
        let data = other(&grad)?;
        grad.f_set_data(&data)?;
    }
    Ok(())
}
