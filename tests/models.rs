//! Models whose `forward` takes or gives several tensors, with losses inside, are parts, print, save, learn
//! and change modes as in Python; states of older classes are loaded or refused as there; a file is loaded
//! as what it is asked for. `tests/python/models.py` makes the same models.

use anyhow::{Context as _, Result, ensure};
use common::golden::parse;
use common::python::{python_with, run_script, skipped};
use common::{digest, generator_alone};
use serde::Deserialize;
use serde_json::{Value, json};
use tch::{Kind, Tensor};
use torch_exact::nn::{
    BCELoss, BCEWithLogitsLoss, BatchNorm1d, BatchNormOptions, CrossEntropyLoss, Embedding, Func,
    HuberLoss, InstanceNorm1d, InstanceNormOptions, L1Loss, LSTM, Linear, MSELoss, Module, NLLLoss,
    Sequential, SmoothL1Loss, StateDict, deepcopy,
};
use torch_exact::prelude::*;
use torch_exact::{Error, checkpoint};

#[derive(Debug, Clone)]
struct Tagger {
    embedding: Embedding,
    lstm: LSTM,
    linear: Linear,
    loss_fn: CrossEntropyLoss,
}

impl Module for Tagger {
    parts!(embedding, lstm, linear, loss_fn);
}

type State = (Tensor, Tensor);

impl Tagger {
    fn new() -> torch_exact::Result<Self> {
        let weight = Some(tensor([1.0, 2.0])?);
        Ok(Self {
            embedding: Embedding::new(9, 4)?,
            lstm: LSTM::new(4, 3)?,
            linear: Linear::new(3, 2)?,
            loss_fn: CrossEntropyLoss { weight, label_smoothing: 0.1, ..Default::default() },
        })
    }

    fn forward(
        &self,
        words: &Tensor,
        tags: Option<&Tensor>,
        state: Option<&State>,
    ) -> torch_exact::Result<(Tensor, State, Option<Tensor>)> {
        let state = state.map(|(hidden, cell)| (hidden, cell));
        let (output, state) = self.lstm.forward(&self.embedding.forward(words)?, state)?;
        let scores = self.linear.forward(&output)?;
        let loss = tags.map(|tags| self.loss_fn.forward(&scores, tags)).transpose()?;
        Ok((scores, state, loss))
    }
}

#[derive(Debug)]
struct Pair {
    first: Tagger,
    second: Tagger,
    mse: MSELoss,
    l1: L1Loss,
    huber: HuberLoss,
    smooth: SmoothL1Loss,
    nll: NLLLoss,
    bce: BCELoss,
    logits: BCEWithLogitsLoss,
}

impl Module for Pair {
    parts!(first, second, mse, l1, huber, smooth, nll, bce, logits);
}

#[derive(Deserialize)]
#[serde(tag = "case", rename_all = "lowercase", deny_unknown_fields)]
enum Case {
    Tagger {
        printed: String,
        keys: Vec<String>,
        metadata: Value,
        drawn: String,
        grads: String,
        trains: bool,
    },
    Pair {
        printed: String,
        keys: Vec<String>,
        metadata: Value,
        drawn: String,
    },
    Older {
        layer: String,
        version: i64,
        counted: bool,
        strict: bool,
        tracks: bool,
        outcome: Value,
    },
}

/// Printed form, keys, versions and bits of a model.
fn described(
    model: &dyn Module,
    [printed, drawn]: [&str; 2],
    keys: &[String],
    metadata: &Value,
) -> Result<()> {
    ensure!(model.repr()? == printed, "it prints\n{}\nnot\n{printed}", model.repr()?);
    let state = model.state_dict();
    ensure!(
        state.names().eq(keys.iter()),
        "it saves {:?}, not {keys:?}",
        state.names().collect::<Vec<_>>()
    );
    ensure!(digest(state.iter().map(|(_, tensor)| tensor))? == drawn, "other bits");
    let modules = metadata.as_array().context("metadata")?;
    for entry in modules {
        let name = entry[0].as_str().context("a name")?;
        ensure!(
            state.version(name) == entry[1].as_i64(),
            "{name} has version {:?}",
            state.version(name)
        );
    }
    Ok(())
}

fn tagger() -> torch_exact::Result<Tagger> {
    random::manual_seed(3);
    Tagger::new()
}

fn learned(model: &Tagger) -> Result<Vec<Tensor>> {
    let (words, tags) = (tensor([1, 8, 0, 5])?, tensor([0, 1, 1, 0])?);
    let (_, state, first) = model.forward(&words.at(..2)?, Some(&tags.at(..2)?), None)?;
    let (_, _, second) = model.forward(&words.at(2..)?, Some(&tags.at(2..)?), Some(&state))?;
    (first.context("a loss")? + second.context("a loss")?).backward();
    Ok(model.parameters().iter().map(|parameter| parameter.grad()).collect())
}

fn pair() -> torch_exact::Result<Pair> {
    random::manual_seed(5);
    let ones = || Some(Tensor::ones([2], (Kind::Float, Device::Cpu)));
    Ok(Pair {
        first: Tagger::new()?,
        second: Tagger::new()?,
        mse: MSELoss::new(),
        l1: L1Loss::new(),
        huber: HuberLoss::new(),
        smooth: SmoothL1Loss::new(),
        nll: NLLLoss::new(),
        bce: BCELoss { weight: ones(), ..Default::default() },
        logits: BCEWithLogitsLoss { weight: ones(), pos_weight: ones(), ..Default::default() },
    })
}

