//! Linear Regression with Generated Data: `nn.Linear(1, 1)` learns a line from noisy points.

use torch_exact::prelude::*;
use tutorial::{Arithmetic, Run, Tutorial, display, print, println};

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
    let e = random::randint(-10, 11, [50, 1], Kind::Float)?.to(run.device);
    let y = number(2) * &x + number(1) + e;
    run.figure("data", |fig| {
        fig.scatter(&x, &y);
    })?;

    // The model before training.
    let model = Model::new(1, 1)?.to(run.device)?;
    let mut ypred = model.forward(&x)?;
    let (weight, bias) = (&model.linear.weight, model.linear.bias()?);
    display(&(weight.item()?, bias.item()?))?;
    println!(
        "As we guessed the value of weight {:.2} and bias {:.2} Is far from the original values",
        weight.item()?,
        bias.item()?
    )?;
    print(&x.shape())?;
    print(&ypred.shape())?;
    run.figure("first_line", |fig| {
        fig.scatter(&x, &y);
        fig.plot(&x, &ypred).c("red");
    })?;

    let criterion = nn::MSELoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), optim::lr(run.lr))?;
    let mut losses = vec![];
    for i in 1..=run.epochs {
        ypred = model.forward(&x)?;
        let loss = criterion.forward(&ypred, &y)?;
        losses.push(loss.item()?);
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        println!(
            "epoch:{i}, loss:{:.2},weight:{:.2},bias:{:.2}",
            loss.item()?,
            weight.item()?,
            bias.item()?
        )?;
    }

    // The line that the last loss was of, and the losses.
    run.figure("fitted_line", |fig| {
        fig.scatter(&x, &y);
        fig.plot(&x, &ypred).c("red");
    })?;
    run.figure("losses", |fig| {
        fig.plot(&(0..run.epochs), &losses);
    })
}
