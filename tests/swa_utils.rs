//! Averages of random models, updated, loaded, switched and given new statistics at random, hold and print
//! what Python's do, to the bit, and go on from Python's states; what Python refuses is refused, and
//! leaves what it leaves there. `tests/python/swa_utils.py` draws the cases, of every option.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use common::golden::parse;
use common::python::{python_with, run_script, skipped};
use common::state::{decoded, encoded};
use common::{digest, dtype_of, generator_alone};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tch::{Device, Tensor};
use torch_exact::nn::{
    self, BatchNorm, BatchNormOptions, Conv2d, Dropout, Flatten, InstanceNorm, InstanceNormOptions,
    LayerNorm, Linear, Module, ReLU, Sequential, StateDict, Tanh,
};
use torch_exact::optim::swa_utils::{
    AveragedModel, AveragedModelOptions, AvgFn, FirstTensor, MultiAvgFn, get_ema_avg_fn,
    get_ema_multi_avg_fn, get_swa_avg_fn, get_swa_multi_avg_fn, update_bn, update_bn_on,
};
use torch_exact::optim::{self, Optimizer as _, SGD, StateValue};
use torch_exact::random;

/// How many are drawn.
const CASES: &str = "1500";

/// A layer's class, what it is made of, and its options.
type Layer = (String, Vec<Value>, Map<String, Value>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    seed: u64,
    shape: Vec<i64>,
    layers: Vec<Layer>,
    dtypes: Vec<String>,
    average: String,
    decay: f64,
    use_buffers: bool,
    device: bool,
    evaluating: bool,
    operations: Vec<Vec<Value>>,
    /// What became of each, its value, and what was seen afterwards.
    found: Option<Vec<(String, Value, Value)>>,
    refused: Option<String>,
}

macro_rules! norm {
    ($Norm:ident $Options:ident, $size:expr, $given:expr) => {{
        let mut options = $Options::default();
        for (name, value) in $given {
            match name.as_str() {
                "momentum" => options.momentum = value.as_f64(),
                "affine" => options.affine = value == true,
                "track_running_stats" => options.track_running_stats = value == true,
                other => bail!("{other} is no option of a norm"),
            }
        }
        $Norm::with_options($size, options)?
    }};
}

fn build(layers: &[Layer], dtypes: &[String]) -> Result<Sequential> {
    let mut model = Sequential::new();
    for ((name, args, given), dtype) in layers.iter().zip(dtypes) {
        let dtype = dtype_of(dtype)?;
        let size = |at: usize| args.get(at).and_then(Value::as_i64).context("a size");
        model = match name.as_str() {
            "Linear" => model.add(Linear::new(size(0)?, size(1)?)?.to(dtype)?),
            "again" => {
                // The same layer, so cast where it stands first, too.
                let layer = model.get::<Linear>(size(0)? as usize)?.clone();
                model.add(layer.to(dtype)?)
            }
            "Conv2d" => model.add(Conv2d::new(size(0)?, size(1)?, size(2)?)?.to(dtype)?),
            "LayerNorm" => model.add(LayerNorm::new([size(0)?])?.to(dtype)?),
            "Dropout" => model.add(Dropout::new(args[0].as_f64().context("p")?)?),
            "BatchNorm1d" => {
                let norm: BatchNorm<1> = norm!(BatchNorm BatchNormOptions, size(0)?, given);
                model.add(norm.to(dtype)?)
            }
            "BatchNorm2d" => {
                let norm: BatchNorm<2> = norm!(BatchNorm BatchNormOptions, size(0)?, given);
                model.add(norm.to(dtype)?)
            }
            "BatchNorm3d" => {
                let norm: BatchNorm<3> = norm!(BatchNorm BatchNormOptions, size(0)?, given);
                model.add(norm.to(dtype)?)
            }
            "InstanceNorm2d" => {
                let norm: InstanceNorm<2> =
                    norm!(InstanceNorm InstanceNormOptions, size(0)?, given);
                model.add(norm.to(dtype)?)
            }
            "ReLU" => model.add(ReLU::new()),
            "Tanh" => model.add(Tanh::new()),
            "Flatten" => model.add(Flatten::default()),
            other => bail!("no layer is called {other}"),
        };
    }
    Ok(model)
}

struct Run<'a> {
    case: &'a Case,
    model: Sequential,
    averaged: AveragedModel<Sequential>,
}

