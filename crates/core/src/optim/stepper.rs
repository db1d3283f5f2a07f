//! What all optimizers share: groups of parameters with their states, and the way a step goes.

use std::fmt::Debug;
use std::mem;

use shim::foreach;
use tch::{COptimizer, Device, Kind, Tensor, no_grad};

use super::Optimizer;
use super::group::{self, Group, zero_or_above};
use crate::nn::Parameter;
use crate::{Error, Result, cuda};

/// The arithmetic of an optimizer, as a module of `torch/optim` has it.
pub(super) trait Algorithm: Debug {
    type Options: Copy + Debug;

    /// What is kept of a parameter from step to step.
    type State: Debug;

    /// Whether Python lets a CUDA graph record a step, without `capturable`.
    const CAPTURABLE: bool;

    /// PyTorch's name.
    fn name(&self) -> &'static str;

    /// Refuses what Python refuses.
    fn check(options: &Self::Options) -> Result<()>;

    /// Learning rate, per step.
    fn lr(options: &mut Self::Options) -> &mut f64;

    /// Whether to work on lists of tensors; Python's default for none.
    fn foreach(options: &Self::Options) -> Option<bool>;

    /// A parameter's state at its first gradient: `_init_group`.
    fn state(options: &Self::Options, parameter: &Tensor) -> Result<Self::State>;

    /// libtorch's own optimizer, if it can be had for these groups with Python's bits.
    fn cpp(&self, groups: &[Group<Self::Options>]) -> Result<Option<COptimizer>>;

    /// `_single_tensor_*`, for one parameter.
    fn single_tensor(
        &self,
        options: &Self::Options,
        parameter: &Tensor,
        grad: Tensor,
        state: &mut Self::State,
    ) -> Result<()>;

    /// `_multi_tensor_*`, for parameters of one device and dtype.
    fn multi_tensor(
        &self,
        options: &Self::Options,
        parameters: &[Tensor],
        grads: Vec<Tensor>,
        states: &mut [&mut Self::State],
    ) -> Result<()>;
}

/// An optimizer: an algorithm and what it works on.
#[derive(Debug)]
pub(super) struct Stepper<A: Algorithm> {
    algorithm: A,
    groups: Vec<Group<A::Options>>,
    /// Chosen at the first step: a model may move to its device until then.
    engine: Option<Engine<A::State>>,
}

/// Who takes the steps.
#[derive(Debug)]
enum Engine<S> {
    Cpp(COptimizer),
    /// Python's operations, with the states group by group; none before a first gradient.
    Python(Vec<Vec<Option<S>>>),
}

impl<A: Algorithm> Stepper<A> {
    pub fn new(algorithm: A, groups: Vec<(Vec<Parameter>, A::Options)>) -> Result<Self> {
        let groups = group::groups(groups, A::check)?;
        Ok(Self { algorithm, groups, engine: None })
    }
}

fn choose<A: Algorithm>(algorithm: &A, groups: &[Group<A::Options>]) -> Result<Engine<A::State>> {
    let single = |group: &Group<A::Options>| match A::foreach(&group.options) {
        None => !group.params.iter().any(|parameter| parameter.device().is_cuda()),
        Some(foreach) => !foreach,
    };
    if groups.iter().all(single)
        && let Some(optimizer) = algorithm.cpp(groups)?
    {
        return Ok(Engine::Cpp(optimizer));
    }
    let states = |group: &Group<_>| group.params.iter().map(|_| None).collect();
    Ok(Engine::Python(groups.iter().map(states).collect()))
}

impl<A: Algorithm> Optimizer for Stepper<A> {
    fn zero_grad(&mut self) -> Result<()> {
        group::zero_grad(&self.groups)
    }

    fn step(&mut self) -> Result<()> {
        if !A::CAPTURABLE && cuda::is_current_stream_capturing() {
            let accepted = "a CUDA graph can record steps of SGD only";
            return Err(Error::argument("optimizer", self.algorithm.name(), accepted));
        }
        let engine = match &mut self.engine {
            Some(engine) => engine,
            empty => empty.insert(choose(&self.algorithm, &self.groups)?),
        };
        match engine {
            Engine::Cpp(optimizer) => Ok(optimizer.step()?),
            Engine::Python(states) => no_grad(|| {
                let mut groups = self.groups.iter().zip(states);
                groups.try_for_each(|(group, states)| step(&self.algorithm, group, states))
            }),
        }
    }

    fn lr(&self, group: usize) -> Result<f64> {
        let mut options = group::at(&self.groups, group)?.options;
        Ok(*A::lr(&mut options))
    }

    fn set_lr(&mut self, group: usize, lr: f64) -> Result<()> {
        zero_or_above("lr", lr)?;
        let target = group::at_mut(&mut self.groups, group)?;
        *A::lr(&mut target.options) = lr;
        match &mut self.engine {
            // tch makes no group that has no parameters.
            Some(Engine::Cpp(optimizer)) if !target.params.is_empty() => {
                Ok(optimizer.set_learning_rate_group(group, lr)?)
            }
            _ => Ok(()),
        }
    }
}