/// A state as Python's script makes it, and what becomes of it.
fn older(layer: &str, version: i64, counted: bool, strict: bool, tracks: bool) -> Result<Value> {
    random::manual_seed(4);
    let model = Sequential::new().add(Linear::new(3, 3)?);
    let (model, count) = match layer {
        "BatchNorm1d" => {
            let options = BatchNormOptions { track_running_stats: tracks, ..Default::default() };
            let norm = BatchNorm1d::with_options(3, options)?;
            (model.add(norm.clone()), norm.named_buffers())
        }
        _ => {
            let options = InstanceNormOptions { track_running_stats: tracks, ..Default::default() };
            let norm = InstanceNorm1d::with_options(3, options)?;
            (model.add(norm.clone()), norm.named_buffers())
        }
    };
    let state = model.state_dict();
    // The versions are in what a file has of the state.
    let mut value = checkpoint::Value::from(state);
    if let checkpoint::Value::OrderedDict { items, attributes } = &mut value {
        if version == 0 {
            attributes.clear();
        } else if let checkpoint::Value::OrderedDict { items, .. } = &mut attributes[0].1 {
            for (name, entry) in items {
                if *name == checkpoint::Value::from("1") {
                    *entry = checkpoint::Value::dict([("version", version.into())]);
                }
            }
        }
        items.retain(|(name, _)| {
            counted || *name != checkpoint::Value::from("1.num_batches_tracked")
        });
    }
    let mut state = StateDict::try_from(&value)?;
    if tracks {
        state.insert("1.running_mean", tensor([1.0, 2.0, 3.0])?);
        if counted {
            state.insert("1.num_batches_tracked", tensor(7)?);
        }
    }
    for (_, mut count) in count.into_iter().filter(|(name, _)| name == "num_batches_tracked") {
        let _ = count.fill_(5);
    }
    let keys = match strict {
        true => model.load_state_dict(&state).map(|()| vec![]),
        false => model.load_state_dict_non_strict(&state).map(|keys| keys.missing_keys),
    };
    let buffers = model.named_buffers().into_iter().map(|(_, buffer)| buffer.to_kind(Kind::Double));
    Ok(match keys {
        Ok(missing) => json!([digest(&buffers.collect::<Vec<_>>())?, missing]),
        Err(Error::StateDict(_)) => json!("refused"),
        Err(other) => return Err(other.into()),
    })
}

#[test]
fn models_of_several_inputs_are_pythons() -> Result<()> {
    let _alone = generator_alone();
    let Some(python) = python_with("torch, numpy") else {
        skipped("no Python imports torch, so models were not compared");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tagger.pt");
    let cases = run_script(&python, "tests/python/models.py", &[&file.display().to_string()], "")?;
    let cases = parse::<Case>(&cases)?;
    for case in &cases {
        match case {
            Case::Tagger { printed, keys, metadata, drawn, grads, trains } => {
                let model = tagger()?;
                described(&model, [printed, drawn], keys, metadata)?;
                let copy = deepcopy(&model)?;
                ensure!(digest(&learned(&model)?)? == *grads, "other gradients");
                model.eval();
                ensure!(!trains);
                // The file is a state dictionary, and is asked for as one.
                random::manual_seed(9);
                let other = Tagger::new()?;
                other.load_state_dict(&checkpoint::load(&file)?)?;
                ensure!(
                    digest(&learned(&other)?)? == *grads && digest(&learned(&copy)?)? == *grads
                );
                let weight: Tensor =
                    checkpoint::load::<checkpoint::Value>(&file)?.get("linear.weight")?;
                ensure!(weight == *model.linear.weight);
                let error = checkpoint::load::<i64>(&file).unwrap_err().to_string();
                ensure!(error.contains("expected an int"), "{error}");
            }
            Case::Pair { printed, keys, metadata, drawn } => {
                described(&pair()?, [printed, drawn], keys, metadata)?;
                let moved = pair()?.double()?;
                ensure!(moved.bce.weight.as_ref().context("a weight")?.kind() == Kind::Double);
            }
            Case::Older { layer, version, counted, strict, tracks, outcome } => {
                let found = older(layer, *version, *counted, *strict, *tracks)?;
                ensure!(
                    found == *outcome,
                    "{layer} {version} counted {counted} strict {strict} tracks {tracks}: {found}, not {outcome}"
                );
            }
        }
    }
    println!("models and states as in Python: {0} of {0}", cases.len());
    ensure!(cases.len() > 40);
    Ok(())
}

#[test]
fn a_module_of_several_inputs_refuses_to_be_one_of_one() -> Result<()> {
    let x = tensor([1])?;
    let error = Module::forward(&tagger()?, &x).unwrap_err().to_string();
    ensure!(
        error.starts_with("module is Tagger, but it has no `forward` of one tensor"),
        "{error}"
    );
    let sequence = Sequential::new().add(tagger()?);
    ensure!(sequence.forward(&x).is_err() && Module::forward(&MSELoss::new(), &x).is_err());
    let function =
        Func::new(|x| Ok(x.f_neg()?)).printed("Upsample", "scale_factor=2.0, mode='nearest'");
    let printed = Sequential::new().add(function).repr()?;
    ensure!(
        printed == "Sequential(\n  (0): Upsample(scale_factor=2.0, mode='nearest')\n)",
        "{printed}"
    );
    Ok(())
}
