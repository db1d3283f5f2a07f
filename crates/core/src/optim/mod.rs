//! Optimizers, as [`torch.optim`](https://docs.pytorch.org/docs/2.11/optim.html): Python's
//! arithmetic, to the last bit.
//!
//! tch offers the optimizers of libtorch's C++ interface. Some of them compute what Python's do in
//! another order, and a training run then drifts away from Python's, one rounding at a time. Where
//! the C++ optimizer gives Python's bits it is used; where it does not, Python's own sequence of
//! operations is carried out with the same ATen calls (`torch/optim/*.py`, the `_single_tensor_*`
//! functions, which are what a user gets on the CPU).
//!
//! Where all parameters of a group that have a gradient are on a card, or with `foreach`, a step is
//! Python's `_multi_tensor_*` for every optimizer and option, with the same `torch._foreach_*` calls.
//! Who takes the steps is settled at the first one; a model is to be on its device by then, as in
//! Python. The table is about the rest:
//!
//! | optimizer | options | arithmetic | libtorch's C++ against Python |
//! | --- | --- | --- | --- |
//! | [`SGD`] | lr, momentum, dampening, weight_decay, nesterov | C++ through tch | the same bits |
//! | [`SGD`] | maximize | Python's | not offered |
//! | [`RMSprop`] | lr, alpha, eps, weight_decay, momentum | C++ through tch | the same bits |
//! | [`RMSprop`] | centered | Python's | `mul_` then `add_` for `lerp_` |
//! | [`RMSprop`] | maximize | Python's | not offered |
//! | [`Adam`] | all | Python's | `mul_` then `add_` for `lerp_` |
//! | [`AdamW`] | all | Python's | `mul_` then `add_` for `lerp_` |
//!
//! How far that carries, on a small float32 problem over 1000 steps: C++'s Adam departs at step 9 and
//! gets 1376 ULPs away (with `amsgrad` 636), AdamW at step 7 and 1940, the centered RMSprop at step 19
//! and 22448. `cargo test --test optimizers -- --show-output` prints these figures, and that the
//! optimizers here have Python's bits at each of those steps.

mod adam;
mod group;
mod rmsprop;
mod sgd;
mod stepper;

use crate::Result;

pub use adam::{Adam, AdamOptions, AdamW, AdamWOptions};
pub use rmsprop::{RMSprop, RMSpropOptions};
pub use sgd::{SGD, SGDOptions};

/// What every optimizer does.
pub trait Optimizer {
    /// Makes every parameter's gradient undefined: `optimizer.zero_grad()`, whose `set_to_none` is
    /// on by default.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    fn zero_grad(&mut self) -> Result<()>;

    /// Updates every parameter that has a gradient: `optimizer.step()`.
    ///
    /// # Errors
    /// Whatever libtorch throws, for a sparse gradient for example;
    /// [`Error::Argument`](crate::Error::Argument) where a [CUDA graph](crate::cuda) is being
    /// recorded, from all but `SGD`.
    fn step(&mut self) -> Result<()>;

    /// The learning rate of a group, per step: `optimizer.param_groups[group]["lr"]`.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) where there is no such group.
    fn lr(&self, group: usize) -> Result<f64>;

    /// Sets the learning rate of a group: `optimizer.param_groups[group]["lr"] = lr`.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) where there is no such group, or for a rate
    /// below 0.
    fn set_lr(&mut self, group: usize, lr: f64) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use tch::kind::FLOAT_CPU;

    use super::*;
    use crate::cuda::{capturing, is_current_stream_capturing};
    use crate::nn::Parameter;

    #[test]
    fn a_graph_records_steps_of_sgd_only() -> Result<()> {
        let parameter = Parameter::new(tch::Tensor::zeros([1], FLOAT_CPU))?;
        let params = || vec![parameter.clone()];
        let mut sgd = SGD::new(params(), SGDOptions::default())?;
        let others: [(&str, Box<dyn Optimizer>); 3] = [
            ("Adam", Box::new(Adam::new(params(), AdamOptions::default())?)),
            ("AdamW", Box::new(AdamW::new(params(), AdamWOptions::default())?)),
            ("RMSprop", Box::new(RMSprop::new(params(), RMSpropOptions::default())?)),
        ];
        for (name, mut other) in others {
            let refused = capturing(|| other.step()).map_err(|error| error.to_string());
            let sentence =
                format!("optimizer is {name}, but a CUDA graph can record steps of SGD only");
            assert_eq!(refused, Err(sentence));
            other.step()?;
        }
        capturing(|| sgd.step())?;
        assert!(!is_current_stream_capturing());
        Ok(())
    }
}
