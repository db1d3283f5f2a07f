//! A model saved in Rust loads in Python and the other way round, bit for bit.

mod common;

use std::fs;

use anyhow::{Context as _, Result, ensure};
use common::generator_alone;
use common::python::{python_with, run_script, skipped};
use tch::{Kind, Tensor};
use torch_exact::nn::{Linear, LinearOptions, Module, ReLU, Sequential, StateDict};
use torch_exact::{checkpoint, random};

fn model(dtype: Kind) -> Result<Sequential> {
    let options = LinearOptions { dtype, ..Default::default() };
    let first = Linear::with_options(3, 5, options)?;
    Ok(Sequential::new().add(first).add(ReLU::new()).add(Linear::with_options(5, 2, options)?))
}

fn same(a: &StateDict, b: &StateDict) -> bool {
    a.len() == b.len() && a.iter().all(|(name, tensor)| b.get(name) == Some(tensor))
}

#[test]
fn python_reads_ours_and_we_read_pythons() -> Result<()> {
    let _alone = generator_alone();
    let Some(python) = python_with("torch, safetensors, numpy") else {
        skipped("no Python imports torch and safetensors, so checkpoints stayed in Rust");
        return Ok(());
    };
    for dtype in [Kind::Float, Kind::Double, Kind::BFloat16, Kind::Half] {
        let folder = tempfile::tempdir()?;
        let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
        random::manual_seed(1);
        let model = model(dtype)?;
        checkpoint::save(&model.state_dict(), &ours)?;
        let paths = [ours.to_str().context("UTF-8")?, theirs.to_str().context("UTF-8")?];
        let said = run_script(&python, "tests/python/checkpoints.py", &paths, "")?;
        ensure!(said.trim() == "the same model", "{dtype:?}: {said}");
        ensure!(same(&checkpoint::load(&theirs)?, &model.state_dict()), "{dtype:?} from Python");
    }
    Ok(())
}

#[test]
fn a_view_and_a_number_survive() -> Result<()> {
    let _alone = generator_alone();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.safetensors");
    let state: StateDict = [
        ("turned".to_owned(), random::rand([2, 3])?.tr()),
        ("number".to_owned(), Tensor::from(-0.0f64)),
        ("none".to_owned(), random::rand([0, 4])?),
    ]
    .into_iter()
    .collect();
    checkpoint::save(&state, &path)?;
    ensure!(same(&checkpoint::load(&path)?, &state));
    Ok(())
}

#[test]
fn a_state_that_does_not_fit_changes_nothing() -> Result<()> {
    let _alone = generator_alone();
    let model = model(Kind::Float)?;
    let before: Vec<_> = model.parameters().iter().map(|p| p.copy()).collect();
    let state = [("0.weight", vec![5, 3]), ("0.bias", vec![4]), ("extra", vec![1])];
    let state: StateDict = state
        .into_iter()
        .map(|(n, s)| (n.to_owned(), Tensor::ones(s, tch::kind::FLOAT_CPU)))
        .collect();
    let error = model.load_state_dict(&state).unwrap_err().to_string();
    for fault in ["`0.bias` has shape [4]", "`2.weight` is missing", "`extra` is unexpected"] {
        ensure!(error.contains(fault), "{error}");
    }
    ensure!(model.parameters().iter().zip(&before).all(|(p, b)| **p == *b), "something was copied");
    Ok(())
}

#[test]
fn what_cannot_be_read_or_written_says_so_and_leaves_nothing() -> Result<()> {
    let _alone = generator_alone();
    let folder = tempfile::tempdir()?;
    let state = model(Kind::Float)?.state_dict();
    let missing = folder.path().join("no/such/folder/model");
    let error = checkpoint::save(&state, &missing).unwrap_err().to_string();
    ensure!(error.contains("cannot write") && error.contains("no/such/folder"), "{error}");
    let error = checkpoint::save(&state, folder.path()).unwrap_err().to_string();
    ensure!(error.contains("cannot write"), "{error}");
    ensure!(checkpoint::load(&missing).is_err());
    let text = folder.path().join("text");
    fs::write(&text, "no tensors here")?;
    let error = checkpoint::load(&text).unwrap_err().to_string();
    ensure!(error.contains("cannot read"), "{error}");
    ensure!(fs::read_dir(folder.path())?.count() == 1, "something was left behind");
    Ok(())
}
