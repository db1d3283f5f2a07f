//! The loops of `benches/loops.rs` on burn's backend for the CPU; other bits than PyTorch's.

use std::collections::HashMap;
use std::io::BufRead as _;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use burn::backend::{Autodiff, NdArray};
use burn::module::{AutodiffModule, Module, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{Adam, AdamConfig, GradientsParams, Optimizer, Sgd, SgdConfig, SimpleOptimizer};
use burn::tensor::activation::relu;
use burn::tensor::backend::Backend;
use burn::tensor::{Distribution, Int, Tensor, TensorData};
use rand::seq::SliceRandom as _;

type Inner = NdArray<f32>;
type Grad = Autodiff<Inner>;
type Matrix = Tensor<Grad, 2>;
type Take = Box<dyn FnMut() -> f32>;

fn device() -> <Grad as Backend>::Device {
    Default::default()
}

fn randn(rows: usize, columns: usize) -> Matrix {
    Tensor::random([rows, columns], Distribution::Normal(0., 1.), &device())
}

fn line() -> (Matrix, Matrix) {
    let x: Vec<_> = (0..40).map(|i| i as f32 * 0.025).collect();
    let x = Tensor::from_data(TensorData::new(x, [40, 1]), &device());
    let y = x.clone() * 0.7 + 0.3;
    (x, y)
}

fn l1(a: Matrix, b: Matrix) -> Tensor<Grad, 1> {
    (a - b).abs().mean()
}

fn mse(a: Matrix, b: Matrix) -> Tensor<Grad, 1> {
    (a - b).powi_scalar(2).mean()
}

trait Forward: AutodiffModule<Grad> {
    fn forward(&self, x: Matrix) -> Matrix;
}

#[derive(Module, Debug)]
struct Line<B: Backend> {
    weight: Param<Tensor<B, 1>>,
    bias: Param<Tensor<B, 1>>,
}

impl Forward for Line<Grad> {
    fn forward(&self, x: Matrix) -> Matrix {
        x * self.weight.val().unsqueeze() + self.bias.val().unsqueeze()
    }
}

#[derive(Module, Debug)]
struct Perceptron<B: Backend> {
    layers: Vec<Linear<B>>,
}

impl Perceptron<Grad> {
    fn new(sizes: &[usize]) -> Self {
        let layer = |pair: &[usize]| LinearConfig::new(pair[0], pair[1]).init(&device());
        Self { layers: sizes.windows(2).map(layer).collect() }
    }
}

impl Forward for Perceptron<Grad> {
    fn forward(&self, mut x: Matrix) -> Matrix {
        for (place, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if place + 1 < self.layers.len() {
                x = relu(x);
            }
        }
        x
    }
}

/// A model in training.
struct Training<M: Forward, O: SimpleOptimizer<Inner>> {
    model: Option<M>,
    optimizer: OptimizerAdaptor<O, M, Grad>,
    lr: f64,
}

impl<M: Forward, O: SimpleOptimizer<Inner>> Training<M, O> {
    fn step(&mut self, x: Matrix, loss: impl FnOnce(Matrix) -> Tensor<Grad, 1>) -> Tensor<Grad, 1> {
        let model = self.model.take().expect("a model");
        let loss = loss(model.forward(x));
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        self.model = Some(self.optimizer.step(self.lr, model, grads));
        loss
    }
}

fn sgd<M: Forward + 'static>(model: M, lr: f64) -> Training<M, Sgd<Inner>> {
    Training { model: Some(model), optimizer: SgdConfig::new().init(), lr }
}

fn fixed<M: Forward + 'static>(
    mut training: Training<M, Sgd<Inner>>,
    loss: fn(Matrix, Matrix) -> Tensor<Grad, 1>,
    (x, y): (Matrix, Matrix),
) -> Take {
    Box::new(move || training.step(x.clone(), |a| loss(a, y.clone())).into_scalar())
}

/// Epochs over shuffled batches.
fn epochs(rows: usize, size: usize, mut step: impl FnMut(Tensor<Grad, 1, Int>) -> f32 + 'static) -> Take {
    let mut order: Vec<i64> = (0..rows as i64).collect();
    Box::new(move || {
        order.shuffle(&mut rand::rng());
        let mut last = 0.;
        for rows in order.chunks(size) {
            last = step(Tensor::from_data(TensorData::new(rows.to_vec(), [rows.len()]), &device()));
        }
        last
    })
}

fn make(name: &str) -> Result<Take> {
    Ok(match name {
        "two_parameters" => {
            let normal = || Tensor::random([1], Distribution::Normal(0., 1.), &device());
            let model = Line { weight: Param::from_tensor(normal()), bias: Param::from_tensor(normal()) };
            fixed(sgd(model, 0.001), l1, line())
        }
        "two_layers" => fixed(sgd(Perceptron::new(&[1, 10, 1]), 0.001), l1, line()),
        "fit" => {
            let (x, y) = (randn(15, 3), randn(15, 2));
            let mut training = sgd(Perceptron::new(&[3, 2]), 1e-5);
            epochs(15, 5, move |rows| {
                let (x, y) = (x.clone().select(0, rows.clone()), y.clone().select(0, rows));
                training.step(x, |a| mse(a, y)).into_scalar()
            })
        }
        "classifier" => {
            let x = randn(320, 20);
            let classes: Vec<i64> = (0..320).map(|_| rand::random_range(0..4)).collect();
            let y: Tensor<Grad, 1, Int> = Tensor::from_data(TensorData::new(classes, [320]), &device());
            let optimizer: OptimizerAdaptor<Adam, _, Grad> = AdamConfig::new().with_epsilon(1e-8).init();
            let model = Some(Perceptron::new(&[20, 64, 64, 4]));
            let mut training = Training { model, optimizer, lr: 1e-3 };
            let loss = CrossEntropyLossConfig::new().init(&device());
            epochs(320, 32, move |rows| {
                let (x, y) = (x.clone().select(0, rows.clone()), y.clone().select(0, rows));
                training.step(x, |a| loss.forward(a, y)).into_scalar()
            })
        }
        _ => {
            let size = name.strip_prefix("step:").and_then(|size| size.split_once('x'));
            let (rows, features) = size.with_context(|| format!("no loop is named {name}"))?;
            let (rows, features): (usize, usize) = (rows.parse()?, features.parse()?);
            fixed(sgd(Perceptron::new(&[features, 1]), 1e-3), mse, (randn(rows, features), randn(rows, 1)))
        }
    })
}

fn take(one: &mut Take, times: usize) {
    let start = Instant::now();
    let mut loss = 0.;
    for _ in 0..times {
        loss = one();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{{\"seconds\": {seconds:e}, \"loss\": \"{:08x}\"}}", loss.to_bits());
}

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().collect();
    if let [_, run, name, _, times] = args.as_slice()
        && run == "--run"
    {
        take(&mut make(name)?, times.parse()?);
        return Ok(());
    }
    let mut all = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let [name, _, times] = line.split(' ').collect::<Vec<_>>()[..] else {
            bail!("{line:?} is not LOOP WAY TIMES");
        };
        if !all.contains_key(name) {
            all.insert(name.to_owned(), make(name)?);
        }
        take(all.get_mut(name).context("it was put there")?, times.parse()?);
    }
    Ok(())
}
