//! Checkpoints go from Python to Rust and back with every bit, and damaged ones end in sentences.

#[path = "checkpoints/hostile.rs"]
mod hostile;
#[path = "checkpoints/resume.rs"]
mod resume;
#[path = "checkpoints/state_dict.rs"]
mod state_dict;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use common::describe::{self, describe};
use common::generator_alone;
use common::python::{python_with, repo_root, run_script, skipped};
use tch::{Kind, Tensor};
use torch_exact::checkpoint::{self, Value, safetensors};
use torch_exact::nn::{Linear, LinearOptions, Module, ReLU, Sequential, StateDict, Tanh};
use torch_exact::random;

const SCRIPT: &str = "tests/python/checkpoints.py";

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path of UTF-8")
}

/// The script's descriptions by file name.
fn descriptions(said: &str) -> BTreeMap<String, String> {
    let blocks = said.trim_end().split("== ").skip(1);
    let named = blocks.map(|block| {
        let (path, lines) = block.split_once('\n').unwrap_or((block, ""));
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, lines.trim_end().to_owned())
    });
    named.collect()
}

fn same_text(ours: &str, python: &str, what: &str) -> Result<()> {
    let mut lines = ours.lines().zip(python.lines());
    if let Some((ours, python)) = lines.find(|(ours, python)| ours != python) {
        anyhow::bail!("{what}: ours\n{ours}\nPython's\n{python}");
    }
    let counts = (ours.lines().count(), python.lines().count());
    ensure!(counts.0 == counts.1, "{what}: {} lines against Python's {}", counts.0, counts.1);
    Ok(())
}

#[test]
fn python_and_rust_read_each_others_values() -> Result<()> {
    let _alone = generator_alone();
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so checkpoints stayed in Rust");
        return Ok(());
    };
    let (theirs, ours) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let said = run_script(&python, SCRIPT, &["write", text(theirs.path())?], "")?;
    let expected = descriptions(&said);
    ensure!(expected.len() >= 18, "{} cases", expected.len());
    for (name, description) in &expected {
        let value: Value = checkpoint::load(theirs.path().join(name))?;
        same_text(&describe(&value)?, description, &format!("{name} read in Rust"))?;
        checkpoint::save(value, ours.path().join(name))?;
        let again: Value = checkpoint::load(ours.path().join(name))?;
        same_text(&describe(&again)?, description, &format!("{name} written and read in Rust"))?;
    }
    let files: Vec<_> = expected.keys().map(|name| ours.path().join(name)).collect();
    let mut arguments = vec!["describe"];
    arguments.extend(files.iter().map(|file| text(file)).collect::<Result<Vec<_>>>()?);
    let said = descriptions(&run_script(&python, SCRIPT, &arguments, "")?);
    ensure!(said.len() == expected.len(), "Python read {} files", said.len());
    for (name, description) in &said {
        same_text(description, &expected[name], &format!("{name} written in Rust"))?;
    }
    let lines: usize = expected.values().map(|text| text.lines().count()).sum();
    println!("{} files of {lines} values went to Rust and back", expected.len());
    Ok(())
}

#[test]
fn files_of_older_versions_are_read() -> Result<()> {
    let folder = repo_root().join("tests/golden/checkpoints");
    for version in ["2.0.1", "2.4.1", "2.7.1"] {
        let value: Value = checkpoint::load(folder.join(format!("torch-{version}.pt")))?;
        let expected = fs::read_to_string(folder.join(format!("torch-{version}.txt")))?;
        same_text(&describe(&value)?, expected.trim_end(), version)?;
    }
    Ok(())
}

fn model(dtype: Kind) -> Result<Sequential> {
    let options = LinearOptions { dtype, ..Default::default() };
    let first = Linear::with_options(3, 5, options)?;
    Ok(Sequential::new().add(first).add(ReLU::new()).add(Linear::with_options(5, 2, options)?))
}

/// What Python's `model()` is.
fn nested() -> Result<Sequential> {
    let first = Linear::new(3, 5)?;
    let second = Sequential::new().add(Linear::new(5, 2)?).add(Tanh::new());
    Ok(Sequential::new().add(first).add(ReLU::new()).add(second))
}

#[test]
fn our_state_dict_is_pythons() -> Result<()> {
    let _alone = generator_alone();
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so checkpoints stayed in Rust");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let said = run_script(&python, SCRIPT, &["write", text(folder.path())?], "")?;
    random::manual_seed(1);
    let ours = describe(&nested()?.state_dict().into())?;
    same_text(&ours, &descriptions(&said)["model.pt"], "the state dictionary")
}

