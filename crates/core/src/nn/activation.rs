//! `torch/nn/modules/activation.py`: functions of one tensor.

use tch::Tensor;

use super::aten::{aten, dimensions};
use super::{Module, Parameter, Training};
use crate::{Error, Result, parts, repr};

/// Activations of float options and, most of them, `inplace`: a name, its operator, its options with
/// PyTorch's defaults, and whether they print with their names.
macro_rules! activations {
    ($(
        $(#[$doc:meta])*
        $name:ident, $operator:literal, [$($option:ident: $default:expr),*]
        $(, $inplace:ident)? => $print:expr;
    )+) => {$(
        $(#[$doc])*
        ///
        /// # Shapes
        /// `[*] -> [*]`, dtype kept.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            $(
                #[doc = concat!("`", stringify!($option), "`; ", stringify!($default), " by default.")]
                pub $option: f64,
            )*
            $(
                /// Whether the result takes the input's place.
                pub $inplace: bool,
            )?
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($option: $default,)* $($inplace: false,)? }
            }
        }

        impl $name {
            /// With PyTorch's defaults.
            pub fn new() -> Self {
                Self::default()
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                let operator = concat!("aten::", $operator);
                $(let operator = if self.$inplace { concat!("aten::", $operator, "_") } else { operator };)?
                aten(operator, &[input.into(), $(self.$option.into()),*])
            }

            fn extra_repr(&self) -> String {
                let options: &[(&str, f64)] = &[$((stringify!($option), self.$option)),*];
                let inplace: &[bool] = &[$(self.$inplace)?];
                $print(options, inplace == [true])
            }
        }
    )+};
}

/// `alpha=1.0, inplace=True`.
fn named(options: &[(&str, f64)], inplace: bool) -> String {
    let options = options.iter().map(|(name, value)| format!("{name}={}", repr::float(*value)));
    options.chain(inplace.then(|| "inplace=True".to_owned())).collect::<Vec<_>>().join(", ")
}

/// The value alone.
fn alone(options: &[(&str, f64)], _: bool) -> String {
    options.iter().map(|(_, value)| repr::float(*value)).collect()
}

/// Python's class has no `extra_repr`.
fn nothing(_: &[(&str, f64)], _: bool) -> String {
    String::new()
}

activations! {
    /// `torch.nn.ReLU`: `max(0, x)`.
    ReLU, "relu", [], inplace => named;
    /// `torch.nn.ReLU6`: `min(max(0, x), 6)`.
    ReLU6, "relu6", [], inplace => named;
    /// `torch.nn.CELU`: `max(0, x) + min(0, α (exp(x / α) - 1))`.
    CELU, "celu", [alpha: 1.0], inplace => named;
    /// `torch.nn.ELU`: `x` above 0, `α (exp(x) - 1)` below.
    ELU, "elu", [alpha: 1.0], inplace => named;
    /// `torch.nn.SELU`: a scaled [`ELU`] that keeps mean and variance.
    SELU, "selu", [], inplace => named;
    /// `torch.nn.SiLU`: `x σ(x)`.
    SiLU, "silu", [], inplace => named;
    /// `torch.nn.Mish`: `x tanh(softplus(x))`.
    Mish, "mish", [], inplace => named;
    /// `torch.nn.Hardsigmoid`: 0 below -3, 1 above 3, linear between.
    Hardsigmoid, "hardsigmoid", [], inplace => nothing;
    /// `torch.nn.Hardswish`: `x` times [`Hardsigmoid`].
    Hardswish, "hardswish", [], inplace => nothing;
    /// `torch.nn.LeakyReLU`: `x` above 0, `negative_slope · x` below.
    LeakyReLU, "leaky_relu", [negative_slope: 0.01], inplace => named;
    /// `torch.nn.Hardshrink`: 0 within `±lambd`, `x` beyond.
    Hardshrink, "hardshrink", [lambd: 0.5] => alone;
    /// `torch.nn.Softshrink`: 0 within `±lambd`, `x` moved towards 0 by `lambd` beyond.
    Softshrink, "softshrink", [lambd: 0.5] => alone;
    /// `torch.nn.Softplus`: `log(1 + exp(β x)) / β`, and `x` where `β x` is above `threshold`.
    Softplus, "softplus", [beta: 1.0, threshold: 20.0] => named;
    /// `torch.nn.Tanh`.
    Tanh, "tanh", [] => named;
    /// `torch.nn.Sigmoid`: `1 / (1 + exp(-x))`.
    Sigmoid, "sigmoid", [] => named;
    /// `torch.nn.LogSigmoid`: the logarithm of [`Sigmoid`].
    LogSigmoid, "log_sigmoid", [] => named;
}

