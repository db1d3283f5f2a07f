use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};

use tch::{Device, Tensor};

use super::state_dict::IncompatibleKeys;
use super::{Parameter, StateDict};
use crate::Result;

/// A model or a layer, as `torch.nn.Module`.
///
/// Buffers, tensors that are saved but not learned, have no place here.
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

    /// All parameters with dotted names, own ones first, each once however many names it has:
    /// `module.named_parameters()`.
    fn named_parameters(&self) -> Vec<(String, Parameter)> {
        let mut seen = HashSet::new();
        let mut parameters = self.all_parameters();
        parameters.retain(|(_, parameter)| seen.insert(shim::identity(parameter)));
        parameters
    }

    /// All parameters with dotted names, under every name they have:
    /// `module.named_parameters(remove_duplicate=False)`.
    fn all_parameters(&self) -> Vec<(String, Parameter)> {
        let own = self.own_parameters().into_iter().map(|(name, p)| (name.to_owned(), p));
        let nested = self.children().into_iter().flat_map(|(child, module)| {
            let prefixed = module.all_parameters().into_iter();
            prefixed.map(move |(name, p)| (format!("{child}.{name}"), p)).collect::<Vec<_>>()
        });
        own.chain(nested).collect()
    }

    /// All parameters: `list(module.parameters())`.
    fn parameters(&self) -> Vec<Parameter> {
        self.named_parameters().into_iter().map(|(_, p)| p).collect()
    }

    /// The parameters' values by dotted name, sharing their storage: `module.state_dict()`.
    fn state_dict(&self) -> StateDict {
        let values = self.all_parameters().into_iter().map(|(name, p)| (name, p.detach()));
        StateDict::of_module(values, self)
    }

    /// Copies values into the parameters: `module.load_state_dict(state)`.
    ///
    /// # Errors
    /// [`Error::StateDict`](crate::Error::StateDict) with every name that is missing or unexpected
    /// and every shape that differs. Nothing is copied then; Python copies what fits.
    fn load_state_dict(&self, state: &StateDict) -> Result<()> {
        state.copy_into(self, true).map(|_| ())
    }

    /// Copies the values whose names match, and returns the names that do not:
    /// `module.load_state_dict(state, strict=False)`.
    ///
    /// # Errors
    /// [`Error::StateDict`](crate::Error::StateDict) with every shape that differs. Nothing is
    /// copied then.
    fn load_state_dict_non_strict(&self, state: &StateDict) -> Result<IncompatibleKeys> {
        state.copy_into(self, false)
    }

    /// Moves the parameters and their gradients to a device, in place: `module.to(device)`.
    ///
    /// Optimizers made before still hold them. Values are unchanged, so that a model drawn on the
    /// CPU starts with the same numbers on every device.
    ///
    /// # Errors
    /// Whatever libtorch says when the device cannot hold them.
    fn to(&self, device: Device) -> Result<()> {
        for parameter in self.parameters() {
            if parameter.device() != device {
                let mut grad = parameter.f_grad()?;
                let moved = parameter.detach().f_to(device)?;
                parameter.shallow_clone().f_set_data(&moved)?;
                if grad.defined() {
                    let moved = grad.f_to(device)?;
                    grad.f_set_data(&moved)?;
                }
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
        self.own_mode().unwrap_or(true)
    }

    /// The first flag's mode, here or inside, if there is any.
    fn own_mode(&self) -> Option<bool> {
        let here = self.training_flag().map(Training::get);
        here.or_else(|| self.children().iter().find_map(|(_, child)| child.own_mode()))
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

impl Module for Box<dyn Module> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.as_ref().forward(input)
    }

    fn own_parameters(&self) -> Vec<(&str, Parameter)> {
        self.as_ref().own_parameters()
    }

    fn children(&self) -> Vec<(&str, &dyn Module)> {
        self.as_ref().children()
    }

    fn training_flag(&self) -> Option<&Training> {
        self.as_ref().training_flag()
    }
}

/// A function as a module without parameters, so that it can stand in a
/// [`Sequential`](super::Sequential).
///
/// ```
/// use torch_exact::nn::{Func, Linear, Module, Sequential};
///
/// # fn main() -> torch_exact::Result<()> {
/// let square = Func::new(|x| Ok(x.f_square()?));
/// let model = Sequential::new().add(Linear::new(3, 2)?).add(square);
/// # let _ = model;
/// # Ok(())
/// # }
/// ```
pub struct Func<F>(F);

impl<F: Fn(&Tensor) -> Result<Tensor> + Send> Func<F> {
    /// A module whose `forward` calls `function`.
    pub fn new(function: F) -> Self {
        Self(function)
    }
}

impl<F> Debug for Func<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Func")
    }
}

impl<F: Fn(&Tensor) -> Result<Tensor> + Send> Module for Func<F> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.0(input)
    }
}
