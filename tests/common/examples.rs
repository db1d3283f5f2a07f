//! Running the example programs as a user would, in an environment that changes nothing.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};

use super::python::repo_root;

/// The examples' names.
pub const EXAMPLES: [&str; 5] = [
    "creating_a_model",
    "simple_linear_regression",
    "generated_data",
    "hello_pytorch",
    "gradient_descent",
];

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

/// The example's program, as the sources are now.
///
/// `cargo test` builds the examples beside the tests, `cargo test --test NAME` does not: so Cargo is
/// asked once more, which takes a moment where nothing has changed.
pub fn example_path(name: &str) -> Result<PathBuf> {
    static BUILT: Mutex<Option<bool>> = Mutex::new(None);
    let test = env::current_exe()?;
    let profile = test.ancestors().nth(2).context("the test lies in target/PROFILE/deps")?;
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let (None, Some(cargo)) = (*built, env::var_os("CARGO")) {
        let release = if profile.ends_with("release") { &["--release"][..] } else { &[] };
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--examples"]).args(release);
        build.arg("--target-dir").arg(profile.parent().context("target")?);
        *built = Some(build.current_dir(repo_root()).status()?.success());
    }
    let path = profile.join("examples").join(name);
    ensure!(path.exists() && *built != Some(false), "{} is not built", path.display());
    Ok(path)
}

/// The program `parity`, which `cargo test --workspace` builds.
pub fn parity_program() -> Result<PathBuf> {
    let example = example_path("hello_pytorch")?;
    let parity = example.ancestors().nth(2).context("the profile's folder")?.join("parity");
    ensure!(parity.exists(), "{} is not built", parity.display());
    Ok(parity)
}

/// A program with a scrubbed environment and no standard input.
pub fn scrubbed(program: impl Into<PathBuf>) -> Command {
    let mut command = Command::new(program.into());
    for name in SCRUBBED {
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

/// An example in a scrubbed environment, in a folder where its figures are in nobody's way.
pub fn example(name: &str) -> Result<Command> {
    let mut command = scrubbed(example_path(name)?);
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    Ok(command)
}

/// What an example prints with these flags; its failure is an error.
pub fn transcript(name: &str, args: &[&str]) -> Result<String> {
    transcript_of(example(name)?.args(args))
}

/// What a command prints to standard output; its failure is an error.
pub fn transcript_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} ended with {}: {complaint}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} printed no UTF-8"))
}
