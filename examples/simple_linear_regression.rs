//! Build a Simple Linear Regression Machine Learning Model with PyTorch: a line through noisy points.

use torch_exact::numpy::RandomState;
use torch_exact::prelude::*;
use tutorial::{Run, Tutorial, println};

fn sample_linear_data(random: &mut RandomState) -> Result<(Vec<f64>, Vec<f64>)> {
    let (n, slope, intercept, noise) = (100, 1., 0., 0.1);
    let x = numpy::linspace(0., 1., n);
    let noise = random.normal(0., noise, n)?;
    let y = x.iter().zip(noise).map(|(x, noise)| slope * x + intercept + noise).collect();
    Ok((x, y))
}

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
    run.figure("data", |fig| {
        fig.scatter(&sample_x, &sample_y);
        fig.xlabel("X").ylabel("y");
    })?;
    let (x, y) = sample_linear_data(&mut random)?;
    let x = tensor_with(x, Kind::Float)?.to(run.device);
    let y = tensor_with(y, Kind::Float)?.to(run.device);

    let model = LinearRegression::new()?.to(run.device)?;
    let loss_fn = nn::MSELoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), optim::lr(run.lr))?;
    for epoch in 0..run.epochs {
        model.train();
        let pred = model.forward(&x)?;
        let loss = loss_fn.forward(&pred, &y)?;
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        if epoch % 100 == 0 {
            println!("Epoch {epoch}, Loss {:.6}", loss.item()?)?;
        }
    }

    let predict_y = inference_mode(|| model.forward(&x))?;
    run.figure("fit", |fig| {
        fig.scatter(&x, &y);
        fig.plot(&x, &predict_y).color("red");
    })
}
