//! PyTorch's names of dtypes.

use tch::Kind;

use crate::{Error, Result};

const KINDS: [Kind; 20] = [
    Kind::Float,
    Kind::Double,
    Kind::Half,
    Kind::BFloat16,
    Kind::Int64,
    Kind::Int,
    Kind::Int16,
    Kind::Int8,
    Kind::Uint8,
    Kind::Bool,
    Kind::ComplexHalf,
    Kind::ComplexFloat,
    Kind::ComplexDouble,
    Kind::Float8e4m3fn,
    Kind::Float8e5m2,
    Kind::Float8e4m3fnuz,
    Kind::Float8e5m2fnuz,
    Kind::QInt8,
    Kind::QUInt8,
    Kind::QInt32,
];

/// As Python prints it: `torch.float32`.
pub fn repr(kind: Kind) -> &'static str {
    match kind {
        Kind::Float => "torch.float32",
        Kind::Double => "torch.float64",
        Kind::Half => "torch.float16",
        Kind::BFloat16 => "torch.bfloat16",
        Kind::Int64 => "torch.int64",
        Kind::Int => "torch.int32",
        Kind::Int16 => "torch.int16",
        Kind::Int8 => "torch.int8",
        Kind::Uint8 => "torch.uint8",
        Kind::Bool => "torch.bool",
        Kind::ComplexHalf => "torch.complex32",
        Kind::ComplexFloat => "torch.complex64",
        Kind::ComplexDouble => "torch.complex128",
        Kind::Float8e4m3fn => "torch.float8_e4m3fn",
        Kind::Float8e5m2 => "torch.float8_e5m2",
        Kind::Float8e4m3fnuz => "torch.float8_e4m3fnuz",
        Kind::Float8e5m2fnuz => "torch.float8_e5m2fnuz",
        Kind::QInt8 => "torch.qint8",
        Kind::QUInt8 => "torch.quint8",
        Kind::QInt32 => "torch.qint32",
    }
}

/// Without the module: `float32`.
pub fn name(kind: Kind) -> &'static str {
    repr(kind).trim_start_matches("torch.")
}

/// The dtype of a name without the module.
pub fn of_name(name: &str) -> Option<Kind> {
    KINDS.into_iter().find(|&kind| self::name(kind) == name)
}

/// `torch.finfo(dtype).eps`.
pub(crate) fn epsilon(kind: Kind) -> Result<f64> {
    Ok(match kind {
        Kind::Float => f32::EPSILON.into(),
        Kind::Double => f64::EPSILON,
        Kind::Half => 2f64.powi(-10),
        Kind::BFloat16 => 2f64.powi(-7),
        other => return Err(Error::argument("dtype", name(other), "it must be a floating one")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_dtypes() {
        let names = "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex32 complex64 \
                     complex128 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz qint8 quint8 qint32";
        for known in names.split(' ') {
            assert_eq!(of_name(known).map(name), Some(known));
        }
        assert_eq!((repr(Kind::Half), name(Kind::Half)), ("torch.float16", "float16"));
        assert_eq!((of_name("torch.float32"), of_name("uint16")), (None, None));
    }
}
