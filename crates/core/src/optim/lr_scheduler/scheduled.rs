use crate::Result;

/// What schedulers ask of an optimizer, and nobody else.
pub trait Scheduled {
    /// What a scheduler keeps with a group: `optimizer.param_groups[group].get(name)`, `initial_lr`
    /// for one.
    fn entry(&self, group: usize, name: &str) -> Result<Option<f64>>;

    /// Sets what a scheduler keeps with a group.
    fn set_entry(&mut self, group: usize, name: &'static str, value: f64) -> Result<()>;

    /// Whether the momentum that schedules cycle is the first of `betas`, and not `momentum`; none
    /// where there is neither.
    fn cycles_betas(&self) -> Option<bool>;

    /// Sets a group's `momentum`, or the first of its `betas`. Any number will do.
    fn set_momentum(&mut self, group: usize, momentum: f64) -> Result<()>;

    /// Whether a step was taken since a scheduler first asked this, which it does when it is made.
    fn stepped(&mut self) -> bool;
}
