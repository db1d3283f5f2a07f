//! What a training is put together from, by PyTorch's names.

use serde::{Deserialize, Serialize};
use torch_exact::optim::{self, AdamOptions, AdamWOptions, RMSpropOptions, SGDOptions};

use crate::draw::Draw;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    Float32,
    Float64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Activation {
    Identity,
    ReLU,
    Tanh,
    Sigmoid,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reduction {
    Mean,
    Sum,
    /// The losses of all elements, whose sum is what the gradients are of.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", deny_unknown_fields)]
pub enum Loss {
    #[serde(rename = "L1Loss")]
    L1 { reduction: Reduction },
    #[serde(rename = "MSELoss")]
    Mse { reduction: Reduction },
    #[serde(rename = "HuberLoss")]
    Huber { reduction: Reduction, delta: f64 },
    #[serde(rename = "SmoothL1Loss")]
    SmoothL1 { reduction: Reduction, beta: f64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name")]
pub enum Optimizer {
    #[serde(rename = "SGD")]
    Sgd(SGDOptions),
    Adam(AdamOptions),
    AdamW(AdamWOptions),
    #[serde(rename = "RMSprop")]
    RmsProp(RMSpropOptions),
}

impl Loss {
    pub const SIMPLEST: Self = Self::Mse { reduction: Reduction::Mean };

    pub fn draw(draw: &mut Draw) -> Self {
        let reduction = draw.one_of(&[Reduction::Mean, Reduction::Sum, Reduction::None]);
        let threshold = draw.magnitude(0.1, 3.0);
        draw.one_of(&[
            Self::L1 { reduction },
            Self::Mse { reduction },
            Self::Huber { reduction, delta: threshold },
            Self::SmoothL1 { reduction, beta: threshold },
        ])
    }

    /// This kind with its default settings.
    pub fn simplest(self) -> Self {
        let reduction = Reduction::Mean;
        match self {
            Self::L1 { .. } => Self::L1 { reduction },
            Self::Mse { .. } => Self::Mse { reduction },
            Self::Huber { .. } => Self::Huber { reduction, delta: 1.0 },
            Self::SmoothL1 { .. } => Self::SmoothL1 { reduction, beta: 1.0 },
        }
    }
}

impl Optimizer {
    /// PyTorch's name, and `foreach` where it is not left to its default.
    pub fn kind(self) -> String {
        let (name, foreach) = match self {
            Self::Sgd(options) => ("SGD", options.foreach),
            Self::Adam(options) => ("Adam", options.foreach),
            Self::AdamW(options) => ("AdamW", options.foreach),
            Self::RmsProp(options) => ("RMSprop", options.foreach),
        };
        match foreach {
            None => name.to_owned(),
            Some(true) => format!("{name}, foreach=True"),
            Some(false) => format!("{name}, foreach=False"),
        }
    }

    pub fn draw(draw: &mut Draw) -> Self {
        let lr = draw.magnitude(1e-4, 0.3);
        let weight_decay = draw.maybe(1e-4, 0.3);
        let maximize = draw.percent(15);
        let momentum = draw.maybe(0.1, 0.99);
        let eps = draw.one_of(&[1e-8, 1e-8, 1e-3]);
        let foreach = draw.one_of(&[None, None, Some(true), Some(false)]);
        match draw.between(0, 3) {
            0 => {
                // Nesterov's momentum wants momentum and no dampening.
                let nesterov = momentum > 0.0 && draw.percent(40);
                let dampening = if nesterov { 0.0 } else { draw.maybe(0.05, 0.9) };
                Self::Sgd(SGDOptions {
                    lr,
                    momentum,
                    dampening,
                    weight_decay,
                    nesterov,
                    maximize,
                    foreach,
                })
            }
            kind @ (1 | 2) => {
                let betas = draw.one_of(&[(0.9, 0.999), (0.5, 0.9), (0.0, 0.99), (0.95, 0.999)]);
                let amsgrad = draw.percent(30);
                let options =
                    AdamOptions { lr, betas, eps, weight_decay, amsgrad, maximize, foreach };
                let decoupled =
                    AdamWOptions { lr, betas, eps, weight_decay, amsgrad, maximize, foreach };
                if kind == 1 { Self::Adam(options) } else { Self::AdamW(decoupled) }
            }
            _ => {
                let alpha = draw.one_of(&[0.99, 0.9, 0.5]);
                let centered = draw.percent(50);
                Self::RmsProp(RMSpropOptions {
                    lr,
                    alpha,
                    eps,
                    weight_decay,
                    momentum,
                    centered,
                    maximize,
                    foreach,
                })
            }
        }
    }

    /// The first that fits.
    pub fn draw_such(draw: &mut Draw, fits: impl Fn(&Self) -> bool) -> Self {
        loop {
            let drawn = Self::draw(draw);
            if fits(&drawn) {
                return drawn;
            }
        }
    }

    /// This kind with the options that are switched off by default off.
    pub fn simplest(self) -> Self {
        let lr = 0.1;
        match self {
            Self::Sgd(_) => Self::Sgd(optim::lr(lr)),
            Self::Adam(_) => Self::Adam(optim::lr(lr)),
            Self::AdamW(_) => {
                Self::AdamW(AdamWOptions { lr, weight_decay: 0., ..Default::default() })
            }
            Self::RmsProp(_) => Self::RmsProp(optim::lr(lr)),
        }
    }

    /// Of all kinds.
    pub fn simplest_of_all() -> Self {
        Self::Sgd(optim::lr(0.1))
    }
}
