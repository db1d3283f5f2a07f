//! Optimizers with random options, groups, gradients and dtypes print, learn and save as in Python, to
//! the bit, and go on from Python's states; what Python refuses is refused. `tests/python/optimizer_cases.py`
//! draws the cases, of every option that an optimizer's signature has.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use common::golden::parse;
use common::python::{python_with, run_script, skipped};
use common::state::{decoded_state, encoded_state};
use common::{digest, dtype_of, generator_alone};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Device, Kind, Tensor};
use torch_exact::nn::Parameter;
use torch_exact::optim::{self, Optimizer, OptimizerStateDict, StateValue};
use torch_exact::random;

/// So many of each optimizer.
const CASES: &str = "240";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    optimizer: String,
    seed: u64,
    shapes: Vec<Vec<i64>>,
    dtypes: Vec<String>,
    sparse: bool,
    options: Map<String, Value>,
    /// How many parameters each has, and its own options.
    groups: Vec<(usize, Map<String, Value>)>,
    /// For each step, which parameters lack a gradient.
    lacks: Vec<Vec<bool>>,
    added: Option<usize>,
    resumed: Option<usize>,
    closure: bool,
    /// The dtype and the shape of a learning rate that is a tensor, and whether it requires a gradient.
    rate: Option<(String, Vec<i64>, bool)>,
    found: Option<Found>,
    refused: Option<String>,
}

/// What became of a case.
#[derive(Deserialize, Debug, PartialEq, Default)]
#[serde(deny_unknown_fields, default)]
struct Found {
    printed: String,
    /// Of the loss, the parameters and their gradients.
    steps: Vec<String>,
    halfway: Option<Value>,
    loaded: Option<Value>,
    state: Value,
}

/// Parameters and options of a group.
type Group = (Vec<Parameter>, Map<String, Value>);

/// An optimizer that takes groups with options by their names.
trait Tested: Optimizer {
    fn add(&mut self, group: Group) -> Result<()>;

    fn printed(&self) -> Result<String>;
}

/// The defaults with these options in their places, by the names of the struct's fields.
fn options<O: Default + Serialize + DeserializeOwned>(given: Map<String, Value>) -> Result<O> {
    let mut options = serde_json::to_value(O::default())?;
    let fields = options.as_object_mut().context("fields")?;
    for (name, value) in given {
        // Python's int, where a number may be one.
        let int_zero = value == 0 && fields.get(&name).is_some_and(Value::is_f64);
        fields.insert(name, if int_zero { optim::INT_ZERO.into() } else { value });
    }
    Ok(serde_json::from_value(options)?)
}

macro_rules! optimizers {
    ($($name:ident $Options:ident),+ $(,)?) => {
        $(impl Tested for optim::$name {
            fn add(&mut self, (params, given): Group) -> Result<()> {
                Ok(self.add_param_group(params, options(given)?)?)
            }

            fn printed(&self) -> Result<String> {
                Ok(torch_exact::repr::Repr::repr(self)?)
            }
        })+

        /// With this tensor as the learning rate, if there is one.
        fn make(
            name: &str,
            mut groups: Vec<Group>,
            one: bool,
            lr: Option<&Tensor>,
        ) -> Result<Box<dyn Tested>> {
            match name {
                $(stringify!($name) => {
                    let with_lr = |optimizer: optim::$name| match lr {
                        Some(lr) => optimizer.with_lr(lr),
                        None => Ok(optimizer),
                    };
                    if one {
                        let (params, given) = groups.remove(0);
                        let optimizer = optim::$name::new(params, options(given)?)?;
                        return Ok(Box::new(with_lr(optimizer)?));
                    }
                    let groups: Result<Vec<_>> = groups
                        .into_iter()
                        .map(|(params, given)| Ok((params, options::<optim::$Options>(given)?)))
                        .collect();
                    Ok(Box::new(with_lr(optim::$name::with_groups(groups?)?)?))
                })+
                other => bail!("no optimizer is called {other}"),
            }
        }

        /// The names of an optimizer's options.
        fn fields(name: &str) -> Result<BTreeSet<String>> {
            let options = match name {
                $(stringify!($name) => serde_json::to_value(optim::$Options::default())?,)+
                other => bail!("no optimizer is called {other}"),
            };
            Ok(options.as_object().context("fields")?.keys().cloned().collect())
        }
    };
}

