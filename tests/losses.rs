//! Every loss and reduction has PyTorch's bits, and so has its gradient.

mod common;

use anyhow::{Context as _, Result, bail, ensure};
use common::generator_alone;
use common::golden::{golden, live};
use common::python::skipped;
use serde::Deserialize;
use tch::{Kind, Tensor};
use torch_exact::loss::{
    BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, HuberLoss, L1Loss, MSELoss, NLLLoss, Reduction,
    SmoothL1Loss, binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy,
    huber_loss, l1_loss, mse_loss, nll_loss, smooth_l1_loss,
};
use torch_exact::{Error, random};

/// A loss as Python made it, and its bytes and those of its gradient.
#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    parameter: Option<f64>,
    reduction: String,
    dtype: String,
    seed: u64,
    shape: Vec<i64>,
    /// What a loss that classifies is compared with: `indices` or `probabilities`.
    target: Option<String>,
    #[serde(default)]
    options: Options,
    loss: String,
    grad: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    weight: bool,
    pos_weight: bool,
    ignore_index: Option<i64>,
    label_smoothing: f64,
}

impl Case {
    fn kind(&self) -> Result<Kind> {
        Ok(match self.dtype.as_str() {
            "float32" => Kind::Float,
            "float64" => Kind::Double,
            "bfloat16" => Kind::BFloat16,
            "float16" => Kind::Half,
            other => bail!("no dtype is called {other}"),
        })
    }

    fn reduction(&self) -> Reduction {
        match self.reduction.as_str() {
            "mean" => Reduction::Mean,
            "sum" => Reduction::Sum,
            _ => Reduction::None,
        }
    }

    /// The input, and its loss against numbers.
    fn regression(&self) -> Result<(Tensor, Tensor)> {
        let draw = || Ok::<_, anyhow::Error>(random::randn(&self.shape)?.to_kind(self.kind()?));
        let (x, y) = (draw()?.set_requires_grad(true), draw()?);
        let reduction = self.reduction();
        let parameter = || self.parameter.context("a parameter");
        let loss = match self.name.as_str() {
            "l1_loss" => L1Loss { reduction }.forward(&x, &y)?,
            "mse_loss" => MSELoss { reduction }.forward(&x, &y)?,
            "huber_loss" => HuberLoss { reduction, delta: parameter()? }.forward(&x, &y)?,
            "smooth_l1_loss" => SmoothL1Loss { reduction, beta: parameter()? }.forward(&x, &y)?,
            other => bail!("no loss is called {other}"),
        };
        Ok((x, loss))
    }

    /// The input, and its loss against classes.
    fn classification(&self, target: &str) -> Result<(Tensor, Tensor)> {
        let (kind, shape) = (self.kind()?, self.shape.as_slice());
        let x = match self.name.as_str() {
            "binary_cross_entropy" => random::rand(shape)?,
            _ => random::randn(shape)?,
        };
        let x = x.to_kind(kind).set_requires_grad(true);
        let y = match target {
            "indices" => {
                let size = [&shape[..1], &shape[2..]].concat();
                random::randint(0, shape[1], size, Kind::Int64)?
            }
            _ => random::rand(shape)?.to_kind(kind),
        };
        let binary = self.name.starts_with("binary");
        let classes = if binary { shape.last().context("a size")? } else { &shape[1] };
        let drawn = random::rand([*classes])?.to_kind(kind);
        let weight = self.options.weight.then(|| drawn.shallow_clone());
        let pos_weight = self.options.pos_weight.then_some(drawn);
        let (reduction, label_smoothing) = (self.reduction(), self.options.label_smoothing);
        let ignore_index =
            self.options.ignore_index.unwrap_or(CrossEntropyLoss::new().ignore_index);
        let loss = match self.name.as_str() {
            "cross_entropy" => {
                CrossEntropyLoss { weight, ignore_index, reduction, label_smoothing }
                    .forward(&x, &y)?
            }
            "nll_loss" => NLLLoss { weight, ignore_index, reduction }.forward(&x, &y)?,
            "binary_cross_entropy" => BCELoss { weight, reduction }.forward(&x, &y)?,
            "binary_cross_entropy_with_logits" => {
                BCEWithLogitsLoss { weight, reduction, pos_weight }.forward(&x, &y)?
            }
            other => bail!("no loss is called {other}"),
        };
        Ok((x, loss))
    }
}

