use tch::{TchError, Tensor};

use super::Module;
use crate::Result;

macro_rules! activation {
    ($(#[$doc:meta])* $name:ident, $apply:expr) => {
        $(#[$doc])*
        ///
        /// # Shapes
        /// `[*] -> [*]`, dtype kept.
        #[derive(Debug, Clone, Default)]
        pub struct $name;

        impl $name {
            /// The module; it has nothing to set.
            pub fn new() -> Self {
                Self
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                let apply: fn(&Tensor) -> std::result::Result<Tensor, TchError> = $apply;
                Ok(apply(input)?)
            }
        }
    };
}

activation! {
    /// `torch.nn.ReLU`: `max(0, x)`.
    ReLU, Tensor::f_relu
}
activation! {
    /// `torch.nn.Tanh`.
    Tanh, Tensor::f_tanh
}
activation! {
    /// `torch.nn.Sigmoid`: `1 / (1 + exp(-x))`.
    Sigmoid, Tensor::f_sigmoid
}
activation! {
    /// `torch.nn.Identity`: the input itself.
    Identity, |input| Ok(input.shallow_clone())
}

macro_rules! softmax {
    ($(#[$doc:meta])* $name:ident, $apply:ident) => {
        $(#[$doc])*
        ///
        /// # Shapes
        /// `[*] -> [*]`, dtype kept. Python takes no dimension too, with a warning; here it is named.
        #[derive(Debug, Clone)]
        pub struct $name {
            dim: i64,
        }

        impl $name {
            /// Along a dimension; -1 is the last.
            pub fn new(dim: i64) -> Self {
                Self { dim }
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                Ok(input.$apply(self.dim, None)?)
            }

            fn extra_repr(&self) -> String {
                format!("dim={}", self.dim)
            }
        }
    };
}

softmax! {
    /// `torch.nn.Softmax`: `exp(x) / Σ exp(x)` along a dimension.
    Softmax, f_softmax
}
softmax! {
    /// `torch.nn.LogSoftmax`: the logarithm of [`Softmax`].
    LogSoftmax, f_log_softmax
}
