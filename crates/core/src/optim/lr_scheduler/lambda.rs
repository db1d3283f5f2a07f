use std::fmt::{self, Debug, Formatter};
use std::rc::Rc;

use super::super::real::Real;
use super::super::state_dict::Read;
use super::super::{Entries, Optimizer, StateValue};
use super::{At, LRScheduler, PerGroup, Schedule};
use crate::Result;

/// A factor as a function of the epoch.
#[derive(Clone)]
pub struct LrLambda(Rc<dyn Fn(i64) -> f64>);

impl<F: Fn(i64) -> f64 + 'static> From<F> for LrLambda {
    fn from(lambda: F) -> Self {
        Self(Rc::new(lambda))
    }
}

impl Debug for LrLambda {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("LrLambda")
    }
}

const LR_LAMBDAS: &str = "lr_lambdas";

macro_rules! lambdas {
    ($(#[$doc:meta])* $Name:ident, $Options:ident, |$factor:ident, $at:ident| $lr:expr) => {
        $(#[$doc])*
        pub type $Name = LRScheduler<$Options>;

        #[doc = concat!("What [`", stringify!($Name), "`] takes, with PyTorch's names.")]
        #[derive(Debug, Clone)]
        pub struct $Options {
            /// The factor of each epoch, for all groups or for each.
            pub lr_lambda: PerGroup<LrLambda>,
            /// The index of the last epoch, -1 by default: the start.
            pub last_epoch: i64,
        }

        impl<F: Fn(i64) -> f64 + 'static> From<F> for $Options {
            /// The defaults with this function.
            fn from(lambda: F) -> Self {
                Self { lr_lambda: PerGroup::All(lambda.into()), last_epoch: -1 }
            }
        }

        impl Schedule for $Options {
            fn last_epoch(&self) -> i64 {
                self.last_epoch
            }

            fn begin(&mut self, optimizer: &mut dyn Optimizer) -> Result<()> {
                let lambdas = self.lr_lambda.each("lr_lambda", optimizer.groups())?;
                self.lr_lambda = PerGroup::Each(lambdas);
                Ok(())
            }

            fn lr(&self, $at: &At<'_>) -> Result<Real> {
                let lambda = self.lr_lambda.of($at.group)?;
                let $factor = || lambda.0($at.last_epoch);
                $lr
            }

            fn entries(&self) -> Vec<(&'static str, StateValue)> {
                vec![]
            }

            /// Functions are not saved, in Python either.
            fn last_entries(&self) -> Vec<(&'static str, StateValue)> {
                let groups = match &self.lr_lambda {
                    PerGroup::All(_) => 1,
                    PerGroup::Each(lambdas) => lambdas.len(),
                };
                vec![(LR_LAMBDAS, StateValue::List(vec![StateValue::None; groups]))]
            }

            fn load(&mut self, entries: &Entries) -> Result<()> {
                entries.list(LR_LAMBDAS).map(drop)
            }
        }
    };
}

lambdas! {
    /// Sets the rates to what they were at first times a function of the epoch:
    /// `torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda)`.
    ///
    /// `LambdaLR::new(&mut optimizer, |epoch: i64| 1. / (1. + epoch as f64))`. A state dictionary does
    /// not hold the function: make the scheduler with it, then load.
    LambdaLR, LambdaLROptions, |factor, at| at.base_lr.mul(factor())
}

lambdas! {
    /// Multiplies the rates by a function of the epoch, from the second epoch on:
    /// `torch.optim.lr_scheduler.MultiplicativeLR(optimizer, lr_lambda)`.
    ///
    /// Its function is given as [`LambdaLR`]'s is.
    MultiplicativeLR, MultiplicativeLROptions,
    |factor, at| if at.initial { at.lr.copy() } else { at.lr.mul(factor()) }
}
