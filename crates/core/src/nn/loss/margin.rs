//! Losses of one input and a target that is a side or a class.

use tch::Tensor;

use super::super::aten::aten;
use super::{Reduction, losses};
use crate::{Error, Result, ops};

losses! {
    /// `torch.nn.HingeEmbeddingLoss`: `x` where the target is 1, `max(0, margin - x)` where it is -1.
    ///
    /// # Shapes
    /// `input`: `[*]`; `target`: one that broadcasts with it; result `[]`, or `[*]` with
    /// [`Reduction::None`].
    #[derive(Clone, Copy, PartialEq)]
    HingeEmbeddingLoss {
        /// 1 by default.
        margin: f64 = 1.
    }
    hinge_embedding_loss(input, target),
    |it, input, target| {
        Ok(input.f_hinge_embedding_loss(target, it.margin, it.reduction.into())?)
    };

    /// `torch.nn.SoftMarginLoss`: `log(1 + exp(-y x))` for targets `y` of 1 and -1.
    ///
    /// # Shapes
    /// `input`: `[*]`; `target`: the same; result `[]`, or `[*]` with [`Reduction::None`].
    #[derive(Clone, Copy, PartialEq)]
    SoftMarginLoss {}
    soft_margin_loss(input, target),
    |it, input, target| Ok(input.f_soft_margin_loss(target, it.reduction.into())?);

    /// `torch.nn.MultiLabelMarginLoss`: how far each class of the target is not ahead of each other class.
    ///
    /// # Shapes
    /// `input`: `[n, classes]` or `[classes]`; `target`: class indices of that shape, int64, ended by -1;
    /// result `[]`, or `[n]` with [`Reduction::None`].
    #[derive(Clone, Copy, PartialEq)]
    MultiLabelMarginLoss {}
    multilabel_margin_loss(input, target),
    |it, input, target| {
        let arguments = [input.into(), target.into(), it.reduction.code().into()];
        aten("aten::multilabel_margin_loss", &arguments)
    };

    /// `torch.nn.MultiLabelSoftMarginLoss`: the mean of the cross entropies of each class on its own.
    ///
    /// # Shapes
    /// `input`: `[*, classes]`; `target`: the same, 0 or 1; result `[]`, or `[*]` with
    /// [`Reduction::None`].
    MultiLabelSoftMarginLoss {
        /// A factor for each class.
        weight: Option<Tensor> = None
    }
    multilabel_soft_margin_loss(input, target),
    |it, input, target| {
        let Some(&classes) = input.size().last() else {
            return Err(Error::Shape {
                operation: "multilabel_soft_margin_loss",
                expected: "an input of one or more dimensions".to_owned(),
                found: "[]".to_owned(),
            });
        };
        let positive = target.f_mul(&input.f_log_sigmoid()?)?;
        let negative = ops::rsub(target, 1)?.f_mul(&input.f_neg()?.f_log_sigmoid()?)?;
        let mut losses = positive.f_add(&negative)?.f_neg()?;
        if let Some(weight) = &it.weight {
            losses = losses.f_mul(weight)?;
        }
        let last = input.dim() as i64 - 1;
        let sum = losses.f_sum_dim_intlist([last].as_slice(), false, None)?;
        it.reduction.of(ops::div(&sum, classes)?)
    };

    /// `torch.nn.MultiMarginLoss`: how far the target's class is not ahead of each other class.
    ///
    /// # Shapes
    /// `input`: `[n, classes]` or `[classes]`; `target`: class indices `[n]` or `[]`, int64; result `[]`, or
    /// `[n]` with [`Reduction::None`].
    MultiMarginLoss {
        /// The power, 1 or 2; 1 by default.
        p: i64 = 1,
        /// 1 by default.
        margin: f64 = 1.,
        /// A factor for each class, `[classes]`.
        weight: Option<Tensor> = None
    }
    multi_margin_loss(input, target),
    |it, input, target| {
        if it.p != 1 && it.p != 2 {
            return Err(Error::argument("p", it.p, "only p == 1 and p == 2 are supported"));
        }
        if let Some(weight) = it.weight.as_ref().filter(|weight| weight.dim() != 1) {
            let given = format!("of {} dimensions", weight.dim());
            return Err(Error::argument("weight", given, "it must be one-dimensional"));
        }
        let (weight, reduction) = (it.weight.as_ref().into(), it.reduction.code().into());
        let arguments = [input.into(), target.into(), it.p.into(), it.margin.into(), weight];
        aten("aten::multi_margin_loss", &[arguments.as_slice(), &[reduction]].concat())
    };
}
