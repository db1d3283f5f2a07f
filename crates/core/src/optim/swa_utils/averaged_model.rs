use shim::foreach;
use tch::{Device, Kind, Tensor};

use super::{AvgFn, MultiAvgFn, get_swa_avg_fn, get_swa_multi_avg_fn};
use crate::nn::{Buffer, Module, Training, deepcopy};
use crate::{Error, Result, ops, parts, tensor};

/// What [`AveragedModel`] takes beyond the model, with PyTorch's names and defaults.
#[derive(Debug, Clone, Default)]
pub struct AveragedModelOptions {
    /// Where the averages are kept; none, the default: where the model's parameters are.
    pub device: Option<Device>,
    /// What averages one tensor. With none and no `multi_avg_fn`, the averages are means of all models.
    pub avg_fn: Option<AvgFn>,
    /// What averages a list of tensors, in place of `avg_fn`.
    pub multi_avg_fn: Option<MultiAvgFn>,
    /// Whether buffers are averaged, and not copied from the last model; false by default.
    pub use_buffers: bool,
}

/// A copy of a model whose parameters are averages of the model's: `torch.optim.swa_utils.AveragedModel`.
///
/// It is a module: what [`module`](Self::module) computes it computes, and its state dictionary has
/// `n_averaged` and, under `module.`, that of the model. Functions are not saved.
///
/// ```
/// use torch_exact::nn::{Linear, Module};
/// use torch_exact::optim::swa_utils::{AveragedModel, AveragedModelOptions, get_ema_multi_avg_fn};
///
/// # fn main() -> torch_exact::Result<()> {
/// let model = Linear::new(3, 2)?;
/// let multi_avg_fn = Some(get_ema_multi_avg_fn(0.99)?);
/// let options = AveragedModelOptions { multi_avg_fn, ..Default::default() };
/// let averaged = AveragedModel::with_options(&model, options)?;
/// // After each step of an optimizer:
/// averaged.update_parameters(&model)?;
/// let state = averaged.state_dict();
/// assert_eq!(state.names().collect::<Vec<_>>(), ["n_averaged", "module.weight", "module.bias"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AveragedModel<M> {
    /// The model of averages.
    pub module: M,
    n_averaged: Buffer,
    training: Training,
    avg_fn: Option<AvgFn>,
    multi_avg_fn: Option<MultiAvgFn>,
    use_buffers: bool,
}

impl<M: Module + Clone> AveragedModel<M> {
    /// `AveragedModel(model)`: means of all models.
    ///
    /// # Errors
    /// What copying the model returns.
    pub fn new(model: &M) -> Result<Self> {
        Self::with_options(model, AveragedModelOptions::default())
    }

    /// `AveragedModel(model, device=…, avg_fn=…, multi_avg_fn=…, use_buffers=…)`.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Argument`] for two functions.
    pub fn with_options(model: &M, options: AveragedModelOptions) -> Result<Self> {
        let AveragedModelOptions { device, avg_fn, multi_avg_fn, use_buffers } = options;
        if avg_fn.is_some() && multi_avg_fn.is_some() {
            let accepted = "only one of avg_fn and multi_avg_fn should be provided";
            return Err(Error::argument("multi_avg_fn", "given", accepted));
        }
        let (mut module, mut count) = (deepcopy(model)?, tensor(0)?);
        if let Some(device) = device {
            module = module.to(device)?;
            count = count.f_to(device)?;
        }
        let (n_averaged, training) = (Buffer::new(count), Training::default());
        Ok(Self { module, n_averaged, training, avg_fn, multi_avg_fn, use_buffers })
    }
}

impl<M: Module> AveragedModel<M> {
    /// How many models were averaged, an int64 of shape `[]`: `averaged.n_averaged`.
    pub fn n_averaged(&self) -> &Buffer {
        &self.n_averaged
    }

