//! Every loss and reduction has PyTorch's bits, and so has its gradient.

use anyhow::{Context as _, Result, bail, ensure};
use common::generator_alone;
use common::golden::{golden, live};
use common::python::skipped;
use serde::Deserialize;
use tch::{Kind, Tensor};
use torch_exact::nn::functional::{huber_loss, l1_loss, mse_loss, smooth_l1_loss};
use torch_exact::nn::{HuberLoss, L1Loss, MSELoss, Reduction, SmoothL1Loss};
use torch_exact::{Error, random};

/// A loss as Python made it, and its bytes and those of its gradient.
#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    parameter: Option<f64>,
    reduction: String,
    dtype: String,
    seed: u64,
    shape: [i64; 2],
    loss: String,
    grad: String,
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
        let kind = if case.dtype == "float64" { Kind::Double } else { Kind::Float };
        let draw = || Ok::<_, Error>(random::randn(case.shape)?.to_kind(kind));
        let (x, y) = (draw()?.set_requires_grad(true), draw()?);
        let reduction = match case.reduction.as_str() {
            "mean" => Reduction::Mean,
            "sum" => Reduction::Sum,
            _ => Reduction::None,
        };
        let parameter = || case.parameter.context("a parameter");
        let loss = match case.name.as_str() {
            "l1_loss" => L1Loss { reduction }.forward(&x, &y)?,
            "mse_loss" => MSELoss { reduction }.forward(&x, &y)?,
            "huber_loss" => HuberLoss { reduction, delta: parameter()? }.forward(&x, &y)?,
            "smooth_l1_loss" => SmoothL1Loss { reduction, beta: parameter()? }.forward(&x, &y)?,
            other => bail!("no loss is called {other}"),
        };
        loss.sum(kind).backward();
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
    for loss in [l1_loss, mse_loss, huber_loss, smooth_l1_loss] {
        let error = loss(&x, &y).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
        assert!(error.to_string().contains("[4, 1]"), "{error}");
    }
    Ok(())
}
