//! What the test files of this folder share; each of them computes in the arithmetic that this sets.

pub mod arithmetic;
pub mod describe;
pub mod disassembly;
pub mod emulated;
pub mod examples;
pub mod golden;
pub mod parity;
pub mod python;
pub mod stand_in;
pub mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use tch::{Kind, Tensor};

/// Held by each test that draws: tests of one file run on several threads, and libtorch's default
/// generator is the process's.
pub fn generator_alone() -> MutexGuard<'static, ()> {
    static GENERATOR: Mutex<()> = Mutex::new(());
    GENERATOR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A tensor's bytes, as hexadecimal digits.
pub fn bits(tensor: &Tensor) -> Result<String> {
    Ok(bytes(tensor)?.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn bytes(tensor: &Tensor) -> Result<Vec<u8>> {
    let count = tensor.numel();
    let mut bytes = vec![0u8; count * tensor.kind().elt_size_in_bytes()];
    tensor.contiguous().f_copy_data_u8(&mut bytes, count)?;
    Ok(bytes)
}

/// The tensors' dtypes, shapes and bits in one number, as `tests/python/digest.py` has it.
pub fn digest<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> Result<String> {
    let mut total = Sha256::new();
    for tensor in tensors {
        if !tensor.defined() {
            total.update("none;");
            continue;
        }
        let tensor =
            if tensor.is_sparse() { tensor.to_dense(None, false) } else { tensor.detach() };
        let dtype = torch_exact::repr::dtype(tensor.kind());
        total.update(format!("{}{:?};", dtype.trim_start_matches("torch."), tensor.size()));
        total.update(bytes(&tensor)?);
    }
    Ok(total.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The dtype of a name, such as `float32`.
pub fn dtype_of(name: &str) -> Result<Kind> {
    torch_exact::dtype::of_name(name).with_context(|| name.to_owned())
}
