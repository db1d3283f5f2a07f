use tch::Tensor;

use super::aten::{aten, dimensions};
use super::{Module, Training};
use crate::{Error, Result, parts, repr};

/// A name, its operator, and the dimensions of its input with and without a batch, where they count.
macro_rules! dropout {
    ($($(#[$doc:meta])* $name:ident, $operator:literal, $inplace:literal, $dims:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            p: f64,
            inplace: bool,
            training: Training,
        }

        impl $name {
            #[doc = concat!("`nn.", stringify!($name), "(p)`; PyTorch's default is 0.5.")]
            ///
            /// # Errors
            /// [`Error::Argument`] for a probability outside 0 to 1.
            pub fn new(p: f64) -> Result<Self> {
                if !(0. ..=1.).contains(&p) {
                    let accepted = "a dropout probability has to be between 0 and 1";
                    return Err(Error::argument("p", p, accepted));
                }
                Ok(Self { p, inplace: false, training: Training::default() })
            }

            /// The same in the input's place: `inplace=True`.
            pub fn inplace(self) -> Self {
                Self { inplace: true, ..self }
            }

            /// The probability of an element, or a channel, to be zeroed.
            pub fn p(&self) -> f64 {
                self.p
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                let operator = if self.inplace { $inplace } else { $operator };
                channels(operator, $dims, self.inplace, self.p, self.training.get(), input)
            }

            fn extra_repr(&self) -> String {
                format!("p={}, inplace={}", repr::float(self.p), repr::boolean(self.inplace))
            }

            parts!(training);
        }
    )+};
}

/// What a dropout of channels does with an input without a batch.
#[derive(Clone, Copy)]
enum Channels {
    /// Elements are dropped, so there are no channels.
    None,
    /// The input has so many dimensions with a batch, or one fewer.
    Strictly(usize),
    /// As `Strictly`, but others are taken as they are, with a warning in Python.
    Loosely(usize),
}

fn channels(
    operator: &'static str,
    dims: Channels,
    inplace: bool,
    p: f64,
    training: bool,
    input: &Tensor,
) -> Result<Tensor> {
    if !training {
        return Ok(input.shallow_clone());
    }
    let unbatched = match dims {
        Channels::None => false,
        Channels::Strictly(dims) => {
            dimensions("dropout1d", &[dims - 1, dims], input)?;
            input.dim() < dims
        }
        Channels::Loosely(dims) => input.dim() != dims,
    };
    let mut input = input.shallow_clone();
    if unbatched {
        input = if inplace { input.f_unsqueeze_(0)? } else { input.f_unsqueeze(0)? };
    }
    let mut out = aten(operator, &[(&input).into(), p.into(), training.into()])?;
    Ok(match (unbatched, inplace) {
        (false, _) => out,
        (true, true) => out.f_squeeze_dim_(0)?,
        (true, false) => out.f_squeeze_dim(0)?,
    })
}

dropout! {
    /// `torch.nn.Dropout`: in training, each element is zero with probability `p` and the others are
    /// divided by `1 - p`; in evaluation, the input itself.
    ///
    /// The mask is drawn from the default generator as PyTorch draws it, so that the same seed drops the
    /// same elements.
    ///
    /// # Shapes
    /// `[*] -> [*]`, dtype kept.
    ///
    /// ```
    /// use torch_exact::nn::{Dropout, Module};
    /// use torch_exact::random;
    ///
    /// # fn main() -> torch_exact::Result<()> {
    /// let dropout = Dropout::new(0.5)?;
    /// let x = random::rand([3, 4])?;
    /// assert_ne!(dropout.forward(&x)?, x);
    /// dropout.eval();
    /// assert_eq!(dropout.forward(&x)?, x);
    /// # Ok(())
    /// # }
    /// ```
    Dropout, "aten::dropout", "aten::dropout_", Channels::None;
    /// `torch.nn.Dropout1d`: [`Dropout`] of whole channels.
    ///
    /// # Shapes
    /// `[n, c, l]` or `[c, l]`, kept with the dtype.
    Dropout1d, "aten::feature_dropout", "aten::feature_dropout_", Channels::Strictly(3);
    /// `torch.nn.Dropout2d`: [`Dropout`] of whole channels.
    ///
    /// # Shapes
    /// `[n, c, h, w]`, kept with the dtype; `[n, c, l]` too, whose first dimension is the batch, as in
    /// Python.
    Dropout2d, "aten::feature_dropout", "aten::feature_dropout_", Channels::None;
    /// `torch.nn.Dropout3d`: [`Dropout`] of whole channels.
    ///
    /// # Shapes
    /// `[n, c, d, h, w]` or `[c, d, h, w]`, kept with the dtype.
    Dropout3d, "aten::feature_dropout", "aten::feature_dropout_", Channels::Loosely(5);
    /// `torch.nn.AlphaDropout`: dropout that keeps mean and variance, for [`SELU`](super::SELU). As in
    /// Python, `inplace` is printed and has no effect.
    ///
    /// # Shapes
    /// `[*] -> [*]`, dtype kept.
    AlphaDropout, "aten::alpha_dropout", "aten::alpha_dropout", Channels::None;
    /// `torch.nn.FeatureAlphaDropout`: [`AlphaDropout`] of whole channels.
    ///
    /// # Shapes
    /// `[n, c, *]`, kept with the dtype.
    FeatureAlphaDropout, "aten::feature_alpha_dropout", "aten::feature_alpha_dropout", Channels::None;
}
