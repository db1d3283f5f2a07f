//! Running the example programs as a user would, in an environment that changes nothing.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};

use test_support::environment::scrubbed;
use test_support::workspace;

/// Cargo's folder of the profile that the tests were built in.
fn profile() -> Result<PathBuf> {
    let test = env::current_exe()?;
    Ok(test.ancestors().nth(2).context("the test lies in target/PROFILE/deps")?.to_owned())
}

/// A folder for what tests leave behind, in nobody's way: Cargo's `target/tmp`.
pub fn scratch() -> Result<PathBuf> {
    let folder = profile()?.with_file_name("tmp");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The example's program, as the sources are now.
///
/// `cargo test` builds the examples beside the tests, `cargo test --test NAME` does not: so Cargo is
/// asked once more, which takes a moment where nothing has changed.
pub fn example_path(name: &str) -> Result<PathBuf> {
    static BUILT: Mutex<Option<bool>> = Mutex::new(None);
    let profile = profile()?;
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let (None, Some(cargo)) = (*built, env::var_os("CARGO")) {
        let release = if profile.ends_with("release") { &["--release"][..] } else { &[] };
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--examples"]).args(release);
        build.arg("--target-dir").arg(profile.parent().context("target")?);
        *built = Some(build.current_dir(workspace()).status()?.success());
    }
    let path = profile.join("examples").join(name);
    ensure!(path.exists() && *built != Some(false), "{} is not built", path.display());
    Ok(path)
}

/// The program `parity`, which `cargo test --workspace` builds.
pub fn parity_program() -> Result<PathBuf> {
    program("parity")
}

/// A program of the workspace, which `cargo test --workspace` builds: `parity`, or a port.
pub fn program(name: &str) -> Result<PathBuf> {
    let example = example_path("hello_pytorch")?;
    let program = example.ancestors().nth(2).context("the profile's folder")?.join(name);
    ensure!(program.exists(), "{} is not built", program.display());
    Ok(program)
}

/// An example in a scrubbed environment, in a folder where its figures are in nobody's way.
pub fn example(name: &str) -> Result<Command> {
    let mut command = scrubbed(example_path(name)?);
    command.current_dir(scratch()?);
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
