//! `torch/nn/modules/adaptive.py`.

use tch::{Kind, Tensor};

use crate::nn::{Linear, LinearOptions, Module, ModuleList, Sequential};
use crate::{Error, Result, parts};

/// `torch.nn.AdaptiveLogSoftmaxWithLoss`: the log-probabilities of many classes, the rare ones by clusters
/// of their own, and their negative mean as a loss.
///
/// Class 0 is the most frequent. Those below the first cutoff are the head's; each cutoff begins a cluster,
/// whose layers are computed only where a target is in it. Its `forward` as a [`Module`] is refused, for it
/// takes two tensors.
///
/// # Shapes
/// `input`: `[batch, in_features]`, `target`: `[batch]`, int64; or `[in_features]` and `[]`.
#[derive(Debug, Clone)]
pub struct AdaptiveLogSoftmaxWithLoss {
    /// The layer of the frequent classes and of the clusters.
    pub head: Linear,
    /// The layers of each cluster.
    pub tail: ModuleList,
    /// Where each cluster begins, and the number of classes.
    cutoffs: Vec<i64>,
}

/// What [`AdaptiveLogSoftmaxWithLoss::with_options`] takes beyond the sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdaptiveLogSoftmaxWithLossOptions {
    /// How many times fewer features each cluster has than the one before it.
    pub div_value: f64,
    /// Whether the head has a bias.
    pub head_bias: bool,
    /// The parameters' dtype.
    pub dtype: Kind,
}

impl Default for AdaptiveLogSoftmaxWithLossOptions {
    fn default() -> Self {
        Self { div_value: 4., head_bias: false, dtype: Kind::Float }
    }
}

/// Python's `a // b` of floats.
fn floor_divided(a: f64, b: f64) -> f64 {
    let rest = a % b;
    let quotient = (a - rest) / b;
    let below = if rest != 0. && (rest < 0.) != (b < 0.) { quotient - 1. } else { quotient };
    let floor = below.floor();
    if below - floor > 0.5 { floor + 1. } else { floor }
}

impl AdaptiveLogSoftmaxWithLoss {
    /// `nn.AdaptiveLogSoftmaxWithLoss(in_features, n_classes, cutoffs)`.
    ///
    /// # Errors
    /// As [`with_options`](Self::with_options).
    pub fn new(in_features: i64, n_classes: i64, cutoffs: &[i64]) -> Result<Self> {
        Self::with_options(in_features, n_classes, cutoffs, Default::default())
    }

    /// `nn.AdaptiveLogSoftmaxWithLoss(in_features, n_classes, cutoffs, div_value=…, head_bias=…, dtype=…)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for cutoffs that do not ascend from 1 to `n_classes - 1` and for a `div_value` of
    /// 0, and what [`Linear`] refuses.
    pub fn with_options(
        in_features: i64,
        n_classes: i64,
        cutoffs: &[i64],
        options: AdaptiveLogSoftmaxWithLossOptions,
    ) -> Result<Self> {
        let AdaptiveLogSoftmaxWithLossOptions { div_value, head_bias, dtype } = options;
        let inside = cutoffs.first().is_some_and(|&first| first > 0)
            && cutoffs.last().is_some_and(|&last| last < n_classes);
        if !inside || cutoffs.windows(2).any(|pair| pair[0] >= pair[1]) {
            let accepted = "they must ascend, the first at least 1 and the last below n_classes";
            return Err(Error::argument("cutoffs", format!("{cutoffs:?}"), accepted));
        }
        if div_value == 0. {
            return Err(Error::argument("div_value", div_value, "it must not be 0"));
        }
        let cutoffs = [cutoffs, &[n_classes]].concat();
        let clusters = cutoffs.len() as i64 - 1;
        let linear = |from, to, bias| Linear::with_options(from, to, LinearOptions { bias, dtype });
        let head = linear(in_features, cutoffs[0] + clusters, head_bias)?;
        let mut tail = ModuleList::new();
        for (cluster, bounds) in (1..).zip(cutoffs.windows(2)) {
            let features = floor_divided(in_features as f64, div_value.powf(f64::from(cluster)));
            if !features.is_finite() {
                return Err(Error::argument("div_value", div_value, "its powers must not be 0"));
            }
            let features = features as i64;
            tail =
                tail.add(Sequential::new().add(linear(in_features, features, false)?).add(linear(
                    features,
                    bounds[1] - bounds[0],
                    false,
                )?));
        }
        Ok(Self { head, tail, cutoffs })
    }

    /// How many classes are the head's own.
    fn shortlist(&self) -> i64 {
        self.cutoffs[0]
    }

