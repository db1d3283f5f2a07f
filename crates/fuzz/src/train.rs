//! The Rust side of a random training; `train` of `fuzz.py` is the same in Python.

use anyhow::Context as _;
use replay::Step;
use tch::{Device, Kind, Tensor};
use torch_exact::data::{DataLoader, DataLoaderOptions, Dataset as _, TensorDataset};
use torch_exact::device::{self, DeviceRequest};
use torch_exact::nn::{Identity, Linear, LinearOptions, Module, ReLU, Sequential, Sigmoid, Tanh};
use torch_exact::{nn, optim, random};

use crate::case::{Asked, Case};
use crate::draw::Draw;
use crate::front::Front;
use crate::outcome::{Outcome, Replayed, Side};
use crate::parts::{Activation, Dtype, Loss, Optimizer, Reduction};
use crate::rows::{self, Sampler};
use crate::schedule::Schedule;
use crate::shrink::simpler;
use crate::trace::{Trace, compare};
use crate::training::Training;
use crate::worker::Worker;

/// Steps beyond which a training is not drawn longer.
const MOST_STEPS: i64 = 48;

/// Epochs that a replayed training has besides, in which each shape of a batch is recorded.
const RECORDING_EPOCHS: i64 = 6;

impl Case for Training {
    const NAMES: (&'static str, &'static str) = ("training", "tensor");
    const FLAGS: &'static str = "";

    fn kind(&self) -> String {
        self.optimizer.kind()
    }

    fn draw(draw: &mut Draw, asked: Asked) -> Self {
        // Most are small, so that many are tried; some are large enough for other kernels.
        let large = draw.percent(10);
        let widest = if large { 200 } else { 20 };
        let rows = draw.between(1, if large { 150 } else { 40 });
        let epochs = draw.between(1, 4);
        let batch_size = draw.between(1, rows + 3).max(rows * epochs / MOST_STEPS);
        let shuffle = draw.percent(60);
        let on_cpu = asked.device == "cpu";
        let sampled = !shuffle && draw.percent(60);
        let epochs = epochs + if asked.replay { RECORDING_EPOCHS } else { 0 };
        // A CUDA graph takes steps of SGD alone, here as in Python.
        let in_a_graph = asked.replay && asked.device != "cpu";
        let bias = draw.percent(70);
        // Muon takes matrices alone.
        let fits = |drawn: &Optimizer| match drawn {
            // Neither graphs nor replays take them, and a stand-in for a GPU lacks what they call.
            fused if fused.is_fused() && (!on_cpu || asked.replay) => false,
            Optimizer::SGD(_) => true,
            other if !on_cpu && !other.is_known_on_gpus() => false,
            Optimizer::Muon(_) => !asked.replay && !bias,
            other => !in_a_graph && (!asked.replay || other.is_replayed()),
        };
        let optimizer = Optimizer::draw_such(draw, fits);
        let tensor = on_cpu && !asked.replay && draw.percent(25) && optimizer.takes_tensor();
        let rate = draw.one_of(&[Dtype::Float32, Dtype::Float64]);
        let drawn = Self {
            seed: draw.between(0, i64::from(u32::MAX)) as u32,
            device: asked.device.into(),
            dtype: draw.one_of(&[Dtype::Float32, Dtype::Float64]),
            widths: (0..draw.between(2, 5)).map(|_| draw.between(1, widest)).collect(),
            activation: draw.one_of(&[
                Activation::Identity,
                Activation::ReLU,
                Activation::Tanh,
                Activation::Sigmoid,
            ]),
            bias,
            rows,
            scale: draw.one_of(&[1.0, 1.0, 0.01, 10.0]),
            batch_size,
            shuffle,
            drop_last: draw.percent(40),
            sampler: sampled.then(|| Sampler::draw(draw, rows)),
            batched: sampled && draw.percent(50),
            concatenated: draw.percent(15),
            loss: Loss::draw(draw),
            optimizer,
            rate: tensor.then_some(rate),
            closure: optimizer.needs_closure() || draw.percent(20),
            epochs: epochs as u32,
            scheduler: draw.percent(40).then(|| Schedule::draw(draw, 2 * epochs * rows)),
            front: None,
            replay: asked.replay,
        };
        let features = drawn.widths.first().copied().unwrap_or(1);
        let takes_all = !matches!(optimizer, Optimizer::Muon(_));
        // Many of them are refused where steps are replayed.
        let share = if asked.replay { 15 } else { 50 };
        let front = (takes_all && draw.percent(share)).then(|| Front::draw(draw, features));
        let front = front.filter(|front| on_cpu || front.is_known_on_gpus());
        Self { front, ..drawn }
    }

    fn simpler(&self) -> Vec<Self> {
        let mut found = Vec::new();
        if self.loss != Loss::SIMPLEST {
            found.push(Self { loss: Loss::SIMPLEST, ..self.clone() });
        }
        if let Some(
            Schedule::SequentialLR { schedulers, .. } | Schedule::ChainedScheduler { schedulers },
        ) = &self.scheduler
        {
            let alone = |inner: &Schedule| Self { scheduler: Some(inner.clone()), ..self.clone() };
            found.extend(schedulers.iter().map(alone));
        }
        if self.optimizer != Optimizer::simplest_of_all() {
            found.push(Self { optimizer: Optimizer::simplest_of_all(), ..self.clone() });
        }
        let (Ok(this), Ok(simplest)) =
            (serde_json::to_value(self), serde_json::to_value(self.simplest()))
        else {
            return found;
        };
        let smaller = simpler(&this, &simplest).into_iter().map(serde_json::from_value::<Self>);
        found.extend(smaller.filter_map(Result::ok).filter(|spec| spec.widths.len() >= 2));
        found
    }

