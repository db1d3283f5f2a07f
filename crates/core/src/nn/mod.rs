//! Layers, as [`torch.nn`](https://docs.pytorch.org/docs/2.11/nn.html).

mod activation;
mod dropout;
mod flatten;
pub mod init;
mod linear;
mod module;
mod parameter;
mod part;
mod sequential;
mod state_dict;
pub mod utils;

pub use activation::{Identity, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh};
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use linear::{Linear, LinearOptions};
pub use module::{Func, Module, apply};
pub use parameter::{Buffer, Parameter, deepcopy};
pub use part::{Part, Parts, Training};
pub use sequential::Sequential;
pub use state_dict::StateDict;

pub use crate::parts;
