use tch::Tensor;

use super::{Reduction, same_shape};
use crate::{Error, Result};

/// `torch.nn.CrossEntropyLoss`: the negative logarithm of the softmax at the target's class.
///
/// # Shapes
/// `input`: `[n, classes, *]` or `[classes]`, not normalized; `target`: class indices `[n, *]`, int64,
/// or probabilities of `input`'s shape and dtype; result `[]`, or `[n, *]` with
/// [`Reduction::None`].
///
/// ```
/// use tch::Tensor;
/// use torch_exact::nn::CrossEntropyLoss;
///
/// # fn main() -> torch_exact::Result<()> {
/// let logits = Tensor::from_slice2(&[[0.0f32, 0.0], [0.0, 0.0]]);
/// let loss = CrossEntropyLoss { label_smoothing: 0.1, ..Default::default() };
/// let loss = loss.forward(&logits, &Tensor::from_slice(&[0i64, 1]))?;
/// assert_eq!(loss.double_value(&[]), f64::from(0.5f32.ln().abs()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CrossEntropyLoss {
    /// A factor for each class, `[classes]`, `input`'s dtype; none is 1 for all.
    pub weight: Option<Tensor>,
    /// A class index that does not count.
    pub ignore_index: i64,
    /// The part of the target that is spread over all classes; 0 to 1.
    pub label_smoothing: f64,
    /// What becomes of the elements' losses.
    pub reduction: Reduction,
}

impl Default for CrossEntropyLoss {
    fn default() -> Self {
        let reduction = Reduction::default();
        Self { weight: None, ignore_index: -100, label_smoothing: 0., reduction }
    }
}

impl CrossEntropyLoss {
    /// The loss with its default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// `loss_fn(input, target)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a smoothing outside 0 to 1, and whatever libtorch refuses: shapes that
    /// do not fit, a class that there is not.
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        if self.label_smoothing < 0. || self.label_smoothing > 1. {
            let accepted = "a label smoothing is between 0 and 1";
            return Err(Error::argument("label_smoothing", self.label_smoothing, accepted));
        }
        Ok(input.f_cross_entropy_loss(
            target,
            self.weight.as_ref(),
            self.reduction.into(),
            self.ignore_index,
            self.label_smoothing,
        )?)
    }
}

/// `F.cross_entropy(input, target)` with its default settings.
///
/// # Errors
/// As [`CrossEntropyLoss::forward`].
pub fn cross_entropy(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    CrossEntropyLoss::new().forward(input, target)
}

/// `torch.nn.NLLLoss`: the negative of `input` at the target's class.
///
/// # Shapes
/// `input`: logarithms of probabilities, `[n, classes, *]` or `[classes]`; `target`: class indices
/// `[n, *]`, int64; result `[]`, or `[n, *]` with [`Reduction::None`].
#[derive(Debug)]
pub struct NLLLoss {
    /// A factor for each class, `[classes]`, `input`'s dtype; none is 1 for all.
    pub weight: Option<Tensor>,
    /// A class index that does not count.
    pub ignore_index: i64,
    /// What becomes of the elements' losses.
    pub reduction: Reduction,
}

impl Default for NLLLoss {
    fn default() -> Self {
        Self { weight: None, ignore_index: -100, reduction: Reduction::default() }
    }
}

impl NLLLoss {
    /// The loss with its default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// `loss_fn(input, target)`.
    ///
    /// # Errors
    /// Whatever libtorch refuses: shapes that do not fit, a class that there is not.
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let reduction = self.reduction.into();
        Ok(input.f_nll_loss_nd(target, self.weight.as_ref(), reduction, self.ignore_index)?)
    }
}

/// `F.nll_loss(input, target)` with its default settings.
///
/// # Errors
/// As [`NLLLoss::forward`].
pub fn nll_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    NLLLoss::new().forward(input, target)
}

/// `torch.nn.BCELoss`: the cross entropy of probabilities of two classes.
///
/// # Shapes
/// `input`: probabilities `[*]`; `target`: the same shape and dtype, 0 to 1; result `[]`, or `[*]`
/// with [`Reduction::None`].
#[derive(Debug, Default)]
pub struct BCELoss {
    /// A factor for each element, of a shape that broadcasts to `input`'s.
    pub weight: Option<Tensor>,
    /// What becomes of the elements' losses.
    pub reduction: Reduction,
}

impl BCELoss {
    /// The loss with its default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// `loss_fn(input, target)`.
    ///
    /// # Errors
    /// [`Error::Shape`] where the shapes differ, which Python refuses too, and whatever libtorch
    /// refuses: elements outside 0 to 1.
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        same_shape("binary_cross_entropy", input, target)?;
        // Python broadcasts the factors; the operator below takes them as they are.
        let expand = |weight: &Tensor| weight.f_expand(target.size(), false);
        let weight = self.weight.as_ref().map(expand).transpose()?;
        Ok(input.f_binary_cross_entropy(target, weight, self.reduction.into())?)
    }
}

/// `F.binary_cross_entropy(input, target)` with its default settings.
///
/// # Errors
/// As [`BCELoss::forward`].
pub fn binary_cross_entropy(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    BCELoss::new().forward(input, target)
}

/// `torch.nn.BCEWithLogitsLoss`: [`BCELoss`] of the sigmoid, in one operation that does not overflow.
///
/// # Shapes
/// `input`: any numbers `[*]`; `target`: the same shape, 0 to 1; result `[]`, or `[*]` with
/// [`Reduction::None`].
#[derive(Debug, Default)]
pub struct BCEWithLogitsLoss {
    /// A factor for each element, of a shape that broadcasts to `input`'s.
    pub weight: Option<Tensor>,
    /// A factor for the positive part of each element, of a shape that broadcasts to `input`'s.
    pub pos_weight: Option<Tensor>,
    /// What becomes of the elements' losses.
    pub reduction: Reduction,
}

impl BCEWithLogitsLoss {
    /// The loss with its default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// `loss_fn(input, target)`.
    ///
    /// # Errors
    /// [`Error::Shape`] where the shapes differ, which Python refuses too.
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        same_shape("binary_cross_entropy_with_logits", input, target)?;
        let (weight, pos_weight) = (self.weight.as_ref(), self.pos_weight.as_ref());
        let reduction = self.reduction.into();
        Ok(input.f_binary_cross_entropy_with_logits(target, weight, pos_weight, reduction)?)
    }
}

/// `F.binary_cross_entropy_with_logits(input, target)` with its default settings.
///
/// # Errors
/// As [`BCEWithLogitsLoss::forward`].
pub fn binary_cross_entropy_with_logits(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    BCEWithLogitsLoss::new().forward(input, target)
}
