use crate::Result;

/// What schedulers ask of an optimizer, and nobody else.
pub trait Scheduled {
    /// The rate that a group's schedule starts from:
    /// `optimizer.param_groups[group].get("initial_lr")`, which a scheduler sets.
    fn initial_lr(&self, group: usize) -> Result<Option<f64>>;

    /// Sets the rate that a group's schedule starts from.
    fn set_initial_lr(&mut self, group: usize, lr: f64) -> Result<()>;

    /// Whether a step was taken since a scheduler first asked this, which it does when it is made.
    fn stepped(&mut self) -> bool;
}
