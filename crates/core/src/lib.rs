//! PyTorch's `nn`, `optim`, `data`, `random` and printing on tch, bit for bit.
//!
//! tch wraps libtorch's C++ interface, which differs from Python's in places that move bits: the
//! order in which a layer draws its parameters, their bounds, the arithmetic of the optimizers,
//! what a data loader draws. This crate wraps tch and behaves as Python does there; everything
//! else is tch, whose [`Tensor`](::tch::Tensor) is used throughout.
//!
//! ```
//! use torch_exact::prelude::*;
//!
//! # fn main() -> Result<()> {
//! random::manual_seed(42);
//! let model = nn::Linear::new(1, 1)?;
//! let (x, y) = (random::rand([40, 1])?, random::rand([40, 1])?);
//! let mut optimizer = optim::SGD::new(model.parameters(), optim::lr(0.1))?;
//!
//! let loss = F::mse_loss(&model.forward(&x)?, &y)?;
//! optimizer.zero_grad()?;
//! loss.backward();
//! optimizer.step()?;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here prints, nothing but [`arithmetic`] reads the environment, and what can fail returns an [`Error`]; operators
//! alone panic, as tch's do, each beside a function that does not ([`ops`]).

#![forbid(unsafe_code)]

pub mod arithmetic;
pub mod checkpoint;
pub mod data;
pub mod device;
pub mod dtype;
mod error;
#[doc(hidden)]
pub mod hook;
pub mod nn;
mod number;
pub mod numpy;
pub mod ops;
pub mod optim;
pub mod prelude;
pub mod random;
pub mod repr;
mod tensor;

pub use error::{Error, Result};
pub use random::Generator;
/// The tch that this crate is built on, so that one dependency brings both.
pub use tch;
pub use tensor::{Data, tensor, tensor_with};

/// The name of the autograd node that made the tensor, `tensor.grad_fn.name()`; none for a leaf.
///
/// # Errors
/// Where libtorch does not know it: a view made and changed without gradients.
pub fn grad_fn_name(tensor: &tch::Tensor) -> Result<Option<String>> {
    Ok(shim::grad_fn_name(tensor)?)
}

/// Runs `body` in inference mode: Python's `with torch.inference_mode():`.
///
/// The error inside is this crate's, so that `?` needs no annotation wherever it leads:
///
/// ```
/// # use torch_exact::{inference_mode, random};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let x = random::rand([3])?;
/// let y = inference_mode(|| Ok(x.f_exp()?))?;
/// # let _ = y;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Whatever libtorch throws when the mode is entered, and whatever `body` returns.
pub fn inference_mode<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    let _mode = shim::InferenceMode::enter()?;
    body()
}