optimizers! {
    ASGD ASGDOptions, Adadelta AdadeltaOptions, Adafactor AdafactorOptions,
    Adagrad AdagradOptions, Adam AdamOptions,
    AdamW AdamWOptions, Adamax AdamaxOptions, LBFGS LBFGSOptions, Muon MuonOptions, NAdam NAdamOptions, RAdam RAdamOptions,
    RMSprop RMSpropOptions, Rprop RpropOptions, SGD SGDOptions, SparseAdam SparseAdamOptions,
}

fn drawn(shape: &[i64], dtype: Kind) -> Result<Tensor> {
    Ok(match dtype {
        Kind::ComplexFloat | Kind::ComplexDouble => {
            random::randn([shape, &[2]].concat())?.f_view_as_complex()?.f_to_kind(dtype)?
        }
        _ => random::randn(shape)?.f_to_kind(dtype)?,
    })
}

/// What the loss of a step is made of.
struct Aim {
    parameter: Parameter,
    target: Tensor,
    weight: Tensor,
    row: Tensor,
    lacking: bool,
}

impl Aim {
    /// The parameter's part of the loss.
    fn part(&self, sparse: bool) -> torch_exact::Result<Tensor> {
        let (mut away, mut weight) =
            (self.parameter.f_sub(&self.target)?, self.weight.shallow_clone());
        if sparse {
            let rows = Tensor::f_embedding(&self.parameter, &self.row, -1, false, true)?;
            away = rows.f_sub(&self.target.f_index(&[Some(&self.row)])?)?;
            weight = weight.f_index(&[Some(&self.row)])?;
        }
        if away.is_complex() {
            (away, weight) = (away.f_view_as_real()?, weight.f_unsqueeze(-1)?);
        }
        let squares = away.f_mul(&away)?.f_mul(&weight)?;
        Ok(squares.f_add(&squares.f_mul(&squares)?)?.f_sum(None)?)
    }
}

fn loss(optimizer: &mut dyn Optimizer, aims: &[Aim], sparse: bool) -> torch_exact::Result<Tensor> {
    optimizer.zero_grad()?;
    let mut total = Tensor::from(0f64);
    for aim in aims.iter().filter(|aim| !aim.lacking) {
        total = total.f_add(&aim.part(sparse)?)?;
    }
    if total.requires_grad() {
        total.f_backward()?;
    }
    Ok(total)
}

impl Case {
    fn dtypes(&self) -> Result<Vec<Kind>> {
        self.dtypes.iter().map(|name| dtype_of(name)).collect()
    }

    /// Every group, with the options that they share.
    fn groups(&self, params: &[Parameter]) -> Vec<Group> {
        let mut start = 0;
        let group = |(size, own): &(usize, Map<String, Value>)| {
            let params = params[start..start + size].to_vec();
            start += size;
            let options = self.options.iter().chain(own);
            (params, options.map(|(name, value)| (name.clone(), value.clone())).collect())
        };
        self.groups.iter().map(group).collect()
    }

    /// The learning rate of these options as a tensor, where it is one.
    fn rate(&self, options: &Map<String, Value>) -> Result<Option<Tensor>> {
        let lr = options.get("lr").and_then(Value::as_f64);
        let (Some((dtype, shape, requires_grad)), Some(lr)) = (&self.rate, lr) else {
            return Ok(None);
        };
        let tensor = Tensor::f_full(shape, lr, (dtype_of(dtype)?, Device::Cpu))?;
        Ok(Some(tensor.f_set_requires_grad(*requires_grad)?))
    }

