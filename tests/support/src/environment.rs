//! Programs in an environment that changes nothing.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What libtorch, its thread pools and our tests read from the environment.
const SCRUBBED: [&str; 10] = [
    "ATEN_CPU_CAPABILITY",
    "DNNL_MAX_CPU_ISA",
    "GLIBC_TUNABLES",
    "KMP_AFFINITY",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "ONEDNN_MAX_CPU_ISA",
    "TORCH_SHOW_CPP_STACKTRACES",
];

/// A program with a scrubbed environment and no standard input.
pub fn scrubbed(program: impl Into<PathBuf>) -> Command {
    let mut command = Command::new(program.into());
    // As on another processor, programs need what `scripts/test` gives them to start there.
    let emulated = env::var_os("TORCH_EXACT_PROCESSOR").is_some();
    for name in SCRUBBED.iter().filter(|name| !(emulated && **name == "GLIBC_TUNABLES")) {
        command.env_remove(name);
    }
    if let Some(path) = env::var_os("LD_LIBRARY_PATH") {
        match env::join_paths(of_neither_cargo_nor_torch(&path)) {
            Ok(kept) if !kept.is_empty() => command.env("LD_LIBRARY_PATH", kept),
            _ => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
    command.stdin(Stdio::null());
    command
}

/// The loader's folders but for Cargo's and torch's: without those the programs show that they find
/// libtorch by themselves; a GPU's driver may need the rest.
pub fn of_neither_cargo_nor_torch(path: &OsStr) -> Vec<PathBuf> {
    let folders = env::split_paths(path).filter(|folder| {
        !folder.components().any(|part| part.as_os_str() == "target")
            && !folder.ends_with("rustlib/x86_64-unknown-linux-gnu/lib")
            && !folder.join("libtorch_cpu.so").exists()
    });
    folders.collect()
}
