//! Optimizers, as [`torch.optim`](https://docs.pytorch.org/docs/2.11/optim.html): Python's
//! arithmetic, to the last bit, in float32, float64, float16, bfloat16, complex64 and complex128.
//!
//! Each step is Python's own sequence of ATen calls: `_single_tensor_*` of `torch/optim/*.py`, or
//! `_multi_tensor_*` with its `torch._foreach_*` calls where a group asks for `foreach`, or leaves
//! it open and all its parameters that have a gradient are on a GPU. Where it asks for `fused`, which [`SGD`],
//! [`Adam`], [`AdamW`] and [`Adagrad`] have, a step is `_fused_*`, one operator of libtorch.
//!
//! tch offers the optimizers of libtorch's C++ interface instead. `cargo test --release --test optimizers --
//! --show-output` prints where they depart from Python's, and how far they get: Adam, AdamW and the
//! centered RMSprop in float32 already, since C++ has `mul_` and `add_` for Python's `lerp_`, and
//! whatever has momentum or averages in float16 and bfloat16, where C++ rounds the factors.
//!
//! | Python | here |
//! | --- | --- |
//! | `SGD(model.parameters(), lr=0.01)` | `SGD::new(model.parameters(), optim::lr(0.01))` |
//! | `SGD(params, lr=0.01, momentum=0.9)` | `SGD::new(params, SGDOptions { lr: 0.01, momentum: 0.9, ..Default::default() })` |
//! | `SGD([{"params": a}, {"params": b, "lr": 0.1}])` | `SGD::with_groups([(a, options), (b, optim::lr(0.1))])` |
//! | `optimizer.param_groups[0]["lr"]` | [`Optimizer::lr`], [`Optimizer::set_lr`], [`GroupedOptimizer::options_mut`] |
//! | `SGD(params, lr=torch.tensor(0.1))` | `SGD::new(params, SGDOptions::default())?.with_lr(&tensor(0.1)?)`; see [`GroupedOptimizer::with_lr`] |
//! | `optimizer.step(closure)` | [`Optimizer::step_with`] |
//! | `optimizer.zero_grad(set_to_none=False)` | `optimizer.zero_grad_with(false)` |
//! | `print(optimizer)` | [`Repr`](crate::repr::Repr) |
//! | `optimizer.state_dict()` | [`Optimizer::state_dict`] |
//! | `Adam(params, fused=True)` | `Adam::new(params, AdamOptions { fused: Some(true), ..Default::default() })` |
//! | `AveragedModel(model)`, `update_bn(loader, model)` | [`swa_utils`] |
//! | `SGD(params, weight_decay=0.0)`, which prints `weight_decay: 0.0` | `SGDOptions { weight_decay: 0.0, ..Default::default() }`, which does; the default, an int in Python, is [`INT_ZERO`] and prints `0` |
//! | a warning on standard error | [`Optimizer::warnings`] |
//!
//! Not offered: `capturable`, which a step on the CPU refuses in Python too,
//! `differentiable`, hooks. Sparse gradients are for [`SparseAdam`],
//! [`SGD`], [`Adagrad`] and [`LBFGS`], and refused by the others.

#[macro_use]
mod grouped;

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod asgd;
mod fused;
mod lbfgs;
pub mod lr_scheduler;
mod muon;
mod nadam;
mod radam;
mod real;
mod rmsprop;
mod rprop;
mod sgd;
mod sparse;
mod sparse_adam;
mod state_dict;
pub mod swa_utils;
mod warning;

use tch::Tensor;

use crate::Result;

pub use adadelta::{Adadelta, AdadeltaOptions};
pub use adafactor::{Adafactor, AdafactorOptions};
pub use adagrad::{Adagrad, AdagradOptions};
pub use adam::{Adam, AdamOptions, AdamW, AdamWOptions};
pub use adamax::{Adamax, AdamaxOptions};
pub use asgd::{ASGD, ASGDOptions};
pub use grouped::{Closure, GroupedOptimizer};
pub use lbfgs::{LBFGS, LBFGSOptions, LineSearchFn};
pub use muon::{AdjustLrFn, Muon, MuonOptions};
pub use nadam::{NAdam, NAdamOptions};
pub use radam::{RAdam, RAdamOptions};
pub use rmsprop::{RMSprop, RMSpropOptions};
pub use rprop::{Rprop, RpropOptions};
pub use sgd::{SGD, SGDOptions};
pub use sparse_adam::{SparseAdam, SparseAdamOptions};
pub use state_dict::{Entries, INT_ZERO, OptimizerStateDict, ParamGroup, StateValue};
pub use warning::Warning;

/// An optimizer's default options with this learning rate, per step: Python's `lr=0.1`.
///
/// ```
/// use torch_exact::optim::{self, SGD, SGDOptions};
///
/// # fn main() -> torch_exact::Result<()> {
/// # let parameters = || vec![tch::Tensor::from_slice(&[1f32]).set_requires_grad(true)];
/// let sgd = SGD::new(parameters(), optim::lr(0.1))?;
/// let with_momentum = SGD::new(parameters(), SGDOptions { momentum: 0.9, ..optim::lr(0.1) })?;
/// # let _ = (sgd, with_momentum);
/// # Ok(())
/// # }
/// ```
pub fn lr<O: grouped::Algorithm>(lr: f64) -> O {
    let mut options = O::default();
    *options.lr() = lr;
    options
}

