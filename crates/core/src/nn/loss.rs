//! Losses: `torch/nn/modules/loss.py` and `torch/nn/functional.py`.

mod classification;
mod part;

use tch::{Reduction as TchReduction, TchError, Tensor};

pub use classification::{
    BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, NLLLoss, binary_cross_entropy,
    binary_cross_entropy_with_logits, cross_entropy, nll_loss,
};

use crate::{Error, Result};

/// What becomes of the elements' losses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Their mean, shape `[]`: `reduction='mean'`.
    #[default]
    Mean,
    /// Their sum, shape `[]`: `reduction='sum'`.
    Sum,
    /// All of them, in the input's shape: `reduction='none'`.
    None,
}

impl From<Reduction> for TchReduction {
    fn from(reduction: Reduction) -> Self {
        match reduction {
            Reduction::Mean => Self::Mean,
            Reduction::Sum => Self::Sum,
            Reduction::None => Self::None,
        }
    }
}

macro_rules! loss {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: f64 = $default:expr)? },
        $function:ident, $functional:literal, $apply:expr
    ) => {
        $(#[$doc])*
        ///
        /// # Shapes
        /// `input`: `[*]`, `target`: the same; result `[]`, or `[*]` with [`Reduction::None`].
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            /// What becomes of the elements' losses.
            pub reduction: Reduction,
            $($(#[$field_doc])* pub $field: f64,)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self { reduction: Reduction::Mean, $($field: $default)? }
            }
        }

        impl $name {
            /// The loss with its default settings.
            pub fn new() -> Self {
                Self::default()
            }

            /// `loss_fn(input, target)`.
            ///
            /// # Errors
            /// [`Error::Shape`] where the shapes differ, and whatever libtorch refuses.
            pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
                same_shape($functional, input, target)?;
                let apply: fn(&Self, &Tensor, &Tensor) -> std::result::Result<Tensor, TchError> =
                    $apply;
                Ok(apply(self, input, target)?)
            }
        }

        #[doc = concat!("`F.", $functional, "(input, target)` with its default settings.")]
        ///
        /// # Errors
        /// [`Error::Shape`] where the shapes differ, and whatever libtorch refuses.
        pub fn $function(input: &Tensor, target: &Tensor) -> Result<Tensor> {
            $name::default().forward(input, target)
        }
    };
}

loss! {
    /// `torch.nn.L1Loss`: the absolute error `|x - y|`.
    L1Loss {}, l1_loss, "l1_loss",
    |it, input, target| input.f_l1_loss(target, it.reduction.into())
}
loss! {
    /// `torch.nn.MSELoss`: the squared error `(x - y)²`.
    MSELoss {}, mse_loss, "mse_loss",
    |it, input, target| input.f_mse_loss(target, it.reduction.into())
}
loss! {
    /// `torch.nn.HuberLoss`: half the squared error up to `delta`, linear beyond.
    HuberLoss {
        /// Where the linear part begins, in the input's unit; above 0.
        delta: f64 = 1.0
    },
    huber_loss, "huber_loss",
    |it, input, target| input.f_huber_loss(target, it.reduction.into(), it.delta)
}
loss! {
    /// `torch.nn.SmoothL1Loss`: [`HuberLoss`] divided by `beta`; with `beta` 0, [`L1Loss`].
    SmoothL1Loss {
        /// Where the linear part begins, in the input's unit; 0 or above.
        beta: f64 = 1.0
    },
    smooth_l1_loss, "smooth_l1_loss",
    |it, input, target| {
        if it.beta == 0. {
            return input.f_l1_loss(target, it.reduction.into());
        }
        input.f_smooth_l1_loss(target, it.reduction.into(), it.beta)
    }
}

fn same_shape(operation: &'static str, input: &Tensor, target: &Tensor) -> Result<()> {
    let (input, target) = (input.size(), target.size());
    if input == target {
        return Ok(());
    }
    Err(Error::Shape {
        operation,
        expected: format!("a target of the input's shape {input:?}"),
        found: format!("{target:?}"),
    })
}
