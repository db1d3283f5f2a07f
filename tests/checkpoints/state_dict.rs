//! State dictionaries as values, and what does not fit a module.

use anyhow::{Context as _, Result, ensure};
use tch::{Kind, Tensor};
use torch_exact::checkpoint::{self, safetensors};
use torch_exact::nn::{Linear, Module, Parameter, Parts, StateDict};

use super::{SCRIPT, model, nested, text};
use common::generator_alone;
use common::python::{python_with, run_script, skipped};

fn ones(names: &[(&str, &[i64])]) -> StateDict {
    let tensors = names
        .iter()
        .map(|(name, size)| ((*name).to_owned(), Tensor::ones(*size, tch::kind::FLOAT_CPU)));
    tensors.collect()
}

#[test]
fn missing_and_unexpected_names_are_pythons() -> Result<()> {
    let _alone = generator_alone();
    let state = ones(&[
        ("2.zero.weight", &[1]),
        ("2.extra", &[1]),
        ("0.weight", &[5, 3]),
        ("top", &[1]),
        ("0.extra", &[1]),
        ("9.weight", &[1]),
        ("2.0.extra.more", &[1]),
        ("2.0.bias", &[2]),
    ]);
    let keys = nested()?.load_state_dict_non_strict(&state)?;
    ensure!(keys.missing_keys == ["0.bias", "2.0.weight"], "{keys:?}");
    let error = nested()?.load_state_dict(&state).unwrap_err().to_string();
    let start = "state_dict: missing keys: \"0.bias\", \"2.0.weight\"; unexpected keys: \"top\", ";
    ensure!(error.starts_with(start), "{error}");
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so the names were not compared");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.pt");
    checkpoint::save(state, &path)?;
    let said = run_script(&python, SCRIPT, &["match", text(&path)?], "")?;
    let ours = format!("{:?} {:?}", keys.missing_keys, keys.unexpected_keys).replace('"', "'");
    ensure!(said.trim() == ours, "Python {said}ours {ours}");
    Ok(())
}

#[test]
fn a_state_that_does_not_fit_changes_nothing() -> Result<()> {
    let _alone = generator_alone();
    let model = model(Kind::Float)?;
    let before: Vec<_> = model.parameters().iter().map(|p| p.copy()).collect();
    let state = ones(&[("0.weight", &[5, 3]), ("0.bias", &[4]), ("extra", &[1])]);
    for error in [
        model.load_state_dict(&state).unwrap_err(),
        model.load_state_dict_non_strict(&state).map(|_| ()).unwrap_err(),
    ] {
        let error = error.to_string();
        ensure!(
            error.contains("size mismatch for 0.bias: [4] in the state dictionary, [5]"),
            "{error}"
        );
    }
    ensure!(model.parameters().iter().zip(&before).all(|(p, b)| **p == *b), "something was copied");
    Ok(())
}

#[derive(Debug)]
struct Named(Parameter, Vec<(&'static str, Linear)>);

impl Module for Named {
    fn forward(&self, input: &Tensor) -> torch_exact::Result<Tensor> {
        Ok(input.shallow_clone())
    }

    fn parts(&self) -> Parts<'_> {
        let parts = Parts::new().with("scale", &self.0);
        self.1.iter().fold(parts, |parts, (name, linear)| parts.with(name, linear))
    }
}

#[test]
fn a_vector_of_one_fits_a_number_and_not_the_reverse() -> Result<()> {
    let _alone = generator_alone();
    let module = Named(Parameter::new(Tensor::from(3.0f32))?, Vec::new());
    module.load_state_dict(&ones(&[("scale", &[1])]))?;
    ensure!(*module.0 == Tensor::from(1.0f32));
    let error = module.load_state_dict(&ones(&[("scale", &[2])])).unwrap_err().to_string();
    ensure!(error.contains("size mismatch for scale: [2] in the state dictionary, []"), "{error}");
    let module = Named(Parameter::new(Tensor::from_slice(&[3.0f32]))?, Vec::new());
    ensure!(module.load_state_dict(&ones(&[("scale", &[])])).is_err());
    Ok(())
}

#[test]
fn two_children_of_one_name_are_refused() -> Result<()> {
    let _alone = generator_alone();
    let children = vec![("a", Linear::new(2, 2)?), ("a", Linear::new(2, 2)?)];
    let module = Named(Parameter::new(Tensor::from(3.0f32))?, children);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state");
    for error in [
        checkpoint::save(module.state_dict(), &path).unwrap_err(),
        safetensors::save_file(&module.state_dict(), &path).unwrap_err(),
        module.load_state_dict(&module.state_dict()).unwrap_err(),
    ] {
        let error = error.to_string();
        ensure!(error.contains("\"a.weight\"") && error.contains("twice"), "{error}");
    }
    let error = module.load_state_dict(&module.state_dict().into_iter().collect()).unwrap_err();
    ensure!(error.to_string().contains("two tensors of the module are named \"a.weight\""));
    ensure!(!path.exists());
    Ok(())
}

#[test]
fn it_is_an_ordered_dict() -> Result<()> {
    let mut state = ones(&[("a", &[1]), ("b", &[2]), ("c", &[3])]);
    ensure!(
        state.insert("b", Tensor::zeros([4], tch::kind::FLOAT_CPU)).context("the old")?.size()
            == [2]
    );
    ensure!(state.insert("d", Tensor::zeros([5], tch::kind::FLOAT_CPU)).is_none());
    ensure!(state.names().eq(["a", "b", "c", "d"]) && state.contains("d"));
    ensure!(state.remove("a").is_some() && state.remove("a").is_none());
    state.retain(|name, _| name != "c");
    ensure!(state.names().eq(["b", "d"]));
    let (handle, copy) = (state.clone(), state.copied()?);
    let _ = state.get("b").context("b")?.shallow_clone().fill_(1.0);
    ensure!(handle.get("b").context("b")?.double_value(&[0]) == 1.0);
    ensure!(copy.get("b").context("b")?.double_value(&[0]) == 0.0);
    Ok(())
}
