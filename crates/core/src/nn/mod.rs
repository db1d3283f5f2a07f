//! Layers, as [`torch.nn`](https://docs.pytorch.org/docs/2.11/nn.html).

mod activation;
mod linear;
mod module;
mod parameter;
mod sequential;
mod state_dict;

pub use activation::{Identity, ReLU, Sigmoid, Tanh};
pub use linear::{Linear, LinearOptions};
pub use module::{Func, Module, Training};
pub use parameter::Parameter;
pub use sequential::Sequential;
pub use state_dict::{IncompatibleKeys, StateDict};
