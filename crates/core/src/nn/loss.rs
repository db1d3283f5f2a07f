//! Losses: `torch/nn/modules/loss.py` and `torch/nn/functional.py`.

mod adaptive;
mod classification;
mod likelihood;
mod margin;
mod of_three;
mod part;

use tch::{Reduction as TchReduction, TchError, Tensor};

pub use adaptive::{AdaptiveLogSoftmaxWithLoss, AdaptiveLogSoftmaxWithLossOptions};
pub use classification::{
    BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, NLLLoss, binary_cross_entropy,
    binary_cross_entropy_with_logits, cross_entropy, nll_loss,
};

pub use likelihood::{
    CTCLoss, GaussianNLLLoss, KLDivLoss, KLDivReduction, PoissonNLLLoss, Variance, ctc_loss,
    gaussian_nll_loss, kl_div, poisson_nll_loss,
};
pub use margin::{
    HingeEmbeddingLoss, MultiLabelMarginLoss, MultiLabelSoftMarginLoss, MultiMarginLoss,
    SoftMarginLoss, hinge_embedding_loss, multi_margin_loss, multilabel_margin_loss,
    multilabel_soft_margin_loss, soft_margin_loss,
};
pub use of_three::{
    CosineEmbeddingLoss, MarginRankingLoss, TripletMarginLoss, TripletMarginWithDistanceLoss,
    cosine_embedding_loss, margin_ranking_loss, triplet_margin_loss,
    triplet_margin_with_distance_loss,
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

impl Reduction {
    /// libtorch's number.
    fn code(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Mean => 1,
            Self::Sum => 2,
        }
    }

    /// The losses of all elements, reduced by an operator of its own.
    fn of(self, losses: Tensor) -> Result<Tensor> {
        Ok(match self {
            Self::None => losses,
            Self::Mean => losses.f_mean(None)?,
            Self::Sum => losses.f_sum(None)?,
        })
    }
}

/// Losses by their options with PyTorch's defaults, the function, the tensors that they take, and the value.
macro_rules! losses {
    ($(
        $(#[$meta:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr),* }
        $function:ident($($tensor:ident),+), $apply:expr;
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name {
            /// What becomes of the elements' losses.
            pub reduction: Reduction,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { reduction: Reduction::Mean, $($field: $default),* }
            }
        }

        impl $name {
            /// The loss with its default settings.
            pub fn new() -> Self {
                Self::default()
            }

            #[doc = concat!("`loss_fn(", stringify!($($tensor),+), ")`.")]
            ///
            /// # Errors
            /// Options and shapes that Python refuses, and whatever libtorch does.
            pub fn forward(&self, $($tensor: &Tensor),+) -> Result<Tensor> {
                let apply: fn(&Self, $(losses!(@tensor $tensor)),+) -> Result<Tensor> = $apply;
                apply(self, $($tensor),+)
            }
        }

        #[doc = concat!("`F.", stringify!($function), "(", stringify!($($tensor),+), ")` with its default settings.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($name), "::forward`].")]
        pub fn $function($($tensor: &Tensor),+) -> Result<Tensor> {
            $name::default().forward($($tensor),+)
        }
    )+};
    (@tensor $tensor:ident) => {
        &Tensor
    };
}
use losses;

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
