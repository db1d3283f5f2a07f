use crate::Result;
use crate::optim::real::Real;

/// What schedulers ask of an optimizer, and nobody else.
pub trait Scheduled {
    /// A group's rate.
    fn rate(&self, group: usize) -> Result<Real>;

    /// Sets a group's rate, or fills the tensor that it is: `_update_param_group_val`.
    fn update_lr(&mut self, group: usize, lr: &Real) -> Result<()>;

    /// What a scheduler keeps with a group: `optimizer.param_groups[group].get(name)`, `initial_lr`
    /// for one.
    fn entry(&self, group: usize, name: &str) -> Result<Option<Real>>;

    /// Sets what a scheduler keeps with a group.
    fn set_entry(&mut self, group: usize, name: &'static str, value: Real) -> Result<()>;

    /// Whether the momentum that schedules cycle is the first of `betas`, and not `momentum`; none
    /// where there is neither.
    fn cycles_betas(&self) -> Option<bool>;

    /// Sets a group's `momentum`, or the first of its `betas`. Any number will do.
    fn set_momentum(&mut self, group: usize, momentum: f64) -> Result<()>;

    /// Whether a step was taken since a scheduler first asked this, which it does when it is made.
    fn stepped(&mut self) -> bool;
}