    /// Takes a model's parameters into the averages, the first as they are: `update_parameters(model)`.
    ///
    /// # Errors
    /// What the averaging function refuses, such as other dtypes or, of means on lists, integers;
    /// [`Error::Argument`] for another number of buffers. As in Python, some may have changed then.
    pub fn update_parameters(&self, model: &dyn Module) -> Result<()> {
        let copies = self.n_averaged.f_eq(0)?.f_is_nonzero()?;
        let (mut averages, mut currents) = (vec![], vec![]);
        let own = tensors(&self.module, self.use_buffers);
        for (average, current) in own.iter().zip(tensors(model, self.use_buffers)) {
            let current = current.f_detach()?.f_to(average.device())?;
            averages.push(average.f_detach()?);
            if copies {
                average.f_detach()?.f_copy_(&current)?;
            }
            currents.push(current);
        }
        if self.n_averaged.f_gt(0)?.f_is_nonzero()? {
            self.average(&averages, &currents)?;
        }
        if !self.use_buffers {
            let (own, other) = (self.module.named_buffers(), model.named_buffers());
            for ((_, own), (_, other)) in own.iter().zip(&other) {
                own.f_detach()?.f_copy_(&other.f_detach()?.f_to(own.device())?)?;
            }
            if own.len() != other.len() {
                let given = format!("one of {} buffers", other.len());
                return Err(Error::argument("model", given, "the average has another number"));
            }
        }
        ops::add_(&self.n_averaged, 1)
    }

    fn average(&self, averages: &[Tensor], currents: &[Tensor]) -> Result<()> {
        match (&self.multi_avg_fn, &self.avg_fn) {
            (None, Some(avg_fn)) => {
                for (average, current) in averages.iter().zip(currents) {
                    let count = self.n_averaged.f_to(average.device())?;
                    let mut kept = average.f_detach()?;
                    kept.f_copy_(&avg_fn.call(&average.f_detach()?, current, &count)?)?;
                }
                Ok(())
            }
            (multi_avg_fn, _) => {
                for places in groups(averages, currents)? {
                    let of = |all: &[Tensor]| -> Vec<_> {
                        places.iter().map(|&place| all[place].shallow_clone()).collect()
                    };
                    self.average_group(multi_avg_fn.as_ref(), &of(averages), &of(currents))?;
                }
                Ok(())
            }
        }
    }

    /// Averages what has one device and dtype: on a GPU on lists, unless a function is given.
    fn average_group(
        &self,
        multi_avg_fn: Option<&MultiAvgFn>,
        averages: &[Tensor],
        currents: &[Tensor],
    ) -> Result<()> {
        let device = averages.first().map_or(Device::Cpu, Tensor::device);
        let count = self.n_averaged.f_to(device)?;
        match multi_avg_fn {
            Some(multi_avg_fn) => multi_avg_fn.call(averages, currents, &count),
            None if device.is_cuda() => get_swa_multi_avg_fn().call(averages, currents, &count),
            None => averages.iter().zip(currents).try_for_each(|(average, current)| {
                let new = get_swa_avg_fn().call(average, current, &count)?;
                Ok(average.shallow_clone().f_copy_(&new)?)
            }),
        }
    }
}

/// Parameters, and buffers if asked for.
fn tensors(module: &dyn Module, buffers: bool) -> Vec<Tensor> {
    let parameters = module.parameters();
    let mut all: Vec<_> = parameters.iter().map(|parameter| parameter.shallow_clone()).collect();
    if buffers {
        all.extend(module.named_buffers().into_iter().map(|(_, buffer)| buffer));
    }
    all
}

/// The places of tensors of one device and dtype; refuses none at all, and other dtypes in `currents`
/// but for those of a step's count, as the grouping that optimizers use does.
fn groups(averages: &[Tensor], currents: &[Tensor]) -> Result<Vec<Vec<usize>>> {
    if averages.is_empty() {
        return Err(Error::argument("model", "without parameters", "there is nothing to average"));
    }
    let fits = |(average, current): (&Tensor, &Tensor)| {
        let kind = current.kind();
        kind == average.kind() || matches!(kind, Kind::Float | Kind::Double)
    };
    if !averages.iter().zip(currents).all(fits) {
        let accepted = "tensors of the same index must be of the same dtype";
        return Err(Error::argument("model", "of another dtype", accepted));
    }
    Ok(foreach::group_by_device_and_dtype(averages)?)
}

impl<M: Module> Module for AveragedModel<M> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.module.forward(input)
    }

    parts!(n_averaged, module, training);
}
