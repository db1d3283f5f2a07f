use tch::Tensor;

use crate::{Error, sys};

/// The storage that a tensor is a view of: Python's `t.untyped_storage()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Equal numbers mean the same storage, for as long as it lives.
    pub identity: usize,
    /// Its length in bytes.
    pub bytes: i64,
    /// The element at which the tensor begins: `t.storage_offset()`.
    pub offset: i64,
}

impl Storage {
    /// The storage of `t`.
    ///
    /// # Errors
    /// Whatever libtorch throws for a tensor without one: sparse, undefined.
    pub fn from_tensor(t: &Tensor) -> Result<Self, Error> {
        let mut storage = Self { identity: 0, bytes: 0, offset: 0 };
        let Self { identity, bytes, offset } = &mut storage;
        // SAFETY: `raw(t)` is valid while `t` is borrowed and the shim only reads it; the outputs
        // are fields of a local that outlives the call.
        sys::call("storage", |error| unsafe {
            sys::te_storage(sys::raw(t), identity, bytes, offset, error);
        })?;
        Ok(storage)
    }
}
