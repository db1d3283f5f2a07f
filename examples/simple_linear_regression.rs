//! Build a Simple Linear Regression Machine Learning Model with PyTorch (8 August 2024): a line
//! through noisy points.
//!
//! The document prints no figures and names no seed; 42, for NumPy and PyTorch alike, is our
//! choice.
//!
//! ```text
//! cargo run --release --example simple_linear_regression
//! ```
//!
//! `examples/simple_linear_regression.md` has the transcript;
//! `scripts/reference/simple_linear_regression.py` is the same program in Python.

use plot::Figure;
use tch::{Kind, Tensor};
use torch_exact::nn::{Module, Parameter};
use torch_exact::numpy::{self, RandomState};
use torch_exact::optim::{self, Optimizer};
use torch_exact::repr::fixed;
use torch_exact::{Result, inference_mode, loss, random};
use tutorial::{About, Run, Seeds, numpy, println};

const ABOUT: About = About {
    name: "simple_linear_regression",
    title: "Build a Simple Linear Regression Machine Learning Model with PyTorch",
    author: "8 August 2024",
    seed: 42,
    seeds: Seeds::Numpy,
    epochs: 1000,
    lr: 0.1,
    cuda_graph: true,
};

/// `n` points on a line from x = 0 to 1, with normal noise of standard deviation `noise` in y.
struct Sample {
    n: usize,
    slope: f64,
    intercept: f64,
    noise: f64,
}

impl Default for Sample {
    fn default() -> Self {
        Self { n: 100, slope: 1., intercept: 0., noise: 0.1 }
    }
}

impl Sample {
    fn draw(&self, random: &mut RandomState) -> Result<(Vec<f64>, Vec<f64>)> {
        let x = numpy::linspace(0., 1., self.n);
        let noise = random.normal(0., self.noise, self.n)?;
        let y = x.iter().zip(noise).map(|(x, noise)| self.slope * x + self.intercept + noise);
        let y = y.collect();
        Ok((x, y))
    }
}

/// `weight * x + bias` with two parameters, both random at first.
#[derive(Debug)]
struct LinearRegression {
    weight: Parameter,
    bias: Parameter,
}

impl LinearRegression {
    fn new() -> Result<Self> {
        let weight = Parameter::new(random::randn([1])?)?;
        let bias = Parameter::new(random::randn([1])?)?;
        Ok(Self { weight, bias })
    }
}

impl Module for LinearRegression {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.weight.f_mul(x)?.f_add(&self.bias)?)
    }

    fn own_parameters(&self) -> Vec<(&str, Parameter)> {
        vec![("weight", self.weight.clone()), ("bias", self.bias.clone())]
    }
}

fn main() {
    tutorial::main(&ABOUT, run)
}

fn run(run: &Run) -> anyhow::Result<()> {
    // `--seed` takes no more than NumPy's 32 bits.
    let mut random = RandomState::new(run.seed() as u32);
    random::manual_seed(run.seed());

    // One sample to look at, another to learn from.
    let (sample_x, sample_y) = Sample::default().draw(&mut random)?;
    let sample = (Tensor::from_slice(&sample_x), Tensor::from_slice(&sample_y));
    run.record((), &[("sample_x", &sample.0), ("sample_y", &sample.1)])?;
    let mut fig = Figure::default();
    fig.scatter(&sample_x, &sample_y);
    fig.xlabel("X").ylabel("y");
    run.savefig(&fig, "data")?;
    let (x, y) = Sample::default().draw(&mut random)?;
    let x = Tensor::from_slice(&x).to_kind(Kind::Float).to_device(run.device());
    let y = Tensor::from_slice(&y).to_kind(Kind::Float).to_device(run.device());

    run.record((), &[("x", &x), ("y", &y)])?;

    let model = LinearRegression::new()?;
    model.to(run.device())?;
    run.record_model(&model)?;
    let loss_fn = loss::MSELoss::new();
    let options = optim::SGDOptions { lr: run.lr(), ..Default::default() };
    let mut optimizer = optim::SGD::new(model.parameters(), options)?;

    let mut step = run.training_step()?;
    let timer = run.timer("fit");
    for epoch in 0..run.epochs() {
        model.train();
        let [pred, loss] = step.take(|| {
            let pred = model.forward(&x)?; // 1. forward pass
            let loss = loss_fn.forward(&pred, &y)?; // 2. loss
            optimizer.zero_grad()?; // 3. no gradients
            loss.backward(); // 4. backward pass
            optimizer.step()?; // 5. new weights
            Ok([pred, loss])
        })?;
        run.record(epoch, &[("pred", &pred), ("loss", &loss)])?;
        run.record_model(&model)?;
        if epoch % 100 == 0 {
            println!("Epoch {epoch}, Loss {}", fixed(run.item(&loss)?, 6))?;
        }
    }

    drop(timer);
    let predict_y = inference_mode(|| model.forward(&x))?;
    run.record("trained", &[("predict_y", &predict_y)])?;
    let mut fig = Figure::default();
    fig.scatter(&numpy(&x)?, &numpy(&y)?);
    fig.plot(&numpy(&x)?, &numpy(&predict_y)?).color("red");
    run.savefig(&fig, "fit")
}
