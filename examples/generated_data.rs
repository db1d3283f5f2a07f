//! Linear Regression with Generated Data (Veera Vignesh, 29 April 2020): `nn.Linear(1, 1)` learns a
//! line from noisy points.
//!
//! The document does not name a seed. It is 1039685572: no other gives the weight and bias that the
//! document prints with all their digits.
//!
//! ```text
//! cargo run --release --example generated_data
//! ```
//!
//! `examples/generated_data.md` has the transcript; `scripts/reference/generated_data.py` is the
//! same program in Python.

use plot::Figure;
use tch::{Kind, Tensor};
use torch_exact::nn::{self, Module};
use torch_exact::optim::{self, Optimizer};
use torch_exact::repr::{fixed, size};
use torch_exact::{Result, loss, random};
use tutorial::{About, Run, Seeds, display, numpy, println};

const ABOUT: About = About {
    name: "generated_data",
    title: "Linear Regression with Generated Data",
    author: "Veera Vignesh, 29 April 2020",
    seed: 1_039_685_572,
    seeds: Seeds::Torch,
    epochs: 50,
    lr: 0.001,
    cuda_graph: false,
};

/// One linear layer.
#[derive(Debug)]
struct Model {
    linear: nn::Linear,
}

impl Model {
    fn new(in_features: i64, out_features: i64) -> Result<Self> {
        Ok(Self { linear: nn::Linear::new(in_features, out_features)? })
    }

    /// The weight and the bias of a layer from one feature to one.
    fn line(&self) -> (f64, f64) {
        let bias = self.linear.bias().map_or(0., |bias| bias.double_value(&[0]));
        (self.linear.weight().double_value(&[0, 0]), bias)
    }
}

impl Module for Model {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.linear.forward(x)
    }

    fn children(&self) -> Vec<(&str, &dyn Module)> {
        vec![("linear", &self.linear)]
    }
}

fn main() {
    tutorial::main(&ABOUT, run)
}

fn run(run: &Run) -> anyhow::Result<()> {
    random::manual_seed(run.seed());

    // Data on y = 2x + 1, with whole numbers from -10 to 10 as noise.
    let x = Tensor::linspace(0., 50., 50, (Kind::Float, run.device())).reshape([-1, 1]);
    let e = random::randint(-10, 11, [50, 1], Kind::Float)?.to_device(run.device());
    let y: Tensor = 2. * &x + 1. + e;

    run.record((), &[("x", &x), ("y", &y)])?;
    let mut fig = Figure::default();
    fig.scatter(&numpy(&x)?, &numpy(&y)?);
    run.savefig(&fig, "data")?;

    // The model before training.
    let model = Model::new(1, 1)?;
    model.to(run.device())?;
    let mut ypred = model.forward(&x)?;
    run.record((), &[("ypred", &ypred)])?;
    run.record_model(&model)?;
    let (weight, bias) = model.line();
    display(&(weight, bias))?;
    println!(
        "As we guessed the value of weight {} and bias {} Is far from the original values",
        fixed(weight, 2),
        fixed(bias, 2)
    )?;
    println!("{}", size(&x.size()))?;
    println!("{}", size(&ypred.size()))?;
    let mut fig = Figure::default();
    fig.scatter(&numpy(&x)?, &numpy(&y)?);
    fig.plot(&numpy(&x)?, &numpy(&ypred)?).c("red");
    run.savefig(&fig, "first_line")?;

    // Training.
    let criterion = loss::MSELoss::new();
    let options = optim::SGDOptions { lr: run.lr(), ..Default::default() };
    let mut optimizer = optim::SGD::new(model.parameters(), options)?;
    let mut losses = vec![]; // one for each epoch, to draw

    let timer = run.timer("fit");
    for i in 1..=run.epochs() {
        ypred = model.forward(&x)?;
        let loss = criterion.forward(&ypred, &y)?;
        let item = run.item(&loss)?;
        losses.push(item);
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        run.record(i, &[("ypred", &ypred), ("loss", &loss)])?;
        run.record_model(&model)?;
        let ((weight, bias), digits) = (model.line(), 2);
        println!(
            "epoch:{i}, loss:{},weight:{},bias:{}",
            fixed(item, digits),
            fixed(weight, digits),
            fixed(bias, digits)
        )?;
    }
    drop(timer);

    // The line that the last loss was of, and the losses.
    let mut fig = Figure::default();
    fig.scatter(&numpy(&x)?, &numpy(&y)?);
    fig.plot(&numpy(&x)?, &numpy(&ypred)?).c("red");
    run.savefig(&fig, "fitted_line")?;
    let mut fig = Figure::default();
    fig.plot(&Vec::from_iter(0..run.epochs()), &losses);
    run.savefig(&fig, "losses")
}
