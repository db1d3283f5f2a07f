//! Every computing call of the tutorials and of the ports has the bits that Python's once had, and what they print is the
//! same: `tests/golden/parity` holds what `scripts/record` recorded of the scripts in portable arithmetic. No Python is
//! needed, and the processor may be another vendor's, which is emulated.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use common::emulated::emulated;
use common::examples::{example_path, scratch};
use common::python::repo_root;
use parity::recording::Recording;
use parity::{Golden, Options};
use test_support::EXAMPLES;

/// The program of a golden, with the words that its script was given.
fn program(name: &str, golden: &Recording) -> Result<Vec<String>> {
    let path = if EXAMPLES.contains(&name) { example_path(name)? } else { port(name)? };
    let mut words = golden.command().iter().skip_while(|word| !word.ends_with(".py")).cloned();
    words.next().context("a script")?;
    Ok([path.display().to_string()].into_iter().chain(words).collect())
}

fn port(name: &str) -> Result<PathBuf> {
    let test = env::current_exe()?;
    let profile = test.ancestors().nth(2).context("the test lies in target/PROFILE/deps")?;
    let path = profile.join(name);
    ensure!(path.exists(), "{} is not built: cargo build --workspace --bins", path.display());
    Ok(path)
}

fn goldens() -> Result<Vec<PathBuf>> {
    let folder = fs::read_dir(repo_root().join("tests/golden/parity"))?;
    let mut paths = folder.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Checks all, each in a folder of its own, in an environment with these variables.
fn check(processor: &str, variables: &[(String, String)]) -> Result<()> {
    let (mut calls, mut programs) = (0, 0);
    for path in goldens()? {
        let name = path.file_stem().context("a name")?.to_string_lossy().into_owned();
        let folder = tempfile::tempdir_in(scratch()?)?;
        let options = Options {
            variables: variables.to_vec(),
            work_in: Some(folder.path().into()),
            time_limit: Some(Duration::from_secs(600)),
            ..Options::default()
        };
        let golden = Recording::read(&path)?;
        Golden::new(&path).with(options).assert_identical(program(&name, &golden)?);
        calls += golden.computing().len();
        programs += 1;
    }
    println!("computing calls with the bits of Python's goldens, {processor}: {calls} of {calls}");
    ensure!(calls > 90_000 && programs > EXAMPLES.len(), "{calls} calls of {programs} programs");
    Ok(())
}

#[test]
fn every_computing_call_has_the_bits_of_its_golden() -> Result<()> {
    check("on this processor", &[])
}

#[test]
fn so_it_has_on_a_processor_of_another_vendor() -> Result<()> {
    let vendor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = if vendor.contains("AuthenticAMD") { "hsw" } else { "zen3" };
    let mut command = Command::new("true");
    if !emulated(&mut command, processor)? {
        return Ok(());
    }
    let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
    let variables = command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?))));
    check(&format!("as {processor}"), &variables.collect::<Vec<_>>())
}

/// So that none is forgotten.
#[test]
fn every_tutorial_and_every_port_has_a_golden() -> Result<()> {
    let scripts = fs::read_dir(repo_root().join("tests/ports"))?;
    let scripts = scripts.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let ports = scripts.iter().filter(|path| path.extension().is_some_and(|it| it == "py"));
    let ports = ports.filter_map(|path| path.file_stem()?.to_str());
    for name in EXAMPLES.into_iter().chain(ports) {
        let path = repo_root().join(format!("tests/golden/parity/{name}.parity"));
        let length = fs::metadata(&path).with_context(|| path.display().to_string())?.len();
        ensure!(length < 1_000_000, "{} has {length} bytes", path.display());
        ensure!(Recording::read(&path)?.language() == "python", "{name} is not recorded of Python");
    }
    Ok(())
}
