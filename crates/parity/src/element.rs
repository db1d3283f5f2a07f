//! What one element's bits stand for, and how far two of them lie apart.

use std::fmt::Write as _;

use half::{bf16, f16};

/// A dtype whose elements can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dtype {
    Bool,
    /// Integers of so many bytes.
    Signed(usize),
    Unsigned(usize),
    Float8E5M2,
    Float8E4M3Fn,
    Float16,
    BFloat16,
    Float32,
    Float64,
    Complex64,
    Complex128,
}

const NAMES: [(&str, Dtype); 17] = [
    ("bool", Dtype::Bool),
    ("uint8", Dtype::Unsigned(1)),
    ("int8", Dtype::Signed(1)),
    ("int16", Dtype::Signed(2)),
    ("uint16", Dtype::Unsigned(2)),
    ("int32", Dtype::Signed(4)),
    ("uint32", Dtype::Unsigned(4)),
    ("int64", Dtype::Signed(8)),
    ("uint64", Dtype::Unsigned(8)),
    ("float8_e5m2", Dtype::Float8E5M2),
    ("float8_e4m3fn", Dtype::Float8E4M3Fn),
    ("float16", Dtype::Float16),
    ("bfloat16", Dtype::BFloat16),
    ("float32", Dtype::Float32),
    ("float64", Dtype::Float64),
    ("complex64", Dtype::Complex64),
    ("complex128", Dtype::Complex128),
];

/// One element, or one part of a complex element, read from its bits.
#[derive(Debug, Clone, Copy)]
enum Scalar {
    /// An integer, and a bool as 0 or 1.
    Integer(i128),
    /// A floating-point number of any width: its value, which a double holds exactly, its rank
    /// among all numbers of its width in the order of IEEE 754's totalOrder, and whether the fewest
    /// digits that tell it from its neighbours are those of a double.
    Float { value: f64, rank: i64, is_double: bool },
}

/// How far two elements lie apart; complex ones by the part that differs more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Distance {
    /// Steps from one representable number to the next; `None` where either is not a number.
    pub ulp: Option<u64>,
    /// `|a - b|`.
    pub absolute: f64,
    /// `|a - b| / max(|a|, |b|)`, 0 where both are zero.
    pub relative: f64,
}

impl Dtype {
    /// The dtype of which PyTorch has this name. None has elements of less than a byte, or a float8 that
    /// PyTorch's CPU has no arithmetic for.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, dtype)| *dtype)
    }

    /// Whether its elements are integers or bools, of which one is not nearer than another.
    pub(crate) fn is_exact(self) -> bool {
        matches!(self, Self::Bool | Self::Signed(_) | Self::Unsigned(_))
    }

    /// Bytes of one element.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Signed(size) | Self::Unsigned(size) => size,
            Self::Bool | Self::Float8E5M2 | Self::Float8E4M3Fn => 1,
            Self::Float16 | Self::BFloat16 => 2,
            Self::Float32 => 4,
            Self::Float64 | Self::Complex64 => 8,
            Self::Complex128 => 16,
        }
    }
}

/// The element's bits as Python writes hexadecimal numbers, most significant digit first.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().rev().fold(String::from("0x"), |mut text, byte| {
        // Writing into a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The element's value in the fewest digits that tell it from its neighbours.
pub(crate) fn decimal(dtype: Dtype, bytes: &[u8]) -> String {
    let parts: Vec<_> = parts(dtype, bytes).into_iter().map(Scalar::decimal).collect();
    match (dtype, parts.as_slice()) {
        (Dtype::Bool, [value]) if value == "0" => "False".into(),
        (Dtype::Bool, [value]) if value == "1" => "True".into(),
        (_, [real, imaginary]) => format!("({real}, {imaginary}j)"),
        (_, parts) => parts.join(" "),
    }
}

/// How far two elements of one dtype lie apart.
pub(crate) fn distance(dtype: Dtype, a: &[u8], b: &[u8]) -> Distance {
    let parts = parts(dtype, a).into_iter().zip(parts(dtype, b)).map(|(a, b)| a.distance(b));
    parts.reduce(Distance::larger).unwrap_or(Distance::NONE)
}

impl Distance {
    /// The distance of an element from itself.
    pub(crate) const NONE: Self = Self { ulp: Some(0), absolute: 0.0, relative: 0.0 };

    fn larger(self, other: Self) -> Self {
        // `None` means that no number of steps leads there, so it outweighs any number.
        let ulp = self.ulp.zip(other.ulp).map(|(a, b)| a.max(b));
        let max = |a: f64, b: f64| {
            if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
        };
        Self {
            ulp,
            absolute: max(self.absolute, other.absolute),
            relative: max(self.relative, other.relative),
        }
    }
}

impl Scalar {
    fn decimal(self) -> String {
        match self {
            Self::Integer(value) => value.to_string(),
            Self::Float { value, .. } if value.is_nan() && value.is_sign_negative() => {
                "-nan".into()
            }
            Self::Float { value, .. } if value.is_nan() => "nan".into(),
            // The widened value is exact, so narrowing it again is too.
            Self::Float { value, is_double: false, .. } => format!("{:?}", value as f32),
            Self::Float { value, is_double: true, .. } => format!("{value:?}"),
        }
    }