    /// Makes tensors the learning rates of groups that have their own.
    fn set_rates(&self, optimizer: &mut dyn Optimizer, shared: Option<&Tensor>) -> Result<()> {
        for (group, (_, own)) in self.groups.iter().enumerate().take(optimizer.groups()) {
            if let Some(lr) = self.rate(own)?.as_ref().or(shared) {
                optimizer.set_lr_tensor(group, lr)?;
            }
        }
        Ok(())
    }

    /// A state whose rates require a gradient where they do, which the JSON does not hold.
    fn state(&self, encoded: &Value) -> Result<OptimizerStateDict> {
        let mut state = decoded_state(encoded)?;
        let requires_grad = matches!(self.rate, Some((.., true)));
        let options = state.param_groups.iter_mut().flat_map(|group| &mut group.options);
        for (_, value) in options.filter(|(name, _)| requires_grad && name == "lr") {
            if let StateValue::Tensor(lr) = value {
                *lr = lr.f_set_requires_grad(true)?;
            }
        }
        Ok(state)
    }

    /// What this crate makes of it.
    fn run(&self) -> Result<Found> {
        random::manual_seed(self.seed);
        let like: Vec<_> = self.shapes.iter().zip(self.dtypes()?).collect();
        let params: Result<Vec<_>> =
            like.iter().map(|&(shape, dtype)| Ok(Parameter::new(drawn(shape, dtype)?)?)).collect();
        let params = params?;
        let mut weights = vec![];
        for &(shape, dtype) in &like {
            let real = match dtype {
                Kind::ComplexFloat => Kind::Float,
                Kind::ComplexDouble => Kind::Double,
                other => other,
            };
            weights.push(random::randn(shape)?.f_to_kind(real)?.f_relu()?);
        }
        let mut late = self.groups(&params);
        let first = if self.added.is_some() { 1 } else { late.len() };
        let mut late: Vec<_> = late.split_off(first.min(late.len())).into_iter().collect();
        let mut groups = self.groups(&params);
        let one = groups.len() == 1;
        groups.truncate(first);
        let shared = self.rate(&self.options)?;
        let shared = shared.as_ref();
        let mut optimizer = make(&self.optimizer, groups, one, shared)?;
        self.set_rates(&mut *optimizer, shared)?;
        let mut found = Found { printed: optimizer.printed()?, ..Default::default() };
        for (step, lacks) in self.lacks.iter().enumerate() {
            if self.added == Some(step) {
                late.drain(..).try_for_each(|group| optimizer.add(group))?;
                self.set_rates(&mut *optimizer, shared)?;
            }
            if self.resumed == Some(step) && late.is_empty() {
                let halfway = encoded_state(&optimizer.state_dict())?;
                // From Python's own state, whatever ours is.
                let theirs = self.found.as_ref().and_then(|found| found.halfway.as_ref());
                optimizer = make(&self.optimizer, self.groups(&params), one, shared)?;
                optimizer.load_state_dict(&self.state(theirs.unwrap_or(&halfway))?)?;
                found.loaded = Some(encoded_state(&optimizer.state_dict())?);
                found.halfway = Some(halfway);
            }
            let mut targets = vec![];
            for &(shape, dtype) in &like {
                targets.push(drawn(shape, dtype)?);
            }
            let mut aims = vec![];
            for (at, target) in targets.into_iter().enumerate() {
                let (parameter, weight) = (params[at].clone(), weights[at].shallow_clone());
                let rows = self.shapes[at].first().copied().unwrap_or(1).max(1);
                let row = random::randint(0, rows, [4], Kind::Int64)?;
                aims.push(Aim { parameter, target, weight, row, lacking: lacks[at] });
            }
            let loss = match self.closure {
                true => optimizer.step_with(&mut |it| loss(it, &aims, self.sparse))?,
                false => {
                    let loss = loss(&mut *optimizer, &aims, self.sparse)?;
                    optimizer.step()?;
                    loss
                }
            };
            let values = params.iter().map(|parameter| parameter.shallow_clone());
            let grads = params.iter().map(|parameter| parameter.grad());
            let all: Vec<_> = [loss].into_iter().chain(values).chain(grads).collect();
            found.steps.push(digest(&all)?);
        }
        found.state = encoded_state(&optimizer.state_dict())?;
        Ok(found)
    }

