//! `torch/nn/modules/batchnorm.py` and `instancenorm.py`.

use std::cell::Cell;

use shim::Argument;
use tch::{Device, Kind, Tensor, no_grad};

use super::aten::{aten, dimensions};
use super::pooling::named;
use super::{Buffer, Module, Parameter, StateDict, Training, init};
use crate::{Error, Result, hook, parts, repr};

named! {
    [BatchNorm1d BatchNorm2d BatchNorm3d] BatchNorm;
    [InstanceNorm1d InstanceNorm2d InstanceNorm3d] InstanceNorm;
}

/// What [`BatchNorm`] takes beyond the number of features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNormOptions {
    /// What is added to a variance; 1e-5 by default.
    pub eps: f64,
    /// How much of a batch's statistics goes into the running ones; 0.1 by default. With none, the
    /// running ones are the mean of all batches'.
    pub momentum: Option<f64>,
    /// Whether there are a weight and a bias; true by default.
    pub affine: bool,
    /// Whether statistics are kept for evaluation; true by default.
    pub track_running_stats: bool,
    /// The dtype of parameters and statistics.
    pub dtype: Kind,
}

impl Default for BatchNormOptions {
    fn default() -> Self {
        let (momentum, dtype) = (Some(0.1), Kind::Float);
        Self { eps: 1e-5, momentum, affine: true, track_running_stats: true, dtype }
    }
}

/// What [`InstanceNorm`] takes beyond the number of features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InstanceNormOptions {
    /// What is added to a variance; 1e-5 by default.
    pub eps: f64,
    /// How much of an input's statistics goes into the running ones; 0.1 by default, none is 0.
    pub momentum: Option<f64>,
    /// Whether there are a weight and a bias; false by default.
    pub affine: bool,
    /// Whether statistics are kept for evaluation; false by default.
    pub track_running_stats: bool,
    /// The dtype of parameters and statistics.
    pub dtype: Kind,
}

impl Default for InstanceNormOptions {
    fn default() -> Self {
        let (momentum, dtype) = (Some(0.1), Kind::Float);
        Self { eps: 1e-5, momentum, affine: false, track_running_stats: false, dtype }
    }
}

/// Sets running means, variances and the count to those of no input.
fn reset(buffers: [&Option<Buffer>; 3]) -> Result<()> {
    for (buffer, value) in buffers.into_iter().zip([0, 1, 0]) {
        if let Some(buffer) = buffer {
            let mut buffer = buffer.shallow_clone();
            let _ = if value == 0 { buffer.f_zero_()? } else { buffer.f_fill_(value)? };
        }
    }
    Ok(())
}

