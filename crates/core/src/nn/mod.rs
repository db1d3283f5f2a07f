//! Layers and losses, as [`torch.nn`](https://docs.pytorch.org/docs/2.11/nn.html).
//!
//! # Where losses depart from Python
//! Where `input` and `target` differ in shape, Python warns and broadcasts them against each other,
//! which turns `[n, 1]` against `[n]` into `[n, n]` and trains on nonsense. Here that is
//! [`Error::Shape`](crate::Error::Shape); whoever means it calls `expand` first.

mod activation;
mod dropout;
mod flatten;
mod func;
pub mod init;
mod linear;
mod loss;
mod module;
mod parameter;
mod part;
mod sequential;
mod state_dict;
pub mod utils;

pub use activation::{Identity, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh};
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use func::Func;
pub use linear::{Linear, LinearOptions};
pub use loss::{
    BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, HuberLoss, L1Loss, MSELoss, NLLLoss, Reduction,
    SmoothL1Loss,
};
pub use module::{DeviceOrDtype, Module, apply};
pub use parameter::{Buffer, Parameter, deepcopy};
pub use part::{Part, Parts, Training};
pub use sequential::Sequential;
pub use state_dict::{IncompatibleKeys, StateDict};

pub use crate::parts;

/// Losses as functions, with their default settings: `torch.nn.functional`.
pub mod functional {
    pub use super::loss::{
        binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, huber_loss, l1_loss,
        mse_loss, nll_loss, smooth_l1_loss,
    };
}
