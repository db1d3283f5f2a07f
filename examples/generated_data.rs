//! Linear Regression with Generated Data (Veera Vignesh, 29 April 2020): `nn.Linear(1, 1)` learns a
//! line from noisy points.
//!
//! The document names no seed: 1039685572 alone gives the weight and bias that it prints with all
//! their digits. `examples/generated_data.md` has the transcript, and
//! `scripts/reference/generated_data.py` is the same program in Python.

use plot::Figure;
use torch_exact::prelude::*;
use torch_exact::repr::{fixed, size};
use tutorial::{Arithmetic, Run, Tutorial, display, println};

/// One linear layer.
#[derive(Debug)]
struct Model {
    linear: nn::Linear,
}

impl Model {
    fn new(in_features: i64, out_features: i64) -> Result<Self> {
        Ok(Self { linear: nn::Linear::new(in_features, out_features)? })
    }
}

impl Module for Model {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.linear.forward(x)
    }

    parts!(linear);
}

fn main() {
    Tutorial::new("Linear Regression with Generated Data", "Veera Vignesh, 29 April 2020")
        .seed(1_039_685_572)
        .epochs(50)
        .lr(0.001)
        .arithmetic(Arithmetic::Compatible)
        .run(generated_data)
}

fn generated_data(run: &Run) -> tutorial::Result {
    random::manual_seed(run.seed);

    // Data on y = 2x + 1, with whole numbers from -10 to 10 as noise.
    let x = Tensor::linspace(0, 50, 50, (Kind::Float, run.device)).reshape([-1, 1]);
    let e = random::randint(-10, 11, [50, 1], Kind::Float)?.to_device(run.device);
    let y = number(2) * &x + number(1) + e;
    if run.draws {
        let mut fig = Figure::default();
        fig.scatter(&x, &y);
        run.savefig(&fig, "data")?;
    }

    // The model before training.
    let model = Model::new(1, 1)?;
    model.to(run.device)?;
    let mut ypred = model.forward(&x)?;
    let (weight, bias) = (&model.linear.weight, model.linear.bias()?);
    display(&(weight.item()?, bias.item()?))?;
    println!(
        "As we guessed the value of weight {} and bias {} Is far from the original values",
        fixed(weight.item()?, 2),
        fixed(bias.item()?, 2)
    )?;
    println!("{}", size(&x.size()))?;
    println!("{}", size(&ypred.size()))?;
    if run.draws {
        let mut fig = Figure::default();
        fig.scatter(&x, &y);
        fig.plot(&x, &ypred).c("red");
        run.savefig(&fig, "first_line")?;
    }

    let criterion = loss::MSELoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), run.lr)?;
    let mut losses = vec![];
    for i in 1..=run.epochs {
        ypred = model.forward(&x)?;
        let loss = criterion.forward(&ypred, &y)?;
        losses.push(loss.item()?);
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        println!(
            "epoch:{i}, loss:{},weight:{},bias:{}",
            fixed(loss.item()?, 2),
            fixed(weight.item()?, 2),
            fixed(bias.item()?, 2)
        )?;
    }

    // The line that the last loss was of, and the losses.
    if run.draws {
        let mut fig = Figure::default();
        fig.scatter(&x, &y);
        fig.plot(&x, &ypred).c("red");
        run.savefig(&fig, "fitted_line")?;
        let mut fig = Figure::default();
        fig.plot(&Vec::from_iter(0..run.epochs), &losses);
        run.savefig(&fig, "losses")?;
    }
    Ok(())
}
