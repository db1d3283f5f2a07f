//! Which random bits draw a uniform that prints as given.

use crate::draw::torch::{self, uniform_f32, uniform_f64, unit_f32_of};
use crate::draw::{Arithmetic, Draw, Dtype, Kind, Library, numpy};
use crate::grammar::Printed;

/// How many random bits a float32 uniform has.
pub(super) const BITS_F32: u32 = 24;
/// How many random bits a float64 uniform has.
pub(super) const BITS_F64: u32 = 53;

/// The first and last of the `2^bits` uniforms whose value prints as `printed`; `None` if none does.
///
/// Values grow with the uniform, so both ends are found by bisection on the arithmetic itself.
pub(super) fn of(draw: &Draw, index: usize, printed: &Printed) -> Option<(u64, u64, u32)> {
    let exponential = match draw.kind {
        Kind::Exponential { rate, .. } => Some(rate),
        _ => None,
    };
    let bounds = match exponential {
        Some(_) => (0.0, 1.0),
        None => draw.kind.uniform(index)?,
    };
    let single = draw.kind.dtype() == Dtype::Float32;
    let bits = if single && exponential.is_none() { BITS_F32 } else { BITS_F64 };
    let value = |k: u64, arithmetic: Arithmetic| -> f64 {
        let unit = k as f64 / (1_u64 << BITS_F64) as f64;
        if let Some(rate) = exponential {
            let value = torch::exponential(unit, rate);
            return if single { f64::from(value as f32) } else { value };
        }
        match (draw.kind.library(), draw.kind.dtype()) {
            (Library::NumPy | Library::Python, _) => numpy::uniform(unit, bounds),
            (Library::Torch, Dtype::Float32) => {
                f64::from(uniform_f32(unit_f32_of(k as u32), bounds, arithmetic))
            }
            (Library::Torch, _) => uniform_f64(unit, bounds, arithmetic),
        }
    };
    // Fused and unfused arithmetic may print alike from neighbouring uniforms: take both.
    let mut found: Option<(u64, u64)> = None;
    for arithmetic in Arithmetic::ALL {
        let first = bisect(bits, |k| value(k, arithmetic) >= printed.low);
        let beyond = bisect(bits, |k| value(k, arithmetic) > printed.high);
        if first < beyond {
            let (low, high) = found.unwrap_or((first, beyond - 1));
            found = Some((low.min(first), high.max(beyond - 1)));
        }
    }
    found.map(|(first, last)| (first, last, bits))
}

/// The first `k` below `2^bits` for which `holds`, which stays true once it is; `2^bits` if none.
fn bisect(bits: u32, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, 1_u64 << bits);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
