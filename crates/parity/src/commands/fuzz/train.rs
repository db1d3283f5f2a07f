//! The Rust side of a random training; `train` of `fuzz.py` is the same in Python.

use parity::{Manifest, Trace, TraceFile};
use tch::{Device, Kind, Tensor};
use torch_exact::data::{DataLoader, DataLoaderOptions, TensorDataset};
use torch_exact::device::{self, DeviceRequest};
use torch_exact::nn::{Identity, Linear, LinearOptions, Module, ReLU, Sequential, Sigmoid, Tanh};
use torch_exact::{loss, optim, random};

use super::parts::{Activation, Dtype, Loss, Optimizer, Reduction};
use super::training::Training;

/// Trains, and returns what was recorded.
pub fn train(spec: &Training) -> anyhow::Result<TraceFile> {
    let mut trace = Trace::in_memory(Manifest::new());
    let device = device::select(spec.device.parse::<DeviceRequest>()?)?.device;
    random::manual_seed(spec.seed.into());
    let (x, y) = data(spec)?;
    let model = model(spec)?;
    trace.record("x", &x)?;
    trace.record("y", &y)?;
    for (name, parameter) in model.named_parameters() {
        trace.record(&name, &parameter)?;
    }
    model.to(device)?;
    let mut optimizer = spec.optimizer.make(&model)?;
    let indices = Tensor::f_arange(x.size()[0], (Kind::Int64, device))?;
    let dataset = TensorDataset::new([&x.f_to(device)?, &y.f_to(device)?, &indices])?;
    let options = DataLoaderOptions {
        batch_size: spec.batch_size,
        shuffle: spec.shuffle,
        drop_last: spec.drop_last,
        ..Default::default()
    };
    let loader = DataLoader::new(dataset, options)?;
    for epoch in 0..spec.epochs {
        for (number, batch) in loader.iter()?.enumerate() {
            let [x, y, indices] = batch?;
            trace.step((epoch, number));
            trace.record("indices", &indices)?;
            let prediction = model.forward(&x)?;
            trace.record("prediction", &prediction)?;
            let loss = spec.loss.of(&prediction, &y)?;
            trace.record("loss", &loss)?;
            optimizer.zero_grad()?;
            if loss.dim() == 0 {
                loss.f_backward()?
            } else {
                loss.f_sum(loss.kind())?.f_backward()?
            }
            for (name, parameter) in model.named_parameters() {
                trace.record(&format!("{name}.grad"), &parameter.f_grad()?)?;
            }
            optimizer.step()?;
            for (name, parameter) in model.named_parameters() {
                trace.record(&name, &parameter)?;
            }
        }
    }
    trace.step(());
    trace.record("generator", &random::get_rng_state()?)?;
    Ok(TraceFile::from_bytes("Rust's trace", trace.encode()?)?)
}

fn data(spec: &Training) -> anyhow::Result<(Tensor, Tensor)> {
    let (first, last) = (spec.widths.first().copied(), spec.widths.last().copied());
    let options = (spec.dtype.kind(), Device::Cpu);
    let draw =
        |features: Option<i64>| Tensor::f_randn([spec.rows, features.unwrap_or_default()], options);
    let x = draw(first)?.f_mul_scalar(spec.scale)?;
    Ok((x, draw(last)?))
}

fn model(spec: &Training) -> anyhow::Result<Sequential> {
    let options = LinearOptions { bias: spec.bias, dtype: spec.dtype.kind() };
    let mut model = Sequential::new();
    for (layer, sizes) in spec.widths.windows(2).enumerate() {
        if layer > 0 {
            model = match spec.activation {
                Activation::Identity => model.add(Identity::new()),
                Activation::ReLU => model.add(ReLU::new()),
                Activation::Tanh => model.add(Tanh::new()),
                Activation::Sigmoid => model.add(Sigmoid::new()),
            };
        }
        model = model.add(Linear::with_options(sizes[0], sizes[1], options)?);
    }
    Ok(model)
}

impl Dtype {
    fn kind(self) -> Kind {
        match self {
            Self::Float32 => Kind::Float,
            Self::Float64 => Kind::Double,
        }
    }
}

impl From<Reduction> for loss::Reduction {
    fn from(reduction: Reduction) -> Self {
        match reduction {
            Reduction::Mean => Self::Mean,
            Reduction::Sum => Self::Sum,
            Reduction::None => Self::None,
        }
    }
}

impl Loss {
    fn of(self, input: &Tensor, target: &Tensor) -> torch_exact::Result<Tensor> {
        match self {
            Self::L1 { reduction } => {
                loss::L1Loss { reduction: reduction.into() }.forward(input, target)
            }
            Self::Mse { reduction } => {
                loss::MSELoss { reduction: reduction.into() }.forward(input, target)
            }
            Self::Huber { reduction, delta } => {
                loss::HuberLoss { reduction: reduction.into(), delta }.forward(input, target)
            }
            Self::SmoothL1 { reduction, beta } => {
                loss::SmoothL1Loss { reduction: reduction.into(), beta }.forward(input, target)
            }
        }
    }
}

impl Optimizer {
    fn make(self, model: &Sequential) -> torch_exact::Result<Box<dyn optim::Optimizer>> {
        let params = model.parameters();
        Ok(match self {
            Self::Sgd { lr, momentum, dampening, weight_decay, nesterov, maximize, foreach } => {
                let options = optim::SGDOptions {
                    lr,
                    momentum,
                    dampening,
                    weight_decay,
                    nesterov,
                    maximize,
                    foreach,
                };
                Box::new(optim::SGD::new(params, options)?)
            }
            Self::Adam { lr, betas, eps, weight_decay, amsgrad, maximize, foreach } => {
                let options =
                    optim::AdamOptions { lr, betas, eps, weight_decay, amsgrad, maximize, foreach };
                Box::new(optim::Adam::new(params, options)?)
            }
            Self::AdamW { lr, betas, eps, weight_decay, amsgrad, maximize, foreach } => {
                let options = optim::AdamWOptions {
                    lr,
                    betas,
                    eps,
                    weight_decay,
                    amsgrad,
                    maximize,
                    foreach,
                };
                Box::new(optim::AdamW::new(params, options)?)
            }
            Self::RmsProp {
                lr,
                alpha,
                eps,
                weight_decay,
                momentum,
                centered,
                maximize,
                foreach,
            } => {
                let options = optim::RMSpropOptions {
                    lr,
                    alpha,
                    eps,
                    weight_decay,
                    momentum,
                    centered,
                    maximize,
                    foreach,
                };
                Box::new(optim::RMSprop::new(params, options)?)
            }
        })
    }
}
