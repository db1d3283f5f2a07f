//! The loops that `scripts/bench` measures, as they stand and replayed; the same loops stand in
//! `loops.py`, `libtorch.cpp`, `loops_jax.py` and `peers/`.
//!
//! `cargo run --release -p benches` takes them in turn in one process and prints JSON: for each loop the
//! medians in microseconds, the median of the ratios of neighbouring measurements, what recording and
//! compiling took beyond steps as they stand, and whether the bits are the same. With `--serve DEVICE`
//! each line `LOOP WAY TIMES` of standard input, `eager` or `replay`, has it taken so often, and is
//! answered with the seconds and the last loss; with `--run LOOP WAY TIMES` it is taken so often on
//! the CPU and the process ends. `--first` makes a tensor and ends, `--first-exit` without libtorch's destructors.

use std::collections::HashMap;
use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use replay::Step;
use tch::{Cuda, Device, Kind, Tensor};
use torch_exact::data::{DataLoader, DataLoaderOptions, TensorDataset};
use torch_exact::device;
use torch_exact::nn::{
    CrossEntropyLoss, L1Loss, Linear, MSELoss, Module, Parameter, ReLU, Sequential,
};
use torch_exact::optim::{self, Adam, Optimizer, SGD};
use torch_exact::random;

/// Takes a loop's unit, a step or an epoch, as it stands or replayed, and gives its last loss.
type Take = Box<dyn FnMut(Option<&mut Step<1>>) -> torch_exact::Result<Tensor>>;

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

fn line(device: Device) -> [Tensor; 2] {
    let x = Tensor::arange_start_step(0.0, 1.0, 0.025, FLOAT).unsqueeze(1);
    let y = &x * 0.7 + 0.3;
    [x, y].map(|data| data.to_device(device))
}

/// hello_pytorch's first model: a weight and a bias.
fn two_parameters(device: Device) -> Result<Take> {
    let [x, y] = line(device);
    let weight = Parameter::new(Tensor::randn([1], FLOAT).to_device(device))?;
    let bias = Parameter::new(Tensor::randn([1], FLOAT).to_device(device))?;
    let mut optimizer = SGD::new([weight.clone(), bias.clone()], optim::lr(0.001))?;
    Ok(Box::new(move |step| {
        let mut take = || -> torch_exact::Result<_> {
            let loss = L1Loss::new().forward(&weight.f_mul(&x)?.f_add(&bias)?, &y)?;
            optimizer.zero_grad()?;
            loss.f_backward()?;
            optimizer.step()?;
            Ok([loss])
        };
        let [loss] = match step {
            Some(step) => step.take(take),
            None => take(),
        }?;
        Ok(loss)
    }))
}

/// Steps on one batch.
fn fixed(
    model: impl Module + 'static,
    loss: fn(&Tensor, &Tensor) -> torch_exact::Result<Tensor>,
    lr: f64,
    [x, y]: [Tensor; 2],
) -> Result<Take> {
    let model = model.to(x.device())?;
    let mut optimizer = SGD::new(model.parameters(), optim::lr(lr))?;
    Ok(Box::new(move |step| {
        let mut take = || -> torch_exact::Result<_> {
            let loss = loss(&model.forward(&x)?, &y)?;
            optimizer.zero_grad()?;
            loss.f_backward()?;
            optimizer.step()?;
            Ok([loss])
        };
        let [loss] = match step {
            Some(step) => step.take(take),
            None => take(),
        }?;
        Ok(loss)
    }))
}

/// hello_pytorch's second model: one feature to ten and back.
fn two_layers(device: Device) -> Result<Take> {
    let model =
        Sequential::new().add(Linear::new(1, 10)?).add(ReLU::new()).add(Linear::new(10, 1)?);
    fixed(model, |a, b| L1Loss::new().forward(a, b), 0.001, line(device))
}

/// A layer on so many rows of so many features.
fn step_of(rows: i64, features: i64, device: Device) -> Result<Take> {
    let data = [Tensor::randn([rows, features], FLOAT), Tensor::randn([rows, 1], FLOAT)]
        .map(|data| data.to_device(device));
    fixed(Linear::new(features, 1)?, |a, b| MSELoss::new().forward(a, b), 1e-3, data)
}

