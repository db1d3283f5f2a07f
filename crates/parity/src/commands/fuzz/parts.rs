//! What a training is put together from, by PyTorch's names.

use serde::{Deserialize, Serialize};

use super::draw::Draw;

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
#[serde(tag = "name", deny_unknown_fields)]
pub enum Optimizer {
    #[serde(rename = "SGD")]
    Sgd {
        lr: f64,
        momentum: f64,
        dampening: f64,
        weight_decay: f64,
        nesterov: bool,
        maximize: bool,
        foreach: Option<bool>,
    },
    Adam {
        lr: f64,
        betas: (f64, f64),
        eps: f64,
        weight_decay: f64,
        amsgrad: bool,
        maximize: bool,
        foreach: Option<bool>,
    },
    AdamW {
        lr: f64,
        betas: (f64, f64),
        eps: f64,
        weight_decay: f64,
        amsgrad: bool,
        maximize: bool,
        foreach: Option<bool>,
    },
    #[serde(rename = "RMSprop")]
    RmsProp {
        lr: f64,
        alpha: f64,
        eps: f64,
        weight_decay: f64,
        momentum: f64,
        centered: bool,
        maximize: bool,
        foreach: Option<bool>,
    },
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
    /// PyTorch's name.
    fn name(self) -> &'static str {
        match self {
            Self::Sgd { .. } => "SGD",
            Self::Adam { .. } => "Adam",
            Self::AdamW { .. } => "AdamW",
            Self::RmsProp { .. } => "RMSprop",
        }
    }

    /// PyTorch's name, and `foreach` where it is not left to its default.
    pub fn kind(self) -> String {
        let (Self::Sgd { foreach, .. }
        | Self::Adam { foreach, .. }
        | Self::AdamW { foreach, .. }
        | Self::RmsProp { foreach, .. }) = self;
        match foreach {
            None => self.name().to_owned(),
            Some(true) => format!("{}, foreach=True", self.name()),
            Some(false) => format!("{}, foreach=False", self.name()),
        }
    }

    pub const SIMPLEST: Self = Self::Sgd {
        lr: 0.1,
        momentum: 0.0,
        dampening: 0.0,
        weight_decay: 0.0,
        nesterov: false,
        maximize: false,
        foreach: None,
    };

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
                Self::Sgd { lr, momentum, dampening, weight_decay, nesterov, maximize, foreach }
            }
            kind @ (1 | 2) => {
                let betas = draw.one_of(&[(0.9, 0.999), (0.5, 0.9), (0.0, 0.99), (0.95, 0.999)]);
                let amsgrad = draw.percent(30);
                if kind == 1 {
                    Self::Adam { lr, betas, eps, weight_decay, amsgrad, maximize, foreach }
                } else {
                    Self::AdamW { lr, betas, eps, weight_decay, amsgrad, maximize, foreach }
                }
            }
            _ => {
                let alpha = draw.one_of(&[0.99, 0.9, 0.5]);
                let centered = draw.percent(50);
                Self::RmsProp {
                    lr,
                    alpha,
                    eps,
                    weight_decay,
                    momentum,
                    centered,
                    maximize,
                    foreach,
                }
            }
        }
    }

    /// This kind with the options that are switched off by default off.
    pub fn simplest(self) -> Self {
        let (lr, betas, eps, weight_decay, maximize) = (0.1, (0.9, 0.999), 1e-8, 0.0, false);
        match self {
            Self::Sgd { .. } => Self::SIMPLEST,
            Self::Adam { .. } => {
                Self::Adam { lr, betas, eps, weight_decay, amsgrad: false, maximize, foreach: None }
            }
            Self::AdamW { .. } => Self::AdamW {
                lr,
                betas,
                eps,
                weight_decay,
                amsgrad: false,
                maximize,
                foreach: None,
            },
            Self::RmsProp { .. } => Self::RmsProp {
                lr,
                alpha: 0.99,
                eps,
                weight_decay,
                momentum: 0.0,
                centered: false,
                maximize,
                foreach: None,
            },
        }
    }
}
