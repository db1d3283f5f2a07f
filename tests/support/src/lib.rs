//! What the tests of every crate share: the workspace's folder and facts, the Python to compare with, programs in a
//! clean environment, pictures. It needs no libtorch.

#![forbid(unsafe_code)]

pub mod environment;
pub mod png;
mod python;
mod server;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

pub use python::python_with;
pub use server::{PythonServer, run_script};

/// The tutorials: each has an example, a page and a reference in Python of that name.
pub const EXAMPLES: [&str; 5] = [
    "creating_a_model",
    "simple_linear_regression",
    "generated_data",
    "hello_pytorch",
    "gradient_descent",
];

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/support")
}

/// A version that the workspace's `Cargo.toml` pins: `tch`, `pytorch` or `cuda`.
pub fn pinned(key: &str) -> String {
    let manifest = fs::read_to_string(workspace().join("Cargo.toml")).expect("Cargo.toml");
    let line = manifest.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")));
    let value = line.and_then(|rest| rest.split('"').next()).expect("a pinned version");
    value.trim_start_matches('=').to_owned()
}

/// Says that a part of a test was not run, because this machine cannot have what it takes (a GPU, an
/// instruction set), where the test harness does not swallow it.
pub fn skipped(reason: &str) {
    // `println!` is captured for a passing test; the stream itself is not.
    drop(writeln!(io::stdout(), "\nSKIPPED: {reason}"));
}
