//! Layers with random options print, save, draw, compute and learn as in Python, to the bit, in four
//! dtypes; what Python refuses is refused. `tests/python/layers.py` draws the cases, of every option that
//! a layer's signature has.

mod layers {
    pub mod arguments;
    pub mod attention;
    pub mod build;
    pub mod functions;
    pub mod several;
}

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use common::golden::parse;
use common::python::{python_with, run_script, skipped};
use common::{digest, dtype_of, generator_alone};
use layers::arguments::Arguments;
use layers::build::build;
use layers::several::Several;
use serde::Deserialize;
use serde_json::{Map, Value};
use tch::{Kind, Tensor};
use torch_exact::nn::utils::rnn::{self, PackedSequence};
use torch_exact::nn::{GRU, GRUCell, LSTM, LSTMCell, Module, RNN, RNNCell};
use torch_exact::random;

/// So many of each layer.
const CASES: &str = "200";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    family: String,
    layer: String,
    args: Map<String, Value>,
    dtype: String,
    input: Input,
    seed: u64,
    found: Option<Found>,
    refused: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Shape(Vec<i64>),
    Indices { below: i64, shape: Vec<i64> },
    Sequence { state: bool, shape: Vec<i64>, lengths: Option<Vec<i64>> },
    Several(Several),
    Container { container: bool },
}

/// What became of a case.
#[derive(Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct Found {
    printed: String,
    saved: Vec<String>,
    drawn: String,
    output: String,
    grads: String,
    after: String,
    evaluated: String,
    next: String,
}

impl Case {
    /// What this crate makes of it.
    fn compute(&self) -> Result<Found> {
        random::manual_seed(self.seed);
        let dtype = dtype_of(&self.dtype)?;
        let arguments = Arguments::new(&self.args);
        let model = build(&self.layer, &arguments, dtype)?;
        arguments.all_read()?;
        let state = model.state_dict();
        let mut found = Found {
            printed: model.repr()?,
            saved: state.names().map(str::to_owned).collect(),
            drawn: digest(state.iter().map(|(_, tensor)| tensor))?,
            output: String::new(),
            grads: String::new(),
            after: String::new(),
            evaluated: String::new(),
            next: String::new(),
        };
        let inputs = self.inputs(dtype)?;
        let outputs = self.call(model.as_ref(), &inputs)?;
        found.output = digest(&outputs)?;
        let mut loss: Option<Tensor> = None;
        for output in &outputs {
            let weights = random::randn(output.size())?.to_kind(output.kind());
            let part = output.f_mul(&weights)?.f_sum(None)?;
            loss = Some(match loss {
                Some(loss) => loss.f_add(&part)?,
                None => part,
            });
        }
        if let Some(loss) = loss.filter(Tensor::requires_grad) {
            loss.f_backward()?;
        }
        let parameters = model.parameters();
        let learned = parameters.iter().map(|parameter| parameter.grad());
        let grad = |input: &Tensor| if input.defined() { input.grad() } else { Tensor::new() };
        let grads: Vec<_> = inputs.iter().map(grad).chain(learned).collect();
        found.grads = digest(&grads)?;
        found.after = digest(model.state_dict().iter().map(|(_, tensor)| tensor))?;
        model.eval();
        let evaluate = |inputs: &[Tensor]| digest(&self.call(model.as_ref(), inputs)?);
        found.evaluated = match &self.input {
            Input::Several(several) if several.no_grad => {
                tch::no_grad(|| evaluate(&several.detached(&inputs)))?
            }
            Input::Several(several) => evaluate(&several.detached(&inputs))?,
            _ => evaluate(&inputs.iter().map(Tensor::detach).collect::<Vec<_>>())?,
        };
        found.next = digest([&random::rand([4])?])?;
        Ok(found)
    }

    /// The tensors of the input, the first ones that may require grad.
    fn inputs(&self, dtype: Kind) -> Result<Vec<Tensor>> {
        let drawn = |shape: &[i64]| -> Result<Tensor> {
            Ok(random::randn(shape)?.to_kind(dtype).set_requires_grad(true))
        };
        let (shape, state) = match &self.input {
            Input::Shape(shape) => (shape, false),
            Input::Indices { below, shape } => {
                return Ok(vec![random::randint(0, *below, shape, Kind::Int64)?]);
            }
            Input::Sequence { shape, state, .. } => (shape, *state),
            Input::Several(several) => return several.draw(dtype),
            Input::Container { container } => {
                ensure!(*container, "a container");
                return Ok(vec![]);
            }
        };
        let mut inputs = vec![drawn(shape)?];
        if state {
            let number =
                |name, default| self.args.get(name).and_then(Value::as_i64).unwrap_or(default);
            let flag = |name| self.args.get(name).and_then(Value::as_bool).unwrap_or(false);
            let hidden = number("hidden_size", 0);
            let first = Some(number("proj_size", 0)).filter(|&size| size > 0).unwrap_or(hidden);
            let second = self.layer.contains("LSTM").then_some(hidden);
            for last in [Some(first), second].into_iter().flatten() {
                let size = if self.layer.contains("Cell") {
                    [&shape[..shape.len() - 1], &[last]].concat()
                } else {
                    let layers = number("num_layers", 1) * (1 + i64::from(flag("bidirectional")));
                    let batch = shape[if flag("batch_first") { 0 } else { 1 }];
                    if shape.len() == 2 { vec![layers, last] } else { vec![layers, batch, last] }
                };
                inputs.push(drawn(&size)?);
            }
        }
        Ok(inputs)
    }