impl Case {
    fn average(&self, model: &Sequential) -> Result<AveragedModel<Sequential>> {
        let mut options = AveragedModelOptions {
            device: self.device.then_some(Device::Cpu),
            use_buffers: self.use_buffers,
            ..Default::default()
        };
        let (avg_fn, multi_avg_fn) = (&mut options.avg_fn, &mut options.multi_avg_fn);
        match self.average.as_str() {
            "none" => {}
            "swa" => *avg_fn = Some(get_swa_avg_fn()),
            "ema" => *avg_fn = Some(get_ema_avg_fn(self.decay)?),
            "own" => {
                let own = |averaged: &Tensor, current: &Tensor, count: &Tensor| {
                    Ok(averaged.f_add(&current.f_mul(count)?)?)
                };
                *avg_fn = Some(AvgFn::new(own));
            }
            "multi_swa" => *multi_avg_fn = Some(get_swa_multi_avg_fn()),
            "multi_ema" => *multi_avg_fn = Some(get_ema_multi_avg_fn(self.decay)?),
            "multi_own" => {
                let own = |averaged: &[Tensor], current: &[Tensor], count: &Tensor| {
                    averaged.iter().zip(current).try_for_each(|(average, new)| {
                        let new = new.f_mul(count)?.f_sub(average)?;
                        Ok(average.shallow_clone().f_copy_(&new)?)
                    })
                };
                *multi_avg_fn = Some(MultiAvgFn::new(own));
            }
            "both" => {
                (*avg_fn, *multi_avg_fn) = (Some(get_swa_avg_fn()), Some(get_swa_multi_avg_fn()));
            }
            other => bail!("no average is called {other}"),
        }
        Ok(AveragedModel::with_options(model, options)?)
    }

    fn begin(&self) -> Result<Run<'_>> {
        random::manual_seed(self.seed);
        let model = build(&self.layers, &self.dtypes)?;
        model.set_training(!self.evaluating);
        let averaged = self.average(&model)?;
        Ok(Run { case: self, model, averaged })
    }

    /// How many operations were done and refused, in both languages alike.
    fn check(&self) -> Result<[usize; 2]> {
        let (mut run, theirs) = match (self.begin(), &self.found) {
            (Ok(run), Some(found)) => (run, found),
            (Err(_), None) => return Ok([0, 0]),
            (Ok(_), None) => bail!("Python refuses it: {:?}", self.refused),
            (Err(error), Some(_)) => return Err(error.context("Python does not refuse it")),
        };
        let mut counts = [0, 0];
        let begin = [vec![json!("begun")]];
        let operations = begin.iter().chain(&self.operations).enumerate();
        for ((at, operation), (became, value, seen)) in operations.zip(theirs) {
            let told = || format!("operation {at}, {operation:?}");
            match (run.operate(operation, value), became.as_str()) {
                (Err(_), "refused") => counts[1] += 1,
                (Ok(ours), "begun" | "done") => {
                    ensure!(ours == *value, "{}: {ours} here, {value} in Python", told());
                    counts[0] += 1;
                }
                (ours, became) => bail!("{}: {became} in Python, {ours:?} here", told()),
            }
            let ours = run.seen()?;
            ensure!(ours == *seen, "{}: {ours} here, {seen} in Python", told());
        }
        Ok(counts)
    }
}

fn update<B: FirstTensor>(
    xs: Vec<Tensor>,
    batch: impl Fn(Tensor) -> B,
    model: &dyn Module,
    on_device: bool,
) -> Result<()> {
    let loader = xs.into_iter().map(|x| Ok(batch(x)));
    match on_device {
        true => update_bn_on(loader, model, Device::Cpu)?,
        false => update_bn(loader, model)?,
    }
    Ok(())
}