#[test]
fn safetensors_go_both_ways() -> Result<()> {
    let _alone = generator_alone();
    let folder = tempfile::tempdir()?;
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let mut state = model(Kind::Float)?.state_dict();
    let values = Tensor::from_slice(&[0.0, -0.0, 1.5, -2.0, f64::INFINITY, f64::NAN]);
    for kind in [
        Kind::Double,
        Kind::Half,
        Kind::BFloat16,
        Kind::ComplexFloat,
        Kind::Float8e4m3fn,
        Kind::Float8e5m2,
        Kind::Float8e4m3fnuz,
        Kind::Float8e5m2fnuz,
    ] {
        state.insert(format!("{kind:?}"), values.f_to_kind(kind)?);
    }
    for kind in [Kind::Int64, Kind::Int, Kind::Int16, Kind::Int8, Kind::Uint8, Kind::Bool] {
        state.insert(format!("{kind:?}"), Tensor::from_slice(&[0, 1, 100]).f_to_kind(kind)?);
    }
    state.insert("turned", random::rand([2, 3])?.tr());
    state.insert("number", Tensor::from(-0.0f64));
    state.insert("none", random::rand([0, 4])?);
    safetensors::save_file(&state, &ours)?;
    let read = safetensors::load_file(&ours)?;
    ensure!(read.len() == state.len());
    for (name, tensor) in state.iter() {
        let read = read.get(name).context("a name")?;
        ensure!((read.kind(), read.size()) == (tensor.kind(), tensor.size()), "{name}");
        ensure!(describe::bits(read)? == describe::bits(tensor)?, "{name}");
    }
    let Some(python) = python_with("torch, safetensors, numpy") else {
        skipped("no Python imports safetensors, so safetensors stayed in Rust");
        return Ok(());
    };
    let said = run_script(&python, SCRIPT, &["safetensors", text(&ours)?, text(&theirs)?], "")?;
    // Python's views of one buffer differ from ours in nothing but their storages.
    let contents = |text: &str| -> Vec<String> {
        let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
        let lines = text.lines().filter(|line| !line.starts_with("._metadata"));
        let kept = lines.map(|line| match line.split_once(" object ") {
            Some((start, rest)) => format!("{start} {:?}", words(rest).last()),
            None => line.replace("OrderedDict", "dict"),
        });
        kept.collect()
    };
    ensure!(contents(&said) == contents(&describe(&read.into())?), "read in Python");
    let again = describe(&safetensors::load_file(&theirs)?.into())?;
    ensure!(contents(&said) == contents(&again), "written in Python");
    println!("{} tensors went through safetensors", state.len());
    Ok(())
}

#[test]
fn what_cannot_be_written_leaves_what_was_there() -> Result<()> {
    let _alone = generator_alone();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.pt");
    checkpoint::save(Value::Int(1), &path)?;
    let undefined = Value::list([Value::Tensor(Tensor::new())]);
    ensure!(checkpoint::save(undefined, &path).is_err());
    ensure!(
        safetensors::save_file(&[("x".to_owned(), Tensor::new())].into_iter().collect(), &path)
            .is_err()
    );
    ensure!(checkpoint::load::<Value>(&path)? == Value::Int(1));
    ensure!(fs::read_dir(folder.path())?.count() == 1, "something was left behind");
    // A device takes what is written to it and stays.
    checkpoint::save(Value::Int(1), "/dev/null")?;
    ensure!(!fs::metadata("/dev/null")?.is_file());
    Ok(())
}

#[test]
fn values_are_taken_out_by_key_and_type() -> Result<()> {
    let saved = Value::dict([
        ("epoch", 7.into()),
        ("lr", 0.1.into()),
        ("done", false.into()),
        ("name", "run".into()),
        ("losses", vec![0.5, 0.25].into()),
        ("best", None::<f64>.into()),
        ("dtype", Kind::BFloat16.into()),
        ("seed", u64::MAX.into()),
        ("model", StateDict::default().into()),
    ]);
    ensure!(saved.get::<i64>("epoch")? == 7 && saved.get::<usize>("epoch")? == 7);
    ensure!(saved.get::<f64>("lr")? == 0.1 && !saved.get::<bool>("done")?);
    ensure!(saved.get::<String>("name")? == "run" && saved.get::<u64>("seed")? == u64::MAX);
    ensure!(saved.get::<Vec<f64>>("losses")? == [0.5, 0.25] && saved.item("best")?.is_none());
    ensure!(saved.get::<Kind>("dtype")? == Kind::BFloat16);
    ensure!(saved.item("losses")?.get::<f64>(1)? == 0.25);
    for (error, expected) in [
        (
            saved.get::<i64>("seed").err(),
            "\"seed\": expected an int, found the int 18446744073709551615",
        ),
        (saved.get::<i64>("lr").err(), "\"lr\": expected an int, found a float"),
        (
            saved.get::<Vec<i64>>("losses").map(|_| 0).err(),
            "\"losses\", 0: expected an int, found a float",
        ),
        (
            saved.get::<StateDict>("lr").map(|_| 0).err(),
            "\"lr\": expected a dict of tensors, found a float",
        ),
        (
            saved.get::<Tensor>("name").map(|_| 0).err(),
            "\"name\": expected a torch.Tensor, found a str",
        ),
        (
            saved.get::<i64>("step").err(),
            "no key \"step\"; the keys are \"epoch\", \"lr\", \"done\"",
        ),
        (saved.item("losses")?.get::<f64>(2).map(|_| 0).err(), "no key 2; there are 2 items"),
        (saved.item("epoch")?.item(0).map(|_| 0).err(), "no key 0; the value is an int"),
    ] {
        let error = error.context("an error")?.to_string();
        ensure!(error.contains(expected), "{error}");
    }
    Ok(())
}
