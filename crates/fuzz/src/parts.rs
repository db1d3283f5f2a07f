//! What a training is put together from, by PyTorch's names.

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};
use torch_exact::nn::Parameter;
use torch_exact::optim::{self, AdjustLrFn, LineSearchFn};

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

/// Every optimizer but `SparseAdam`, whose gradients these models do not have.
macro_rules! optimizers {
    ($($name:ident $Options:ident),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name")]
        #[expect(clippy::upper_case_acronyms, reason = "PyTorch's names")]
        pub enum Optimizer {
            $($name(optim::$Options),)+
        }

        impl Optimizer {
            /// This kind with the default options, but for its rate.
            pub fn simplest(self) -> Self {
                match self {
                    $(Self::$name(_) => Self::$name(optim::lr(0.1)),)+
                }
            }

            /// With its rate as a tensor of a dtype, if one is given.
            pub fn make(
                self,
                params: Vec<Parameter>,
                rate: Option<Dtype>,
            ) -> torch_exact::Result<Box<dyn optim::Optimizer>> {
                Ok(match self {
                    $(Self::$name(options) => {
                        let optimizer = optim::$name::new(params, options)?;
                        match rate {
                            Some(dtype) => {
                                let kind = (dtype.kind(), Device::Cpu);
                                let lr = Tensor::f_full([0; 0], options.lr, kind)?;
                                Box::new(optimizer.with_lr(&lr)?)
                            }
                            None => Box::new(optimizer),
                        }
                    })+
                })
            }
        }
    };
}