/// Activations that are an expression: fields as they are printed, and the value.
macro_rules! expressions {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr),* }
        $forward:expr, $print:expr;
    )+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $name {
            /// With PyTorch's defaults.
            pub fn new() -> Self {
                Self::default()
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                let forward: fn(&Self, &Tensor) -> Result<Tensor> = $forward;
                forward(self, input)
            }

            fn extra_repr(&self) -> String {
                let print: fn(&Self) -> String = $print;
                print(self)
            }
        }
    )+};
}

expressions! {
    /// `torch.nn.Identity`: the input itself.
    Identity {}
    |_, input| Ok(input.shallow_clone()), |_| String::new();

    /// `torch.nn.Softsign`: `x / (1 + |x|)`.
    ///
    /// # Shapes
    /// `[*] -> [*]`, dtype kept.
    Softsign {}
    |_, input| Ok(input.f_div(&input.f_abs()?.f_add(&shim::number_i64(1)?)?)?), |_| String::new();

    /// `torch.nn.Tanhshrink`: `x - tanh(x)`.
    ///
    /// # Shapes
    /// `[*] -> [*]`, dtype kept.
    Tanhshrink {}
    |_, input| Ok(input.f_sub(&input.f_tanh()?)?), |_| String::new();

    /// `torch.nn.GELU`: `x Φ(x)` for the normal distribution's Φ.
    ///
    /// # Shapes
    /// `[*] -> [*]`, dtype kept.
    GELU {
        /// Whether Φ is approximated with `tanh`: `approximate='tanh'` for Python's `'none'`.
        tanh: bool = false
    }
    |it, input| Ok(input.f_gelu(it.approximate())?),
    |it| format!("approximate='{}'", it.approximate());

    /// `torch.nn.GLU`: the first half along a dimension times the sigmoid of the second.
    ///
    /// # Shapes
    /// `[*, 2 n, *] -> [*, n, *]`, dtype kept.
    GLU {
        /// The dimension; -1 is the last.
        dim: i64 = -1
    }
    |it, input| Ok(input.f_glu(it.dim)?), |it| format!("dim={}", it.dim);

    /// `torch.nn.Softmax2d`: [`Softmax`] over the channels of `[n, c, h, w]` or `[c, h, w]`.
    ///
    /// # Shapes
    /// The input's, dtype kept.
    Softmax2d {}
    |_, input| {
        dimensions("Softmax2d", &[3, 4], input)?;
        Ok(input.f_softmax(-3, None)?)
    },
    |_| String::new();

    /// `torch.nn.Hardtanh`: `x` between two bounds.
    ///
    /// # Shapes
    /// `[*] -> [*]`, dtype kept.
    Hardtanh {
        /// The lower bound.
        min_val: f64 = -1.,
        /// The upper bound, above the lower.
        max_val: f64 = 1.,
        /// Whether the result takes the input's place.
        inplace: bool = false
    }
    |it, input| {
        if it.max_val.partial_cmp(&it.min_val) != Some(std::cmp::Ordering::Greater) {
            let accepted = "max_val must be greater than min_val";
            return Err(Error::argument("max_val", it.max_val, accepted));
        }
        let operator = if it.inplace { "aten::hardtanh_" } else { "aten::hardtanh" };
        aten(operator, &[input.into(), it.min_val.into(), it.max_val.into()])
    },
    |it| named(&[("min_val", it.min_val), ("max_val", it.max_val)], it.inplace);
}

impl GELU {
    fn approximate(&self) -> &'static str {
        if self.tanh { "tanh" } else { "none" }
    }
}

/// `torch.nn.Threshold`: `x` above a threshold, else a value.
///
/// # Shapes
/// `[*] -> [*]`, dtype kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The threshold.
    pub threshold: f64,
    /// What stands for an element that is not above it.
    pub value: f64,
    /// Whether the result takes the input's place.
    pub inplace: bool,
}

