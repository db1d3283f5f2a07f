use tch::{Kind, Tensor};

use super::grouped::{Algorithm, GroupedOptimizer, Named, ParamState, Update, kept, zero_or_above};
use super::real::{Real, divided};
use crate::nn::aten::aten;
use crate::{Error, Result, ops};

/// Momentum made orthogonal, for the matrices of hidden layers: `torch.optim.Muon`
/// (`torch/optim/_muon.py`).
pub type Muon = GroupedOptimizer<MuonOptions>;

/// What [`Muon`] multiplies the learning rate by for a matrix of A rows and B columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum AdjustLrFn {
    /// `sqrt(max(1, A / B))`: `"original"`.
    Original,
    /// `0.2 * sqrt(max(A, B))`: `"match_rms_adamw"`.
    MatchRmsAdamw,
}

impl Named for AdjustLrFn {
    const NAMES: &'static [(&'static str, Self)] =
        &[("original", Self::Original), ("match_rms_adamw", Self::MatchRmsAdamw)];
}

optimizer_options! {
    /// What [`Muon`] takes, with `torch.optim.Muon`'s names and defaults.
    MuonOptions: "lr weight_decay momentum nesterov ns_coefficients eps ns_steps adjust_lr_fn";
    /// Learning rate, per step.
    lr: f64 = 1e-3,
    /// Each step shrinks the parameter by `lr` times this.
    weight_decay: f64 = 0.1,
    /// Share of the momentum that is kept.
    momentum: f64 = 0.95,
    /// Nesterov's momentum.
    nesterov: bool = true,
    /// Of the polynomial whose iteration makes a matrix orthogonal.
    ns_coefficients: (f64, f64, f64) = (3.4445, -4.775, 2.0315),
    /// The least norm that the matrix is divided by.
    eps: f64 = 1e-7,
    /// Iterations of the polynomial, fewer than 100.
    ns_steps: i64 = 5,
    /// None, the default: [`AdjustLrFn::Original`].
    adjust_lr_fn: Option<AdjustLrFn> = None,
}

const MOMENTUM: &str = "momentum_buffer";

impl MuonOptions {
    /// `_adjust_lr`.
    fn adjusted_lr(&self, lr: &Real, parameter: &Tensor) -> Result<Real> {
        let (rows, columns) = parameter.size2()?;
        let (rows, columns) = (rows as f64, columns as f64);
        let ratio = match self.adjust_lr_fn {
            None | Some(AdjustLrFn::Original) => divided(rows, columns)?.max(1.).sqrt(),
            Some(AdjustLrFn::MatchRmsAdamw) => 0.2 * rows.max(columns).sqrt(),
        };
        lr.mul(ratio)
    }

    /// `_zeropower_via_newtonschulz`: a matrix that is nearly orthogonal, in bfloat16.
    fn orthogonal(&self, update: &Tensor) -> Result<Tensor> {
        if self.ns_steps >= 100 {
            return Err(Error::argument("ns_steps", self.ns_steps, "it must be below 100"));
        }
        let (a, b, c) = self.ns_coefficients;
        let (rows, columns) = update.size2()?;
        let mut ortho = update.f_to_kind(Kind::BFloat16)?;
        if rows > columns {
            ortho = ortho.f_numpy_t()?;
        }
        let _ = ortho.f_div_(&ops::norm(&ortho)?.f_clamp_min(self.eps)?)?;
        for _ in 0..self.ns_steps {
            let gram = ortho.f_matmul(&ortho.f_numpy_t()?)?;
            let of_gram = [&gram, &gram, &gram].map(Into::into);
            let polynomial = aten("aten::addmm", &[&of_gram[..], &[b.into(), c.into()]].concat())?;
            let of_all = [&ortho, &polynomial, &ortho].map(Into::into);
            ortho = aten("aten::addmm", &[&of_all[..], &[a.into()]].concat())?;
        }
        if rows > columns { Ok(ortho.f_numpy_t()?) } else { Ok(ortho) }
    }
}

impl Algorithm for MuonOptions {
    const NAME: &'static str = "Muon";
    const CAPTURABLE: bool = false;
    const REPLAYABLE: bool = false;

    of_options!(single);

    fn check(&self, lr: &Real) -> Result<()> {
        lr.zero_or_above()?;
        zero_or_above("momentum", self.momentum)?;
        zero_or_above("weight_decay", self.weight_decay)
    }

    fn begin(&self, parameter: &Tensor) -> Result<ParamState> {
        match parameter.dim() {
            2 => Ok(ParamState::default()),
            other => {
                let given = format!("of {other} dimensions");
                Err(Error::argument("a parameter", given, "Muon takes matrices"))
            }
        }
    }

    fn init(&self, parameter: &Tensor, _: &Real) -> Result<ParamState> {
        if parameter.is_complex() {
            return Err(Error::argument("a parameter", "complex", "Muon takes real ones"));
        }
        Ok(ParamState::new(vec![(MOMENTUM, parameter.f_zeros_like()?)]))
    }

    /// `_single_tensor_muon`.
    fn single_tensor(&self, update: &mut Update<Self>) -> Result<()> {
        let grad = &update.grad;
        let mut momentum = update.state.get(MOMENTUM)?.shallow_clone();
        let _ = momentum.f_lerp_(grad, 1. - self.momentum)?;
        let direction = match self.nesterov {
            true => grad.f_lerp(&momentum, self.momentum)?,
            false => momentum,
        };
        let direction = self.orthogonal(&direction)?;
        let adjusted_lr = self.adjusted_lr(&update.lr, &update.parameter)?;
        kept(&update.lr, self.weight_decay)?.scale_(&update.parameter)?;
        Ok(shim::add_(&update.parameter, &direction, adjusted_lr.neg()?.value()?)?)
    }
}
