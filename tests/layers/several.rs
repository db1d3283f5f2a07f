//! Layers that take several tensors, some of which may be none.

use anyhow::{Context as _, Result, bail};
use common::dtype_of;
use serde::Deserialize;
use serde_json::{Map, Value};
use tch::{Kind, Tensor};
use torch_exact::nn::*;
use torch_exact::random;

use super::arguments::Arguments;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Several {
    tensors: Vec<Option<Given>>,
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
    },
}

impl Several {
    /// The tensors, an undefined one for none.
    pub fn draw(&self, dtype: Kind) -> Result<Vec<Tensor>> {
        let mut drawn: Vec<Tensor> = vec![];
        for given in &self.tensors {
            drawn.push(match given {
                None => Tensor::new(),
                Some(Given::Same(number)) => drawn[*number].shallow_clone(),
                Some(Given::Below { below, shape }) => {
                    random::randint(0, *below, shape, Kind::Int64)?
                }
                Some(Given::Values { values, dtype, shape }) => {
                    let kind = if dtype == "bool" { Kind::Bool } else { dtype_of(dtype)? };
                    Tensor::from_slice(values).f_reshape(shape)?.to_kind(kind)
                }
                Some(Given::Floats { shape, grad }) => {
                    random::randn(shape)?.to_kind(dtype).set_requires_grad(*grad)
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
        let made = call(model, tensors, &arguments)?;
        arguments.all_read()?;
        Ok(made)
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
    match model.downcast_ref::<EmbeddingBag>() {
        Some(bag) => Ok(vec![bag.forward(tensor(0)?, maybe(1), maybe(2))?]),
        None => bail!("{} takes no several tensors", model.class_name()),
    }
}
