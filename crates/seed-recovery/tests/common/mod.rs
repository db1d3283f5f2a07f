//! What the tests share.

use std::path::PathBuf;

use seed_recovery::{Scalar, Values};

#[path = "../../../../tests/common/find_python.rs"]
mod find_python;

/// The Python to compare with.
pub fn python() -> Option<PathBuf> {
    find_python::python_with("torch, numpy")
}

/// Whether libtorch uses its AVX2 kernels here.
pub fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The values as they lie in memory, little-endian.
pub fn bytes(values: &Values) -> Vec<u8> {
    let of = |value| match value {
        Scalar::F32(v) => v.to_le_bytes().to_vec(),
        Scalar::F64(v) => v.to_le_bytes().to_vec(),
        Scalar::I64(v) => v.to_le_bytes().to_vec(),
    };
    values.iter().flat_map(of).collect()
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
