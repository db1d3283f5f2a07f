//! How long a training step takes as it stands and replayed, in one process, with the same bits.
//!
//! `cargo bench --bench replay` prints JSON: for each loop the medians in microseconds a step, the
//! median of the ratios of neighbouring measurements, and how long the two recordings and the
//! compilation took beyond eager steps. With `--callgrind NAME STEPS` it takes so many replayed
//! steps of one loop and prints nothing, for valgrind to count.

use std::time::Instant;

use tch::{Device, Kind, Tensor};
use torch_exact::loss::{L1Loss, MSELoss};
use torch_exact::nn::{Linear, Module, Parameter, ReLU, Sequential};
use torch_exact::optim::{Adam, Optimizer, SGD};
use torch_exact::replay::Step;
use torch_exact::{Result, random};

/// A loop: takes the step of that number, replayed or not, and gives its loss.
type Take = Box<dyn FnMut(usize, Option<&mut Step<1>>) -> Result<Tensor>>;

struct Loop {
    name: &'static str,
    steps: usize,
    make: fn() -> Result<Take>,
}

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

fn line() -> (Tensor, Tensor) {
    let x = Tensor::arange_start_step(0.0, 1.0, 0.025, FLOAT).unsqueeze(1);
    let y = &x * 0.7 + 0.3;
    (x, y)
}

/// hello_pytorch's first model: a weight and a bias.
fn two_parameters() -> Result<Take> {
    let (x, y) = line();
    random::manual_seed(42);
    let weight = Parameter::new(Tensor::randn([1], FLOAT))?;
    let bias = Parameter::new(Tensor::randn([1], FLOAT))?;
    let mut optimizer = SGD::new([weight.clone(), bias.clone()], 0.001)?;
    Ok(Box::new(move |_, step| {
        let mut take = || -> Result<_> {
            let loss = L1Loss::new().forward(&weight.f_mul(&x)?.f_add(&bias)?, &y)?;
            optimizer.zero_grad()?;
            loss.f_backward()?;
            optimizer.step()?;
            Ok([loss])
        };
        let [loss] = match step {
            Some(step) => step.take(take)?,
            None => take()?,
        };
        Ok(loss)
    }))
}

/// hello_pytorch's second model: one feature to ten and back.
fn two_layers() -> Result<Take> {
    let (x, y) = line();
    random::manual_seed(42);
    let model =
        Sequential::new().add(Linear::new(1, 10)?).add(ReLU::new()).add(Linear::new(10, 1)?);
    let mut optimizer = SGD::new(model.parameters(), 0.001)?;
    Ok(Box::new(move |_, step| {
        let mut take = || -> Result<_> {
            let loss = L1Loss::new().forward(&model.forward(&x)?, &y)?;
            optimizer.zero_grad()?;
            loss.f_backward()?;
            optimizer.step()?;
            Ok([loss])
        };
        let [loss] = match step {
            Some(step) => step.take(take)?,
            None => take()?,
        };
        Ok(loss)
    }))
}

/// Batches of so many rows, one after the other, that are passed to the step.
fn batches(
    model: impl Module + 'static,
    mut optimizer: impl Optimizer + 'static,
    data: [Tensor; 2],
    rows: i64,
) -> Result<Take> {
    let batches: Vec<_> = data[0].split(rows, 0).into_iter().zip(data[1].split(rows, 0)).collect();
    Ok(Box::new(move |number, step| {
        let (x, y) = &batches[number % batches.len()];
        let mut take = |[x, y]: [&Tensor; 2]| -> Result<_> {
            let loss = MSELoss::new().forward(&model.forward(x)?, y)?;
            loss.f_backward()?;
            optimizer.step()?;
            optimizer.zero_grad()?;
            Ok([loss])
        };
        let [loss] = match step {
            Some(step) => step.take_with([x, y], take)?,
            None => take([x, y])?,
        };
        Ok(loss)
    }))
}

