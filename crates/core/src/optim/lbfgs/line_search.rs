//! `_strong_wolfe` of `torch/optim/lbfgs.py`: a step along a line that satisfies Wolfe's conditions.

use tch::Tensor;

use crate::optim::real::{Real, truth};
use crate::{Error, Result, ops};

const C1: f64 = 1e-4;
const C2: f64 = 0.9;

/// The least width of a bracket: PyTorch leaves it at this, whatever the optimizer's own is.
const TOLERANCE_CHANGE: f64 = 1e-9;

/// A place on the line.
#[derive(Debug)]
pub(super) struct Point {
    /// How far along the direction.
    pub(super) t: Real,
    pub(super) loss: f64,
    pub(super) grad: Tensor,
    /// The gradient along the direction.
    pub(super) slope: Tensor,
}

impl Clone for Point {
    fn clone(&self) -> Self {
        let (grad, slope) = (self.grad.shallow_clone(), self.slope.shallow_clone());
        Self { t: self.t.clone(), loss: self.loss, grad, slope }
    }
}

impl Point {
    /// Whether the loss has fallen too little from `start`: Armijo's condition.
    fn is_too_high(&self, start: &Self) -> Result<bool> {
        let fall = Real::from(C1).mul(&self.t)?.mul(start.slope.shallow_clone())?;
        let most = Real::from(start.loss).add(&fall)?;
        most.below(self.loss)
    }

    /// Whether it is flat enough, after `start`.
    fn is_flat(&self, start: &Self) -> Result<bool> {
        truth(&self.slope.f_abs()?.f_le_tensor(&ops::mul(&start.slope, -C2)?)?)
    }
}

/// The least of the cubic through two places, within bounds, which are the places if none are given:
/// `_cubic_interpolate`.
fn interpolate(a: &Point, b: &Point, bounds: Option<(Real, Real)>) -> Result<Real> {
    let ordered = a.t.at_most(&b.t)?;
    let (low, high) = match bounds {
        Some(bounds) => bounds,
        None if ordered => (a.t.clone(), b.t.clone()),
        None => (b.t.clone(), a.t.clone()),
    };
    let (slope_a, slope_b) = (&a.slope, &b.slope);
    let secant = Real::from(3. * (a.loss - b.loss)).div(&a.t.sub(&b.t)?)?;
    let Real::Tensor(d1) = Real::from(slope_a.f_add(slope_b)?).sub(&secant)? else {
        return Err(Error::Torch("LBFGS: a slope is no tensor".to_owned()));
    };
    let square = d1.f_pow_tensor_scalar(2)?.f_sub(&slope_a.f_mul(slope_b)?)?;
    if !truth(&square.f_ge(0)?)? {
        return low.add(&high)?.div(2.);
    }
    let d2 = square.f_sqrt()?;
    // From the farther place.
    let (near, far) = if ordered { (a, b) } else { (b, a) };
    let numerator = far.slope.f_add(&d2)?.f_sub(&d1)?;
    let denominator = far.slope.f_sub(&near.slope)?.f_add(&ops::mul(&d2, 2)?)?;
    let share = Real::from(numerator.f_div(&denominator)?);
    let least = far.t.sub(&far.t.sub(&near.t)?.mul(&share)?)?;
    least.max(&low)?.min(&high)
}

/// Searches from `start`, with a first step to `t`, and no more than `most` further evaluations.
/// Returns the place found, and how often `evaluate` was called.
pub(super) fn strong_wolfe(
    evaluate: &mut dyn FnMut(Real) -> Result<Point>,
    (start, t): (&Point, Real),
    direction: &Tensor,
    most: i64,
) -> Result<(Point, i64)> {
    let size = Real::from(direction.f_abs()?.f_max()?);
    let mut new = evaluate(t)?;
    let (mut previous, mut bracket) = (start.clone(), vec![]);
    let (mut done, mut count) = (false, 0);
    while count < most {
        if new.is_too_high(start)? || (count > 1 && new.loss >= previous.loss) {
            bracket = vec![previous.clone(), new.clone()];
            break;
        }
        if new.is_flat(start)? {
            (bracket, done) = (vec![new.clone()], true);
            break;
        }
        if truth(&new.slope.f_ge(0)?)? {
            bracket = vec![previous.clone(), new.clone()];
            break;
        }
        let least = new.t.add(Real::from(0.01).mul(&new.t.sub(&previous.t)?)?)?;
        let bounds = (least, new.t.mul(10)?);
        let t = interpolate(&previous, &new, Some(bounds))?;
        (previous, new) = (new, evaluate(t)?);
        count += 1;
    }
    if count == most {
        bracket = vec![start.clone(), new];
    }
    let (Some(first), Some(last)) = (bracket.first(), bracket.last()) else {
        let accepted = "it must leave an evaluation to the line search";
        return Err(Error::argument("max_eval", most.saturating_add(1), accepted));
    };
    let (mut low, mut high) = if first.loss <= last.loss { (0, 1) } else { (1, 0) };
    let mut stuck = false;
    while !done && count < most {
        let width = bracket[1].t.sub(&bracket[0].t)?.abs()?.mul(&size)?;
        if width.below(TOLERANCE_CHANGE)? {
            break;
        }
        let t = interpolate(&bracket[0], &bracket[1], None)?;
        let t = away_from_ends(&bracket, t, &mut stuck)?;
        let new = evaluate(t)?;
        count += 1;
        if new.is_too_high(start)? || new.loss >= bracket[low].loss {
            bracket[high] = new;
            (low, high) = if bracket[0].loss <= bracket[1].loss { (0, 1) } else { (1, 0) };
            continue;
        }
        if new.is_flat(start)? {
            done = true;
        } else {
            let width = bracket[high].t.sub(&bracket[low].t)?;
            let rise = Real::from(new.slope.shallow_clone()).mul(&width)?;
            if Real::from(0).at_most(&rise)? {
                bracket[high] = bracket[low].clone();
            }
        }
        bracket[low] = new;
    }
    Ok((bracket.swap_remove(low), count + 1))
}

/// The place to try in a bracket: one that is close to an end for a second time, or beyond it, is moved
/// inwards.
fn away_from_ends(bracket: &[Point], t: Real, stuck: &mut bool) -> Result<Real> {
    let largest = bracket[0].t.max(&bracket[1].t)?;
    let smallest = bracket[0].t.min(&bracket[1].t)?;
    let margin = Real::from(0.1).mul(&largest.sub(&smallest)?)?;
    if !largest.sub(&t)?.min(&t.sub(&smallest)?)?.below(&margin)? {
        *stuck = false;
        return Ok(t);
    }
    if !(*stuck || largest.at_most(&t)? || t.at_most(&smallest)?) {
        *stuck = true;
        return Ok(t);
    }
    *stuck = false;
    match t.sub(&largest)?.abs()?.below(&t.sub(&smallest)?.abs()?)? {
        true => largest.sub(&margin),
        false => smallest.add(&margin),
    }
}
