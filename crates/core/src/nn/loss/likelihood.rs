//! Losses that are logarithms of likelihoods.

use std::f64::consts::PI;

use tch::{Reduction as TchReduction, Tensor, no_grad};

use super::super::aten::aten;
use super::{Reduction, losses};
use crate::{Error, Result, ops};

losses! {
    /// `torch.nn.PoissonNLLLoss`: that of counts, whose mean or its logarithm is the input.
    ///
    /// # Shapes
    /// `input`: `[*]`; `target`: one that broadcasts with it; result `[]`, or `[*]` with
    /// [`Reduction::None`].
    #[derive(Clone, Copy, PartialEq)]
    PoissonNLLLoss {
        /// Whether the input is the logarithm; true by default.
        log_input: bool = true,
        /// Whether Stirling's approximation of the term that the input does not move is added.
        full: bool = false,
        /// What is added to an input before its logarithm; 1e-8 by default.
        eps: f64 = 1e-8
    }
    poisson_nll_loss(input, target),
    |it, input, target| {
        let Self { log_input, full, eps, reduction } = *it;
        let reduction = reduction.code().into();
        let options = [log_input.into(), full.into(), eps.into(), reduction];
        aten("aten::poisson_nll_loss", &[&[input.into(), target.into()], options.as_slice()].concat())
    };

    /// `torch.nn.CTCLoss`: that of a sequence of classes, wherever they stand in a longer one.
    ///
    /// # Shapes
    /// `log_probs`: logarithms of probabilities `[time, n, classes]` or `[time, classes]`; `targets`:
    /// class indices `[n, longest]` or all in one, int64; both lengths `[n]` or `[]`, int64; result `[]`, or
    /// `[n]` with [`Reduction::None`].
    #[derive(Clone, Copy, PartialEq)]
    CTCLoss {
        /// The class that stands for none; 0 by default.
        blank: i64 = 0,
        /// Whether an infinite loss, of a target that is too long, counts as 0.
        zero_infinity: bool = false
    }
    ctc_loss(log_probs, targets, input_lengths, target_lengths),
    |it, log_probs, targets, input_lengths, target_lengths| {
        let options = [it.blank.into(), it.reduction.code().into(), it.zero_infinity.into()];
        let tensors =
            [log_probs.into(), targets.into(), input_lengths.into(), target_lengths.into()];
        aten("aten::ctc_loss.Tensor", &[tensors.as_slice(), &options].concat())
    };
}

/// What becomes of the elements' losses of a [`KLDivLoss`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KLDivReduction {
    /// Their mean: `'mean'`, which is not the divergence.
    #[default]
    Mean,
    /// Their sum: `'sum'`.
    Sum,
    /// Their sum by the first dimension's size, which is the divergence: `'batchmean'`.
    BatchMean,
    /// All of them: `'none'`.
    None,
}

/// `torch.nn.KLDivLoss`: `y (log y - x)`, the divergence of logarithms of probabilities `x` from
/// probabilities `y`.
///
/// # Shapes
/// `input`: `[*]`; `target`: one that broadcasts with it; result `[]`, or `[*]` with
/// [`KLDivReduction::None`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KLDivLoss {
    /// What becomes of the elements' losses.
    pub reduction: KLDivReduction,
    /// Whether the target is logarithms, too.
    pub log_target: bool,
}

impl KLDivLoss {
    /// The loss with its default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// `loss_fn(input, target)`.
    ///
    /// # Errors
    /// Shapes that do not broadcast.
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let reduction = match self.reduction {
            KLDivReduction::Mean => TchReduction::Mean,
            KLDivReduction::Sum | KLDivReduction::BatchMean => TchReduction::Sum,
            KLDivReduction::None => TchReduction::None,
        };
        let reduced = input.f_kl_div(target, reduction, self.log_target)?;
        match (self.reduction, input.size().first()) {
            (KLDivReduction::BatchMean, Some(&n)) => ops::div(&reduced, n),
            _ => Ok(reduced),
        }
    }
}

