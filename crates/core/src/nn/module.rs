mod state;
mod to;

use std::any::{Any, type_name};
use std::collections::HashSet;
use std::fmt::Debug;

use tch::{Kind, Tensor};

use self::state::{names, prefixed, saved, targets, upgraded, versions};
pub use self::to::DeviceOrDtype;
use self::to::{replace, tensors_of};
use super::state_dict::IncompatibleKeys;
use super::{Parameter, Parts, StateDict};
use crate::repr;
use crate::{Error, Result};

/// A model or a layer, as `torch.nn.Module`.
///
/// Python finds parameters and layers by their attributes; here [`parts!`](crate::parts) names the
/// fields, in the order in which `__init__` would set them:
///
/// ```
/// use torch_exact::nn::{Linear, Module};
/// use torch_exact::{Result, parts};
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
///     parts!(linear1, linear2);
/// }
///
/// # fn main() -> Result<()> {
/// let model = TwoLayers { linear1: Linear::new(1, 10)?, linear2: Linear::new(10, 1)? };
/// let names: Vec<_> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias"]);
/// assert_eq!(
///     model.repr()?,
///     "TwoLayers(
///   (linear1): Linear(in_features=1, out_features=10, bias=True)
///   (linear2): Linear(in_features=10, out_features=1, bias=True)
/// )"
/// );
/// # Ok(())
/// # }
/// ```
///
/// A module that takes or gives more than one tensor has a `forward` of its own beside `impl Module`, with
/// whatever it takes and gives; a call finds that one first. Everything else is as for any other module:
/// names, state dictionary, printing, modes, moving. A loss is a part as well.
///
/// ```
/// use tch::{Kind, Tensor};
/// use torch_exact::nn::{CrossEntropyLoss, Embedding, LSTM, Linear, Module};
/// use torch_exact::{Result, parts, tensor};
///
/// #[derive(Debug)]
/// struct Tagger {
///     embedding: Embedding,
///     lstm: LSTM,
///     linear: Linear,
///     loss_fn: CrossEntropyLoss,
/// }
///
/// impl Module for Tagger {
///     parts!(embedding, lstm, linear, loss_fn);
/// }
///
/// impl Tagger {
///     /// Tags, and the loss where the right ones are given.
///     fn forward(&self, words: &Tensor, tags: Option<&Tensor>) -> Result<(Tensor, Option<Tensor>)> {
///         let (output, (_hidden, _cell)) = self.lstm.forward(&self.embedding.forward(words)?, None)?;
///         let scores = self.linear.forward(&output)?;
///         let loss = tags.map(|tags| self.loss_fn.forward(&scores, tags)).transpose()?;
///         Ok((scores, loss))
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let model = Tagger {
///     embedding: Embedding::new(9, 4)?,
///     lstm: LSTM::new(4, 3)?,
///     linear: Linear::new(3, 2)?,
///     loss_fn: CrossEntropyLoss { weight: Some(tensor([1.0, 2.0])?), ..Default::default() },
/// };
/// let (scores, loss) = model.forward(&tensor([1, 8, 0])?, Some(&tensor([0, 1, 1])?))?;
/// assert_eq!(scores.size(), [3, 2]);
/// loss.unwrap().backward();
/// model.eval();
/// assert_eq!(model.state_dict().names().last(), Some("loss_fn.weight"));
/// assert!(model.repr()?.ends_with("  (loss_fn): CrossEntropyLoss()\n)"));
/// # Ok(())
/// # }
/// ```
pub trait Module: Any + Debug + Send {
    /// Computes the output of one tensor: `module(input)`.
    ///
    /// # Errors
    /// Whatever the operations inside return, most often for a shape that does not fit. A module that has
    /// not said what it does, or does it in a `forward` of its own, refuses.
    fn forward(&self, _input: &Tensor) -> Result<Tensor> {
        let accepted =
            "it has no `forward` of one tensor that gives one: call its own, with what that takes";
        Err(Error::argument("module", self.class_name(), accepted))
    }

    /// The parameters, buffers and modules inside; [`parts!`](crate::parts) writes this.
    fn parts(&self) -> Parts<'_> {
        Parts::new()
    }

    /// What `print(module)` shows between the parentheses of a layer: `module.extra_repr()`.
    fn extra_repr(&self) -> String {
        String::new()
    }

    /// The version of the module's class, which is saved with its state: Python's `_version`.
    fn version(&self) -> i64 {
        1
    }

    /// Brings a state dictionary of an older version of the class to this one's, under names that begin
    /// with `prefix`: what Python does at the head of a class's `_load_from_state_dict`. `version` is that of
    /// the state's metadata, none where it has none.
    ///
    /// # Errors
    /// Whatever keeps the state from being loaded.
    fn upgrade(&self, _state: &mut StateDict, _prefix: &str, _version: Option<i64>) -> Result<()> {
        Ok(())
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
        let parts = self.parts();
        let own = parts.parameters.iter().map(|(name, p)| ((*name).to_owned(), (*p).clone()));
        let mut all: Vec<_> = own.collect();
        for (child, module) in parts.modules {
            all.extend(prefixed(child, module.all_parameters()));
        }
        all
    }

    /// All parameters: `list(module.parameters())`.
    fn parameters(&self) -> Vec<Parameter> {
        self.named_parameters().into_iter().map(|(_, p)| p).collect()
    }

    /// All buffers with dotted names, each once, sharing their storage: `module.named_buffers()`.
    fn named_buffers(&self) -> Vec<(String, Tensor)> {
        let parts = self.parts();
        let own = parts.buffers.iter().map(|(name, b, _)| ((*name).to_owned(), b.shallow_clone()));
        let mut all: Vec<_> = own.collect();
        for (child, module) in parts.modules {
            all.extend(prefixed(child, module.named_buffers()));
        }
        let mut seen = HashSet::new();
        all.retain(|(_, buffer)| seen.insert(shim::identity(buffer)));
        all
    }

    /// The modules inside, by name, without those inside them: `module.named_children()`.
    fn named_children(&self) -> Vec<(&str, &dyn Module)> {
        self.parts().modules
    }

    /// The values of parameters and persistent buffers by dotted name, sharing their storage:
    /// `module.state_dict()`.
    fn state_dict(&self) -> StateDict {
        let values = saved(self).into_iter().map(|(name, p)| (name, p.detach()));
        StateDict::with_modules(values, versions(self))
    }

    /// Copies values into the parameters and buffers: `module.load_state_dict(state)`.
    ///
    /// # Errors
    /// [`Error::StateDict`](crate::Error::StateDict) with every name that is missing or unexpected
    /// and every shape that differs. Nothing is copied then; Python copies what fits.
    fn load_state_dict(&self, state: &StateDict) -> Result<()> {
        upgraded(self, state)?.copy_into(targets(self), &names(self), true).map(|_| ())
    }

    /// Copies the values whose names match, and returns the names that do not:
    /// `module.load_state_dict(state, strict=False)`.
    ///
    /// # Errors
    /// [`Error::StateDict`](crate::Error::StateDict) with every shape that differs. Nothing is
    /// copied then.
    fn load_state_dict_non_strict(&self, state: &StateDict) -> Result<IncompatibleKeys> {
        upgraded(self, state)?.copy_into(targets(self), &names(self), false)
    }

    /// Makes the gradients undefined: `module.zero_grad()`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    fn zero_grad(&self) -> Result<()> {
        Ok(self.parameters().iter().try_for_each(|parameter| shim::clear_grad(parameter))?)
    }

    /// Moves parameters, gradients and buffers to a device, or casts the floating-point ones to a
    /// dtype, and returns the module: `module.to(device)`, `module.to(dtype)`.
    ///
    /// They stay the same tensors, so that optimizers and clones made before still hold them. Values
    /// are unchanged by a device: a model drawn on the CPU starts with the same numbers everywhere.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for a dtype that is not a floating-point one,
    /// and whatever libtorch says, for want of memory for example.
    fn to(self, device_or_dtype: impl Into<DeviceOrDtype>) -> Result<Self>
    where
        Self: Sized,
    {
        let floating = [Kind::Half, Kind::BFloat16, Kind::Float, Kind::Double];
        let to = device_or_dtype.into();
        if let DeviceOrDtype::Dtype(dtype) = to
            && !floating.contains(&dtype)
        {
            let accepted = "a module is cast to Half, BFloat16, Float or Double";
            return Err(Error::argument("dtype", format!("{dtype:?}"), accepted));
        }
        for tensor in tensors_of(&self) {
            match to {
                DeviceOrDtype::Device(device) if tensor.device() != device => {
                    replace(&tensor, &|data| Ok(data.f_to(device)?))?;
                }
                DeviceOrDtype::Dtype(dtype)
                    if floating.contains(&tensor.kind()) && tensor.kind() != dtype =>
                {
                    replace(&tensor, &|data| Ok(data.f_to_kind(dtype)?))?;
                }
                _ => {}
            }
        }
        Ok(self)
    }

    /// `module.float()`: [`to`](Self::to) `Kind::Float`.
    ///
    /// # Errors
    /// As [`to`](Self::to).
    fn float(self) -> Result<Self>
    where
        Self: Sized,
    {
        self.to(Kind::Float)
    }

    /// `module.double()`: [`to`](Self::to) `Kind::Double`.
    ///
    /// # Errors
    /// As [`to`](Self::to).
    fn double(self) -> Result<Self>
    where
        Self: Sized,
    {
        self.to(Kind::Double)
    }

    /// Sets training mode in every module inside that reads it: `module.train(mode)`.
    fn set_training(&self, mode: bool) {
        let parts = self.parts();
        if let Some(training) = parts.training {
            training.set(mode);
        }
        parts.modules.iter().for_each(|(_, child)| child.set_training(mode));
    }

    /// Sets training mode: `module.train()`.
    fn train(&self) {
        self.set_training(true);
    }

    /// Sets evaluation mode: `module.eval()`.
    fn eval(&self) {
        self.set_training(false);
    }

    /// The mode that this module or the first one inside reads, as `module.training`; none where no
    /// module reads it, so that training and evaluation are the same.
    fn training(&self) -> Option<bool> {
        let parts = self.parts();
        let inside = || parts.modules.iter().find_map(|(_, child)| child.training());
        parts.training.map(|training| training.get()).or_else(inside)
    }

    /// The name of the type, as Python shows a class.
    fn class_name(&self) -> &str {
        let path = type_name::<Self>();
        let path = path.split_once('<').map_or(path, |(path, _)| path);
        path.rsplit("::").next().unwrap_or(path)
    }

    /// Python's `repr(module)`: what `print(model)` shows.
    ///
    /// # Errors
    /// None of its own; all that prints returns alike.
    fn repr(&self) -> Result<String> {
        let (name, extra) = (self.class_name(), self.extra_repr());
        let children = self.named_children();
        if children.is_empty() && !extra.contains('\n') {
            return Ok(format!("{name}({extra})"));
        }
        let mut parts = if extra.is_empty() { vec![] } else { vec![extra] };
        for (name, child) in children {
            parts.push(format!("({name}): {}", Module::repr(child)?));
        }
        let lines: String =
            parts.iter().map(|p| format!("  {}\n", p.replace('\n', "\n  "))).collect();
        Ok(format!("{name}(\n{lines})"))
    }
}

/// Calls `function` with every module inside and then with `module` itself: `module.apply(function)`.
///
/// ```
/// use torch_exact::nn::{self, Linear, ReLU, Sequential, init};
///
/// # fn main() -> torch_exact::Result<()> {
/// let model = Sequential::new().add(Linear::new(2, 4)?).add(ReLU::new());
/// nn::apply(&model, &mut |module| match module.downcast_ref::<Linear>() {
///     Some(linear) => init::xavier_uniform_(&linear.weight, 1.0),
///     None => Ok(()),
/// })?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The first error of `function`.
pub fn apply(
    module: &dyn Module,
    function: &mut dyn FnMut(&dyn Module) -> Result<()>,
) -> Result<()> {
    for (_, child) in module.named_children() {
        apply(child, function)?;
    }
    function(module)
}

impl dyn Module {
    /// The module as what it is, if it is an `M`: Python's `isinstance(module, M)`.
    pub fn downcast_ref<M: Module>(&self) -> Option<&M> {
        (self as &dyn Any).downcast_ref()
    }
}

impl repr::Repr for dyn Module {
    fn repr(&self) -> Result<String> {
        Module::repr(self)
    }
}
