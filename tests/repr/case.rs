//! The lines of `tests/python/repr.py`, and the values that they describe.

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use shim::InferenceMode;
use tch::{Kind, Reduction, Tensor};
use torch_exact::numpy::Float32;
use torch_exact::ops::number;
use torch_exact::repr::{self, PrintOptions, Printer, Repr, Size};

/// A line of the script: a value, how to print it, and what Python printed.
#[derive(Debug, Deserialize)]
pub struct Case {
    pub form: String,
    value: Value,
    #[serde(default)]
    options: Options,
    /// What Python printed.
    pub text: String,
}

impl Case {
    /// The text of the value as this project prints it.
    pub fn print(&self) -> Result<String> {
        if let Some((notation, digits)) = self.form.split_once(':') {
            let Value::Float(bits) = &self.value else { bail!("{} of no float", self.form) };
            let (value, digits) = (f64::from_le_bytes(raw(bits)?), digits.parse()?);
            return Ok(match notation {
                "fixed" => format!("{:.digits$}", number(value)),
                _ => format!("{:.digits$e}", number(value)),
            });
        }
        let made = self.value.make(self.options.resolve())?;
        Ok(match (self.form.as_str(), &made) {
            ("format", Made::Tensor(tensor, _)) => repr::format(tensor)?,
            ("repr" | "str", made) => made.repr()?,
            ("pretty", made) => repr::pretty(made)?,
            (form, _) => bail!("unknown form {form}"),
        })
    }
}

/// The arguments of `torch.set_printoptions`.
#[derive(Debug, Deserialize, Default, Clone, Copy)]
struct Options {
    profile: Option<Profile>,
    precision: Option<u16>,
    threshold: Option<usize>,
    edgeitems: Option<usize>,
    linewidth: Option<usize>,
    sci_mode: Option<bool>,
}

#[derive(Debug, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Profile {
    Short,
    Full,
}

