//! Layers that take several tensors, some of which may be none.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value};
use tch::{Kind, Tensor};
use torch_exact::nn::*;
use torch_exact::random;

use super::arguments::Arguments;
use super::{attention, functions};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Several {
    tensors: Vec<Option<Given>>,
    /// The keyword that a tensor is given by.
    names: Vec<Option<String>>,
    /// Keyword arguments of the call.
    call: Map<String, Value>,
    /// Whether gradients are off in evaluation.
    pub no_grad: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    /// That of this number.
    Same(usize),
    Below {
        below: i64,
        shape: Vec<i64>,
    },
    Values {
        values: Vec<i64>,
        dtype: String,
        shape: Vec<i64>,
    },
    Floats {
        shape: Vec<i64>,
        grad: bool,
        uniform: Option<bool>,
    },
}

impl Several {
    /// The tensors, an undefined one for none.
    pub fn draw(&self, of_case: Kind) -> Result<Vec<Tensor>> {
        let mut drawn: Vec<Tensor> = vec![];
        for given in &self.tensors {
            drawn.push(match given {
                None => Tensor::new(),
                Some(Given::Same(number)) => drawn[*number].shallow_clone(),
                Some(Given::Below { below, shape }) => {
                    random::randint(0, *below, shape, Kind::Int64)?
                }
                Some(Given::Values { values, dtype, shape }) => {
                    let kind = match dtype.as_str() {
                        "bool" => Kind::Bool,
                        "int64" => Kind::Int64,
                        // That of the case.
                        _ => of_case,
                    };
                    Tensor::from_slice(values).f_reshape(shape)?.to_kind(kind)
                }
                Some(Given::Floats { shape, grad, uniform }) => {
                    let drawn = match uniform {
                        Some(true) => random::rand(shape)?,
                        _ => random::randn(shape)?,
                    };
                    drawn.to_kind(of_case).set_requires_grad(*grad)
                }
            });
        }
        Ok(drawn)
    }

    /// The tensors without gradients; those that are one stay one.
    pub fn detached(&self, tensors: &[Tensor]) -> Vec<Tensor> {
        let mut detached: Vec<Tensor> = vec![];
        for (given, tensor) in self.tensors.iter().zip(tensors) {
            detached.push(match given {
                None => Tensor::new(),
                Some(Given::Same(number)) => detached[*number].shallow_clone(),
                Some(_) => tensor.detach(),
            });
        }
        detached
    }

    pub fn call(&self, model: &dyn Module, tensors: &[Tensor]) -> Result<Vec<Tensor>> {
        let arguments = Arguments::new(&self.call);
        let named = self.names.iter().zip(tensors);
        let named = named.filter_map(|(name, tensor)| Some((name.as_deref()?, tensor))).collect();
        let named = Named { tensors: named, arguments: &arguments };
        let made = match attention::call(model, tensors, &named)? {
            Some(made) => made,
            None if functions::is_one(model) => functions::call(model, tensors, &arguments)?,
            None => call(model, tensors, &arguments)?,
        };
        arguments.all_read()?;
        Ok(made)
    }
}

/// Tensors by keyword, and other keyword arguments.
pub struct Named<'a> {
    tensors: Vec<(&'a str, &'a Tensor)>,
    pub arguments: &'a Arguments<'a>,
}

impl<'a> Named<'a> {
    pub fn tensor(&self, name: &str) -> Option<&'a Tensor> {
        self.tensors.iter().find(|(known, _)| *known == name).map(|(_, tensor)| *tensor)
    }

    pub fn maybe_flag(&self, name: &str) -> Option<bool> {
        self.arguments.get(name).and_then(Value::as_bool)
    }
}

fn call(model: &dyn Module, tensors: &[Tensor], a: &Arguments) -> Result<Vec<Tensor>> {
    let maybe = |number: usize| tensors.get(number).filter(|tensor| tensor.defined());
    let tensor = |number: usize| maybe(number).context("a tensor");
    macro_rules! of_two {
        ($($layer:ident),+) => {$(
            if let Some(layer) = model.downcast_ref::<$layer>() {
                return Ok(vec![layer.forward(tensor(0)?, tensor(1)?)?]);
            }
        )+};
    }
    of_two!(Bilinear, CosineSimilarity, PairwiseDistance);
    macro_rules! unpool {
        ($($layer:ident),+) => {$(
            if let Some(layer) = model.downcast_ref::<$layer>() {
                let size = a.maybe_ints("output_size");
                return Ok(vec![layer.forward(tensor(0)?, tensor(1)?, size.as_deref())?]);
            }
        )+};
    }
    unpool!(MaxUnpool1d, MaxUnpool2d, MaxUnpool3d);
    if let Some(layer) = model.downcast_ref::<AdaptiveLogSoftmaxWithLoss>() {
        let x = tensor(0)?;
        let (output, loss) = layer.forward(x, tensor(1)?)?;
        return Ok(match x.dim() {
            2 => vec![output, loss, layer.log_prob(x)?, layer.predict(x)?],
            _ => vec![output, loss],
        });
    }
    match model.downcast_ref::<EmbeddingBag>() {
        Some(bag) => Ok(vec![bag.forward(tensor(0)?, maybe(1), maybe(2))?]),
        None => bail!("{} takes no several tensors", model.class_name()),
    }
}
