//! How much a printed value tells, and whether its call can draw it at all.

use super::uniform_preimage;
use crate::draw::{Draw, Dtype, Kind, Library, torch};
use crate::error::{Error, Result};
use crate::grammar::{Item, Printed};

pub(super) struct Information {
    pub bits: f64,
    pub bits_per_digit: f64,
}

pub(super) fn of(items: &[Item]) -> Result<Information> {
    let mut information = Information { bits: 0.0, bits_per_digit: 0.0 };
    for item in items {
        let Item::Printed(draw, values) = item else {
            continue;
        };
        if draw.kind.is_order() {
            information.bits += permutation(draw, values)?;
            continue;
        }
        for (i, printed) in values.iter().enumerate() {
            let Some(printed) = printed else { continue };
            information.bits -= probability(draw, i, printed)?.log2();
            if draw.kind.dtype() != Dtype::Int64 {
                information.bits_per_digit += std::f64::consts::LOG2_10;
            }
        }
    }
    Ok(information)
}

fn probability(draw: &Draw, index: usize, printed: &Printed) -> Result<f64> {
    if let Some((mean, std)) = draw.kind.normal() {
        return normal(draw, printed, mean, std);
    }
    if let Kind::Randint { low, high } | Kind::NpRandint { low, high } = draw.kind {
        let in_range = printed.integer.is_some_and(|v| (low..high).contains(&v));
        return if in_range {
            Ok(1.0 / high.wrapping_sub(low) as u64 as f64)
        } else {
            Err(never(draw, printed, format!("it draws the integers from {low} to {}", high - 1)))
        };
    }
    if let Kind::PyRandint { low, high } = draw.kind {
        let in_range = printed.integer.is_some_and(|v| (low..=high).contains(&v));
        return if in_range {
            Ok(1.0 / (high.wrapping_sub(low) as u64 as f64 + 1.0))
        } else {
            Err(never(draw, printed, format!("it draws the integers from {low} to {high}")))
        };
    }
    if let Kind::Bernoulli { p, scale, .. } = draw.kind {
        let admits = |value: f64| (printed.low..=printed.high).contains(&value);
        return match (admits(0.0), admits(scale)) {
            (false, false) => Err(never(draw, printed, format!("it draws 0 and {scale}"))),
            (true, true) => Ok(1.0),
            (true, false) => Ok(1.0 - p),
            (false, true) => Ok(p),
        };
    }
    match uniform_preimage::of(draw, index, printed) {
        Some((first, last, bits)) => Ok((last - first + 1) as f64 / (1_u64 << bits) as f64),
        None => {
            let (low, high) = draw.kind.uniform(index).unwrap_or((0.0, f64::INFINITY));
            let reason = if printed.high < low || printed.low > high {
                format!("it draws values from {low} to {high}")
            } else {
                let (bits, dtype) = (random_bits(draw), draw.kind.dtype());
                format!(
                    "none of its 2^{bits} {dtype} values prints so, check the digits, the arguments and the dtype"
                )
            };
            Err(never(draw, printed, reason))
        }
    }
}

fn random_bits(draw: &Draw) -> u32 {
    if draw.kind.dtype() == Dtype::Float32 && !matches!(draw.kind, Kind::Exponential { .. }) {
        uniform_preimage::BITS_F32
    } else {
        uniform_preimage::BITS_F64
    }
}

fn never(draw: &Draw, printed: &Printed, reason: String) -> Error {
    Error::OutOfRange { draw: draw.to_string(), value: printed.text.clone(), reason }
}

fn normal(draw: &Draw, printed: &Printed, mean: f64, std: f64) -> Result<f64> {
    let (low, high) = normalised(draw, printed, mean, std);
    let largest = largest_normal(draw);
    if low > largest || high < -largest {
        let reason = format!("its values lie within {largest:.2} standard deviations of the mean");
        return Err(never(draw, printed, reason));
    }
    // The upper tail of the smaller magnitude, to keep the precision of values far out.
    let tail = |z: f64| 0.5 * libm::erfc(z / std::f64::consts::SQRT_2);
    let p = if low >= 0.0 { tail(low) - tail(high) } else { tail(-high) - tail(-low) };
    Ok(p.clamp(2.0_f64.powi(-53), 1.0))
}

/// The standard normals, before rounding to the tensor's type, that print as `printed`.
pub(super) fn normalised(draw: &Draw, printed: &Printed, mean: f64, std: f64) -> (f64, f64) {
    let reach = printed.low.abs().max(printed.high.abs()).max(mean.abs()).max(std);
    let slack = match (draw.kind.library(), draw.kind.dtype()) {
        // Half a unit in the last place; the block kernel's single-precision polynomials are coarser.
        (Library::Torch, Dtype::Float32) if draw.len() < torch::BLOCK => reach * 2.0_f64.powi(-23),
        (Library::Torch, Dtype::Float32) => reach * 2.0_f64.powi(-23) + 5e-6 * std,
        _ => reach * 2.0_f64.powi(-48),
    };
    ((printed.low - slack - mean) / std, (printed.high + slack - mean) / std)
}

/// The largest magnitude the arithmetic can reach, a little rounded up.
fn largest_normal(draw: &Draw) -> f64 {
    let smallest_uniform_bits = match (draw.kind.library(), draw.kind.dtype()) {
        (Library::NumPy | Library::Python, _) => 104.0,
        (Library::Torch, Dtype::Float32) if draw.len() >= torch::BLOCK => 24.0,
        (Library::Torch, _) => 53.0,
    };
    (2.0 * smallest_uniform_bits * std::f64::consts::LN_2).sqrt() + 1e-4
}

/// A permutation's known entries: each is one of those not yet taken.
fn permutation(draw: &Draw, values: &[Option<Printed>]) -> Result<f64> {
    let n = draw.len();
    let mut seen = std::collections::HashSet::new();
    let mut bits = 0.0;
    for printed in values.iter().flatten() {
        let value = printed.integer.and_then(|v| usize::try_from(v).ok()).filter(|&v| v < n);
        let Some(value) = value else {
            return Err(never(
                draw,
                printed,
                format!("it orders the integers from 0 to {}", n - 1),
            ));
        };
        bits += ((n - seen.len()) as f64).log2();
        if !seen.insert(value) {
            return Err(Error::Contradiction {
                reason: format!("{draw} holds each number once, but {value} stands in it twice"),
            });
        }
    }
    Ok(bits)
}
