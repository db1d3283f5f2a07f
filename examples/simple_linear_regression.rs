//! Build a Simple Linear Regression Machine Learning Model with PyTorch (8 August 2024): a line
//! through noisy points.
//!
//! The document prints no numbers and names no seed; 42, for NumPy and PyTorch alike, is our
//! choice. `examples/simple_linear_regression.md` has the transcript, and
//! `scripts/reference/simple_linear_regression.py` is the same program in Python.

use plot::Figure;
use torch_exact::numpy::{self, RandomState};
use torch_exact::prelude::*;
use torch_exact::repr::fixed;
use tutorial::{Run, Tutorial, println};

/// 100 points on a line from x = 0 to 1, with normal noise of standard deviation 0.1 in y.
fn sample_linear_data(random: &mut RandomState) -> Result<(Vec<f64>, Vec<f64>)> {
    let (n, slope, intercept, noise) = (100, 1., 0., 0.1);
    let x = numpy::linspace(0., 1., n);
    let noise = random.normal(0., noise, n)?;
    let y = x.iter().zip(noise).map(|(x, noise)| slope * x + intercept + noise).collect();
    Ok((x, y))
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
        Ok(&self.weight * x + &self.bias)
    }

    parts!(weight, bias);
}

fn main() {
    let title = "Build a Simple Linear Regression Machine Learning Model with PyTorch";
    let tutorial = Tutorial::new(title, "8 August 2024");
    tutorial.numpy_seed(42).epochs(1000).lr(0.1).run(simple_linear_regression)
}

fn simple_linear_regression(run: &Run) -> tutorial::Result {
    let mut random = RandomState::new(u32::try_from(run.seed)?);
    random::manual_seed(run.seed);

    // One sample to look at, another to learn from.
    let (sample_x, sample_y) = sample_linear_data(&mut random)?;
    if run.draws {
        let mut fig = Figure::default();
        fig.scatter(&sample_x, &sample_y);
        fig.xlabel("X").ylabel("y");
        run.savefig(&fig, "data")?;
    }
    let (x, y) = sample_linear_data(&mut random)?;
    let x = tensor_with(x, Kind::Float)?.to_device(run.device);
    let y = tensor_with(y, Kind::Float)?.to_device(run.device);

    let model = LinearRegression::new()?;
    model.to(run.device)?;
    let loss_fn = loss::MSELoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), run.lr)?;
    for epoch in 0..run.epochs {
        model.train();
        let pred = model.forward(&x)?;
        let loss = loss_fn.forward(&pred, &y)?;
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        if epoch % 100 == 0 {
            println!("Epoch {epoch}, Loss {}", fixed(loss.item()?, 6))?;
        }
    }

    let predict_y = inference_mode(|| model.forward(&x))?;
    if run.draws {
        let mut fig = Figure::default();
        fig.scatter(&x, &y);
        fig.plot(&x, &predict_y).color("red");
        run.savefig(&fig, "fit")?;
    }
    Ok(())
}
