use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};

use tch::{Device, Tensor, no_grad};

use super::{Parameter, StateDict};
use crate::Result;

/// A model or a layer, as `torch.nn.Module`.
///
/// Python finds parameters and layers by their attributes; here a module names them, in the order
/// in which its `__init__` would set them:
///
/// ```
/// use torch_exact::nn::{Linear, Module};
/// use torch_exact::Result;
///
/// #[derive(Debug)]
/// struct TwoLayers {
///     linear1: Linear,
///     linear2: Linear,
/// }
///
/// impl Module for TwoLayers {
///     fn forward(&self, x: &tch::Tensor) -> Result<tch::Tensor> {
///         self.linear2.forward(&self.linear1.forward(x)?.f_relu()?)
///     }
///
///     fn children(&self) -> Vec<(&str, &dyn Module)> {
///         vec![("linear1", &self.linear1), ("linear2", &self.linear2)]
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let model = TwoLayers { linear1: Linear::new(1, 10)?, linear2: Linear::new(10, 1)? };
/// let names: Vec<_> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias"]);
/// # Ok(())
/// # }
/// ```
pub trait Module: Debug + Send {
    /// Computes the output: `module(input)`.
    ///
    /// # Errors
    /// Whatever the operations inside return, most often for a shape that does not fit.
    fn forward(&self, input: &Tensor) -> Result<Tensor>;

    /// The parameters that are the module's own, by name, in the order of their registration.
    fn own_parameters(&self) -> Vec<(&str, Parameter)> {
        Vec::new()
    }

    /// The modules inside, by name, in the order of their registration.
    fn children(&self) -> Vec<(&str, &dyn Module)> {
        Vec::new()
    }

    /// The flag that `train` and `eval` set, for a module that behaves differently in the two.
    fn training_flag(&self) -> Option<&Training> {
        None
    }

    /// All parameters with dotted names, own ones first: `module.named_parameters()`.
    fn named_parameters(&self) -> Vec<(String, Parameter)> {
        let own = self
            .own_parameters()
            .into_iter()
            .map(|(name, p)| (name.to_owned(), p));
        let nested = self.children().into_iter().flat_map(|(child, module)| {
            let prefixed = module.named_parameters().into_iter();
            prefixed
                .map(move |(name, p)| (format!("{child}.{name}"), p))
                .collect::<Vec<_>>()
        });
        own.chain(nested).collect()
    }

    /// All parameters: `list(module.parameters())`.
    fn parameters(&self) -> Vec<Parameter> {
        self.named_parameters()
            .into_iter()
            .map(|(_, p)| p)
            .collect()
    }

    /// The parameters' values by dotted name, sharing their storage: `module.state_dict()`.
    fn state_dict(&self) -> StateDict {
        self.named_parameters()
            .into_iter()
            .map(|(name, p)| (name, p.detach()))
            .collect()
    }

    /// Copies values into the parameters: `module.load_state_dict(state)`.
    ///
    /// # Errors
    /// [`Error::StateDict`](crate::Error::StateDict) where a name is missing, unexpected, or its
    /// tensor has another shape. Nothing is copied then.
    fn load_state_dict(&self, state: &StateDict) -> Result<()> {
        let parameters = self.named_parameters();
        state.check_against(&parameters)?;
        no_grad(|| {
            for (name, parameter) in &parameters {
                if let Some(value) = state.get(name) {
                    parameter.shallow_clone().f_copy_(value)?;
                }
            }
            Ok(())
        })
    }

    /// Moves the parameters to a device, in place: `module.to(device)`.
    ///
    /// Optimizers made before still hold them. Values are unchanged, so that a model drawn on the
    /// CPU starts with the same numbers on every device.
    ///
    /// # Errors
    /// Whatever libtorch says when the device cannot hold them.
    fn to(&self, device: Device) -> Result<()> {
        for parameter in self.parameters() {
            if parameter.device() != device {
                let moved = parameter.detach().f_to(device)?;
                parameter.shallow_clone().f_set_data(&moved)?;
            }
        }
        Ok(())
    }

    /// Sets training mode here and in every module inside: `module.train(mode)`.
    fn set_training(&self, mode: bool) {
        if let Some(flag) = self.training_flag() {
            flag.set(mode);
        }
        for (_, child) in self.children() {
            child.set_training(mode);
        }
    }

    /// Sets training mode: `module.train()`.
    fn train(&self) {
        self.set_training(true);
    }

    /// Sets evaluation mode: `module.eval()`.
    fn eval(&self) {
        self.set_training(false);
    }

    /// Whether the module is in training mode, as all are at first: `module.training`.
    ///
    /// A module without a flag of its own answers for the first module inside that has one.
    fn training(&self) -> bool {
        match self.training_flag() {
            Some(flag) => flag.get(),
            None => self
                .children()
                .first()
                .is_none_or(|(_, child)| child.training()),
        }
    }
}

/// The mode that [`Module::train`] and [`Module::eval`] set; on at first.
#[derive(Debug)]
pub struct Training(AtomicBool);

impl Training {
    /// Whether the mode is training.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, mode: bool) {
        self.0.store(mode, Ordering::Relaxed);
    }
}

impl Default for Training {
    fn default() -> Self {
        Self(AtomicBool::new(true))
    }
}
