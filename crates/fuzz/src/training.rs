//! A random training: its description, and how it is drawn and shrunk.

use serde::{Deserialize, Serialize};

use crate::front::Front;
use crate::parts::{Activation, Dtype, Loss, Optimizer};
use crate::rows::Sampler;
use crate::schedule::Schedule;

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
    /// What takes the place of all rows.
    #[serde(default)]
    pub sampler: Option<Sampler>,
    /// Whether the sampler stands in a `BatchSampler`.
    #[serde(default)]
    pub batched: bool,
    /// Whether the data are two parts, one after the other.
    #[serde(default)]
    pub concatenated: bool,
    pub loss: Loss,
    pub optimizer: Optimizer,
    /// The dtype of the learning rate where it is a tensor.
    #[serde(default)]
    pub rate: Option<Dtype>,
    pub epochs: u32,
    /// Stepped after each batch.
    #[serde(default)]
    pub scheduler: Option<Schedule>,
    /// What stands before the linear layers.
    #[serde(default)]
    pub front: Option<Front>,
    /// Whether the loss is computed in a closure, which the optimizer calls.
    #[serde(default)]
    pub closure: bool,
    /// Whether Rust replays its steps, which Python takes as they stand.
    #[serde(default)]
    pub replay: bool,
}

impl Training {
    /// The smallest training with this one's kind of loss and of optimizer.
    pub fn simplest(&self) -> Self {
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
            sampler: None,
            batched: false,
            concatenated: false,
            loss: self.loss.simplest(),
            optimizer: self.optimizer.simplest(),
            rate: None,
            epochs: 1,
            scheduler: None,
            front: None,
            closure: self.optimizer.needs_closure(),
            replay: self.replay,
        }
    }
}
