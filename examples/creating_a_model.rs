//! Creating an ML model in PyTorch (Vinay Kulkarni, 14 May 2023): a line, its weight and bias first
//! random and then learned.
//!
//! The document does not name a seed. It is 996907998: no other gives the 100 numbers that the
//! document prints. The document stops after these; what its text announces is carried out here.
//!
//! ```text
//! cargo run --release --example creating_a_model
//! ```
//!
//! `examples/creating_a_model.md` has the transcript; `scripts/reference/creating_a_model.py` is
//! the same program in Python.

use plot::Figure;
use tch::Tensor;
use torch_exact::nn::{Module, Parameter};
use torch_exact::optim::{self, Optimizer};
use torch_exact::repr::fixed;
use torch_exact::{Result, inference_mode, loss, random};
use tutorial::{About, Run, Seeds, numpy, print, println};

const ABOUT: About = About {
    name: "creating_a_model",
    title: "Creating an ML model in PyTorch",
    author: "Vinay Kulkarni, 14 May 2023",
    seed: 996_907_998,
    seeds: Seeds::Torch,
    epochs: 1000,
    lr: 0.01,
    cuda_graph: true,
};

/// `Y = aX + b`, with a weight for `a` and a bias for `b`.
#[derive(Debug)]
struct LinearRegressionModel {
    weight: Parameter,
    bias: Parameter,
}

impl LinearRegressionModel {
    /// Both random between 0 and 1.
    fn new() -> Result<Self> {
        let weight = Parameter::new(random::rand([1])?)?;
        let bias = Parameter::new(random::rand([1])?)?;
        Ok(Self { weight, bias })
    }
}

impl Module for LinearRegressionModel {
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
    random::manual_seed(run.seed());

    // 100 numbers between 0 and 1, and the line to be found.
    let x = random::rand([100])?.to_device(run.device());
    print(&x)?;
    let (a, b) = (0.7, 0.3);
    let y = a * &x + b;

    run.record((), &[("x", &x), ("y", &y)])?;

    // From here on the document only describes what to do.
    let model = LinearRegressionModel::new()?;
    model.to(run.device())?;
    print(&model.state_dict())?;
    run.record_model(&model)?;

    let loss_fn = loss::L1Loss::new(); // the mean absolute error
    let options = optim::SGDOptions { lr: run.lr(), ..Default::default() };
    let mut optimizer = optim::SGD::new(model.parameters(), options)?;

    let (mut epochs, mut losses) = (vec![], vec![]);
    let mut step = run.training_step()?;
    let timer = run.timer("fit");
    for epoch in 0..run.epochs() {
        model.train();
        let [y_pred, loss] = step.take(|| {
            let y_pred = model.forward(&x)?;
            let loss = loss_fn.forward(&y_pred, &y)?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
            Ok([y_pred, loss])
        })?;
        run.record(epoch, &[("y_pred", &y_pred), ("loss", &loss)])?;
        run.record_model(&model)?;
        if epoch % 100 == 0 {
            epochs.push(epoch);
            losses.push(run.item(&loss)?);
            println!("Epoch: {epoch} | Loss: {}", fixed(losses[losses.len() - 1], 6))?;
        }
    }
    drop(timer);

    model.eval();
    print(&model.state_dict())?;
    let y_preds = inference_mode(|| model.forward(&x))?;
    run.record("trained", &[("y_preds", &y_preds)])?;
    print(&y_preds.narrow(0, 0, 5))?;
    print(&y.narrow(0, 0, 5))?;

    // The document draws nothing; these two figures are ours.
    let mut fig = Figure::default();
    fig.scatter(&numpy(&x)?, &numpy(&y)?).label("Data");
    fig.plot(&numpy(&x)?, &numpy(&y_preds)?).color("red").label("Model");
    fig.xlabel("x").ylabel("y").title("Data and fit").legend();
    run.savefig(&fig, "fit")?;
    let mut fig = Figure::default();
    fig.plot(&epochs, &losses);
    fig.xlabel("Epoch").ylabel("Loss").title("Mean absolute error by epoch");
    run.savefig(&fig, "losses")
}
