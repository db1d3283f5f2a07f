//! `torch/nn/modules/distance.py`: functions of two tensors.

use tch::Tensor;

use super::Module;
use crate::{Error, Result};

/// A name, its options with PyTorch's defaults, and its operator.
macro_rules! distances {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr),+ }
        $function:ident;
    )+) => {$(
        $(#[$doc])*
        ///
        /// It takes two tensors, so that it stands in no [`Sequential`](super::Sequential): its `forward`
        /// as a [`Module`] is refused.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default),+ }
            }
        }

        impl $name {
            /// With PyTorch's defaults.
            pub fn new() -> Self {
                Self::default()
            }

            /// `module(x1, x2)`.
            ///
            /// # Errors
            /// Shapes that do not broadcast, and a dimension that there is not.
            pub fn forward(&self, x1: &Tensor, x2: &Tensor) -> Result<Tensor> {
                Ok(Tensor::$function(x1, x2, $(self.$field),+)?)
            }
        }

        impl Module for $name {
            fn forward(&self, _: &Tensor) -> Result<Tensor> {
                let accepted = "it takes two tensors: call its own forward with them";
                Err(Error::argument("input", "one tensor", accepted))
            }
        }
    )+};
}

distances! {
    /// `torch.nn.PairwiseDistance`: the norm of `x1 - x2 + eps` along the last dimension.
    ///
    /// # Shapes
    /// `[n, d]` and `[n, d] -> [n]`, or the same without `n`.
    PairwiseDistance {
        /// Which norm; 2 by default.
        p: f64 = 2.,
        /// What keeps the root's gradient finite; 1e-6 by default.
        eps: f64 = 1e-6,
        /// Whether the last dimension stays, of size 1.
        keepdim: bool = false
    } f_pairwise_distance;
    /// `torch.nn.CosineSimilarity`: the cosine of the angle of `x1` and `x2` along a dimension.
    ///
    /// # Shapes
    /// `[*, d, *]` and `[*, d, *] -> [*, *]`.
    CosineSimilarity {
        /// The dimension; 1 by default.
        dim: i64 = 1,
        /// The least that norms count as; 1e-8 by default.
        eps: f64 = 1e-8
    } f_cosine_similarity;
}
