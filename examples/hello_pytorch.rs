//! Hello PyTorch: a line fitted by two parameters, then by two layers.

use torch_exact::data::train_test_split;
use torch_exact::prelude::*;
use tutorial::{Run, Tutorial, display, print, println};

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
        Ok(&self.weight * x + &self.bias)
    }

    parts!(weight, bias);
}

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
        self.linear2.forward(&self.linear1.forward(x)?.f_relu()?)
    }

    parts!(linear1, linear2);
}

fn main() {
    Tutorial::new("Hello PyTorch", "14 September 2024")
        .seed(42)
        .epochs(1500)
        .lr(0.001)
        .run(hello_pytorch)
}

fn hello_pytorch(run: &Run) -> tutorial::Result {
    // Sample data on a known line.
    let (weight, bias) = (number(0.7), number(0.3));
    let (start, end, step) = (0., 1., 0.02);
    let x = Tensor::arange_start_step(start, end, step, (Kind::Float, run.device)).unsqueeze(1);
    print(&x.shape())?;
    let y = weight * &x + bias;
    display(&(x.i(..5), y.i(..5)))?;

    let [(x_train, x_test), (y_train, y_test)] = train_test_split([&x, &y], 0.2, 42)?;
    println!("X_train shape: {}", x_train.shape())?;
    println!("y_train shape: {}", y_train.shape())?;
    println!("X_test shape: {}", x_test.shape())?;
    println!("y_test shape: {}", y_test.shape())?;
    let scatter = |stem: &str, s: f64, y_preds: Option<&Tensor>| {
        run.figure(stem, |fig| {
            fig.set_size_inches(10., 7.);
            fig.scatter(&x_train, &y_train).c("b").s(4.).label("Training data");
            fig.scatter(&x_test, &y_test).c("r").s(s).label("Testing data");
            if let Some(y_preds) = y_preds {
                fig.scatter(&x_test, y_preds).c("g").s(4.).label("Predictions");
            }
            fig.xlabel("X").ylabel("y").legend().fontsize(14.);
        })
    };
    scatter("data_split", 4., None)?;

    let train = |name: &str, model: &dyn Module| -> tutorial::Result {
        let loss_fn = nn::L1Loss::new();
        let mut optimizer = optim::SGD::new(model.parameters(), optim::lr(run.lr))?;
        let (mut epoch_values, mut loss_values, mut test_loss_values) = (vec![], vec![], vec![]);
        for epoch in 0..run.epochs {
            model.train();
            let y_preds = model.forward(&x_train)?;
            let loss = loss_fn.forward(&y_preds, &y_train)?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
            if epoch % 100 == 0 {
                println!("Epoch: {epoch} | Loss: {}", loss.item()?)?;
                model.eval();
                print(&model.state_dict())?;
                let test_loss = inference_mode(|| {
                    let test_preds = model.forward(&x_test)?;
                    loss_fn.forward(&test_preds, &y_test)
                })?;
                epoch_values.push(epoch);
                loss_values.push(loss.item()?);
                test_loss_values.push(test_loss.item()?);
            }
        }
        run.figure(&format!("{name}_losses"), |fig| {
            fig.set_size_inches(10., 7.);
            fig.plot(&epoch_values, &loss_values).label("Training Loss");
            fig.plot(&epoch_values, &test_loss_values).label("Test Loss");
            fig.xlabel("Epoch").ylabel("Loss").title("Training and Test Loss vs Epoch").legend();
        })?;
        model.eval();
        print(&model.state_dict())?;
        let y_preds = inference_mode(|| model.forward(&x_test))?;
        scatter(&format!("{name}_last_predictions"), 20., Some(&y_preds))
    };

    // A model of two parameters.
    random::manual_seed(run.seed);
    let model_0 = LinearRegressionModel::new()?.to(run.device)?;
    print(&model_0.parameters())?;
    print(&model_0.state_dict())?;
    let y_preds = inference_mode(|| model_0.forward(&x_test))?;
    display(&y_preds)?;
    scatter("model_0_first_predictions", 4., Some(&y_preds))?;
    train("model_0", &model_0)?;

    // The same with two layers.
    random::manual_seed(run.seed);
    let model_2layer = LinearRegressionModel2Layer::new()?.to(run.device)?;
    print(&model_2layer.parameters())?;
    print(&model_2layer.state_dict())?;
    let y_preds = inference_mode(|| model_2layer.forward(&x_test))?;
    scatter("model_2layer_first_predictions", 4., Some(&y_preds))?;
    train("model_2layer", &model_2layer)
}