/// `_NormBase`: the parts that both have, and how they print.
macro_rules! norm {
    ($(#[$doc:meta])* $name:ident, $options:ident, [$($class:literal),+]) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name<const N: usize> {
            /// The factors, `[num_features]`, where `affine`.
            pub weight: Option<Parameter>,
            /// The summands, `[num_features]`, where `affine`.
            pub bias: Option<Parameter>,
            running_mean: Option<Buffer>,
            running_var: Option<Buffer>,
            num_batches_tracked: Option<Buffer>,
            training: Training,
            num_features: i64,
            options: $options,
            /// That of the options, until it is set.
            momentum: Cell<Option<f64>>,
        }

        impl<const N: usize> $name<N> {
            #[doc = concat!("`nn.", stringify!($name), "2d(num_features)`.")]
            ///
            /// # Errors
            /// A negative number, or one that memory does not hold.
            pub fn new(num_features: i64) -> Result<Self> {
                Self::with_options(num_features, $options::default())
            }

            #[doc = concat!("`nn.", stringify!($name), "2d(num_features, eps=…, momentum=…, …)`.")]
            ///
            /// # Errors
            /// As [`new`](Self::new), and a dtype that is not floating point.
            pub fn with_options(num_features: i64, options: $options) -> Result<Self> {
                let (size, dtype) = ([num_features], options.dtype);
                let (affine, tracks) = (options.affine, options.track_running_stats);
                let running_mean = tracks.then(|| Tensor::f_zeros(size, (dtype, Device::Cpu))).transpose()?;
                let running_var = tracks.then(|| Tensor::f_ones(size, (dtype, Device::Cpu))).transpose()?;
                let count = tracks.then(|| Tensor::f_from_slice(&[0_i64])?.f_squeeze()).transpose()?;
                let buffers = [running_mean, running_var, count].map(|it| it.map(Buffer::new));
                reset(buffers.each_ref())?;
                let [running_mean, running_var, num_batches_tracked] = buffers;
                let parameter = |fill| affine.then(|| init::filled(&size, fill, dtype)).transpose();
                Ok(Self {
                    running_mean,
                    running_var,
                    num_batches_tracked,
                    weight: parameter(init::ones_)?,
                    bias: parameter(init::zeros_)?,
                    training: Training::default(),
                    num_features,
                    options,
                    momentum: Cell::new(options.momentum),
                })
            }

            /// The running means, `[num_features]`, where they are kept.
            pub fn running_mean(&self) -> Option<&Buffer> {
                self.running_mean.as_ref()
            }

            /// The running variances, `[num_features]`, where they are kept.
            pub fn running_var(&self) -> Option<&Buffer> {
                self.running_var.as_ref()
            }

            /// How much goes into the running statistics: `norm.momentum`.
            pub fn momentum(&self) -> Option<f64> {
                self.momentum.get()
            }

            /// Sets it for the inputs to come: `norm.momentum = momentum`.
            pub fn set_momentum(&self, momentum: Option<f64>) {
                self.momentum.set(momentum);
            }

            /// Forgets the inputs so far, where statistics are kept: `norm.reset_running_stats()`.
            ///
            /// # Errors
            /// Whatever libtorch throws.
            pub fn reset_running_stats(&self) -> Result<()> {
                reset([&self.running_mean, &self.running_var, &self.num_batches_tracked])
            }

            fn call(&self, operator: &'static str, input: &Tensor, of_input: bool, running: bool, momentum: f64) -> Result<Tensor> {
                if of_input && running && self.running_mean.is_some() {
                    hook::refuse("running statistics are changed by an operator that does not say so");
                }
                let [mean, var] = [&self.running_mean, &self.running_var]
                    .map(|buffer| Argument::from(buffer.as_deref().filter(|_| running)));
                let (weight, bias) = (self.weight.as_deref().into(), self.bias.as_deref().into());
                let (momentum, eps, cudnn) = (momentum.into(), self.options.eps.into(), true.into());
                aten(operator, &[input.into(), weight, bias, mean, var, of_input.into(), momentum, eps, cudnn])
            }
        }

        impl<const N: usize> Module for $name<N> {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                self.normalize(input)
            }

            fn extra_repr(&self) -> String {
                let $options { eps, affine, track_running_stats, .. } = self.options;
                let momentum = self.momentum();
                format!(
                    "{}, eps={}, momentum={}, affine={}, track_running_stats={}",
                    self.num_features,
                    repr::float(eps),
                    momentum.map_or("None".to_owned(), repr::float),
                    repr::boolean(affine),
                    repr::boolean(track_running_stats)
                )
            }

            fn class_name(&self) -> &str {
                [$($class),+][N - 1]
            }

            fn version(&self) -> i64 {
                2
            }

            /// Version 1 had no count of batches: this one's stays.
            fn upgrade(&self, state: &mut StateDict, prefix: &str, version: Option<i64>) -> Result<()> {
                let name = format!("{prefix}num_batches_tracked");
                if let Some(count) = self.num_batches_tracked.as_ref().filter(|_| version.is_none_or(|it| it < 2))
                    && !state.contains(&name)
                {
                    state.insert(name, count.shallow_clone());
                }
                Ok(())
            }

            parts!(weight, bias, running_mean, running_var, num_batches_tracked, training);
        }
    };
}

norm! {
    /// Features normalized by the mean and variance of a batch in training, and by running ones in
    /// evaluation: [`BatchNorm1d`], [`BatchNorm2d`], [`BatchNorm3d`].
    ///
    /// # Shapes
    /// 1d: `[n, c]` or `[n, c, l]`, 2d: `[n, c, h, w]`, 3d: `[n, c, d, h, w]`, kept with the dtype.
    ///
    /// ```
    /// use torch_exact::nn::{BatchNorm2d, Module};
    ///
    /// # fn main() -> torch_exact::Result<()> {
    /// let norm = BatchNorm2d::new(8)?;
    /// assert!(norm.state_dict().contains("num_batches_tracked"));
    /// # Ok(())
    /// # }
    /// ```
    BatchNorm, BatchNormOptions, ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]
}
norm! {
    /// Features normalized by the mean and variance of each sample: [`InstanceNorm1d`],
    /// [`InstanceNorm2d`], [`InstanceNorm3d`].
    ///
    /// # Shapes
    /// `[n, c, *]` or `[c, *]` with `N` dimensions behind the channels, kept with the dtype.
    InstanceNorm, InstanceNormOptions, ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]
}

