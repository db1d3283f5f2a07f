//! What the tests share.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use seed_recovery::{Scalar, Values};

/// The Python that has torch and numpy: `TORCH_EXACT_PYTHON`, `.venv` of the repository, or `python3`.
pub fn python() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("TORCH_EXACT_PYTHON").map(PathBuf::from);
    let places = [named, Some(repository.join(".venv/bin/python")), Some("python3".into())];
    places.into_iter().flatten().find(|python| {
        let mut probe = Command::new(python);
        probe.args(["-c", "import torch, numpy"]).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    })
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