/// Epochs over a loader's batches, which are passed to the step.
fn epochs(
    model: impl Module + 'static,
    mut optimizer: impl Optimizer + 'static,
    loss: fn(&Tensor, &Tensor) -> torch_exact::Result<Tensor>,
    loader: DataLoader<TensorDataset<2>>,
) -> Take {
    Box::new(move |mut step| {
        let mut last = None;
        for batch in &loader {
            let [x, y] = batch?;
            let mut take = |[x, y]: [&Tensor; 2]| -> torch_exact::Result<_> {
                let loss = loss(&model.forward(x)?, y)?;
                loss.f_backward()?;
                optimizer.step()?;
                optimizer.zero_grad()?;
                Ok([loss])
            };
            let [loss] = match &mut step {
                Some(step) => step.take_with([&x, &y], take),
                None => take([&x, &y]),
            }?;
            last = Some(loss);
        }
        Ok(last.unwrap_or_default())
    })
}

fn loader(
    data: [Tensor; 2],
    batch_size: i64,
    device: Device,
) -> Result<DataLoader<TensorDataset<2>>> {
    let [x, y] = data.map(|data| data.to_device(device));
    let options = DataLoaderOptions { batch_size, shuffle: true, ..Default::default() };
    Ok(DataLoader::new(TensorDataset::new([&x, &y])?, options)?)
}

/// gradient_descent's fit: epochs of 15 rows in shuffled batches of 5.
fn fit(device: Device) -> Result<Take> {
    let data = [Tensor::randn([15, 3], FLOAT), Tensor::randn([15, 2], FLOAT)];
    let model = Linear::new(3, 2)?;
    let model = model.to(device)?;
    let optimizer = SGD::new(model.parameters(), optim::lr(1e-5))?;
    Ok(epochs(model, optimizer, |a, b| MSELoss::new().forward(a, b), loader(data, 5, device)?))
}

/// A perceptron with two hidden layers that tells four classes apart, with Adam: epochs of 320 rows
/// in shuffled batches of 32.
fn classifier(device: Device) -> Result<Take> {
    let data =
        [Tensor::randn([320, 20], FLOAT), Tensor::randint(4, [320], (Kind::Int64, Device::Cpu))];
    let model = Sequential::new()
        .add(Linear::new(20, 64)?)
        .add(ReLU::new())
        .add(Linear::new(64, 64)?)
        .add(ReLU::new())
        .add(Linear::new(64, 4)?);
    let model = model.to(device)?;
    let optimizer = Adam::new(model.parameters(), optim::lr(1e-3))?;
    Ok(epochs(
        model,
        optimizer,
        |a, b| CrossEntropyLoss::new().forward(a, b),
        loader(data, 32, device)?,
    ))
}

/// A loader alone: an epoch of 1,024 rows of 20 features in shuffled batches of 32.
fn loader_alone(device: Device) -> Result<Take> {
    let data = [Tensor::randn([1024, 20], FLOAT), Tensor::randn([1024, 1], FLOAT)];
    let loader = loader(data, 32, device)?;
    Ok(Box::new(move |_| {
        let mut last = Tensor::new();
        for batch in &loader {
            let [_, y] = batch?;
            last = y;
        }
        Ok(last.f_get(0)?.f_get(0)?)
    }))
}

/// The machine's own speed: a copy of 256 MiB.
fn copy() -> Result<Take> {
    let (from, mut to) = (Tensor::f_ones([1 << 26], FLOAT)?, Tensor::f_zeros([1 << 26], FLOAT)?);
    Ok(Box::new(move |_| {
        to.f_copy_(&from)?;
        Ok(to.f_get(0)?)
    }))
}

/// A loop by its name; `step:ROWSxFEATURES` is a layer's.
fn make(name: &str, device: Device) -> Result<Take> {
    random::manual_seed(42);
    match name {
        "two_parameters" => two_parameters(device),
        "two_layers" => two_layers(device),
        "fit" => fit(device),
        "classifier" => classifier(device),
        "loader" => loader_alone(device),
        "copy" => copy(),
        _ => {
            let size = name.strip_prefix("step:").and_then(|size| size.split_once('x'));
            let (rows, features) = size.with_context(|| format!("no loop is named {name}"))?;
            step_of(rows.parse()?, features.parse()?, device)
        }
    }
}

/// A loop that goes on.
struct Going {
    device: Device,
    take: Take,
    step: Option<Step<1>>,
}

impl Going {
    fn new(name: &str, way: &str, device: Device) -> Result<Self> {
        ensure!(way == "eager" || way == "replay", "{way} is neither eager nor replay");
        Ok(Self { device, take: make(name, device)?, step: (way == "replay").then(Step::new) })
    }

