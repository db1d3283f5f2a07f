//! The build script of this crate says what is wrong with the libtorch that the variables of the
//! environment name. It has no dependencies, so that its sentence comes first: torch-sys, which
//! looks for libtorch too, would find it missing after the crates that it needs itself, or find
//! nothing amiss and compile for minutes. There is nothing else here.
#![forbid(unsafe_code)]
