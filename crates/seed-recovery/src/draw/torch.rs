//! PyTorch's arithmetic on the CPU: `ATen/native/cpu/DistributionTemplates.h`,
//! `ATen/core/DistributionsHelper.h` and `randperm` of `ATen/native/TensorFactories.cpp`.

use super::normal_fill::{block_f32, block_f64};
use super::{Arithmetic, Draw, Dtype, Generator, Kind, LoaderEpoch, Scalar, loader, order};
use draws::Words;

/// From this many values on, `randn` fills the tensor in blocks of as many.
pub(crate) const BLOCK: usize = 16;
/// From a range of this many values on, `randint` reads two words for each value.
pub(crate) const WIDE_RANGE: u64 = 1 << 28;

pub(super) fn visit<W: Words>(
    draw: &Draw,
    generator: &mut Generator<W>,
    sink: &mut impl FnMut(usize, Scalar) -> bool,
) -> bool {
    let n = draw.len();
    match draw.kind {
        Kind::Randint { low, high } => {
            let range = high.wrapping_sub(low) as u64;
            (0..n).all(|i| sink(i, Scalar::I64(randint(generator, low, range))))
        }
        Kind::Randperm => order::randperm(n, generator, sink),
        Kind::Loader { shuffle, epoch } => {
            let epoch = epoch.unwrap_or(LoaderEpoch::From1_9);
            loader::visit(n, shuffle, epoch, generator, sink)
        }
        Kind::Randn { dtype } | Kind::Embedding { dtype } => {
            normals(n, (0.0, 1.0), dtype, generator, sink)
        }
        Kind::Normal { mean, std, dtype } => normals(n, (mean, std), dtype, generator, sink),
        Kind::Bernoulli { intel: Some(true), .. } => {
            // What MKL's generator makes of this seed is not computed here.
            generator.words.skip(1);
            true
        }
        Kind::Bernoulli { p, scale, .. } => (0..n).all(|i| {
            let one = unit_f64(generator) < p;
            sink(i, Scalar::F32(if one { scale as f32 } else { 0.0 }))
        }),
        Kind::Exponential { rate, dtype } => (0..n).all(|i| {
            let value = exponential(unit_f64(generator), rate);
            sink(
                i,
                if dtype == Dtype::Float64 {
                    Scalar::F64(value)
                } else {
                    Scalar::F32(value as f32)
                },
            )
        }),
        _ => (0..n).all(|i| {
            let bounds = draw.kind.uniform(i).unwrap_or((0.0, 1.0));
            sink(i, uniform(generator, bounds, draw.kind.dtype()))
        }),
    }
}

/// The exponential of a uniform: a standard one divided by the rate.
pub(crate) fn exponential(unit: f64, rate: f64) -> f64 {
    -1.0 / rate * (-unit).ln_1p()
}

fn random64<W: Words>(generator: &mut Generator<W>) -> u64 {
    let high = u64::from(generator.words.word());
    high << 32 | u64::from(generator.words.word())
}

fn unit_f32<W: Words>(generator: &mut Generator<W>) -> f32 {
    unit_f32_of(generator.words.word())
}

fn unit_f64<W: Words>(generator: &mut Generator<W>) -> f64 {
    (random64(generator) & ((1 << 53) - 1)) as f64 / (1_u64 << 53) as f64
}

/// The float32 uniform of a word: its low 24 bits.
pub(crate) fn unit_f32_of(word: u32) -> f32 {
    (word & 0x00ff_ffff) as f32 / (1 << 24) as f32
}

/// The float32 value of a word's uniform between two bounds.
pub(crate) fn uniform_f32(unit: f32, (low, high): (f64, f64), arithmetic: Arithmetic) -> f32 {
    let (low, high) = (low as f32, high as f32);
    arithmetic.mul_add_f32(unit, high - low, low)
}

/// The float64 value of a uniform between two bounds.
pub(crate) fn uniform_f64(unit: f64, (low, high): (f64, f64), arithmetic: Arithmetic) -> f64 {
    arithmetic.mul_add_f64(unit, high - low, low)
}

fn uniform<W: Words>(generator: &mut Generator<W>, bounds: (f64, f64), dtype: Dtype) -> Scalar {
    let arithmetic = generator.arithmetic;
    if dtype == Dtype::Float64 {
        Scalar::F64(uniform_f64(unit_f64(generator), bounds, arithmetic))
    } else {
        Scalar::F32(uniform_f32(unit_f32(generator), bounds, arithmetic))
    }
}

fn randint<W: Words>(generator: &mut Generator<W>, low: i64, range: u64) -> i64 {
    let value = if range >= WIDE_RANGE {
        random64(generator) % range
    } else {
        u64::from(generator.words.word()) % range
    };
    low.wrapping_add(value as i64)
}

fn normals<W: Words>(
    n: usize,
    (mean, std): (f64, f64),
    dtype: Dtype,
    generator: &mut Generator<W>,
    sink: &mut impl FnMut(usize, Scalar) -> bool,
) -> bool {
    if n < BLOCK {
        return (0..n).all(|i| {
            let normal = box_muller(generator);
            let value = generator.arithmetic.mul_add_f64(normal, std, mean);
            sink(
                i,
                if dtype == Dtype::Float64 {
                    Scalar::F64(value)
                } else {
                    Scalar::F32(value as f32)
                },
            )
        });
    }
    let arithmetic = generator.arithmetic;
    if dtype == Dtype::Float64 {
        let values =
            filled(n, 0.0, || unit_f64(generator), |b| block_f64(b, mean, std, arithmetic));
        values.iter().enumerate().all(|(i, &v)| sink(i, Scalar::F64(v)))
    } else {
        let (mean, std) = (mean as f32, std as f32);
        let values =
            filled(n, 0.0, || unit_f32(generator), |b| block_f32(b, mean, std, arithmetic));
        values.iter().enumerate().all(|(i, &v)| sink(i, Scalar::F32(v)))
    }
}

/// Fills with uniforms, then turns each block of 16 into normals; where the length is no multiple
/// of 16, the last 16 values are drawn and turned once more.
fn filled<T: Copy>(
    n: usize,
    zero: T,
    mut uniform: impl FnMut() -> T,
    normals: impl Fn(&mut [T; BLOCK]),
) -> Vec<T> {
    let mut data = vec![zero; n];
    data.fill_with(&mut uniform);
    for block in data.as_chunks_mut::<BLOCK>().0 {
        normals(block);
    }
    if !n.is_multiple_of(BLOCK)
        && let Some(last) = data.last_chunk_mut::<BLOCK>()
    {
        last.fill_with(&mut uniform);
        normals(last);
    }
    data
}

/// One standard normal; the second of each pair is kept for the next call.
fn box_muller<W: Words>(generator: &mut Generator<W>) -> f64 {
    if let Some(kept) = generator.cached_normal.take() {
        return kept;
    }
    let u1 = unit_f64(generator);
    let u2 = unit_f64(generator);
    let radius = (-2.0 * (-u2).ln_1p()).sqrt();
    let theta = std::f64::consts::TAU * u1;
    generator.cached_normal = Some(radius * theta.sin());
    radius * theta.cos()
}