/// `F.kl_div(input, target)` with its default settings.
///
/// # Errors
/// As [`KLDivLoss::forward`].
pub fn kl_div(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    KLDivLoss::new().forward(input, target)
}

/// The variance that a [`GaussianNLLLoss`] takes, made by `into` of a tensor or a number.
#[derive(Debug, Clone, Copy)]
pub enum Variance<'a> {
    /// One for each element, or for each row.
    Tensor(&'a Tensor),
    /// One for all.
    Number(f64),
}

impl<'a> From<&'a Tensor> for Variance<'a> {
    fn from(variance: &'a Tensor) -> Self {
        Self::Tensor(variance)
    }
}

impl From<f64> for Variance<'_> {
    fn from(variance: f64) -> Self {
        Self::Number(variance)
    }
}

/// `torch.nn.GaussianNLLLoss`: that of normal distributions, whose means are the input.
///
/// # Shapes
/// `input`, `target`: `[*, d]`; `var`: the same, `[*, 1]` or `[*]`; result `[]`, or `[*, d]` with
/// [`Reduction::None`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussianNLLLoss {
    /// Whether the term that the input does not move is added.
    pub full: bool,
    /// The least that a variance counts as; 1e-6 by default.
    pub eps: f64,
    /// What becomes of the elements' losses.
    pub reduction: Reduction,
}

impl Default for GaussianNLLLoss {
    fn default() -> Self {
        Self { full: false, eps: 1e-6, reduction: Reduction::Mean }
    }
}

impl GaussianNLLLoss {
    /// The loss with its default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// `loss_fn(input, target, var)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a negative variance, [`Error::Shape`] for one that does not fit.
    pub fn forward<'a>(
        &self,
        input: &Tensor,
        target: &Tensor,
        var: impl Into<Variance<'a>>,
    ) -> Result<Tensor> {
        let var = variance(input, var.into())?;
        let var = ops::clone(&var)?;
        let _ = no_grad(|| aten("aten::clamp_", &[(&var).into(), self.eps.into()]))?;
        let squares = input.f_sub(target)?.f_pow_tensor_scalar(2)?;
        let losses = ops::mul(&var.f_log()?.f_add(&squares.f_div(&var)?)?, 0.5)?;
        if self.full {
            ops::add_(&losses, 0.5 * (2. * PI).ln())?;
        }
        self.reduction.of(losses)
    }
}

/// A variance that broadcasts with the input.
fn variance(input: &Tensor, var: Variance) -> Result<Tensor> {
    let negative = || Err(Error::argument("var", "negative somewhere", "it is 0 or above"));
    let var = match var {
        Variance::Number(number) if number < 0. => return negative(),
        Variance::Number(number) => ops::mul(&input.f_ones_like()?, number)?,
        Variance::Tensor(var) => {
            if var.f_lt(0)?.f_any()?.f_is_nonzero()? {
                return negative();
            }
            var.shallow_clone()
        }
    };
    let (given, size) = (var.size(), input.size());
    let differing = || size.iter().zip(&given).filter(|(a, b)| a != b).map(|(_, b)| b).sum::<i64>();
    match size.split_last() {
        _ if given == size => Ok(var),
        Some((_, rows)) if rows == given => Ok(var.f_unsqueeze(-1)?),
        _ if given.len() == size.len() && differing() == 1 => Ok(var),
        _ => Err(Error::Shape {
            operation: "gaussian_nll_loss",
            expected: format!("a variance of the input's shape {size:?} or of its rows"),
            found: format!("{given:?}"),
        }),
    }
}

/// `F.gaussian_nll_loss(input, target, var)` with its default settings.
///
/// # Errors
/// As [`GaussianNLLLoss::forward`].
pub fn gaussian_nll_loss<'a>(
    input: &Tensor,
    target: &Tensor,
    var: impl Into<Variance<'a>>,
) -> Result<Tensor> {
    GaussianNLLLoss::new().forward(input, target, var)
}
