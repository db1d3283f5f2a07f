//! Creating an ML model in PyTorch: a line, its weight and bias first random and then learned.

use torch_exact::prelude::*;
use tutorial::{Run, Tutorial, print, println};

#[derive(Debug)]
struct LinearRegressionModel {
    weight: Parameter,
    bias: Parameter,
}

impl LinearRegressionModel {
    fn new() -> Result<Self> {
        let weight = Parameter::new(random::rand([1])?)?;
        let bias = Parameter::new(random::rand([1])?)?;
        Ok(Self { weight, bias })
    }
}

impl Module for LinearRegressionModel {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(&self.weight * x + &self.bias)
    }

    parts!(weight, bias);
}

fn main() {
    Tutorial::new("Creating an ML model in PyTorch", "Vinay Kulkarni, 14 May 2023")
        .seed(996_907_998)
        .epochs(1000)
        .lr(0.01)
        .run(creating_a_model)
}

fn creating_a_model(run: &Run) -> tutorial::Result {
    random::manual_seed(run.seed);

    // 100 numbers between 0 and 1, and the line to be found.
    let x = random::rand([100])?.to(run.device);
    print(&x)?;
    let (a, b) = (number(0.7), number(0.3));
    let y = a * &x + b;

    // From here on the document only describes what to do.
    let model = LinearRegressionModel::new()?.to(run.device)?;
    print(&model.state_dict())?;

    let loss_fn = nn::L1Loss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), optim::lr(run.lr))?;
    let (mut epochs, mut losses) = (vec![], vec![]);
    for epoch in 0..run.epochs {
        model.train();
        let y_pred = model.forward(&x)?;
        let loss = loss_fn.forward(&y_pred, &y)?;
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        if epoch % 100 == 0 {
            epochs.push(epoch);
            losses.push(loss.item()?);
            println!("Epoch: {epoch} | Loss: {:.6}", loss.item()?)?;
        }
    }

    model.eval();
    print(&model.state_dict())?;
    let y_preds = inference_mode(|| model.forward(&x))?;
    print(&y_preds.i(..5))?;
    print(&y.i(..5))?;

    // The document draws nothing; these two figures are ours.
    run.figure("fit", |fig| {
        fig.scatter(&x, &y).label("Data");
        fig.plot(&x, &y_preds).color("red").label("Model");
        fig.xlabel("x").ylabel("y").title("Data and fit").legend();
    })?;
    run.figure("losses", |fig| {
        fig.plot(&epochs, &losses);
        fig.xlabel("Epoch").ylabel("Loss").title("Mean absolute error by epoch");
    })
}