optimizers! {
    ASGD ASGDOptions, Adadelta AdadeltaOptions, Adafactor AdafactorOptions,
    Adagrad AdagradOptions, Adam AdamOptions, AdamW AdamWOptions, Adamax AdamaxOptions,
    LBFGS LBFGSOptions, Muon MuonOptions, NAdam NAdamOptions, RAdam RAdamOptions,
    RMSprop RMSpropOptions, Rprop RpropOptions, SGD SGDOptions,
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
    /// PyTorch's name, and `foreach` and `fused` where they are not left to their defaults.
    pub fn kind(self) -> String {
        let spec = serde_json::to_value(self).unwrap_or_default();
        let mut kind = spec["name"].as_str().unwrap_or_default().to_owned();
        for option in ["foreach", "fused"] {
            match spec[option].as_bool() {
                None => {}
                Some(true) => kind += &format!(", {option}=True"),
                Some(false) => kind += &format!(", {option}=False"),
            }
        }
        kind
    }

    /// Whether each step is one operator.
    pub fn is_fused(self) -> bool {
        match self {
            Self::Adagrad(options) => options.fused == Some(true),
            Self::Adam(options) => options.fused == Some(true),
            Self::AdamW(options) => options.fused == Some(true),
            Self::SGD(options) => options.fused == Some(true),
            _ => false,
        }
    }

    /// Whether its rate may be a tensor: those of `Adam` and `AdamW` refuse one in steps on lists.
    pub fn takes_tensor(self) -> bool {
        match self {
            Self::Adam(options) => options.foreach != Some(true),
            Self::AdamW(options) => options.foreach != Some(true),
            _ => true,
        }
    }

    /// Whether a step computes the loss itself.
    pub fn needs_closure(self) -> bool {
        matches!(self, Self::LBFGS(_))
    }

    /// Whether what it launches on a GPU does not depend on values, which a stand-in for one does not compute.
    pub fn is_known_on_gpus(self) -> bool {
        match self {
            Self::LBFGS(_) => false,
            Self::ASGD(options) => options.foreach != Some(false),
            _ => true,
        }
    }

    /// Whether its steps are replayed on the CPU.
    pub fn is_replayed(self) -> bool {
        use Optimizer::{Adadelta, Adagrad, Adam, AdamW, Adamax, RMSprop, Rprop, SGD};
        matches!(
            self,
            Adadelta(_)
                | Adagrad(_)
                | Adam(_)
                | AdamW(_)
                | Adamax(_)
                | RMSprop(_)
                | Rprop(_)
                | SGD(_)
        )
    }

    pub fn draw(draw: &mut Draw) -> Self {
        let lr = draw.magnitude(1e-4, 0.3);
        let weight_decay = draw.maybe(1e-4, 0.3);
        let maximize = draw.percent(15);
        let momentum = draw.maybe(0.1, 0.99);
        let eps = draw.one_of(&[1e-8, 1e-8, 1e-3]);
        let foreach = draw.one_of(&[None, None, Some(true), Some(false)]);
        // They cannot be true together.
        let fused = draw.one_of(&[None, None, Some(true), Some(false)]);
        let fused = fused.filter(|_| foreach != Some(true));
        let betas = draw.one_of(&[(0.9, 0.999), (0.5, 0.9), (0.0, 0.99), (0.95, 0.999)]);
        let (amsgrad, decoupled_weight_decay) = (draw.percent(30), draw.percent(40));
        match draw.between(0, 13) {
            0 => {
                // Nesterov's momentum wants momentum and no dampening.
                let nesterov = momentum > 0.0 && draw.percent(40);
                let dampening = if nesterov { 0.0 } else { draw.maybe(0.05, 0.9) };
                Self::SGD(optim::SGDOptions {
                    lr,
                    momentum,
                    dampening,
                    weight_decay,
                    nesterov,
                    maximize,
                    foreach,
                    fused,
                })
            }
            1 => Self::Adam(optim::AdamOptions {
                lr,
                betas,
                eps,
                weight_decay,
                amsgrad,
                maximize,
                foreach,
                fused,
            }),
            2 => Self::AdamW(optim::AdamWOptions {
                lr,
                betas,
                eps,
                weight_decay,
                amsgrad,
                maximize,
                foreach,
                fused,
            }),
            3 => Self::RMSprop(optim::RMSpropOptions {
                lr,
                alpha: draw.one_of(&[0.99, 0.9, 0.5]),
                eps,
                weight_decay,
                momentum,
                centered: draw.percent(50),
                maximize,
                foreach,
            }),
            4 => Self::ASGD(optim::ASGDOptions {
                lr,
                lambd: draw.maybe(1e-4, 0.3),
                alpha: draw.magnitude(0.3, 2.0),
                t0: draw.one_of(&[1e6, 3.0]),
                weight_decay,
                foreach,
                maximize,
            }),
            5 => Self::Adadelta(optim::AdadeltaOptions {
                lr: lr * 10.0,
                rho: draw.one_of(&[0.9, 0.5, 1.0]),
                eps,
                weight_decay,
                foreach,
                maximize,
            }),
            6 => Self::Adagrad(optim::AdagradOptions {
                lr,
                lr_decay: draw.maybe(1e-3, 0.5),
                weight_decay,
                initial_accumulator_value: draw.maybe(0.01, 1.0),
                eps,
                foreach,
                fused,
                maximize,
            }),
            7 => Self::Adamax(optim::AdamaxOptions {
                lr,
                betas,
                eps,
                weight_decay,
                foreach,
                maximize,
            }),
            8 => Self::NAdam(optim::NAdamOptions {
                lr,
                betas,
                eps,
                weight_decay,
                momentum_decay: draw.maybe(1e-3, 0.3),
                decoupled_weight_decay,
                foreach,
                maximize,
            }),
            9 => Self::RAdam(optim::RAdamOptions {
                lr,
                betas,
                eps,
                weight_decay,
                decoupled_weight_decay,
                foreach,
                maximize,
            }),
            10 => Self::Rprop(optim::RpropOptions {
                lr,
                etas: draw.one_of(&[(0.5, 1.2), (0.3, 1.7)]),
                step_sizes: draw.one_of(&[(1e-6, 50.0), (1e-3, 0.1)]),
                foreach,
                maximize,
            }),
            11 => Self::Adafactor(optim::AdafactorOptions {
                lr,
                beta2_decay: draw.one_of(&[-0.8, -0.3]),
                eps: (draw.one_of(&[None, Some(1e-8)]), 1e-3),
                d: draw.one_of(&[1.0, 2.0]),
                weight_decay,
                foreach,
                maximize,
            }),
            12 => Self::Muon(optim::MuonOptions {
                lr,
                weight_decay,
                momentum,
                nesterov: draw.percent(50),
                ns_steps: draw.between(1, 6),
                adjust_lr_fn: draw.one_of(&[
                    None,
                    Some(AdjustLrFn::Original),
                    Some(AdjustLrFn::MatchRmsAdamw),
                ]),
                ..Default::default()
            }),
            _ => Self::LBFGS(optim::LBFGSOptions {
                lr: draw.magnitude(0.01, 1.0),
                max_iter: draw.between(1, 8),
                history_size: draw.between(1, 5),
                line_search_fn: draw.one_of(&[None, Some(LineSearchFn::StrongWolfe)]),
                ..Default::default()
            }),
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

    /// Of all kinds.
    pub fn simplest_of_all() -> Self {
        Self::SGD(optim::lr(0.1))
    }
}