/// What every optimizer does: `torch.optim.Optimizer`.
pub trait Optimizer: lr_scheduler::Scheduled {
    /// Makes every parameter's gradient undefined: `optimizer.zero_grad()`, whose `set_to_none` is
    /// on by default.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    fn zero_grad(&mut self) -> Result<()> {
        self.zero_grad_with(true)
    }

    /// `optimizer.zero_grad(set_to_none=set_to_none)`: without it, gradients become zeros and stay
    /// the same tensors.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    fn zero_grad_with(&mut self, set_to_none: bool) -> Result<()>;

    /// Updates every parameter that has a gradient: `optimizer.step()`.
    ///
    /// # Errors
    /// Whatever libtorch throws; [`Error::Argument`](crate::Error::Argument) for a sparse gradient where
    /// the optimizer takes none, from `LBFGS`, which needs [`step_with`](Self::step_with), and where a
    /// CUDA graph is being recorded, from all but `SGD`; [`Error::StateDict`](crate::Error::StateDict) where options
    /// that were changed under way need a state that is not there, as Python's `KeyError`.
    fn step(&mut self) -> Result<()>;

    /// Calls `closure`, which computes the loss and its gradients, takes a step, and returns the
    /// loss: `optimizer.step(closure)`. The closure is called with gradients on, and is given the
    /// optimizer, which it cannot borrow.
    ///
    /// ```
    /// # use torch_exact::prelude::*;
    /// # fn main() -> Result<()> {
    /// # let (x, y) = (random::rand([8, 1])?, random::rand([8, 1])?);
    /// # let model = nn::Linear::new(1, 1)?;
    /// let mut optimizer = optim::Adam::new(model.parameters(), optim::lr(0.01))?;
    /// let loss = optimizer.step_with(&mut |optimizer| {
    ///     optimizer.zero_grad()?;
    ///     let loss = F::mse_loss(&model.forward(&x)?, &y)?;
    ///     loss.f_backward()?;
    ///     Ok(loss)
    /// })?;
    /// # assert_eq!(loss.dim(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`step`](Self::step), and whatever `closure` returns.
    fn step_with(&mut self, closure: &mut Closure<'_>) -> Result<Tensor>;

    /// The number of groups: `len(optimizer.param_groups)`.
    fn groups(&self) -> usize;

    /// The learning rate of a group, per step: `optimizer.param_groups[group]["lr"]`, or its value
    /// where it is a tensor.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) where there is no such group.
    fn lr(&self, group: usize) -> Result<f64>;

    /// Sets the learning rate of a group: `optimizer.param_groups[group]["lr"] = lr`. As in Python,
    /// any number will do, and takes the place of a tensor.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) where there is no such group.
    fn set_lr(&mut self, group: usize, lr: f64) -> Result<()>;

    /// The learning rate of a group where it is a tensor, the optimizer's own.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) where there is no such group.
    fn lr_tensor(&self, group: usize) -> Result<Option<Tensor>>;

    /// Makes a tensor the learning rate of a group:
    /// `optimizer.param_groups[group]["lr"] = torch.tensor(0.1)`. See [`GroupedOptimizer::with_lr`].
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) where there is no such group, and for a tensor of
    /// other than one real element.
    fn set_lr_tensor(&mut self, group: usize, lr: &Tensor) -> Result<()>;

    /// The optimizer's state and options: `optimizer.state_dict()`.
    fn state_dict(&self) -> OptimizerStateDict;

    /// Takes over state and options: `optimizer.load_state_dict(state_dict)`.
    ///
    /// As in Python, tensors get the device and, but for `step`, the dtype of their parameter; one
    /// that needs no change is shared with the state dictionary, not copied. Training that goes on
    /// from here has the bits of training that never stopped.
    ///
    /// # Errors
    /// [`Error::StateDict`](crate::Error::StateDict) where the groups differ in number or in their
    /// numbers of parameters, for an option that is missing or of another type than it should be,
    /// and for a state made with `capturable` or `differentiable`. Nothing has changed then.
    fn load_state_dict(&mut self, state_dict: &OptimizerStateDict) -> Result<()>;

    /// What Python would have warned of.
    fn warnings(&self) -> &[Warning];
}

#[cfg(test)]
mod tests {
    use tch::kind::FLOAT_CPU;

    use super::*;
    use crate::hook::{capturing, is_capturing};
    use crate::nn::Parameter;

    #[test]
    fn a_graph_records_steps_of_sgd_only() -> Result<()> {
        let parameter = Parameter::new(tch::Tensor::zeros([1], FLOAT_CPU))?;
        let mut sgd = SGD::new([&parameter], SGDOptions::default())?;
        let others: [(&str, Box<dyn Optimizer>); 3] = [
            ("Adam", Box::new(Adam::new([&parameter], AdamOptions::default())?)),
            ("AdamW", Box::new(AdamW::new([&parameter], AdamWOptions::default())?)),
            ("RMSprop", Box::new(RMSprop::new([&parameter], RMSpropOptions::default())?)),
        ];
        for (name, mut other) in others {
            let refused = capturing(|| other.step()).map_err(|error| error.to_string());
            let sentence =
                format!("optimizer is {name}, but a CUDA graph can record steps of SGD only");
            assert_eq!(refused, Err(sentence));
            other.step()?;
        }
        capturing(|| sgd.step())?;
        assert!(!is_capturing());
        Ok(())
    }
}
