//! PyTorch's `nn`, `optim`, `data`, `random` and printing on tch, bit for bit.
//!
//! tch wraps libtorch's C++ interface, which differs from Python's in places that move bits: the
//! order in which a layer draws its parameters, their bounds, the arithmetic of the optimizers,
//! what a data loader draws. This crate wraps tch and behaves as Python does there; everything
//! else is tch, whose [`Tensor`](::tch::Tensor) is used throughout.
//!
//! ```
//! use torch_exact::nn::Module;
//! use torch_exact::optim::Optimizer;
//! use torch_exact::{loss, nn, optim, random};
//!
//! # fn main() -> torch_exact::Result<()> {
//! random::manual_seed(42);
//! let model = nn::Linear::new(1, 1)?;
//! let (x, y) = (random::rand([40, 1])?, random::rand([40, 1])?);
//! let options = optim::SGDOptions { lr: 0.1, ..Default::default() };
//! let mut optimizer = optim::SGD::new(model.parameters(), options)?;
//!
//! let loss = loss::mse_loss(&model.forward(&x)?, &y)?;
//! optimizer.zero_grad()?;
//! loss.backward();
//! optimizer.step()?;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here prints, panics or reads the environment: what can fail returns an [`Error`].

#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod cuda;
pub mod data;
pub mod device;
mod error;
pub mod loss;
pub mod nn;
pub mod numpy;
pub mod optim;
pub mod random;
pub mod replay;
pub mod repr;

pub use error::{Error, Result};
pub use shim::{
    Generator, InferenceMode, add, add_, addcdiv_, addcmul, addcmul_, grad_fn_name, inference_mode,
    number_f64, number_i64,
};
