//! The libtorch that is to be built against, looked at before anything is built.
//!
//! This crate's build script says what is wrong with the libtorch that the environment names. It has
//! no dependencies, so that its sentence comes first: torch-sys, which looks for libtorch too, names
//! other remedies, or finds nothing amiss and compiles for minutes.
#![forbid(unsafe_code)]

/// The version of PyTorch, and of libtorch, that the workspace is pinned to.
pub const PYTORCH: &str = env!("pytorch");
