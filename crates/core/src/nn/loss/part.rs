//! Losses as parts of a model: they print, and their weights are buffers, as in Python.

use tch::Tensor;

use super::{
    BCELoss, BCEWithLogitsLoss, CTCLoss, CosineEmbeddingLoss, CrossEntropyLoss, GaussianNLLLoss,
    HingeEmbeddingLoss, HuberLoss, KLDivLoss, L1Loss, MSELoss, MarginRankingLoss,
    MultiLabelMarginLoss, MultiLabelSoftMarginLoss, MultiMarginLoss, NLLLoss, PoissonNLLLoss,
    SmoothL1Loss, SoftMarginLoss, TripletMarginLoss, TripletMarginWithDistanceLoss,
};
use crate::nn::{Module, PairwiseDistance, Parts};

/// Losses, and which of their fields are buffers. Their `forward` takes two tensors and is their own.
macro_rules! parts_of_models {
    ($($loss:ident $([$($weight:ident),+])?;)+) => {$(
        impl Module for $loss {
            fn parts(&self) -> Parts<'_> {
                Parts::new()$($(.with_buffer(stringify!($weight), self.$weight.as_ref()))+)?
            }
        }
    )+};
}
parts_of_models! {
    L1Loss; MSELoss; HuberLoss; SmoothL1Loss;
    CrossEntropyLoss [weight]; NLLLoss [weight]; BCELoss [weight]; BCEWithLogitsLoss [weight, pos_weight];
    CTCLoss; CosineEmbeddingLoss; GaussianNLLLoss; HingeEmbeddingLoss; KLDivLoss; MarginRankingLoss;
    MultiLabelMarginLoss; MultiLabelSoftMarginLoss [weight]; MultiMarginLoss [weight]; PoissonNLLLoss;
    SoftMarginLoss; TripletMarginLoss;
}

/// The distance that a [`TripletMarginWithDistanceLoss`] has by default, a module in Python.
static USUAL: PairwiseDistance = PairwiseDistance { p: 2., eps: 1e-6, keepdim: false };

impl Module for TripletMarginWithDistanceLoss {
    fn parts(&self) -> Parts<'_> {
        match self.distance_function {
            None => Parts::new().with("distance_function", &USUAL),
            Some(_) => Parts::new(),
        }
    }
}

/// Another handle on the same weights.
macro_rules! cloned {
    ($($loss:ident [$($weight:ident),+] $($field:ident)*;)+) => {$(
        impl Clone for $loss {
            fn clone(&self) -> Self {
                let handle = |weight: &Option<Tensor>| weight.as_ref().map(crate::nn::deepcopy::buffer);
                Self { $($weight: handle(&self.$weight),)+ $($field: self.$field,)* }
            }
        }
    )+};
}
cloned! {
    CrossEntropyLoss [weight] ignore_index label_smoothing reduction;
    NLLLoss [weight] ignore_index reduction;
    BCELoss [weight] reduction;
    BCEWithLogitsLoss [weight, pos_weight] reduction;
    MultiLabelSoftMarginLoss [weight] reduction;
    MultiMarginLoss [weight] p margin reduction;
}
