//! The port of planted.py, with the mistake that its argument names.

use tch::{Device, Kind, Tensor};
use torch_exact::data::{DataLoader, DataLoaderOptions, TensorDataset};
use torch_exact::nn::Parameter;
use torch_exact::optim::{Adam, AdamOptions, Optimizer};
use torch_exact::random;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mistake = std::env::args().nth(1).unwrap_or_default();
    let plant = |name: &str| mistake == name;
    random::manual_seed(7);
    let (x, noise);
    if plant("draw order") {
        noise = random::randn([22, 1])?;
        x = random::rand([22, 3])?;
    } else {
        x = random::rand([22, 3])?;
        noise = random::randn([22, 1])?;
    }
    let w = Tensor::from_slice(&[0.5_f32, -1.0, 2.0]).view([1, 3]);
    let y = x.matmul(&w.tr()) + 0.125 * noise;
    let bound = 1.0 / 3.0_f64.sqrt();
    let layer1 = Layer::new(3, 3, if plant("initial bound") { 0.5 } else { bound }, bound)?;
    let layer2 = Layer::new(3, 1, bound, bound)?;
    let parameters =
        [&layer1, &layer2].map(|layer| [layer.weight.clone(), layer.bias.clone()]).concat();
    let options = AdamOptions { lr: 0.01, ..Default::default() };
    let mut optimizer = Adam::new(parameters.clone(), options)?;
    let cpp = cpp_adam(&parameters)?;
    let batches = DataLoaderOptions {
        batch_size: 5,
        drop_last: plant("dropped last batch"),
        ..Default::default()
    };
    let loader = DataLoader::new(TensorDataset::new([&x, &y])?, batches)?;
    let mut last = 0.0;
    for epoch in 0..50 {
        if plant("learning rate") && epoch == 7 {
            optimizer.set_lr(0, 0.02)?;
        }
        if plant("one ULP") && epoch == 40 {
            let weight = layer2.weight.shallow_clone();
            one_ulp_more(&weight);
        }
        for batch in &loader {
            let [batch, target] = batch?;
            let hidden = if plant("transposed weight") && epoch == 5 {
                batch.linear(&layer1.weight.tr(), Some(&*layer1.bias)).tanh()
            } else {
                batch.linear(&layer1.weight, Some(&*layer1.bias)).tanh()
            };
            let prediction = hidden.linear(&layer2.weight, Some(&*layer2.bias));
            let error = if plant("float64") && epoch == 3 {
                (prediction.to_kind(Kind::Double) - &target).square()
            } else {
                (prediction - &target).square()
            };
            let loss = if plant("sum for mean") {
                error.sum(Kind::Float)
            } else {
                error.mean(Kind::Float)
            };
            if plant("step before backward") && epoch == 2 {
                optimizer.step()?;
            }
            optimizer.zero_grad()?;
            loss.backward();
            if plant("C++ Adam") {
                cpp.step()?;
            } else if !(plant("step before backward") && epoch == 2) {
                optimizer.step()?;
            }
            last = loss.double_value(&[]);
        }
    }
    println!("{last:.6}");
    Ok(())
}

struct Layer {
    weight: Parameter,
    bias: Parameter,
}

impl Layer {
    fn new(inputs: i64, outputs: i64, of_weight: f64, of_bias: f64) -> torch_exact::Result<Self> {
        let empty = |size: &[i64]| Tensor::empty(size, (Kind::Float, Device::Cpu));
        let weight = empty(&[outputs, inputs]).uniform_(-of_weight, of_weight);
        let bias = empty(&[outputs]).uniform_(-of_bias, of_bias);
        Ok(Self { weight: Parameter::new(weight)?, bias: Parameter::new(bias)? })
    }
}

fn cpp_adam(parameters: &[Parameter]) -> Result<tch::COptimizer, tch::TchError> {
    let mut optimizer = tch::COptimizer::adam(0.01, 0.9, 0.999, 0.0, 1e-8, false)?;
    for parameter in parameters {
        optimizer.add_parameters(parameter, 0)?;
    }
    Ok(optimizer)
}

/// The next larger number in one element.
fn one_ulp_more(weight: &Tensor) {
    let mut element = tch::no_grad(|| weight.detach().view([-1]).get(1));
    let more = f32::from_bits((element.double_value(&[]) as f32).to_bits() + 1);
    let _ = element.fill_(f64::from(more));
}
