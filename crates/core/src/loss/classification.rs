use tch::{Kind, Tensor};

use super::{Reduction, same_shape};
use crate::{Error, Result, repr};

/// PyTorch's default for `ignore_index`.
const NO_CLASS: i64 = -100;

/// `torch.nn.CrossEntropyLoss`: of logits, the negative logarithm of their softmax at the target.
///
/// # Shapes
/// `input`: `[C]`, `[n, C]` or `[n, C, *]`. `target`: class indices (int64 or uint8) in the input's
/// shape without `C`, or the classes' probabilities in the input's shape. Result `[]`, or the
/// indices' shape with [`Reduction::None`].
///
/// ```
/// use tch::Tensor;
/// use torch_exact::loss::CrossEntropyLoss;
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let (logits, classes) = (random::randn([2, 3])?, Tensor::from_slice(&[2_i64, 0]));
/// let loss_fn = CrossEntropyLoss { label_smoothing: 0.1, ..Default::default() };
/// assert_eq!(loss_fn.forward(&logits, &classes)?.dim(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CrossEntropyLoss {
    /// A factor for each class, `[C]`.
    pub weight: Option<Tensor>,
    /// A class index whose elements do not count, -100 by default.
    pub ignore_index: i64,
    /// What becomes of the elements' losses; the mean is weighted.
    pub reduction: Reduction,
    /// The share of the target that is spread over all classes, 0 to 1.
    pub label_smoothing: f64,
}

impl Default for CrossEntropyLoss {
    fn default() -> Self {
        Self {
            weight: None,
            ignore_index: NO_CLASS,
            reduction: Reduction::Mean,
            label_smoothing: 0.,
        }
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
    /// [`Error::Shape`] for a target or weight of another shape, [`Error::Argument`] for a class
    /// index out of range (on a GPU, libtorch's device-side assertion) or indices of another dtype,
    /// and whatever else libtorch refuses.
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let Self { weight, ignore_index, reduction, label_smoothing } = self;
        let reduction = (*reduction).into();
        input
            .f_cross_entropy_loss(
                target,
                weight.as_ref(),
                reduction,
                *ignore_index,
                *label_smoothing,
            )
            .map_err(|error| {
                let probabilities = target.is_floating_point() && input.dim() == target.dim();
                if probabilities && input.size() != target.size() {
                    return shape("cross_entropy", "probabilities", &input.size(), target);
                }
                let fault = match probabilities {
                    true => weight_fault("cross_entropy", input, weight.as_ref()),
                    false => fault("cross_entropy", input, target, weight.as_ref(), *ignore_index),
                };
                fault.unwrap_or_else(|| error.into())
            })
    }
}

/// `F.cross_entropy(input, target)` with its default settings.
///
/// # Errors
/// As [`CrossEntropyLoss::forward`].
pub fn cross_entropy(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    CrossEntropyLoss::default().forward(input, target)
}

/// `torch.nn.NLLLoss`: of logarithms of probabilities, the negative one at the target.
///
/// # Shapes
/// `input`: `[C]`, `[n, C]` or `[n, C, *]`. `target`: class indices (int64 or uint8) in the input's
/// shape without `C`. Result `[]`, or the target's shape with [`Reduction::None`].
#[derive(Debug)]
pub struct NLLLoss {
    /// A factor for each class, `[C]`.
    pub weight: Option<Tensor>,
    /// A class index whose elements do not count, -100 by default.
    pub ignore_index: i64,
    /// What becomes of the elements' losses; the mean is weighted.
    pub reduction: Reduction,
}

impl Default for NLLLoss {
    fn default() -> Self {
        Self { weight: None, ignore_index: NO_CLASS, reduction: Reduction::Mean }
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
    /// As [`CrossEntropyLoss::forward`].
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let Self { weight, ignore_index, reduction } = self;
        let weight = weight.as_ref();
        input.f_nll_loss_nd(target, weight, (*reduction).into(), *ignore_index).map_err(|error| {
            fault("nll_loss", input, target, weight, *ignore_index).unwrap_or_else(|| error.into())
        })
    }
}