fn bits(tensor: &Tensor) -> Result<String> {
    let count = tensor.numel();
    let mut bytes = vec![0u8; count * tensor.kind().elt_size_in_bytes()];
    tensor.contiguous().f_copy_data_u8(&mut bytes, count)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn compare(cases: &[Case]) -> Result<()> {
    for case in cases {
        random::manual_seed(case.seed);
        let (x, loss) = match &case.target {
            None => case.regression()?,
            Some(target) => case.classification(target)?,
        };
        loss.sum(case.kind()?).backward();
        let (ours, grad) = (bits(&loss)?, bits(&x.grad())?);
        ensure!(ours == case.loss, "{case:?}:\n  the loss here is {ours}");
        ensure!(grad == case.grad, "{case:?}:\n  the gradient here is {grad}");
    }
    Ok(())
}

#[test]
fn losses_and_gradients_have_pytorchs_bits() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    if shim::cpu_capability()? == "DEFAULT" {
        skipped("without AVX2 ATen rounds otherwise, so golden losses were not compared");
    } else {
        compare(&golden("losses")?)?;
    }
    if let Some(live) = live("losses", "torch, numpy", &[])? {
        compare(&live)?;
        println!("losses with PyTorch's bits: {} of {}", live.len(), live.len());
    }
    Ok(())
}

#[test]
fn shapes_that_differ_are_refused() -> Result<()> {
    let _alone = generator_alone();
    let (x, y) = (random::rand([4, 1])?, random::rand([4])?);
    let losses: [fn(&Tensor, &Tensor) -> torch_exact::Result<Tensor>; 6] = [
        l1_loss,
        mse_loss,
        huber_loss,
        smooth_l1_loss,
        binary_cross_entropy,
        binary_cross_entropy_with_logits,
    ];
    for loss in losses {
        let error = loss(&x, &y).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
        assert!(error.to_string().contains("[4, 1]"), "{error}");
    }
    Ok(())
}

#[test]
fn classes_that_do_not_fit_are_refused() -> Result<()> {
    let _alone = generator_alone();
    let x = random::randn([2, 3])?;
    let said = |input: &Tensor, target: &Tensor, weight: Option<&Tensor>| {
        let weight = || weight.map(Tensor::shallow_clone);
        let entropy = CrossEntropyLoss { weight: weight(), ..Default::default() };
        let nll = NLLLoss { weight: weight(), ..Default::default() };
        let [a, b] = [entropy.forward(input, target), nll.forward(input, target)]
            .map(|result| result.expect_err("a refusal").to_string());
        assert_eq!(a.trim_start_matches("cross_entropy: "), b.trim_start_matches("nll_loss: "));
        a
    };
    for index in [3_i64, -1, i64::MAX, i64::MIN] {
        let expected = format!(
            "target is {index} at 3 classes, but a class index counts from 0 to below the number \
             of classes"
        );
        assert_eq!(said(&x, &Tensor::from_slice(&[0, index]), None), expected);
    }
    assert_eq!(
        said(&x, &Tensor::from_slice(&[0_i64, 1, 2]), None),
        "cross_entropy: expected a target of class indices of shape [2], found [3]"
    );
    assert_eq!(
        said(&x, &Tensor::from_slice(&[0_i32, 1]), None),
        "target.dtype is torch.int32, but class indices are int64 or uint8"
    );
    assert_eq!(
        said(&x, &Tensor::from_slice(&[0_i64, 1]), Some(&random::rand([2])?)),
        "cross_entropy: expected a weight of shape [3], one for each class, found [2]"
    );
    let said = cross_entropy(&x, &random::rand([3, 3])?).unwrap_err().to_string();
    assert_eq!(
        said,
        "cross_entropy: expected a target of probabilities of shape [2, 3], found [3, 3]"
    );
    assert!(cross_entropy(&Tensor::from(1f32), &Tensor::from(1_i64)).is_err());
    let said = nll_loss(&x, &random::rand([2])?).unwrap_err().to_string();
    assert_eq!(said, "target.dtype is torch.float32, but class indices are int64 or uint8");
    let said = binary_cross_entropy(&x.full_like(1.5), &x.zeros_like()).unwrap_err().to_string();
    assert!(said.contains("between 0 and 1"), "{said}");
    Ok(())
}
