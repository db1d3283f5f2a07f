//! Every loss and reduction has PyTorch's bits, and so has its gradient.

mod common;

use anyhow::{Result, bail, ensure};
use common::generator_alone;
use common::python::{calls_live_and_golden, skipped};
use tch::{Kind, Tensor};
use torch_exact::loss::{
    HuberLoss, L1Loss, MSELoss, Reduction, SmoothL1Loss, huber_loss, l1_loss, mse_loss,
    smooth_l1_loss,
};
use torch_exact::{Error, random};

const SCRIPT: &str = "tests/python/losses.py";
const GOLDEN: &str = "tests/golden/losses.txt";

fn bits(tensor: &Tensor) -> Result<String> {
    let count = tensor.numel();
    let mut bytes = vec![0u8; count * tensor.kind().elt_size_in_bytes()];
    tensor.contiguous().f_copy_data_u8(&mut bytes, count)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(if text.is_empty() { "-".to_owned() } else { text })
}

fn compare(lines: &[String]) -> Result<()> {
    for line in lines {
        let words: Vec<_> = line.split(' ').collect();
        let [_, name, parameter, reduction, dtype, seed, rows, columns, loss_bits, grad_bits] =
            words[..]
        else {
            bail!("{line}: not ten words");
        };
        random::manual_seed(seed.parse()?);
        let kind = if dtype == "float64" { Kind::Double } else { Kind::Float };
        let shape = [rows.parse()?, columns.parse()?];
        let (x, y) = (random::randn(shape)?.to_kind(kind), random::randn(shape)?.to_kind(kind));
        let x = x.set_requires_grad(true);
        let reduction = match reduction {
            "mean" => Reduction::Mean,
            "sum" => Reduction::Sum,
            _ => Reduction::None,
        };
        let loss = match name {
            "l1_loss" => L1Loss { reduction }.forward(&x, &y)?,
            "mse_loss" => MSELoss { reduction }.forward(&x, &y)?,
            "huber_loss" => HuberLoss { reduction, delta: parameter.parse()? }.forward(&x, &y)?,
            _ => SmoothL1Loss { reduction, beta: parameter.parse()? }.forward(&x, &y)?,
        };
        loss.sum(kind).backward();
        ensure!(bits(&loss)? == loss_bits, "{line}:\n  the loss here is {}", bits(&loss)?);
        ensure!(bits(&x.grad())? == grad_bits, "{line}:\n  the gradient is {}", bits(&x.grad())?);
    }
    Ok(())
}

#[test]
fn losses_and_gradients_have_pytorchs_bits() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    let (live, golden) = calls_live_and_golden("torch, numpy", SCRIPT, GOLDEN)?;
    if shim::cpu_capability()? == "DEFAULT" {
        skipped("without AVX2 ATen rounds otherwise, so golden losses were not compared");
    } else {
        compare(&golden)?;
    }
    if let Some(live) = live {
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