/// gradient_descent's fit, without its loader: 15 rows in batches of 5.
fn fit() -> Result<Take> {
    random::manual_seed(42);
    let data = [Tensor::randn([15, 3], FLOAT), Tensor::randn([15, 2], FLOAT)];
    let model = Linear::new(3, 2)?;
    let optimizer = SGD::new(model.parameters(), 1e-5)?;
    batches(model, optimizer, data, 5)
}

/// A perceptron of two hidden layers with Adam, in batches of 32.
fn perceptron() -> Result<Take> {
    random::manual_seed(42);
    let data = [Tensor::randn([320, 20], FLOAT), Tensor::randn([320, 4], FLOAT)];
    let model = Sequential::new()
        .add(Linear::new(20, 64)?)
        .add(ReLU::new())
        .add(Linear::new(64, 64)?)
        .add(ReLU::new())
        .add(Linear::new(64, 4)?);
    let optimizer = Adam::new(model.parameters(), 1e-3)?;
    batches(model, optimizer, data, 32)
}

/// A million rows of 32 features.
fn large() -> Result<Take> {
    random::manual_seed(42);
    let data = [Tensor::randn([1_000_000, 32], FLOAT), Tensor::randn([1_000_000, 1], FLOAT)];
    let model = Linear::new(32, 1)?;
    let optimizer = SGD::new(model.parameters(), 1e-3)?;
    batches(model, optimizer, data, 1_000_000)
}

const LOOPS: [Loop; 5] = [
    Loop { name: "two_parameters", steps: 500, make: two_parameters },
    Loop { name: "two_layers", steps: 500, make: two_layers },
    Loop { name: "fit", steps: 500, make: fit },
    Loop { name: "perceptron", steps: 100, make: perceptron },
    Loop { name: "large", steps: 3, make: large },
];

/// Neighbouring measurements of each loop.
const ROUNDS: usize = 21;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(it: &Loop) -> Result<String> {
    let (mut eager, mut replayed, mut step) = ((it.make)()?, (it.make)()?, Step::new());
    let (mut number, mut same) = (0, true);
    let mut recording = 0.;
    for _ in 0..8 {
        let expected = eager(number, None)?;
        let start = Instant::now();
        let found = replayed(number, Some(&mut step))?;
        if step.replays() == 0 {
            recording += start.elapsed().as_secs_f64() * 1e3;
        }
        same &= expected.detach().equal(&found);
        number += 1;
    }
    let (mut times, mut ratios) = ([vec![], vec![]], vec![]);
    for _ in 0..ROUNDS {
        let mut pair = [0.; 2];
        for (place, seconds) in pair.iter_mut().enumerate() {
            let start = Instant::now();
            for offset in 0..it.steps {
                let _ = match place {
                    0 => eager(number + offset, None)?,
                    _ => replayed(number + offset, Some(&mut step))?,
                };
            }
            *seconds = start.elapsed().as_secs_f64() / it.steps as f64 * 1e6;
            times[place].push(*seconds);
        }
        number += it.steps;
        ratios.push(pair[1] / pair[0]);
    }
    let last = [eager(number, None)?.detach(), replayed(number, Some(&mut step))?];
    same &= last[0].equal(&last[1]);
    let [eager, replayed] = times.map(median);
    Ok(format!(
        "{{\"loop\": \"{}\", \"eager_us\": {eager:.3}, \"replayed_us\": {replayed:.3}, \
         \"ratio\": {:.4}, \"recording_ms\": {recording:.3}, \"same_bits\": {same}, \
         \"refusal\": {:?}}}",
        it.name,
        median(ratios),
        step.refusal().unwrap_or_default()
    ))
}

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().collect();
    if let [_, flag, name, steps, ..] = args.as_slice()
        && flag == "--callgrind"
        && let Some(it) = LOOPS.iter().find(|it| it.name == name)
    {
        let (mut take, mut step) = ((it.make)()?, Step::new());
        for number in 0..steps.parse().unwrap_or(0) {
            let _ = take(number, Some(&mut step))?;
        }
        return Ok(());
    }
    let rows: Result<Vec<_>> = LOOPS.iter().map(measure).collect();
    println!("[\n  {}\n]", rows?.join(",\n  "));
    Ok(())
}