    fn call(&self, model: &dyn Module, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        if let Input::Several(several) = &self.input {
            return several.call(model, inputs);
        }
        let Some(x) = inputs.first() else { return Ok(vec![]) };
        // Not a leaf, which could not be changed in place.
        let x = shim::clone(x)?;
        let Input::Sequence { lengths, .. } = &self.input else {
            return Ok(vec![model.forward(&x)?]);
        };
        let one = inputs.get(1);
        let two = one.zip(inputs.get(2));
        let first = self.args.get("batch_first").and_then(Value::as_bool).unwrap_or(false);
        let pack = |lengths: &[i64]| rnn::pack_padded_sequence(&x, lengths, first, false);
        let data = |(packed, state): (PackedSequence, Tensor)| vec![packed.data, state];
        macro_rules! of_one_state {
            ($($layer:ident),+) => {$(
                if let Some(layer) = model.downcast_ref::<$layer>() {
                    return Ok(match lengths {
                        Some(lengths) => data(layer.forward_packed(&pack(lengths)?, one)?),
                        None => layer.forward(&x, one).map(|(output, state)| vec![output, state])?,
                    });
                }
            )+};
        }
        of_one_state!(RNN, GRU);
        if let Some(lstm) = model.downcast_ref::<LSTM>() {
            let (output, (hidden, cell)) = match lengths {
                None => lstm.forward(&x, two)?,
                Some(lengths) => {
                    let (packed, states) = lstm.forward_packed(&pack(lengths)?, two)?;
                    (packed.data, states)
                }
            };
            return Ok(vec![output, hidden, cell]);
        }
        if let Some(cell) = model.downcast_ref::<LSTMCell>() {
            let (hidden, cell) = cell.forward(&x, two)?;
            return Ok(vec![hidden, cell]);
        }
        if let Some(cell) = model.downcast_ref::<GRUCell>() {
            return Ok(vec![cell.forward(&x, one)?]);
        }
        match model.downcast_ref::<RNNCell>() {
            Some(cell) => Ok(vec![cell.forward(&x, one)?]),
            None => bail!("{} takes no sequence", self.layer),
        }
    }

    fn check(&self) -> Result<bool> {
        let ours = self.compute();
        match (&self.found, ours) {
            (Some(theirs), Ok(ours)) => {
                ensure!(ours == *theirs, "Rust's is\n{ours:#?}\nPython's is\n{theirs:#?}");
                Ok(true)
            }
            (None, Err(_)) => Ok(false),
            (Some(_), Err(error)) => Err(error.context("Python does not refuse it")),
            (None, Ok(_)) => bail!("Python refuses it: {:?}", self.refused),
        }
    }
}

#[test]
fn layers_with_random_options_are_pythons() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so layers were not compared");
        return Ok(());
    };
    let cases: Vec<Case> = parse(&run_script(&python, "tests/python/layers.py", &[CASES], "")?)?;
    let (mut computed, mut refused) = (BTreeMap::new(), BTreeMap::new());
    let (mut faults, mut faulty) = (vec![], BTreeMap::<&str, i32>::new());
    for case in &cases {
        let call = || format!("{}({:?}) of {} #{}", case.layer, case.args, case.dtype, case.seed);
        match case.check() {
            Ok(true) => *computed.entry(&case.layer).or_insert(0) += 1,
            Ok(false) => *refused.entry(&case.layer).or_insert(0) += 1,
            Err(error) => {
                *faulty.entry(&case.layer).or_default() += 1;
                faults.push(format!("{}: {error:#}", call()));
            }
        }
    }
    let shown = faults.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("\n\n");
    ensure!(
        faults.is_empty(),
        "{} of {} cases differ, {faulty:?}:\n{shown}",
        faults.len(),
        cases.len()
    );
    let mut families: BTreeMap<&str, i32> = BTreeMap::new();
    for case in &cases {
        *families.entry(&case.family).or_default() += i32::from(case.found.is_some());
        // What is refused throughout shows nothing.
        let done = computed.get(&case.layer).copied().unwrap_or_default();
        ensure!(
            done * 2 > refused.get(&case.layer).copied().unwrap_or(0),
            "{}: {done}",
            case.layer
        );
    }
    println!(
        "layers with Python's bits and text: {families:?}; refused in both {:?}",
        refused.values().sum::<i32>()
    );
    Ok(())
}
