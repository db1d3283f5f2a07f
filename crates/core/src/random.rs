//! Random tensors from libtorch's own default generator, on the CPU.
//!
//! The CPU's generator is MT19937: the same seed gives the same numbers on every machine. A CUDA
//! device has another generator, so programs that are to start alike on every device draw here and
//! move, as the tutorials do.

use shim::Generator;
use tch::{Device, Kind, Tensor};

use crate::Result;

/// Seeds every device's default generator: `torch.manual_seed(seed)`.
///
/// MT19937 takes the lower 32 bits. Python's negative seeds are `seed as u64` here.
pub fn manual_seed(seed: u64) {
    tch::manual_seed(seed as i64);
}

/// Uniform in [0, 1), float32: `torch.rand(size)`. One word of the stream an element.
///
/// # Errors
/// A size that is negative or that memory does not hold.
pub fn rand(size: impl AsRef<[i64]>) -> Result<Tensor> {
    Ok(Tensor::f_rand(size.as_ref(), (Kind::Float, Device::Cpu))?)
}

/// Standard normal, float32: `torch.randn(size)`.
///
/// Fewer than 16 elements take four words a pair; 16 or more come from another, vectorised path.
///
/// # Errors
/// A size that is negative or that memory does not hold.
pub fn randn(size: impl AsRef<[i64]>) -> Result<Tensor> {
    Ok(Tensor::f_randn(size.as_ref(), (Kind::Float, Device::Cpu))?)
}

/// Whole numbers in `low..high`: `torch.randint(low, high, size, dtype=dtype)`.
///
/// # Errors
/// An empty range, one that `dtype` does not hold, or a size that memory does not hold.
pub fn randint(low: i64, high: i64, size: impl AsRef<[i64]>, dtype: Kind) -> Result<Tensor> {
    Ok(Tensor::f_randint_low(low, high, size.as_ref(), (dtype, Device::Cpu))?)
}

/// The default generator's state, `uint8`, shape `[5056]`: `torch.get_rng_state()`.
///
/// # Errors
/// Whatever libtorch throws.
pub fn get_rng_state() -> Result<Tensor> {
    Ok(Generator::default_cpu()?.get_state()?)
}

/// Puts the default generator back to a state: `torch.set_rng_state(state)`.
///
/// # Errors
/// A tensor that is no state of MT19937.
pub fn set_rng_state(state: &Tensor) -> Result<()> {
    Ok(Generator::default_cpu()?.set_state(state)?)
}