impl<const N: usize> BatchNorm<N> {
    fn normalize(&self, input: &Tensor) -> Result<Tensor> {
        let accepted: &[usize] = if N == 1 { &[2, 3] } else { &[N + 2] };
        dimensions("batch_norm", accepted, input)?;
        let training = self.training.get();
        let mut momentum = self.momentum().unwrap_or(0.);
        if let Some(count) = self.num_batches_tracked.as_ref().filter(|_| training) {
            let one = shim::number_i64(1)?;
            let _ = no_grad(|| count.shallow_clone().f_add_(&one))?;
            if self.momentum().is_none() {
                hook::refuse(
                    "a batch normalization without momentum divides by the batches so far",
                );
                momentum = 1. / count.f_double_value(&[])?;
            }
        }
        let of_batch = training || self.running_mean.is_none();
        let size = input.size();
        if of_batch && size[0] * size[2..].iter().product::<i64>() == 1 {
            return Err(one_value("batch_norm", "value per channel", &size));
        }
        let running = !training || self.options.track_running_stats;
        self.call("aten::batch_norm", input, of_batch, running, momentum)
    }
}

/// A [`BatchNorm`] of any number of dimensions.
pub(crate) trait AnyBatchNorm {
    fn momentum(&self) -> Option<f64>;

    fn set_momentum(&self, momentum: Option<f64>);

    fn reset_running_stats(&self) -> Result<()>;
}

impl<const N: usize> AnyBatchNorm for BatchNorm<N> {
    fn momentum(&self) -> Option<f64> {
        self.momentum()
    }

    fn set_momentum(&self, momentum: Option<f64>) {
        self.set_momentum(momentum);
    }

    fn reset_running_stats(&self) -> Result<()> {
        self.reset_running_stats()
    }
}

/// The batch norms among a module and those inside: Python's `isinstance(module, _BatchNorm)`.
pub(crate) fn batch_norms(module: &dyn Module) -> Vec<&dyn AnyBatchNorm> {
    fn of<const N: usize>(module: &dyn Module) -> Option<&dyn AnyBatchNorm> {
        module.downcast_ref::<BatchNorm<N>>().map(|norm| norm as _)
    }
    let own = of::<1>(module).or_else(|| of::<2>(module)).or_else(|| of::<3>(module));
    let children = module.named_children().into_iter();
    own.into_iter().chain(children.flat_map(|(_, child)| batch_norms(child))).collect()
}

impl<const N: usize> InstanceNorm<N> {
    fn normalize(&self, input: &Tensor) -> Result<Tensor> {
        dimensions("instance_norm", &[N + 1, N + 2], input)?;
        let unbatched = input.dim() == N + 1;
        let size = input.size();
        if self.options.affine && size[input.dim() - N - 1] != self.num_features {
            return Err(Error::Shape {
                operation: "instance_norm",
                expected: format!("{} channels", self.num_features),
                found: format!("{size:?}"),
            });
        }
        let batched = if unbatched { input.f_unsqueeze(0)? } else { input.shallow_clone() };
        let of_input = self.training.get() || !self.options.track_running_stats;
        if of_input && batched.size()[2..].iter().product::<i64>() == 1 {
            return Err(one_value("instance_norm", "spatial element", &batched.size()));
        }
        let momentum = self.momentum().unwrap_or(0.);
        let out = self.call("aten::instance_norm", &batched, of_input, true, momentum)?;
        if unbatched { Ok(out.f_squeeze_dim(0)?) } else { Ok(out) }
    }
}

/// Python's refusal of a variance of one number.
pub(super) fn one_value(operation: &'static str, what: &str, size: &[i64]) -> Error {
    let expected = format!("more than 1 {what} when training");
    Error::Shape { operation, expected, found: format!("{size:?}") }
}