    fn distance(self, other: Self) -> Distance {
        let (ulp, a, b) = match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => {
                (u64::try_from(a.abs_diff(b)).ok(), a as f64, b as f64)
            }
            (Self::Float { value: a, rank: i, .. }, Self::Float { value: b, rank: j, .. }) => {
                ((!a.is_nan() && !b.is_nan()).then(|| i.abs_diff(j)), a, b)
            }
            // Two elements of one dtype are read alike.
            (Self::Integer(_), Self::Float { .. }) | (Self::Float { .. }, Self::Integer(_)) => {
                (None, f64::NAN, f64::NAN)
            }
        };
        let absolute = (a - b).abs();
        let scale = a.abs().max(b.abs());
        Distance { ulp, absolute, relative: if scale == 0.0 { 0.0 } else { absolute / scale } }
    }
}

/// What an element is made of: one number, or the two parts of a complex one.
fn parts(dtype: Dtype, bytes: &[u8]) -> Vec<Scalar> {
    let halves = |part| bytes.chunks(bytes.len() / 2).map(|half| scalar(part, half)).collect();
    match dtype {
        Dtype::Complex64 => halves(Dtype::Float32),
        Dtype::Complex128 => halves(Dtype::Float64),
        _ => vec![scalar(dtype, bytes)],
    }
}

fn scalar(dtype: Dtype, bytes: &[u8]) -> Scalar {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    // The element's width in bits, and its bits as a signed number.
    let width = 8 * bytes.len() as u32;
    let signed = (bits << (64 - width)) as i64 >> (64 - width);
    // Each narrowing keeps all of the element's bits: the rest of `wide` is zero.
    let value = match dtype {
        Dtype::Signed(_) => return Scalar::Integer(signed.into()),
        Dtype::Float8E5M2 => f16::from_bits((bits as u16) << 8).to_f64(),
        Dtype::Float8E4M3Fn => float8_e4m3fn(bits as u8),
        Dtype::Float16 => f16::from_bits(bits as u16).to_f64(),
        Dtype::BFloat16 => bf16::from_bits(bits as u16).to_f64(),
        Dtype::Float32 => f32::from_bits(bits as u32).into(),
        Dtype::Float64 => f64::from_bits(bits),
        _ => return Scalar::Integer(bits.into()),
    };
    // Those below the sign are turned over where it is set. So neighbours are one apart, -0.0 and 0.0
    // too, and equal ranks mean equal bits.
    let below_sign = (1 << (width - 1)) - 1;
    let rank = if signed < 0 { signed ^ below_sign } else { signed };
    Scalar::Float { value, rank, is_double: dtype == Dtype::Float64 }
}

/// One sign, four exponent bits with bias 7, three of fraction; no infinities, and only all ones is
/// not a number.
fn float8_e4m3fn(bits: u8) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 3 & 0xf), f64::from(bits & 7));
    let magnitude = match (exponent, bits & 7) {
        (15, 7) => f64::NAN,
        (0, _) => fraction * 2_f64.powi(-9),
        _ => (8.0 + fraction) * 2_f64.powi(exponent - 10),
    };
    magnitude.copysign(if bits >> 7 == 1 { -1.0 } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number of a narrow dtype, with its rank, sorted by value; -0.0 before 0.0.
    fn all(dtype: Dtype) -> Vec<(f64, i64)> {
        let mut all: Vec<_> = (0..1_u64 << (8 * dtype.size()))
            .filter_map(|bits| match scalar(dtype, &bits.to_le_bytes()[..dtype.size()]) {
                Scalar::Float { value, rank, .. } if !value.is_nan() => Some((value, rank)),
                _ => None,
            })
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all
    }

    #[test]
    fn neighbours_are_one_rank_apart() {
        for dtype in [Dtype::Float16, Dtype::BFloat16, Dtype::Float8E5M2, Dtype::Float8E4M3Fn] {
            let all = all(dtype);
            assert!(all.len() > 200);
            for pair in all.windows(2) {
                assert_eq!(pair[0].1 + 1, pair[1].1, "{dtype:?}: {pair:?}");
            }
        }
    }

    #[test]
    fn narrow_floats_have_libtorchs_values() {
        let kinds = [
            (Dtype::Float8E4M3Fn, tch::Kind::Float8e4m3fn),
            (Dtype::Float8E5M2, tch::Kind::Float8e5m2),
        ];
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        for (dtype, kind) in kinds {
            let theirs =
                tch::Tensor::from_data_size(&bytes, &[256], kind).to_kind(tch::Kind::Double);
            for byte in 0..=u8::MAX {
                let Scalar::Float { value: ours, .. } = scalar(dtype, &[byte]) else {
                    panic!("{dtype:?}")
                };
                let theirs = theirs.double_value(&[byte.into()]);
                assert!(
                    ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(),
                    "{dtype:?} {byte:#x}"
                );
            }
        }
    }
}