impl Threshold {
    /// `nn.Threshold(threshold, value)`.
    pub fn new(threshold: f64, value: f64) -> Self {
        Self { threshold, value, inplace: false }
    }
}

impl Module for Threshold {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let operator = if self.inplace { "aten::threshold_" } else { "aten::threshold" };
        aten(operator, &[input.into(), self.threshold.into(), self.value.into()])
    }

    fn extra_repr(&self) -> String {
        named(&[("threshold", self.threshold), ("value", self.value)], self.inplace)
    }
}

/// `torch.nn.RReLU`: [`LeakyReLU`] whose slope is drawn for each element in training, and is the
/// middle of its range in evaluation.
///
/// # Shapes
/// `[*] -> [*]`, dtype kept.
#[derive(Debug, Clone)]
pub struct RReLU {
    /// The smallest slope; 1/8 by default.
    pub lower: f64,
    /// The largest slope; 1/3 by default.
    pub upper: f64,
    /// Whether the result takes the input's place.
    pub inplace: bool,
    training: Training,
}

impl RReLU {
    /// `nn.RReLU(lower, upper)`; PyTorch's defaults are 1/8 and 1/3.
    pub fn new(lower: f64, upper: f64) -> Self {
        Self { lower, upper, inplace: false, training: Training::default() }
    }

    /// The same in the input's place: `inplace=True`.
    pub fn inplace(self) -> Self {
        Self { inplace: true, ..self }
    }
}

impl Module for RReLU {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let operator = if self.inplace { "aten::rrelu_" } else { "aten::rrelu" };
        let training = self.training.get();
        aten(operator, &[input.into(), self.lower.into(), self.upper.into(), training.into()])
    }

    fn extra_repr(&self) -> String {
        named(&[("lower", self.lower), ("upper", self.upper)], self.inplace)
    }

    parts!(training);
}

/// `torch.nn.PReLU`: [`LeakyReLU`] whose slope is learned, one for all channels or one for each.
///
/// # Shapes
/// `[n, c, *] -> [n, c, *]`, dtype kept; weight `[1]` or `[c]`.
#[derive(Debug, Clone)]
pub struct PReLU {
    /// The slopes, `[num_parameters]`.
    pub weight: Parameter,
}

impl PReLU {
    /// `nn.PReLU(num_parameters, init, dtype=dtype)`; PyTorch's defaults are 1, 0.25 and float32.
    ///
    /// # Errors
    /// A negative number, or a dtype that is not floating point.
    pub fn new(num_parameters: i64, init: f64, dtype: tch::Kind) -> Result<Self> {
        let weight = Tensor::f_empty([num_parameters], (dtype, tch::Device::Cpu))?;
        super::init::constant_(&weight, init)?;
        Ok(Self { weight: Parameter::new(weight)? })
    }
}

impl Module for PReLU {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(input.f_prelu(&self.weight)?)
    }

    fn extra_repr(&self) -> String {
        format!("num_parameters={}", self.weight.numel())
    }

    parts!(weight);
}

macro_rules! softmax {
    ($(#[$doc:meta])* $name:ident, $apply:expr) => {
        $(#[$doc])*
        ///
        /// # Shapes
        /// `[*] -> [*]`, dtype kept. Python takes no dimension too, with a warning; here it is named.
        #[derive(Debug, Clone)]
        pub struct $name {
            dim: i64,
        }

        impl $name {
            /// Along a dimension; -1 is the last.
            pub fn new(dim: i64) -> Self {
                Self { dim }
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                let apply: fn(&Tensor, i64) -> std::result::Result<Tensor, tch::TchError> = $apply;
                Ok(apply(input, self.dim)?)
            }

            fn extra_repr(&self) -> String {
                format!("dim={}", self.dim)
            }
        }
    };
}

softmax! {
    /// `torch.nn.Softmax`: `exp(x) / Σ exp(x)` along a dimension.
    Softmax, |input, dim| input.f_softmax(dim, None)
}
softmax! {
    /// `torch.nn.LogSoftmax`: the logarithm of [`Softmax`].
    LogSoftmax, |input, dim| input.f_log_softmax(dim, None)
}
softmax! {
    /// `torch.nn.Softmin`: [`Softmax`] of `-x`.
    Softmin, |input, dim| input.f_neg()?.f_softmax(dim, None)
}
