//! A random schedule of learning rates, stepped after each batch, by PyTorch's names. Those that take
//! functions are not drawn: a description holds none.

use serde::{Deserialize, Serialize};
use torch_exact::Result;
use torch_exact::optim::Optimizer;
use torch_exact::optim::lr_scheduler::{
    ChainedScheduler, ConstantLR, ConstantLROptions, CosineAnnealingLR, CosineAnnealingLROptions,
    CosineAnnealingWarmRestarts, CosineAnnealingWarmRestartsOptions, CyclicLR, CyclicLROptions,
    CyclicMode, ExponentialLR, LinearLR, LinearLROptions, MultiStepLR, MultiStepLROptions,
    OneCycleLR, OneCycleLROptions, PolynomialLR, PolynomialLROptions, Scheduler, SequentialLR,
    StepLR, StepLROptions,
};
use torch_exact::optim::swa_utils::{SWALR, SWALROptions};

use crate::draw::Draw;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", deny_unknown_fields)]
pub enum Schedule {
    StepLR {
        step_size: i64,
        gamma: f64,
    },
    MultiStepLR {
        milestones: Vec<i64>,
        gamma: f64,
    },
    ConstantLR {
        factor: f64,
        total_iters: i64,
    },
    LinearLR {
        start_factor: f64,
        end_factor: f64,
        total_iters: i64,
    },
    ExponentialLR {
        gamma: f64,
    },
    PolynomialLR {
        total_iters: i64,
        power: f64,
    },
    CosineAnnealingLR {
        #[serde(rename = "T_max")]
        t_max: i64,
        eta_min: f64,
    },
    CosineAnnealingWarmRestarts {
        #[serde(rename = "T_0")]
        t_0: i64,
        #[serde(rename = "T_mult")]
        t_mult: i64,
    },
    CyclicLR {
        base_lr: f64,
        max_lr: f64,
        step_size_up: i64,
        mode: Mode,
        gamma: f64,
        cycle_momentum: bool,
    },
    OneCycleLR {
        max_lr: f64,
        total_steps: i64,
        pct_start: f64,
        three_phase: bool,
        cycle_momentum: bool,
    },
    #[serde(rename = "SWALR")]
    Swa {
        swa_lr: f64,
        anneal_epochs: i64,
    },
    SequentialLR {
        schedulers: Vec<Schedule>,
        milestones: Vec<i64>,
    },
    ChainedScheduler {
        schedulers: Vec<Schedule>,
    },
}

/// What [`CyclicMode`] is, by PyTorch's names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Triangular,
    Triangular2,
    ExpRange,
}

impl Schedule {
    /// One of all kinds, for a training of so many steps.
    pub fn draw(draw: &mut Draw, steps: i64) -> Self {
        let inner = |draw: &mut Draw| (0..2).map(|_| Self::draw_simple(draw, steps)).collect();
        match draw.between(0, 9) {
            0 => {
                let milestones = vec![draw.between(1, 12)];
                Self::SequentialLR { schedulers: inner(draw), milestones }
            }
            1 => Self::ChainedScheduler { schedulers: inner(draw) },
            _ => Self::draw_simple(draw, steps),
        }
    }

    /// One that is made of no others.
    fn draw_simple(draw: &mut Draw, steps: i64) -> Self {
        let (share, count) = (draw.magnitude(0.3, 0.99), draw.between(1, 12));
        let (lr, cycle_momentum) = (draw.magnitude(1e-3, 0.3), draw.percent(50));
        match draw.between(0, 10) {
            0 => Self::StepLR { step_size: count, gamma: share },
            1 => Self::MultiStepLR { milestones: vec![count, 3, 3], gamma: share },
            2 => Self::ConstantLR { factor: share, total_iters: count },
            3 => Self::LinearLR {
                start_factor: share,
                end_factor: draw.magnitude(0.1, 1.0),
                total_iters: count,
            },
            4 => Self::ExponentialLR { gamma: share },
            5 => Self::PolynomialLR { total_iters: count, power: draw.magnitude(0.4, 3.0) },
            6 => Self::CosineAnnealingLR { t_max: count, eta_min: draw.maybe(1e-4, 1e-2) },
            7 => Self::CosineAnnealingWarmRestarts { t_0: count, t_mult: draw.between(1, 3) },
            8 => Self::CyclicLR {
                base_lr: lr * share,
                max_lr: lr,
                step_size_up: count,
                mode: draw.one_of(&[Mode::Triangular, Mode::Triangular2, Mode::ExpRange]),
                gamma: share,
                cycle_momentum,
            },
            9 => Self::OneCycleLR {
                max_lr: lr,
                total_steps: steps + count,
                pct_start: draw.magnitude(0.2, 0.6),
                three_phase: draw.percent(30),
                cycle_momentum,
            },
            _ => Self::Swa { swa_lr: lr, anneal_epochs: count },
        }
    }