    /// Takes it so often: seconds, and the last loss.
    fn take(&mut self, times: usize) -> Result<(f64, f32)> {
        let mut last = Tensor::new();
        let start = Instant::now();
        for _ in 0..times {
            last = (self.take)(self.step.as_mut())?;
        }
        if let Device::Cuda(index) = self.device {
            Cuda::synchronize(i64::try_from(index)?);
        }
        let seconds = start.elapsed().as_secs_f64();
        Ok((seconds, last.f_double_value(&[])? as f32))
    }
}

fn serve(device: &str) -> Result<()> {
    let device = device::select(device.parse()?)?.device;
    let mut all = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<_> = line.split(' ').collect();
        let [name, way, times] = words.as_slice() else {
            anyhow::bail!("{line:?} is not LOOP WAY TIMES");
        };
        let key = (name.to_string(), way.to_string());
        if !all.contains_key(&key) {
            all.insert(key.clone(), Going::new(name, way, device)?);
        }
        let going = all.get_mut(&key).context("it was put there")?;
        let (seconds, loss) = going.take(times.parse()?)?;
        println!("{{\"seconds\": {seconds:e}, \"loss\": \"{:08x}\"}}", loss.to_bits());
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// Neighbouring measurements of each loop, and how often it is taken in each.
const ROUNDS: usize = 21;
/// And how many steps each time is.
const LOOPS: [(&str, usize, u32); 5] = [
    ("two_parameters", 500, 1),
    ("two_layers", 500, 1),
    ("fit", 200, 3),
    ("classifier", 10, 10),
    ("step:1000000x32", 3, 1),
];

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What recording and compiling take beyond steps as they stand and replayed, in microseconds: the
/// median of several, each by a new [`Step`].
fn recording(going: &mut Going, steps: u32, eager: f64, replayed: f64) -> Result<f64> {
    let mut found = vec![];
    for _ in 0..9 {
        let mut step = Step::new();
        let (mut taken, start) = (0., Instant::now());
        while step.replays() == 0 && step.refusal().is_none() {
            let _last = (going.take)(Some(&mut step))?;
            taken += f64::from(steps);
        }
        let all = start.elapsed().as_secs_f64() * 1e6;
        let (steps, replays) = (f64::from(steps), step.replays() as f64);
        found.push(all - ((taken - replays) * eager + replays * replayed) / steps);
    }
    Ok(median(found))
}

fn compare(name: &str, times: usize, steps: u32) -> Result<String> {
    let (mut eager, mut replayed) =
        (Going::new(name, "eager", Device::Cpu)?, Going::new(name, "replay", Device::Cpu)?);
    let mut same = true;
    let draws = |state: &Tensor| random::set_rng_state(state);
    // Both draw the same, an epoch's order first of all.
    let mut state = random::get_rng_state()?;
    let mut both = |times: usize| -> Result<[f64; 2]> {
        draws(&state)?;
        let (seconds, expected) = eager.take(times)?;
        draws(&state)?;
        let (replay_seconds, found) = replayed.take(times)?;
        same &= expected.to_bits() == found.to_bits();
        state = random::get_rng_state()?;
        Ok([seconds, replay_seconds].map(|seconds| seconds / times as f64 * 1e6))
    };
    for _ in 0..8 {
        both(1)?;
    }
    let pairs = (0..ROUNDS).map(|_| both(times)).collect::<Result<Vec<_>>>()?;
    let of = |place: usize| median(pairs.iter().map(|pair| pair[place]).collect());
    let ratio = median(pairs.iter().map(|pair| pair[1] / pair[0]).collect());
    let recording = recording(&mut replayed, steps, of(0), of(1))? / 1e3;
    let refusal = replayed.step.as_ref().and_then(Step::refusal).unwrap_or_default();
    Ok(format!(
        "{{\"loop\": \"{name}\", \"eager_us\": {:.3}, \"replayed_us\": {:.3}, \"ratio\": {ratio:.4}, \
         \"recording_ms\": {recording:.3}, \"same_bits\": {same}, \"refusal\": {refusal:?}}}",
        of(0),
        of(1),
    ))
}

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "--serve", device, ..] => serve(device),
        [_, "--run", name, way, times, ..] => {
            Going::new(name, way, Device::Cpu)?.take(times.parse()?)?;
            Ok(())
        }
        [_, "--first", ..] => {
            let _first = Tensor::f_ones([1], FLOAT)?;
            Ok(())
        }
        [_, "--first-exit", ..] => {
            let _first = Tensor::f_ones([1], FLOAT)?;
            shim::exit_now(0)
        }
        _ => {
            let rows: Result<Vec<_>> =
                LOOPS.iter().map(|(name, times, steps)| compare(name, *times, *steps)).collect();
            println!("[\n  {}\n]", rows?.join(",\n  "));
            Ok(())
        }
    }
}