    /// Whether it was done and not refused, in both languages alike.
    fn check(&self) -> Result<bool> {
        match (&self.found, self.run()) {
            (Some(theirs), Ok(ours)) => {
                ensure!(ours.printed == theirs.printed, "printed here:\n{}", ours.printed);
                let step = ours.steps.iter().zip(&theirs.steps).position(|(a, b)| a != b);
                ensure!(step.is_none(), "step {step:?} is the first with other bits");
                let end = [Some(ours.state.clone()), Some(theirs.state.clone())];
                for (place, ours, theirs) in [
                    ("halfway", &ours.halfway, &theirs.halfway),
                    ("loaded", &ours.loaded, &theirs.loaded),
                    ("in the end", &end[0], &end[1]),
                ] {
                    let text = |state: &Option<Value>| state.as_ref().map(Value::to_string);
                    let (here, python) = (text(ours), text(theirs));
                    ensure!(ours == theirs, "{place}\n  here   {here:?}\n  Python {python:?}");
                }
                ensure!(ours == *theirs, "a step or a state is missing");
                Ok(true)
            }
            (None, Err(_)) => Ok(false),
            (Some(_), Err(error)) => Err(error.context("Python does not refuse it")),
            (None, Ok(_)) => bail!("Python refuses it: {:?}", self.refused),
        }
    }
}

#[test]
fn optimizers_with_random_options_are_pythons() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so optimizers were not compared");
        return Ok(());
    };
    let script = "tests/python/optimizer_cases.py";
    let cases: Vec<Case> = parse(&run_script(&python, script, &[CASES], "")?)?;
    let mut drawn = BTreeMap::<_, BTreeSet<_>>::new();
    let (mut counts, mut faults) = (BTreeMap::<_, [usize; 3]>::new(), BTreeMap::new());
    let (mut fused, mut tensors) = (BTreeMap::new(), BTreeMap::new());
    for case in &cases {
        drawn.entry(&case.optimizer).or_default().extend(case.options.keys().cloned());
        let count = counts.entry(&case.optimizer).or_default();
        match case.check() {
            Ok(done) => {
                count[usize::from(!done)] += 1;
                let is_fused = done && case.options.get("fused") == Some(&Value::Bool(true));
                *fused.entry(&case.optimizer).or_insert(0) += usize::from(is_fused);
                let is_tensor = usize::from(done && case.rate.is_some());
                *tensors.entry(&case.optimizer).or_insert(0) += is_tensor;
            }
            Err(error) => {
                count[2] += 1;
                let Case { optimizer, options, seed, dtypes, groups, rate, .. } = case;
                let name =
                    format!("{optimizer} {options:?} {rate:?} {dtypes:?} {groups:?} #{seed}");
                faults.entry(optimizer).or_insert(format!("{name}: {error:#}"));
            }
        }
    }
    fused.retain(|name, _| drawn[name].contains("fused"));
    println!("[done, refused in both, differ]: {counts:?}");
    println!("done where steps are fused: {fused:?}, where rates are tensors: {tensors:?}");
    let shown: Vec<_> = faults.values().map(String::as_str).collect();
    ensure!(faults.is_empty(), "cases differ, {counts:?}:\n{}", shown.join("\n\n"));
    ensure!(tensors.values().all(|&done| done > 15), "{tensors:?} with tensors as rates");
    ensure!(fused.len() == 4 && fused.values().all(|&done| done > 60), "{fused:?} fused");
    for (name, [done, refused, _]) in counts {
        ensure!(done > refused * 2, "{name}: {done} done, {refused} refused");
        ensure!(drawn[name] == fields(name)?, "{name}: {:?} of {:?}", drawn[name], fields(name)?);
    }
    Ok(())
}
