//! What one element's bits stand for, and how far two of them lie apart.

use std::fmt::Write as _;

use half::{bf16, f16};
use safetensors::Dtype;

/// One element, or one part of a complex element, read from its bits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    /// An integer, and a bool as 0 or 1.
    Integer(i128),
    /// A floating-point number of any width: its value, which a double holds exactly, and its place
    /// among all numbers of its width in the order of IEEE 754's totalOrder.
    Float { value: f64, place: i64, shown_as: Shown },
}

/// The width that decides how few digits tell a number from its neighbours.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown {
    Single,
    Double,
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

const NAMES: [(Dtype, &str); 16] = [
    (Dtype::BOOL, "bool"),
    (Dtype::U8, "uint8"),
    (Dtype::I8, "int8"),
    (Dtype::I16, "int16"),
    (Dtype::U16, "uint16"),
    (Dtype::I32, "int32"),
    (Dtype::U32, "uint32"),
    (Dtype::I64, "int64"),
    (Dtype::U64, "uint64"),
    (Dtype::F8_E5M2, "float8_e5m2"),
    (Dtype::F8_E4M3, "float8_e4m3fn"),
    (Dtype::F16, "float16"),
    (Dtype::BF16, "bfloat16"),
    (Dtype::F32, "float32"),
    (Dtype::F64, "float64"),
    (Dtype::C64, "complex64"),
];

/// The dtype of which PyTorch has this name.
pub(crate) fn dtype_of_name(name: &str) -> Option<Dtype> {
    NAMES.iter().find(|(_, known)| *known == name).map(|(dtype, _)| *dtype)
}

/// Bytes of one element, if the elements of `dtype` can be told apart: those of less than a byte,
/// and the float8 kinds that PyTorch's CPU has no arithmetic for, cannot.
pub(crate) fn width(dtype: Dtype) -> Option<usize> {
    Some(match dtype {
        Dtype::BOOL | Dtype::U8 | Dtype::I8 | Dtype::F8_E5M2 | Dtype::F8_E4M3 => 1,
        Dtype::I16 | Dtype::U16 | Dtype::F16 | Dtype::BF16 => 2,
        Dtype::I32 | Dtype::U32 | Dtype::F32 => 4,
        Dtype::I64 | Dtype::U64 | Dtype::F64 | Dtype::C64 => 8,
        _ => return None,
    })
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
    let parts: Vec<_> = numbers(dtype, bytes).into_iter().map(Number::decimal).collect();
    match (dtype, parts.as_slice()) {
        (Dtype::BOOL, [number]) if number == "0" => "False".into(),
        (Dtype::BOOL, [number]) if number == "1" => "True".into(),
        (_, [real, imaginary]) => format!("({real}, {imaginary}j)"),
        (_, parts) => parts.join(" "),
    }
}

/// How far two elements of one dtype lie apart.
pub(crate) fn distance(dtype: Dtype, a: &[u8], b: &[u8]) -> Distance {
    let parts = numbers(dtype, a).into_iter().zip(numbers(dtype, b)).map(|(a, b)| a.distance(b));
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

impl Number {
    fn decimal(self) -> String {
        match self {
            Self::Integer(value) => value.to_string(),
            Self::Float { value, .. } if value.is_nan() && value.is_sign_negative() => {
                "-nan".into()
            }
            Self::Float { value, .. } if value.is_nan() => "nan".into(),
            // The widened value is exact, so narrowing it again is too.
            Self::Float { value, shown_as: Shown::Single, .. } => format!("{:?}", value as f32),
            Self::Float { value, shown_as: Shown::Double, .. } => format!("{value:?}"),
        }
    }

    fn distance(self, other: Self) -> Distance {
        let (ulp, a, b) = match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => {
                (u64::try_from(a.abs_diff(b)).ok(), a as f64, b as f64)
            }
            (Self::Float { value: a, place: i, .. }, Self::Float { value: b, place: j, .. }) => {
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

/// The numbers an element is made of: one, or the two parts of a complex one.
fn numbers(dtype: Dtype, bytes: &[u8]) -> Vec<Number> {
    if dtype == Dtype::C64 {
        return bytes.chunks(4).map(|part| number(Dtype::F32, part)).collect();
    }
    vec![number(dtype, bytes)]
}

fn number(dtype: Dtype, bytes: &[u8]) -> Number {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    // Each narrowing keeps all of the element's bits: the rest of `wide` is zero.
    match dtype {
        Dtype::I8 => Number::Integer((bits as i8).into()),
        Dtype::I16 => Number::Integer((bits as i16).into()),
        Dtype::I32 => Number::Integer((bits as i32).into()),
        Dtype::I64 => Number::Integer((bits as i64).into()),
        Dtype::F8_E5M2 => {
            float(f16::from_bits((bits as u16) << 8).to_f64(), bits, 8, Shown::Single)
        }
        Dtype::F8_E4M3 => float(float8_e4m3fn(bits as u8), bits, 8, Shown::Single),
        Dtype::F16 => float(f16::from_bits(bits as u16).to_f64(), bits, 16, Shown::Single),
        Dtype::BF16 => float(bf16::from_bits(bits as u16).to_f64(), bits, 16, Shown::Single),
        Dtype::F32 => float(f32::from_bits(bits as u32).into(), bits, 32, Shown::Single),
        Dtype::F64 => float(f64::from_bits(bits), bits, 64, Shown::Double),
        _ => Number::Integer(bits.into()),
    }
}

/// A float of `width` bits whose value is `value`.
///
/// Its place: the bits as a signed number, those below the sign turned over where it is set. So
/// neighbours are one apart, -0.0 and 0.0 too, and equal places mean equal bits.
fn float(value: f64, bits: u64, width: u32, shown_as: Shown) -> Number {
    let signed = (bits << (64 - width)) as i64 >> (64 - width);
    let below_sign = (1 << (width - 1)) - 1;
    let place = if signed < 0 { signed ^ below_sign } else { signed };
    Number::Float { value, place, shown_as }
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

    /// Every number of a narrow dtype, with its place, sorted by value; -0.0 before 0.0.
    fn all(dtype: Dtype, width: u32) -> Vec<(f64, i64)> {
        let mut all: Vec<_> = (0..1_u64 << width)
            .filter_map(|bits| match number(dtype, &bits.to_le_bytes()[..width as usize / 8]) {
                Number::Float { value, place, .. } if !value.is_nan() => Some((value, place)),
                _ => None,
            })
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all
    }

    #[test]
    fn neighbours_are_one_place_apart() {
        let dtypes =
            [(Dtype::F16, 16), (Dtype::BF16, 16), (Dtype::F8_E5M2, 8), (Dtype::F8_E4M3, 8)];
        for (dtype, width) in dtypes {
            let all = all(dtype, width);
            assert!(all.len() > 200);
            for pair in all.windows(2) {
                assert_eq!(pair[0].1 + 1, pair[1].1, "{dtype:?}: {pair:?}");
            }
        }
    }

    #[test]
    fn narrow_floats_have_libtorchs_values() {
        let kinds =
            [(Dtype::F8_E4M3, tch::Kind::Float8e4m3fn), (Dtype::F8_E5M2, tch::Kind::Float8e5m2)];
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        for (dtype, kind) in kinds {
            let theirs =
                tch::Tensor::from_data_size(&bytes, &[256], kind).to_kind(tch::Kind::Double);
            for byte in 0..=u8::MAX {
                let Number::Float { value: ours, .. } = number(dtype, &[byte]) else {
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
