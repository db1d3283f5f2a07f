//! Hello PyTorch (14 September 2024): a line fitted by two parameters, then by two layers.
//!
//! The document writes down its seed, 42, so every loss comes out to the last of its 17 digits:
//!
//! ```text
//! cargo run --release --example hello_pytorch
//! ```
//!
//! `examples/hello_pytorch.md` has the transcript; `scripts/reference/hello_pytorch.py` is the same
//! program in Python.

use plot::Figure;
use tch::{Kind, Tensor};
use torch_exact::data::train_test_split;
use torch_exact::nn::{self, Module, Parameter};
use torch_exact::optim::{self, Optimizer};
use torch_exact::repr::{float, size};
use torch_exact::{Result, inference_mode, loss, random};
use tutorial::{About, Run, Seeds, display, numpy, print, println};

const ABOUT: About = About {
    name: "hello_pytorch",
    title: "Hello PyTorch",
    author: "14 September 2024",
    seed: 42,
    seeds: Seeds::Torch,
    epochs: 1500,
    lr: 0.001,
    cuda_graph: true,
};

/// `weight * x + bias` with two parameters, both random at first.
#[derive(Debug)]
struct LinearRegressionModel {
    weight: Parameter,
    bias: Parameter,
}

impl LinearRegressionModel {
    fn new() -> Result<Self> {
        let weight = Parameter::new(random::randn([1])?)?;
        let bias = Parameter::new(random::randn([1])?)?;
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

/// One feature to ten hidden ones and back to one.
#[derive(Debug)]
struct LinearRegressionModel2Layer {
    linear1: nn::Linear,
    linear2: nn::Linear,
}

impl LinearRegressionModel2Layer {
    fn new() -> Result<Self> {
        Ok(Self { linear1: nn::Linear::new(1, 10)?, linear2: nn::Linear::new(10, 1)? })
    }
}

impl Module for LinearRegressionModel2Layer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.linear1.forward(x)?.f_relu()?;
        self.linear2.forward(&x)
    }

    fn children(&self) -> Vec<(&str, &dyn Module)> {
        vec![("linear1", &self.linear1), ("linear2", &self.linear2)]
    }
}

/// x and y to train with, x and y to test with.
type Data<'a> = [&'a Tensor; 4];

/// The points, those to test with `s` points squared large, and predictions if there are any.
fn scatter(data: Data, s: f64, y_preds: Option<&Tensor>) -> anyhow::Result<Figure> {
    let [x_train, y_train, x_test, y_test] = data;
    let mut fig = Figure::new((10., 7.));
    fig.scatter(&numpy(x_train)?, &numpy(y_train)?).c("b").s(4.).label("Training data");
    fig.scatter(&numpy(x_test)?, &numpy(y_test)?).c("r").s(s).label("Testing data");
    if let Some(y_preds) = y_preds {
        fig.scatter(&numpy(x_test)?, &numpy(y_preds)?).c("g").s(4.).label("Predictions");
    }
    fig.xlabel("X").ylabel("y").legend().fontsize(14.);
    Ok(fig)
}

fn main() {
    tutorial::main(&ABOUT, run)
}

fn run(run: &Run) -> anyhow::Result<()> {
    // Sample data on a known line.
    let (weight, bias, start, end, step) = (0.7, 0.3, 0., 1., 0.02);
    let x = Tensor::arange_start_step(start, end, step, (Kind::Float, run.device())).unsqueeze(1);
    println!("{}", size(&x.size()))?;
    let y: Tensor = weight * &x + bias;
    display(&(x.narrow(0, 0, 5), y.narrow(0, 0, 5)))?;

    let [(x_train, x_test), (y_train, y_test)] = train_test_split([&x, &y], 0.2, 42)?;
    let data = [&x_train, &y_train, &x_test, &y_test];
    for (name, part) in ["X_train", "y_train", "X_test", "y_test"].iter().zip(data) {
        println!("{name} shape: {}", size(&part.size()))?;
    }
    run.record((), &[("x_train", &x_train), ("y_train", &y_train)])?;
    run.record((), &[("x_test", &x_test), ("y_test", &y_test)])?;
    run.savefig(&scatter(data, 4., None)?, "data_split")?;

    // A model of two parameters.
    random::manual_seed(run.seed());
    let model_0 = LinearRegressionModel::new()?;
    model_0.to(run.device())?;
    print(&model_0.parameters())?;
    print(&model_0.state_dict())?;
    let y_preds = inference_mode(|| model_0.forward(&x_test))?;
    display(&y_preds)?;
    run.record("model_0", &[("y_preds", &y_preds)])?;
    run.savefig(&scatter(data, 4., Some(&y_preds))?, "model_0_first_predictions")?;
    train(run, "model_0", &model_0, data)?;

    // The same with two layers.
    random::manual_seed(run.seed());
    let model_2layer = LinearRegressionModel2Layer::new()?;
    model_2layer.to(run.device())?;
    print(&model_2layer.parameters())?;
    print(&model_2layer.state_dict())?;
    let y_preds = inference_mode(|| model_2layer.forward(&x_test))?;
    run.record("model_2layer", &[("y_preds", &y_preds)])?;
    run.savefig(&scatter(data, 4., Some(&y_preds))?, "model_2layer_first_predictions")?;
    train(run, "model_2layer", &model_2layer, data)
}

fn train(run: &Run, name: &'static str, model: &dyn Module, data: Data) -> anyhow::Result<()> {
    let [x_train, y_train, x_test, y_test] = data;
    run.record_model(model)?;
    let loss_fn = loss::L1Loss::new();
    let options = optim::SGDOptions { lr: run.lr(), ..Default::default() };
    let mut optimizer = optim::SGD::new(model.parameters(), options)?;

    let (mut epoch_values, mut loss_values, mut test_loss_values) = (vec![], vec![], vec![]);
    let (mut step, timer) = (run.training_step()?, run.timer(name));
    for epoch in 0..run.epochs() {
        model.train();
        let [y_preds, loss] = step.take(|| {
            let y_preds = model.forward(x_train)?;
            let loss = loss_fn.forward(&y_preds, y_train)?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
            Ok([y_preds, loss])
        })?;
        run.record((name, epoch), &[("y_preds", &y_preds), ("loss", &loss)])?;
        run.record_model(model)?;

        if epoch % 100 == 0 {
            let loss = run.item(&loss)?;
            println!("Epoch: {epoch} | Loss: {}", float(loss))?;
            model.eval();
            print(&model.state_dict())?;
            let test_loss = inference_mode(|| loss_fn.forward(&model.forward(x_test)?, y_test))?;
            run.record((name, epoch, "test"), &[("test_loss", &test_loss)])?;
            epoch_values.push(epoch);
            loss_values.push(loss);
            test_loss_values.push(run.item(&test_loss)?);
        }
    }
    drop(timer);
    let mut fig = Figure::new((10., 7.));
    fig.plot(&epoch_values, &loss_values).label("Training Loss");
    fig.plot(&epoch_values, &test_loss_values).label("Test Loss");
    fig.xlabel("Epoch").ylabel("Loss").title("Training and Test Loss vs Epoch").legend();
    run.savefig(&fig, &format!("{name}_losses"))?;
    model.eval();
    print(&model.state_dict())?;
    let y_preds = inference_mode(|| model.forward(x_test))?;
    run.record((name, "trained"), &[("y_preds", &y_preds)])?;
    run.savefig(&scatter(data, 20., Some(&y_preds))?, &format!("{name}_last_predictions"))
}
