use tch::{TchError, Tensor};

use super::{Module, Training};
use crate::Result;

macro_rules! activation {
    ($(#[$doc:meta])* $name:ident, $apply:expr) => {
        $(#[$doc])*
        ///
        /// # Shapes
        /// `[*] -> [*]`, dtype kept.
        #[derive(Debug, Default)]
        pub struct $name {
            training: Training,
        }

        impl $name {
            /// The module; it has nothing to set.
            pub fn new() -> Self {
                Self::default()
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                let apply: fn(&Tensor) -> std::result::Result<Tensor, TchError> = $apply;
                Ok(apply(input)?)
            }

            fn training_flag(&self) -> Option<&Training> {
                Some(&self.training)
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
