//! Losses of three tensors: two inputs and a target, or an anchor with a positive and a negative example.

use tch::Tensor;

use super::{Reduction, losses};
use crate::{Error, Result, ops};

/// Refuses a margin that is not positive.
fn above_zero(margin: f64) -> Result<()> {
    match margin > 0. {
        true => Ok(()),
        false => Err(Error::argument("margin", margin, "it must be greater than 0")),
    }
}

/// Refuses tensors of unequal numbers of dimensions.
fn equal_dimensions(operation: &'static str, tensors: [&Tensor; 3]) -> Result<()> {
    let dims = tensors.map(Tensor::dim);
    if dims[0] == dims[1] && dims[1] == dims[2] {
        return Ok(());
    }
    let expected = "tensors of equal numbers of dimensions".to_owned();
    Err(Error::Shape { operation, expected, found: format!("{dims:?}") })
}

losses! {
    /// `torch.nn.MarginRankingLoss`: `max(0, margin - y (a - b))` for targets `y` of 1 and -1.
    ///
    /// # Shapes
    /// `[n]` or `[]` each; result `[]`, or `[n]` with [`Reduction::None`].
    #[derive(Clone, Copy, PartialEq)]
    MarginRankingLoss {
        /// 0 by default.
        margin: f64 = 0.
    }
    margin_ranking_loss(input1, input2, target),
    |it, input1, input2, target| {
        equal_dimensions("margin_ranking_loss", [input1, input2, target])?;
        let reduction = it.reduction.into();
        Ok(Tensor::f_margin_ranking_loss(input1, input2, target, it.margin, reduction)?)
    };

    /// `torch.nn.CosineEmbeddingLoss`: `1 - cos` where the target is 1, `max(0, cos - margin)` where it
    /// is -1.
    ///
    /// # Shapes
    /// Inputs `[n, d]` or `[d]`, target `[n]` or `[]`; result `[]`, or `[n]` with [`Reduction::None`].
    #[derive(Clone, Copy, PartialEq)]
    CosineEmbeddingLoss {
        /// -1 to 1; 0 by default.
        margin: f64 = 0.
    }
    cosine_embedding_loss(input1, input2, target),
    |it, input1, input2, target| {
        let reduction = it.reduction.into();
        Ok(Tensor::f_cosine_embedding_loss(input1, input2, target, it.margin, reduction)?)
    };

    /// `torch.nn.TripletMarginLoss`: how far the anchor is not nearer to the positive example, by a margin.
    ///
    /// # Shapes
    /// `[n, d]` or `[d]` each; result `[]`, or `[n]` with [`Reduction::None`].
    #[derive(Clone, Copy, PartialEq)]
    TripletMarginLoss {
        /// Above 0; 1 by default.
        margin: f64 = 1.,
        /// Which norm is the distance; 2 by default.
        p: f64 = 2.,
        /// What keeps the root's gradient finite; 1e-6 by default.
        eps: f64 = 1e-6,
        /// Whether the distance of the two examples stands for the anchor's where it is smaller.
        swap: bool = false
    }
    triplet_margin_loss(anchor, positive, negative),
    |it, anchor, near, far| {
        above_zero(it.margin)?;
        let Self { margin, p, eps, swap, reduction } = *it;
        let reduction = reduction.into();
        Ok(Tensor::f_triplet_margin_loss(anchor, near, far, margin, p, eps, swap, reduction)?)
    };

    /// `torch.nn.TripletMarginWithDistanceLoss`: [`TripletMarginLoss`] of any distance.
    ///
    /// # Shapes
    /// `[n, d]` or `[d]` each; result `[]`, or `[n]` with [`Reduction::None`].
    #[derive(Clone, Copy)]
    TripletMarginWithDistanceLoss {
        /// The distance; none, the default, is [`PairwiseDistance`](crate::nn::PairwiseDistance).
        distance_function: Option<fn(&Tensor, &Tensor) -> Result<Tensor>> = None,
        /// Above 0; 1 by default.
        margin: f64 = 1.,
        /// Whether the distance of the two examples stands for the anchor's where it is smaller.
        swap: bool = false
    }
    triplet_margin_with_distance_loss(anchor, positive, negative),
    |it, anchor, near, far| {
        above_zero(it.margin)?;
        equal_dimensions("triplet_margin_with_distance_loss", [anchor, near, far])?;
        let usual =
            |a: &Tensor, b: &Tensor| Ok(Tensor::f_pairwise_distance(a, b, 2., 1e-6, false)?);
        let distance = it.distance_function.unwrap_or(usual);
        let (to_near, mut to_far) = (distance(anchor, near)?, distance(anchor, far)?);
        if it.swap {
            to_far = to_far.f_minimum(&distance(near, far)?)?;
        }
        let losses = ops::add(&to_near, it.margin)?.f_sub(&to_far)?.f_clamp_min(0)?;
        it.reduction.of(losses)
    };
}
