use tch::{Device, Kind, Tensor};

use super::{Module, Parts};
use crate::nn::Parameter;
use crate::{Error, Result, dtype};

/// A line for each parameter, which Python indents twice; its two containers name the type otherwise.
fn lines<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a Parameter)>,
    named: fn(&Parameter) -> &'static str,
) -> String {
    let lines = parameters.map(|(name, parameter)| {
        let size: Vec<_> = parameter.size().iter().map(i64::to_string).collect();
        let device = match parameter.device() {
            Device::Cuda(index) => format!(" (cuda:{index})"),
            _ => String::new(),
        };
        let (size, named) = (size.join("x"), named(parameter));
        format!("  ({name}): Parameter containing: [{named} of size {size}{device}]")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `torch.typename(parameter)`, the name of a tensor's old type.
fn typename(parameter: &Parameter) -> &'static str {
    let names = match parameter.kind() {
        Kind::Half => ["torch.HalfTensor", "torch.cuda.HalfTensor"],
        Kind::BFloat16 => ["torch.BFloat16Tensor", "torch.cuda.BFloat16Tensor"],
        Kind::Float => ["torch.FloatTensor", "torch.cuda.FloatTensor"],
        Kind::Double => ["torch.DoubleTensor", "torch.cuda.DoubleTensor"],
        Kind::ComplexFloat => ["torch.ComplexFloatTensor", "torch.cuda.ComplexFloatTensor"],
        Kind::ComplexDouble => ["torch.ComplexDoubleTensor", "torch.cuda.ComplexDoubleTensor"],
        Kind::Int64 => ["torch.LongTensor", "torch.cuda.LongTensor"],
        Kind::Int => ["torch.IntTensor", "torch.cuda.IntTensor"],
        Kind::Bool => ["torch.BoolTensor", "torch.cuda.BoolTensor"],
        _ => ["torch.Tensor"; 2],
    };
    names[usize::from(parameter.device().is_cuda())]
}

/// Both containers, and what their parameters are found by.
macro_rules! containers {
    ($($(#[$doc:meta])* $name:ident, $given:literal, $named:expr, [$($add:tt)*];)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, Clone)]
        pub struct $name {
            parameters: Vec<(String, Parameter)>,
        }

        impl $name {
            /// Without parameters.
            pub fn new() -> Self {
                Self::default()
            }

            $($add)*

            /// How many parameters there are.
            pub fn len(&self) -> usize {
                self.parameters.len()
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.parameters.is_empty()
            }
        }

        impl Module for $name {
            fn forward(&self, _: &Tensor) -> Result<Tensor> {
                let accepted = "a container of parameters is not called";
                Err(Error::argument("forward", $given, accepted))
            }

            fn parts(&self) -> Parts<'_> {
                let parameters = self.parameters.iter();
                parameters.fold(Parts::new(), |parts, (name, parameter)| parts.with(name, parameter))
            }

            fn extra_repr(&self) -> String {
                lines(self.parameters.iter().map(|(name, parameter)| (name.as_str(), parameter)), $named)
            }
        }
    )+};
}

containers! {
    /// `torch.nn.ParameterList`: parameters by their positions.
    ParameterList, "of a ParameterList", |parameter| dtype::repr(parameter.kind()), [
        /// Appends a parameter: `list.append(parameter)`.
        #[expect(clippy::should_implement_trait, reason = "the name that Sequential has")]
        pub fn add(mut self, parameter: Parameter) -> Self {
            self.parameters.push((self.len().to_string(), parameter));
            self
        }

        /// The parameter at a position: `list[0]`.
        ///
        /// # Errors
        /// [`Error::Argument`] where there is no such position.
        pub fn get(&self, index: usize) -> Result<&Parameter> {
            let parameter = self.parameters.get(index).map(|(_, parameter)| parameter);
            let given = || format!("{index} of {}", self.len());
            parameter.ok_or_else(|| Error::argument("index", given(), "positions count from 0"))
        }

        /// The parameters in order.
        pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
            self.parameters.iter().map(|(_, parameter)| parameter)
        }
    ];
    /// `torch.nn.ParameterDict`: parameters by name, in the order in which they were added.
    ParameterDict, "of a ParameterDict", typename, [
        /// Adds a parameter, in the place of one that has the name already: `parameters[name] = parameter`.
        ///
        /// # Errors
        /// [`Error::Argument`] for a name that is empty or has a dot in it, which Python refuses too.
        pub fn add(mut self, name: &str, parameter: Parameter) -> Result<Self> {
            if name.is_empty() || name.contains('.') {
                let accepted = "a parameter's name must be not empty and without a dot";
                return Err(Error::argument("name", format!("`{name}`"), accepted));
            }
            match self.parameters.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = parameter,
                None => self.parameters.push((name.to_owned(), parameter)),
            }
            Ok(self)
        }

        /// The parameter of a name: `parameters[name]`.
        ///
        /// # Errors
        /// [`Error::Argument`] for a name that there is not.
        pub fn get(&self, name: &str) -> Result<&Parameter> {
            let found = self.iter().find(|(known, _)| *known == name);
            let absent = || Error::argument("name", format!("`{name}`"), "no parameter has it");
            Ok(found.ok_or_else(absent)?.1)
        }

        /// The names and parameters in order: `parameters.items()`.
        pub fn iter(&self) -> impl Iterator<Item = (&str, &Parameter)> {
            self.parameters.iter().map(|(name, parameter)| (name.as_str(), parameter))
        }
    ];
}
