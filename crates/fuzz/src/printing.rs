//! A random tensor to print: its description, and how it is drawn and shrunk.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};
use torch_exact::dtype;
use torch_exact::repr::{self, PrintOptions, Repr as _};

use crate::case::{Asked, Case};
use crate::draw::Draw;
use crate::outcome::Outcome;
use crate::values;
use crate::worker::Worker;

/// A tensor, bit by bit, and how it is printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printing {
    dtype: String,
    shape: Vec<i64>,
    /// The elements' bytes in row-major order, two hexadecimal digits each.
    bytes: String,
    form: Form,
    grad: Grad,
    options: Options,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    /// `repr(tensor)`.
    Tensor,
    /// `f"{tensor}"`.
    Format,
    /// `repr(nn.Parameter(tensor))`.
    Parameter,
    /// `repr([tensor, tensor])`.
    List,
}

/// What the tensor is to autograd.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Grad {
    None,
    Leaf,
    View,
    Unsqueeze,
}

/// The settings of `torch.set_printoptions`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    precision: u16,
    threshold: usize,
    edgeitems: usize,
    linewidth: usize,
    sci_mode: Option<bool>,
}

impl Options {
    const DEFAULT: Self =
        Self { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80, sci_mode: None };

    fn draw(draw: &mut Draw) -> Self {
        Self {
            precision: draw.between(0, 9) as u16,
            threshold: draw.one_of(&[0, 5, 50, 1000]),
            edgeitems: draw.between(0, 5) as usize,
            linewidth: draw.between(10, 200) as usize,
            sci_mode: draw.one_of(&[None, Some(true), Some(false)]),
        }
    }
}

impl Case for Printing {
    const NAMES: (&'static str, &'static str) = ("printing", "text");
    const FLAGS: &'static str = " --repr";

    fn kind(&self) -> String {
        format!("{:?}", self.form)
    }

    fn draw(draw: &mut Draw, _asked: Asked) -> Self {
        let kind = draw.one_of(&values::KINDS);
        let shape = values::shape(draw);
        let bytes = values::bytes(draw, kind, shape.iter().product::<i64>() as usize);
        let form = draw.one_of(&[
            Form::Tensor,
            Form::Tensor,
            Form::Tensor,
            Form::Format,
            Form::List,
            Form::Parameter,
        ]);
        let differentiable = values::is_float(kind);
        let grad = match (form, differentiable) {
            (Form::Parameter, true) => Grad::Leaf,
            (_, true) => {
                draw.one_of(&[Grad::None, Grad::None, Grad::Leaf, Grad::View, Grad::Unsqueeze])
            }
            (_, false) => Grad::None,
        };
        // The other forms take no options of their own.
        let options = if form == Form::Tensor && draw.percent(40) {
            Options::draw(draw)
        } else {
            Options::DEFAULT
        };
        Self {
            dtype: dtype::name(kind).into(),
            shape,
            bytes: values::hex(&bytes),
            form,
            grad,
            options,
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let mut found = Vec::new();
        if self.form != Form::Tensor {
            found.push(Self { form: Form::Tensor, ..self.clone() });
        }
        if self.grad != Grad::None && self.form != Form::Parameter {
            found.push(Self { grad: Grad::None, ..self.clone() });
        }
        found.extend(
            self.options.simpler().into_iter().map(|options| Self { options, ..self.clone() }),
        );
        if let Some((tensor, kind)) = self.tensor() {
            let smaller = values::smaller(&tensor).into_iter().filter_map(|cut| {
                let bytes = values::bytes_of(&cut, kind)?;
                Some(Self { shape: cut.size(), bytes: values::hex(&bytes), ..self.clone() })
            });
            found.extend(smaller);
        }
        found
    }

    fn run(&self, python: &mut Worker) -> anyhow::Result<Outcome> {
        python.ask("repr", self)?;
        let rust = self.text().map_err(|error| format!("{error:#}"));
        let python = python.answer()?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok(Outcome::compare_texts(rust, python))
    }
}

impl Printing {
    fn tensor(&self) -> Option<(Tensor, Kind)> {
        let kind = dtype::of_name(&self.dtype)?;
        let bytes = values::unhex(&self.bytes)?;
        let tensor = Tensor::f_from_data_size(&bytes, &self.shape, kind).ok()?;
        let whole = bytes.len() == tensor.numel() * kind.elt_size_in_bytes();
        whole.then_some((tensor, kind))
    }

    fn text(&self) -> anyhow::Result<String> {
        let (tensor, _) =
            self.tensor().ok_or_else(|| anyhow::anyhow!("dtype, shape and bytes do not fit"))?;
        let tensor = match self.grad {
            Grad::None => tensor,
            Grad::Leaf => tensor.f_set_requires_grad(true)?,
            Grad::View => tensor.f_set_requires_grad(true)?.f_view(self.shape.as_slice())?,
            Grad::Unsqueeze => tensor.f_set_requires_grad(true)?.f_unsqueeze(0)?,
        };
        let Options { precision, threshold, edgeitems, linewidth, sci_mode } = self.options;
        let options = PrintOptions { precision, threshold, edgeitems, linewidth, sci_mode };
        Ok(match self.form {
            Form::Tensor => repr::tensor(&tensor, &options)?,
            Form::Format => repr::format(&tensor)?,
            Form::Parameter => repr::parameter(&tensor)?,
            Form::List => vec![tensor.shallow_clone(), tensor].repr()?,
        })
    }
}

impl Options {
    /// With one setting or all of them back at their default.
    fn simpler(self) -> Vec<Self> {
        let default = Self::DEFAULT;
        let cuts = [
            default,
            Self { precision: default.precision, ..self },
            Self { threshold: default.threshold, ..self },
            Self { edgeitems: default.edgeitems, ..self },
            Self { linewidth: default.linewidth, ..self },
            Self { sci_mode: default.sci_mode, ..self },
        ];
        cuts.into_iter().filter(|&cut| cut != self).collect()
    }
}