    fn run(&self, python: &mut Worker) -> anyhow::Result<Outcome> {
        python.ask("train", self)?;
        let (rust, replayed): (Side<Trace>, _) = match train(self) {
            Ok((trace, replayed)) => (Ok(trace), replayed),
            Err(error) => (Err(format!("{error:#}")), None),
        };
        let python = match python.answer()? {
            Ok(bytes) => Ok(Trace::from_python(&bytes).context("Python's answer")?),
            Err(reason) => Err(reason),
        };
        Ok(Outcome {
            replayed,
            ..Outcome::compare(rust, python, |rust, python| compare(&rust, &python))
        })
    }
}

/// Trains, and returns what was recorded, and what was replayed where that was asked for.
fn train(spec: &Training) -> anyhow::Result<(Trace, Option<Replayed>)> {
    let mut trace = Trace::default();
    let device = device::select(spec.device.parse::<DeviceRequest>()?)?.device;
    random::manual_seed(spec.seed.into());
    let (x, y) = data(spec)?;
    let model = model(spec)?;
    trace.record("x", &x)?;
    trace.record("y", &y)?;
    for (name, parameter) in model.named_parameters() {
        trace.record(&name, &parameter)?;
    }
    let model = model.to(device)?;
    let mut optimizer = spec.optimizer.make(model.parameters(), spec.rate)?;
    let scheduler = spec.scheduler.as_ref();
    let mut scheduler = scheduler.map(|schedule| schedule.make(&mut *optimizer)).transpose()?;
    let indices = Tensor::f_arange(x.size()[0], (Kind::Int64, Device::Cpu))?;
    let dataset = TensorDataset::new([&x.f_to(device)?, &y.f_to(device)?, &indices])?;
    let dataset = rows::dataset(dataset, spec.concatenated)?;
    let options = DataLoaderOptions {
        batch_size: spec.batch_size,
        shuffle: spec.shuffle,
        drop_last: spec.drop_last,
        ..Default::default()
    };
    let options = rows::sampled(options, spec.sampler.as_ref(), dataset.len(), spec.batched)?;
    let loader = DataLoader::new(dataset, options)?;
    let (mut step, mut steps) = (Step::new(), 0);
    for epoch in 0..spec.epochs {
        for (number, batch) in loader.iter().enumerate() {
            let [x, y, indices] = batch?;
            trace.step(Some((epoch, number)));
            trace.record("indices", &indices)?;
            let mut take = |[x, y]: [&Tensor; 2]| {
                let mut last = None;
                let mut closure = |optimizer: &mut dyn optim::Optimizer| {
                    let prediction = model.forward(x)?;
                    let loss = spec.loss.forward(&prediction, y)?;
                    optimizer.zero_grad()?;
                    let total = match loss.dim() {
                        0 => loss.shallow_clone(),
                        _ => loss.f_sum(loss.kind())?,
                    };
                    total.f_backward()?;
                    last = Some([prediction, loss]);
                    Ok(total)
                };
                if spec.closure {
                    let _ = optimizer.step_with(&mut closure)?;
                } else {
                    let _ = closure(&mut *optimizer)?;
                    optimizer.step()?;
                }
                last.ok_or_else(|| torch_exact::Error::Torch("no loss was computed".to_owned()))
            };
            steps += 1;
            let batch = [&x, &y];
            let [prediction, loss] =
                if spec.replay { step.take_with(batch, take)? } else { take(batch)? };
            trace.record("prediction", &prediction)?;
            trace.record("loss", &loss)?;
            for (name, parameter) in model.named_parameters() {
                trace.record(&format!("{name}.grad"), &parameter.f_grad()?)?;
                trace.record(&name, &parameter)?;
            }
            for (name, buffer) in model.named_buffers() {
                trace.record(&name, &buffer)?;
            }
            if let Some(scheduler) = &mut scheduler {
                scheduler.step(&mut *optimizer)?;
                trace.record("lr", &Tensor::from(optimizer.lr(0)?))?;
            }
        }
    }
    trace.step(None);
    trace.record("generator", &random::get_rng_state()?)?;
    let refusal = step.refusal().map(str::to_owned);
    let replayed = Replayed { steps, replays: step.replays(), refusal };
    Ok((trace, spec.replay.then_some(replayed)))
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
    if let Some(front) = spec.front {
        let features = spec.widths.first().copied().unwrap_or_default();
        model = front.add_to(model, features, spec.dtype.kind())?;
    }
    for sizes in spec.widths.windows(2) {
        if !model.is_empty() {
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
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 => Kind::Float,
            Self::Float64 => Kind::Double,
        }
    }
}

impl From<Reduction> for nn::Reduction {
    fn from(reduction: Reduction) -> Self {
        match reduction {
            Reduction::Mean => Self::Mean,
            Reduction::Sum => Self::Sum,
            Reduction::None => Self::None,
        }
    }
}

impl Loss {
    fn forward(self, input: &Tensor, target: &Tensor) -> torch_exact::Result<Tensor> {
        match self {
            Self::L1 { reduction } => {
                nn::L1Loss { reduction: reduction.into() }.forward(input, target)
            }
            Self::Mse { reduction } => {
                nn::MSELoss { reduction: reduction.into() }.forward(input, target)
            }
            Self::Huber { reduction, delta } => {
                nn::HuberLoss { reduction: reduction.into(), delta }.forward(input, target)
            }
            Self::SmoothL1 { reduction, beta } => {
                nn::SmoothL1Loss { reduction: reduction.into(), beta }.forward(input, target)
            }
        }
    }
}
