use tch::Kind;

/// PyTorch's names of tch's dtypes.
const NAMES: [(Kind, &str); 17] = [
    (Kind::Double, "float64"),
    (Kind::Float, "float32"),
    (Kind::Half, "float16"),
    (Kind::BFloat16, "bfloat16"),
    (Kind::Int64, "int64"),
    (Kind::Int, "int32"),
    (Kind::Int16, "int16"),
    (Kind::Int8, "int8"),
    (Kind::Uint8, "uint8"),
    (Kind::Bool, "bool"),
    (Kind::ComplexHalf, "complex32"),
    (Kind::ComplexFloat, "complex64"),
    (Kind::ComplexDouble, "complex128"),
    (Kind::Float8e4m3fn, "float8_e4m3fn"),
    (Kind::Float8e5m2, "float8_e5m2"),
    (Kind::Float8e4m3fnuz, "float8_e4m3fnuz"),
    (Kind::Float8e5m2fnuz, "float8_e5m2fnuz"),
];

pub(super) fn of_name(name: &str) -> Option<Kind> {
    NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
}

pub(super) fn name_of(kind: Kind) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name)
}