/// A parameter that has a gradient.
struct Entry<'a, S> {
    parameter: Tensor,
    grad: Tensor,
    state: &'a mut S,
}

impl<S> Entry<'_, S> {
    fn device_and_dtype(&self) -> (Device, Kind) {
        (self.parameter.device(), self.parameter.kind())
    }
}

/// A step of one group, in Python's operations.
fn step<A: Algorithm>(
    algorithm: &A,
    group: &Group<A::Options>,
    states: &mut [Option<A::State>],
) -> Result<()> {
    let mut entries = vec![];
    for (parameter, state) in group.params.iter().zip(states) {
        let grad = parameter.f_grad()?;
        if grad.defined() {
            let state = match state {
                Some(state) => state,
                empty => empty.insert(A::state(&group.options, parameter)?),
            };
            entries.push(Entry { parameter: parameter.shallow_clone(), grad, state });
        }
    }
    let foreach = A::foreach(&group.options).unwrap_or_else(|| on_cards(&entries));
    if !foreach {
        return entries.into_iter().try_for_each(|Entry { parameter, grad, state }| {
            algorithm.single_tensor(&group.options, &parameter, grad, state)
        });
    }
    while let Some(place) = entries.first().map(Entry::device_and_dtype) {
        let here = |entry: &Entry<_>| entry.device_and_dtype() == place;
        let (these, others) = mem::take(&mut entries).into_iter().partition::<Vec<_>, _>(here);
        entries = others;
        let (mut parameters, mut grads, mut states) = (vec![], vec![], vec![]);
        for Entry { parameter, grad, state } in these {
            parameters.push(parameter);
            grads.push(grad);
            states.push(state);
        }
        algorithm.multi_tensor(&group.options, &parameters, grads, &mut states)?;
    }
    Ok(())
}

/// What a step goes along: the gradient, turned round to climb, with the L2 penalty.
pub(super) fn direction(
    grad: Tensor,
    parameter: &Tensor,
    maximize: bool,
    weight_decay: f64,
) -> Result<Tensor> {
    let grad = if maximize { grad.f_neg()? } else { grad };
    match weight_decay {
        0. => Ok(grad),
        _ => Ok(shim::add(&grad, parameter, weight_decay)?),
    }
}

/// [`direction`] on lists: the same tensors where there is nothing to do, as in Python.
pub(super) fn directions(
    grads: Vec<Tensor>,
    parameters: &[Tensor],
    maximize: bool,
    weight_decay: f64,
) -> Result<Vec<Tensor>> {
    let grads = if maximize { foreach::neg(&grads)? } else { grads };
    if weight_decay == 0. {
        return Ok(grads);
    }
    if !maximize {
        return Ok(foreach::add(&grads, parameters, weight_decay)?);
    }
    foreach::add_(&grads, parameters, weight_decay)?;
    Ok(grads)
}

/// Python's default for `foreach`: `_default_to_fused_or_foreach`.
fn on_cards<S>(entries: &[Entry<'_, S>]) -> bool {
    entries.iter().all(|entry| entry.parameter.device().is_cuda())
}

/// A public optimizer around a [`Stepper`], built from parameters and options.
macro_rules! optimizer {
    ($(#[$doc:meta])* $name:ident, $options:ident, $algorithm:ty, $this:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name($crate::optim::stepper::Stepper<$algorithm>);

        impl From<f64> for $options {
            /// The defaults with this learning rate, per step.
            fn from(lr: f64) -> Self {
                Self { lr, ..Self::default() }
            }
        }

        impl $name {
            #[doc = concat!("`torch.optim.", stringify!($name), "(params, lr=…, …)`.")]
            ///
            /// # Errors
            /// [`Error::Argument`](crate::Error::Argument) for no parameters or an option that
            /// Python refuses.
            pub fn new(
                params: Vec<$crate::nn::Parameter>,
                options: impl Into<$options>,
            ) -> $crate::Result<Self> {
                Self::with_groups(vec![(params, options.into())])
            }

            /// An optimizer whose groups of parameters have options of their own.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($name), "::new`].")]
            pub fn with_groups(
                groups: Vec<(Vec<$crate::nn::Parameter>, $options)>,
            ) -> $crate::Result<Self> {
                let groups = groups.into_iter().map(|(params, options)| (params, options.into()));
                let groups = groups.collect();
                Ok(Self($crate::optim::stepper::Stepper::new($this, groups)?))
            }
        }

        impl $crate::optim::Optimizer for $name {
            fn zero_grad(&mut self) -> $crate::Result<()> {
                self.0.zero_grad()
            }

            fn step(&mut self) -> $crate::Result<()> {
                self.0.step()
            }

            fn lr(&self, group: usize) -> $crate::Result<f64> {
                self.0.lr(group)
            }

            fn set_lr(&mut self, group: usize, lr: f64) -> $crate::Result<()> {
                self.0.set_lr(group, lr)
            }
        }
    };
}

pub(super) use optimizer;