    /// `adaptive(input, target)`: the log-probability of each target, `[batch]` or `[]`, and the loss, `[]`.
    ///
    /// # Errors
    /// [`Error::Argument`] for shapes that do not fit and for a target that is no class.
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> Result<(Tensor, Tensor)> {
        let fits = match target.dim() {
            0 => input.dim() == 1,
            1 => input.dim() == 2 && input.size()[0] == target.size()[0],
            _ => false,
        };
        if !fits {
            let sizes = format!("{:?} beside a target of {:?}", input.size(), target.size());
            let accepted = "they must be [batch, in_features] and [batch], or [in_features] and []";
            return Err(Error::argument("input", sizes, accepted));
        }
        let is_batch = target.dim() == 1;
        let batch = |tensor: &Tensor| match is_batch {
            true => Ok(tensor.shallow_clone()),
            false => tensor.f_unsqueeze(0),
        };
        let (input, target) = (batch(input)?, batch(target)?);
        let all = target.size()[0];
        let mut output = input.f_new_zeros([all], (input.kind(), input.device()))?;
        // Each target's column in the head.
        let mut columns = target.f_new_empty([all], (target.kind(), target.device()))?;
        let (mut seen, mut low) = (0, 0);
        for (cluster, &high) in (0..).zip(&self.cutoffs) {
            let mask = target.f_ge(low)?.f_bitwise_and_tensor(&target.f_lt(high)?)?;
            let rows = mask.f_nonzero()?.f_squeeze()?;
            let below = std::mem::replace(&mut low, high);
            if rows.numel() == 0 {
                continue;
            }
            seen += rows.numel() as i64;
            let targets = target.f_index(&[Some(&mask)])?;
            if cluster == 0 {
                let _ = columns.f_index_copy_(0, &rows, &targets)?;
                continue;
            }
            let place = targets.f_sub_scalar(below)?.f_unsqueeze(1)?;
            let found = self.in_cluster(cluster - 1, &input.f_index_select(0, &rows)?)?;
            let _ = columns.f_index_fill_(0, &rows, self.shortlist() + cluster - 1)?;
            let found = found.f_gather(1, &place, false)?.f_squeeze_dim(1)?;
            let _ = output.f_index_copy_(0, &rows, &found)?;
        }
        if seen != all {
            let [least, largest] = [target.f_min()?, target.f_max()?];
            let found = format!("{} to {}", least.f_int64_value(&[])?, largest.f_int64_value(&[])?);
            let accepted = "each must be a class, from 0 to below n_classes";
            return Err(Error::argument("target", found, accepted));
        }
        let head = self.head.forward(&input)?.f_log_softmax(1, None)?;
        let head = head.f_gather(1, &columns.f_unsqueeze(1)?, false)?.f_squeeze()?;
        let _ = output.f_add_(&head)?;
        let loss = output.f_neg()?.f_mean(None)?;
        Ok((if is_batch { output } else { output.f_squeeze_dim(0)? }, loss))
    }

    /// The log-probabilities of a cluster's classes within it.
    fn in_cluster(&self, cluster: i64, input: &Tensor) -> Result<Tensor> {
        let layers = self.tail.get::<Sequential>(cluster as usize)?;
        Ok(layers.forward(input)?.f_log_softmax(1, None)?)
    }

    /// `adaptive.log_prob(input)`: of every class, `[batch, n_classes]`.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn log_prob(&self, input: &Tensor) -> Result<Tensor> {
        self.full_log_prob(input, &self.head.forward(input)?)
    }

    fn full_log_prob(&self, input: &Tensor, head: &Tensor) -> Result<Tensor> {
        let shortlist = self.shortlist();
        let size = [head.size()[0], self.cutoffs[self.cutoffs.len() - 1]];
        let all = input.f_new_empty(size, (input.kind(), input.device()))?;
        let head = head.f_log_softmax(1, None)?;
        all.f_slice(1, 0, shortlist, 1)?.f_copy_(&head.f_slice(1, 0, shortlist, 1)?)?;
        for (cluster, bounds) in (0..).zip(self.cutoffs.windows(2)) {
            let inside = self.in_cluster(cluster, input)?;
            let found = inside.f_add(&head.f_select(1, shortlist + cluster)?.f_unsqueeze(1)?)?;
            all.f_slice(1, bounds[0], bounds[1], 1)?.f_copy_(&found)?;
        }
        Ok(all)
    }

    /// `adaptive.predict(input)`: the likeliest class of each row, `[batch]`, int64.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn predict(&self, input: &Tensor) -> Result<Tensor> {
        let head = self.head.forward(input)?;
        let mut found = head.f_argmax(1, false)?;
        let rare = found.f_ge(self.shortlist())?;
        if rare.f_any()?.f_int64_value(&[])? == 0 {
            return Ok(found);
        }
        if rare.f_all()?.f_int64_value(&[])? != 0 {
            return Ok(self.full_log_prob(input, &head)?.f_argmax(1, false)?);
        }
        let of_rare = |tensor: &Tensor| tensor.f_index(&[Some(&rare)]);
        let classes = self.full_log_prob(&of_rare(input)?, &of_rare(&head)?)?.f_argmax(1, false)?;
        let _ = found.f_index_put_(&[Some(&rare)], &classes, false)?;
        Ok(found)
    }
}

impl Module for AdaptiveLogSoftmaxWithLoss {
    fn forward(&self, _: &Tensor) -> Result<Tensor> {
        let accepted = "an adaptive softmax takes two tensors: call its own forward with them";
        Err(Error::argument("input", "one tensor", accepted))
    }

    parts!(head, tail);
}