    pub fn make(&self, optimizer: &mut dyn Optimizer) -> Result<Box<dyn Scheduler>> {
        Ok(match *self {
            Self::StepLR { step_size, gamma } => {
                let options = StepLROptions { gamma, ..step_size.into() };
                Box::new(StepLR::new(optimizer, options)?)
            }
            Self::MultiStepLR { ref milestones, gamma } => {
                let options = MultiStepLROptions { gamma, ..milestones.clone().into() };
                Box::new(MultiStepLR::new(optimizer, options)?)
            }
            Self::ConstantLR { factor, total_iters } => {
                let options = ConstantLROptions { factor, total_iters, ..Default::default() };
                Box::new(ConstantLR::new(optimizer, options)?)
            }
            Self::LinearLR { start_factor, end_factor, total_iters } => {
                let default = LinearLROptions::default();
                let options = LinearLROptions { start_factor, end_factor, total_iters, ..default };
                Box::new(LinearLR::new(optimizer, options)?)
            }
            Self::ExponentialLR { gamma } => Box::new(ExponentialLR::new(optimizer, gamma)?),
            Self::PolynomialLR { total_iters, power } => {
                let options = PolynomialLROptions { total_iters, power, ..Default::default() };
                Box::new(PolynomialLR::new(optimizer, options)?)
            }
            Self::CosineAnnealingLR { t_max, eta_min } => {
                let options = CosineAnnealingLROptions { eta_min, ..t_max.into() };
                Box::new(CosineAnnealingLR::new(optimizer, options)?)
            }
            Self::CosineAnnealingWarmRestarts { t_0, t_mult } => {
                let options = CosineAnnealingWarmRestartsOptions { t_mult, ..t_0.into() };
                Box::new(CosineAnnealingWarmRestarts::new(optimizer, options)?)
            }
            Self::CyclicLR { base_lr, max_lr, step_size_up, mode, gamma, cycle_momentum } => {
                let mode = match mode {
                    Mode::Triangular => CyclicMode::Triangular,
                    Mode::Triangular2 => CyclicMode::Triangular2,
                    Mode::ExpRange => CyclicMode::ExpRange,
                };
                let default = CyclicLROptions::from((base_lr, max_lr));
                let options =
                    CyclicLROptions { step_size_up, mode, gamma, cycle_momentum, ..default };
                Box::new(CyclicLR::new(optimizer, options)?)
            }
            Self::OneCycleLR { max_lr, total_steps, pct_start, three_phase, cycle_momentum } => {
                let default = OneCycleLROptions::from((max_lr, total_steps));
                let options =
                    OneCycleLROptions { pct_start, three_phase, cycle_momentum, ..default };
                Box::new(OneCycleLR::new(optimizer, options)?)
            }
            Self::Swa { swa_lr, anneal_epochs } => {
                let options = SWALROptions { anneal_epochs, ..swa_lr.into() };
                Box::new(SWALR::new(optimizer, options)?)
            }
            Self::SequentialLR { ref schedulers, ref milestones } => {
                let schedulers = all(schedulers, optimizer)?;
                Box::new(SequentialLR::new(optimizer, schedulers, milestones)?)
            }
            Self::ChainedScheduler { ref schedulers } => {
                Box::new(ChainedScheduler::new(all(schedulers, optimizer)?, optimizer)?)
            }
        })
    }
}

fn all(schedules: &[Schedule], optimizer: &mut dyn Optimizer) -> Result<Vec<Box<dyn Scheduler>>> {
    schedules.iter().map(|schedule| schedule.make(optimizer)).collect()
}
