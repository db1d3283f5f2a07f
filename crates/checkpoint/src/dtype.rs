//! The dtypes that a checkpoint may name.

/// A dtype, whose storages have a class of their own if it is an old one.
#[derive(Debug, PartialEq)]
pub struct Dtype {
    /// PyTorch's name: `float32`.
    pub name: &'static str,
    /// Its class of storages: `FloatStorage`.
    pub storage: Option<&'static str>,
    /// Bytes of an element.
    pub width: u64,
}

const fn dtype(name: &'static str, storage: &'static str, width: u64) -> Dtype {
    Dtype { name, storage: Some(storage), width }
}

/// One of those that came after the classes of storages, and whose storages are untyped.
const fn untyped(name: &'static str, width: u64) -> Dtype {
    Dtype { name, storage: None, width }
}

/// Those of dense tensors.
static DTYPES: [Dtype; 22] = [
    dtype("float64", "DoubleStorage", 8),
    dtype("float32", "FloatStorage", 4),
    dtype("float16", "HalfStorage", 2),
    dtype("bfloat16", "BFloat16Storage", 2),
    dtype("int64", "LongStorage", 8),
    dtype("int32", "IntStorage", 4),
    dtype("int16", "ShortStorage", 2),
    dtype("int8", "CharStorage", 1),
    dtype("uint8", "ByteStorage", 1),
    dtype("bool", "BoolStorage", 1),
    dtype("complex64", "ComplexFloatStorage", 8),
    dtype("complex128", "ComplexDoubleStorage", 16),
    untyped("complex32", 4),
    untyped("float8_e4m3fn", 1),
    untyped("float8_e5m2", 1),
    untyped("float8_e4m3fnuz", 1),
    untyped("float8_e5m2fnuz", 1),
    untyped("float8_e8m0fnu", 1),
    untyped("float4_e2m1fn_x2", 1),
    untyped("uint16", 2),
    untyped("uint32", 4),
    untyped("uint64", 8),
];

impl Dtype {
    /// The dtype of that name.
    pub fn of_name(name: &str) -> Option<&'static Self> {
        DTYPES.iter().find(|dtype| dtype.name == name)
    }

    pub(crate) fn of_storage(class: &str) -> Option<&'static Self> {
        DTYPES.iter().find(|dtype| dtype.storage == Some(class))
    }
}