/// `F.nll_loss(input, target)` with its default settings.
///
/// # Errors
/// As [`NLLLoss::forward`].
pub fn nll_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    NLLLoss::default().forward(input, target)
}

/// `torch.nn.BCELoss`: of probabilities x, the binary cross-entropy
/// `-(y log x + (1 - y) log(1 - x))`, whose logarithms are no less than -100.
///
/// # Shapes
/// `input`: `[*]`, `target`: the same; result `[]`, or `[*]` with [`Reduction::None`].
#[derive(Debug, Default)]
pub struct BCELoss {
    /// A factor for each element, of a shape that broadcasts to the input's.
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
    /// [`Error::Shape`] where the shapes differ, and whatever libtorch refuses, such as an input
    /// outside 0 to 1.
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        same_shape("binary_cross_entropy", input, target)?;
        let weight = self.weight.as_ref();
        let weight = weight.map(|weight| weight.f_expand(target.size(), false)).transpose()?;
        Ok(input.f_binary_cross_entropy(target, weight.as_ref(), self.reduction.into())?)
    }
}

/// `F.binary_cross_entropy(input, target)` with its default settings.
///
/// # Errors
/// As [`BCELoss::forward`].
pub fn binary_cross_entropy(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    BCELoss::default().forward(input, target)
}

/// `torch.nn.BCEWithLogitsLoss`: [`BCELoss`] of the sigmoid of the input.
///
/// # Shapes
/// `input`: `[*]`, `target`: the same; result `[]`, or `[*]` with [`Reduction::None`].
#[derive(Debug, Default)]
pub struct BCEWithLogitsLoss {
    /// A factor for each element, of a shape that broadcasts to the input's.
    pub weight: Option<Tensor>,
    /// What becomes of the elements' losses.
    pub reduction: Reduction,
    /// A factor for the positive part, of a shape that broadcasts to the input's.
    pub pos_weight: Option<Tensor>,
}

impl BCEWithLogitsLoss {
    /// The loss with its default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// `loss_fn(input, target)`.
    ///
    /// # Errors
    /// [`Error::Shape`] where the shapes differ, and whatever libtorch refuses.
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
    BCEWithLogitsLoss::default().forward(input, target)
}

/// What is wrong with class indices, once libtorch has refused them: asking before would cost each
/// step two passes over the target.
fn fault(
    operation: &'static str,
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    ignore_index: i64,
) -> Option<Error> {
    let mut expected = input.size();
    let class_dim = expected.len().min(2).checked_sub(1)?;
    let classes = expected.remove(class_dim);
    if target.size() != expected {
        return Some(shape(operation, "class indices", &expected, target));
    }
    if !matches!(target.kind(), Kind::Int64 | Kind::Uint8) {
        let accepted = "class indices are int64 or uint8";
        return Some(Error::argument("target.dtype", repr::dtype(target.kind()), accepted));
    }
    if target.device() == tch::Device::Cpu {
        let indices =
            Vec::<i64>::try_from(target.f_to_kind(Kind::Int64).ok()?.f_flatten(0, -1).ok()?);
        let outside = |index: &i64| *index != ignore_index && !(0..classes).contains(index);
        if let Some(index) = indices.ok()?.into_iter().find(outside) {
            let given = format!("{index} at {classes} classes");
            let accepted = "a class index counts from 0 to below the number of classes";
            return Some(Error::argument("target", given, accepted));
        }
    }
    weight_fault(operation, input, weight)
}

fn weight_fault(operation: &'static str, input: &Tensor, weight: Option<&Tensor>) -> Option<Error> {
    let size = input.size();
    let classes = *size.get(size.len().min(2).checked_sub(1)?)?;
    let weight = weight.filter(|weight| weight.size() != [classes])?;
    Some(Error::Shape {
        operation,
        expected: format!("a weight of shape [{classes}], one for each class"),
        found: format!("{:?}", weight.size()),
    })
}

fn shape(operation: &'static str, what: &str, expected: &[i64], target: &Tensor) -> Error {
    Error::Shape {
        operation,
        expected: format!("a target of {what} of shape {expected:?}"),
        found: format!("{:?}", target.size()),
    }
}
