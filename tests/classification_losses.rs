//! Classification losses and their gradients have PyTorch's bits.

use anyhow::{Context as _, Result, bail, ensure};
use common::golden::{golden, live};
use common::python::skipped;
use common::{bits, dtype_of, generator_alone};
use serde::Deserialize;
use tch::{Kind, Tensor};
use torch_exact::nn::functional::{self as F, cross_entropy};
use torch_exact::nn::{BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, NLLLoss, Reduction};
use torch_exact::{Error, random};

/// A loss as Python made it, and its bytes and those of the gradient.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    options: Options,
    reduction: String,
    dtype: String,
    shape: Vec<i64>,
    loss: String,
    grad: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Options {
    weight: bool,
    pos_weight: bool,
    ignore_index: Option<i64>,
    label_smoothing: f64,
}

impl Case {
    fn check(&self, seed: u64) -> Result<()> {
        random::manual_seed(seed);
        let dtype = dtype_of(&self.dtype)?;
        let x = random::randn(&self.shape)?.to_kind(dtype).set_requires_grad(true);
        let loss = self.loss_of(&x)?;
        loss.sum(None).backward();
        ensure!(bits(&loss)? == self.loss, "the loss is {}", bits(&loss)?);
        ensure!(bits(&x.grad())? == self.grad, "the gradient is {}", bits(&x.grad())?);
        Ok(())
    }

    fn loss_of(&self, x: &Tensor) -> Result<Tensor> {
        let (&[rows, classes, ref trailing @ ..], dtype) = (self.shape.as_slice(), x.kind()) else {
            bail!("a shape of two dimensions at least");
        };
        let indices = random::randint(0, classes, [&[rows], trailing].concat(), Kind::Int64)?;
        let probabilities = random::rand(&self.shape)?.to_kind(dtype);
        let last = *self.shape.last().context("a dimension")?;
        let draw = |n: i64| -> Result<_> { Ok(random::rand([n])?.to_kind(dtype)) };
        let (by_class, by_column, positive) = (draw(classes)?, draw(last)?, draw(last)?);
        let given = |asked: bool, tensor: Tensor| asked.then_some(tensor);
        let Options { weight, pos_weight, ignore_index, label_smoothing } = self.options;
        let ignore_index = ignore_index.unwrap_or(-100);
        let reduction = match self.reduction.as_str() {
            "mean" => Reduction::Mean,
            "sum" => Reduction::Sum,
            _ => Reduction::None,
        };
        Ok(match self.name.as_str() {
            "nll_loss" => {
                let loss = NLLLoss { weight: given(weight, by_class), ignore_index, reduction };
                loss.forward(&x.log_softmax(1, None), &indices)?
            }
            "binary_cross_entropy" => {
                let loss = BCELoss { weight: given(weight, by_column), reduction };
                loss.forward(&x.sigmoid(), &probabilities)?
            }
            "binary_cross_entropy_with_logits" => {
                let (weight, pos_weight) = (given(weight, by_column), given(pos_weight, positive));
                BCEWithLogitsLoss { weight, pos_weight, reduction }.forward(x, &probabilities)?
            }
            name => {
                let weight = given(weight, by_class);
                let loss = CrossEntropyLoss { weight, ignore_index, label_smoothing, reduction };
                let of_indices = name == "cross_entropy";
                loss.forward(x, if of_indices { &indices } else { &probabilities })?
            }
        })
    }
}

fn compare(cases: &[Case]) -> Result<()> {
    (0..).zip(cases).try_for_each(|(seed, case)| {
        let Case { name, reduction, dtype, shape, .. } = case;
        case.check(seed).with_context(|| format!("{name} {reduction} {dtype} {shape:?} ({seed})"))
    })
}

#[test]
fn classification_losses_and_gradients_have_pytorchs_bits() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    match shim::cpu_capability()?.as_str() {
        "DEFAULT" => skipped("without AVX2 ATen rounds otherwise, so goldens were not compared"),
        _ => compare(&golden("classification_losses")?)?,
    }
    if let Some(live) = live("classification_losses", "torch, numpy", &[])? {
        compare(&live)?;
        println!("classification losses with PyTorch's bits: {0} of {0}", live.len());
    }
    Ok(())
}

#[test]
fn what_is_no_class_or_no_probability_is_refused() -> Result<()> {
    let _alone = generator_alone();
    let x = random::rand([4, 3])?;
    let indices = |index: i64| Tensor::from_slice(&[0, 1, 2, index]);
    let error = cross_entropy(&x, &indices(3)).unwrap_err().to_string();
    assert_eq!(error, "Target 3 is out of bounds.");
    assert!(cross_entropy(&x, &indices(-100)).is_ok(), "this index does not count");
    assert!(F::nll_loss(&x, &indices(-1)).is_err());
    let loss = CrossEntropyLoss { label_smoothing: 1.5, ..Default::default() };
    let error = loss.forward(&x, &indices(0)).unwrap_err();
    assert!(matches!(error, Error::Argument { name: "label_smoothing", .. }), "{error}");
    let error = F::binary_cross_entropy(&(&x + 1), &x).unwrap_err().to_string();
    assert!(error.contains("between 0 and 1"), "{error}");
    for loss in [F::binary_cross_entropy, F::binary_cross_entropy_with_logits] {
        let error = loss(&x, &random::rand([4, 1])?).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }
    Ok(())
}