impl Options {
    fn resolve(self) -> PrintOptions {
        let base = match self.profile {
            None => PrintOptions::default(),
            Some(Profile::Short) => PrintOptions::short(),
            Some(Profile::Full) => PrintOptions::full(),
        };
        PrintOptions {
            precision: self.precision.unwrap_or(base.precision),
            threshold: self.threshold.unwrap_or(base.threshold),
            edgeitems: self.edgeitems.unwrap_or(base.edgeitems),
            linewidth: self.linewidth.unwrap_or(base.linewidth),
            sci_mode: self.sci_mode,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Value {
    Tensor(TensorSpec),
    Parameter(TensorSpec),
    Size(Vec<i64>),
    Float(String),
    Float32(String),
    Complex([String; 2]),
    Int(i64),
    Bool(bool),
    Str(String),
    None(()),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Dict(Vec<(String, Value)>),
}

#[derive(Debug, Deserialize)]
struct TensorSpec {
    dtype: String,
    shape: Vec<i64>,
    /// The first elements in memory; the rest of the shape repeats them.
    bytes: String,
    requires_grad: bool,
    inference: bool,
    steps: Vec<String>,
}

/// A [`Value`] with its tensors made, which are printed with the case's options.
enum Made {
    Tensor(Tensor, PrintOptions),
    Parameter(Tensor, PrintOptions),
    /// Something of one line, already printed.
    Scalar(String),
    List(Vec<Made>),
    Tuple(Vec<Made>),
    Dict(Vec<(String, Made)>),
}

impl Value {
    fn make(&self, options: PrintOptions) -> Result<Made> {
        let all = |items: &[Value]| -> Result<Vec<Made>> {
            items.iter().map(|item| item.make(options)).collect()
        };
        Ok(match self {
            Self::Tensor(spec) => Made::Tensor(spec.make()?, options),
            Self::Parameter(spec) => {
                let leaf = spec.make()?.f_detach()?;
                Made::Parameter(leaf.f_set_requires_grad(spec.requires_grad)?, options)
            }
            Self::Size(shape) => Made::Scalar(Size::from(shape.clone()).to_string()),
            Self::Float(bits) => Made::Scalar(f64::from_le_bytes(raw(bits)?).repr()?),
            Self::Float32(bits) => {
                Made::Scalar(Float32(f32::from_le_bytes(raw(bits)?)).to_string())
            }
            Self::Complex([real, imag]) => {
                let part = |bits: &str| raw(bits).map(f64::from_le_bytes);
                Made::Scalar(repr::complex(part(real)?, part(imag)?))
            }
            Self::Int(value) => Made::Scalar(value.repr()?),
            Self::Bool(value) => Made::Scalar(value.repr()?),
            Self::Str(value) => Made::Scalar(value.repr()?),
            Self::None(()) => Made::Scalar(None::<i64>.repr()?),
            Self::List(items) => Made::List(all(items)?),
            Self::Tuple(items) => Made::Tuple(all(items)?),
            Self::Dict(items) => {
                let made = |(key, item): &(String, Value)| Ok((key.clone(), item.make(options)?));
                Made::Dict(items.iter().map(made).collect::<Result<_>>()?)
            }
        })
    }
}

impl Repr for Made {
    fn repr(&self) -> torch_exact::Result<String> {
        match self {
            Self::Tensor(tensor, options) => repr::tensor(tensor, options),
            Self::Parameter(tensor, options) => {
                let text = repr::tensor(tensor, options)?;
                if *options == PrintOptions::default() {
                    return repr::parameter(tensor);
                }
                Ok(format!("Parameter containing:\n{text}"))
            }
            Self::Scalar(text) => Ok(text.clone()),
            Self::List(items) => items.repr(),
            Self::Tuple(items) => repr::tuple(&erased(items)),
            Self::Dict(items) => {
                let texts: Vec<String> =
                    items.iter().map(|(_, item)| item.repr()).collect::<Result<_, _>>()?;
                let keys = items.iter().map(|(key, _)| key.as_str());
                Ok(repr::ordered_dict(keys.zip(texts)))
            }
        }
    }

    fn repr_pretty(&self, printer: &mut Printer) -> torch_exact::Result<()> {
        match self {
            Self::List(items) => printer.list(items),
            Self::Tuple(items) => printer.tuple(&erased(items)),
            Self::Dict(items) => {
                printer.ordered_dict(items.iter().map(|(key, item)| (key.as_str(), item)))
            }
            _ => {
                printer.lines(&self.repr()?);
                Ok(())
            }
        }
    }
}

fn erased(items: &[Made]) -> Vec<&dyn Repr> {
    items.iter().map(|item| item as &dyn Repr).collect()
}

impl TensorSpec {
    fn make(&self) -> Result<Tensor> {
        let _guard = self.inference.then(InferenceMode::enter).transpose()?;
        let kind = kind(&self.dtype)?;
        let wanted = self.shape.iter().product::<i64>() as usize * kind.elt_size_in_bytes();
        let mut bytes = unhex(&self.bytes)?;
        ensure!(wanted == 0 || !bytes.is_empty(), "no bytes for {:?}", self.shape);
        bytes = bytes.into_iter().cycle().take(wanted).collect();
        let mut tensor = Tensor::f_from_data_size(&bytes, &self.shape, kind)?;
        if self.requires_grad {
            tensor = tensor.f_set_requires_grad(true)?;
        }
        for name in &self.steps {
            tensor = step(name, &tensor).with_context(|| format!("step {name}"))?;
        }
        Ok(tensor)
    }
}

/// What the table STEPS of the script does under the same name.
fn step(name: &str, t: &Tensor) -> Result<Tensor> {
    Ok(match name {
        "add" => t.f_add(t)?,
        "mul" => t.f_mul(t)?,
        "true_divide" => t.f_div(&Tensor::from(2.0_f32))?,
        "matmul" => t.f_matmul(&t.f_transpose(0, -1)?)?,
        "linear" => {
            let bias = t.f_sum_dim_intlist([-1].as_slice(), false, None::<Kind>)?;
            t.f_linear(t, Some(&bias))?
        }
        "mse_loss" => t.f_mse_loss(&t.f_mul(t)?, Reduction::Mean)?,
        "l1_loss" => t.f_l1_loss(&t.f_mul(t)?, Reduction::Mean)?,
        "sum" => t.f_sum(None::<Kind>)?,
        "mean" => t.f_mean(None::<Kind>)?,
        "relu" => t.f_relu()?,
        "sigmoid" => t.f_sigmoid()?,
        "tanh" => t.f_tanh()?,
        "transpose" => t.f_transpose(0, -1)?,
        "select" => t.f_select(0, 0)?,
        "narrow" => t.f_narrow(0, 0, 1)?,
        "flatten" => t.f_reshape([-1])?,
        "expand" => t.f_expand([&[3], t.size().as_slice()].concat(), false)?,
        "detach" => t.f_detach()?,
        "copy_slices" => {
            let changed = t.f_mul(t)?;
            let mut first = changed.f_select(0, 0)?;
            let factor = first.shallow_clone();
            let _ = first.f_mul_(&factor)?;
            changed
        }
        "invalid_view" => {
            let base = t.f_mul(t)?;
            let _guard = tch::no_grad_guard();
            let mut view = base.f_select(0, 0)?;
            let factor = view.shallow_clone();
            let _ = view.f_mul_(&factor)?;
            view
        }
        "neg_view" => t.f_internal_neg_view()?,
        "conj" => t.f_conj()?,
        "zerotensor" => Tensor::f_internal_efficientzerotensor(t.size(), (t.kind(), t.device()))?,
        _ => bail!("the script knows a step that this test does not: {name}"),
    })
}

fn kind(dtype: &str) -> Result<Kind> {
    torch_exact::dtype::of_name(dtype).with_context(|| format!("tch has no dtype {dtype}"))
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    digits.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

fn raw<const N: usize>(bits: &str) -> Result<[u8; N]> {
    unhex(bits)?.try_into().ok().with_context(|| format!("{bits} is not {N} bytes"))
}
