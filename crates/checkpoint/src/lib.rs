//! Files of `torch.save` and safetensors as plain values, without libtorch.
//!
//! A file of `torch.save` is a [`Tree`] of Python's values, whose tensors are [`View`]s of storages in
//! the same file. Nothing in a file is run: names of Python functions are looked up in a closed list.
//! What is allocated is bounded by the file's size. `fuzz/Cargo.toml` beside this says how it is fuzzed.

#![forbid(unsafe_code)]

mod archive;
mod content;
mod dtype;
mod fault;
mod key_path;
pub mod pickle;
pub mod safetensors;
pub mod torch_save;
mod tree;
mod view;

pub use dtype::Dtype;
pub use fault::Fault;
pub use key_path::KeyPath;
pub use tree::Tree;
pub use view::{StorageRef, View};
