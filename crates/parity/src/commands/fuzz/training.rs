//! A random training: its description, and how it is drawn and shrunk.

use parity::TraceFile;
use serde::{Deserialize, Serialize};

use super::case::{Case, Outcome, Side};
use super::draw::Draw;
use super::parts::{Activation, Dtype, Loss, Optimizer};
use super::shrink::simpler;
use super::train::train;
use super::worker::Worker;

/// All that a training follows from. Names and values are PyTorch's, so that Python passes them on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    pub seed: u32,
    pub device: String,
    pub dtype: Dtype,
    /// Features of the input, of each hidden layer, and of the output.
    pub widths: Vec<i64>,
    pub activation: Activation,
    pub bias: bool,
    pub rows: i64,
    /// What the standard normal inputs are multiplied by.
    pub scale: f64,
    pub batch_size: i64,
    pub shuffle: bool,
    pub drop_last: bool,
    pub loss: Loss,
    pub optimizer: Optimizer,
    pub epochs: u32,
}

/// Steps beyond which a training is not drawn longer.
const MOST_STEPS: i64 = 48;

impl Case for Training {
    const NAMES: (&'static str, &'static str) = ("training", "tensor");
    const FLAGS: &'static str = "";

    fn kind(&self) -> String {
        self.optimizer.kind()
    }

    fn draw(draw: &mut Draw, device: &str) -> Self {
        // Most are small, so that many are tried; some are large enough for other kernels.
        let large = draw.percent(10);
        let widest = if large { 200 } else { 20 };
        let rows = draw.between(1, if large { 150 } else { 40 });
        let epochs = draw.between(1, 4);
        let batch_size = draw.between(1, rows + 3).max(rows * epochs / MOST_STEPS);
        Self {
            seed: draw.between(0, i64::from(u32::MAX)) as u32,
            device: device.into(),
            dtype: draw.one_of(&[Dtype::Float32, Dtype::Float64]),
            widths: (0..draw.between(2, 5)).map(|_| draw.between(1, widest)).collect(),
            activation: draw.one_of(&[
                Activation::Identity,
                Activation::ReLU,
                Activation::Tanh,
                Activation::Sigmoid,
            ]),
            bias: draw.percent(70),
            rows,
            scale: draw.one_of(&[1.0, 1.0, 0.01, 10.0]),
            batch_size,
            shuffle: draw.percent(60),
            drop_last: draw.percent(40),
            loss: Loss::draw(draw),
            optimizer: Optimizer::draw(draw),
            epochs: epochs as u32,
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let mut found = Vec::new();
        if self.loss != Loss::SIMPLEST {
            found.push(Self { loss: Loss::SIMPLEST, ..self.clone() });
        }
        if self.optimizer != Optimizer::SIMPLEST {
            found.push(Self { optimizer: Optimizer::SIMPLEST, ..self.clone() });
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
        let rust: Side<TraceFile> = train(self).map_err(|error| format!("{error:#}"));
        let python = match python.answer()? {
            Ok(bytes) => Ok(TraceFile::from_bytes("Python's answer", bytes)?),
            Err(reason) => Err(reason),
        };
        Ok(Outcome::of_traces(rust, python))
    }
}

impl Training {
    /// The smallest training with this one's kind of loss and of optimizer.
    fn simplest(&self) -> Self {
        Self {
            seed: 0,
            device: self.device.clone(),
            dtype: Dtype::Float32,
            widths: vec![1, 1],
            activation: Activation::Identity,
            bias: false,
            rows: 1,
            scale: 1.0,
            batch_size: 1,
            shuffle: false,
            drop_last: false,
            loss: self.loss.simplest(),
            optimizer: self.optimizer.simplest(),
            epochs: 1,
        }
    }
}