impl Run<'_> {
    fn input(&self, shape: &[i64]) -> Result<Tensor> {
        let dtype = dtype_of(&self.case.dtypes[0])?;
        Ok(random::randn([&[4], shape].concat())?.f_to_kind(dtype)?)
    }

    fn operate(&mut self, operation: &[Value], theirs: &Value) -> Result<Value> {
        let (name, args) = operation.split_first().context("an operation")?;
        match (name.as_str().context("a name")?, args) {
            ("begun", []) => {}
            ("train", []) => {
                let mut optimizer = SGD::new(self.model.parameters(), optim::lr(0.1))?;
                let out = self.model.forward(&self.input(&self.case.shape)?)?;
                let weights = random::randn(out.size())?.f_to_kind(out.kind())?;
                out.f_mul(&weights)?.f_sum(None)?.f_backward()?;
                optimizer.step()?;
            }
            ("update", []) => self.averaged.update_parameters(&self.model)?,
            ("other", [layers, dtypes]) => {
                let layers: Vec<Layer> = serde_json::from_value(layers.clone())?;
                let dtypes: Vec<String> = serde_json::from_value(dtypes.clone())?;
                self.averaged.update_parameters(&build(&layers, &dtypes)?)?;
            }
            ("mode", [of, mode]) => {
                let (mode, module) = (*mode == true, &self.averaged.module);
                match (of.as_str(), of.as_u64()) {
                    (Some("averaged"), _) => self.averaged.set_training(mode),
                    (Some("module"), _) => module.set_training(mode),
                    (Some("model"), _) => self.model.set_training(mode),
                    (_, at) => {
                        let at = at.context("a position")? as usize;
                        module.iter().nth(at).context("a layer")?.set_training(mode);
                    }
                }
            }
            ("update_bn", [of, form, on_device, count, wrong]) => {
                let mut xs = vec![];
                for _ in 0..count.as_u64().context("a count")? {
                    xs.push(self.input(&self.case.shape)?);
                }
                if *wrong == true {
                    xs.push(self.input(&[7])?);
                }
                let model: &dyn Module =
                    if of == "averaged" { &self.averaged } else { &self.model };
                let on_device = *on_device == true;
                match form.as_str().context("a form")? {
                    "tensor" => update(xs, |x| x, model, on_device)?,
                    "list" => update(xs, |x| vec![x.shallow_clone(), x], model, on_device)?,
                    "tuple" => update(xs, |x| (x.shallow_clone(), x), model, on_device)?,
                    _ => update(xs, |_| Vec::<Tensor>::new(), model, on_device)?,
                }
            }
            ("resume", []) => {
                let saved = self.averaged.state_dict();
                // From Python's own state, whatever ours is.
                let mut state = StateDict::default();
                for pair in theirs.as_array().context("Python's state")? {
                    let name = pair[0].as_str().context("a name")?;
                    if let StateValue::Tensor(tensor) = decoded(&pair[1])? {
                        state.insert(name, tensor);
                    }
                }
                self.averaged = self.case.average(&self.model)?;
                self.averaged.load_state_dict(&state)?;
                let pair = |(name, tensor): (&str, &Tensor)| {
                    Ok(json!([name, encoded(&StateValue::Tensor(tensor.shallow_clone()))?]))
                };
                return saved.iter().map(pair).collect();
            }
            ("forward", []) => {
                return Ok(
                    digest([&self.averaged.forward(&self.input(&self.case.shape)?)?])?.into()
                );
            }
            other => bail!("no operation is {other:?}"),
        }
        Ok(Value::Null)
    }

    fn seen(&self) -> Result<Value> {
        let children = self.averaged.module.iter().chain(self.model.iter());
        let own = self.averaged.training();
        let modes: Vec<_> = own.into_iter().chain(children.flat_map(|it| it.training())).collect();
        let (averaged, model) = (self.averaged.state_dict(), self.model.state_dict());
        let state = averaged.iter().chain(model.iter()).map(|(_, tensor)| tensor);
        Ok(json!([digest(state)?, modes, self.averaged.repr()?]))
    }
}

#[test]
fn averages_of_random_models_are_pythons() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so averages of weights were not compared");
        return Ok(());
    };
    let cases: Vec<Case> = parse(&run_script(&python, "tests/python/swa_utils.py", &[CASES], "")?)?;
    let (mut counts, mut faults) = (BTreeMap::<_, [usize; 2]>::new(), vec![]);
    for case in &cases {
        match case.check() {
            Ok(these) => {
                let counts = counts.entry(&case.average).or_default();
                counts.iter_mut().zip(these).for_each(|(all, these)| *all += these);
            }
            Err(error) => faults.push(format!("#{}, {}: {error:#}", case.seed, case.average)),
        }
    }
    println!("[done, refused in both]: {counts:?}");
    let shown: Vec<_> = faults.iter().take(5).map(String::as_str).collect();
    ensure!(faults.is_empty(), "{} cases differ:\n{}", faults.len(), shown.join("\n\n"));
    for (name, [done, refused]) in counts {
        ensure!(name == "both" || done > refused * 2, "{name}: {done} done, {refused} refused");
    }
    Ok(())
}

#[test]
fn a_copy_of_an_average_averages_by_itself() -> Result<()> {
    let _alone = generator_alone();
    let model = Linear::new(2, 1)?;
    let averaged = AveragedModel::new(&model)?;
    averaged.update_parameters(&model)?;
    let copy = nn::deepcopy(&averaged)?;
    nn::init::zeros_(&model.weight)?;
    copy.update_parameters(&model)?;
    ensure!(averaged.n_averaged().int64_value(&[]) == 1 && copy.n_averaged().int64_value(&[]) == 2);
    ensure!(*averaged.module.weight != *copy.module.weight);
    Ok(())
}
