//! Each script of `tests/ports` and the port beside it make the same computing calls and print the
//! same bytes, watched by `parity run`.
//!
//! One call comes to the same bits by another operator: a loader gathers a batch in one
//! `index_select` where Python stacks its rows (in order, those of an `arange`).

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use common::describe::describe;
use common::python::{python_with, repo_root};
use serde_json::Value;
use test_support::environment::scrubbed;

/// The operators by which a port may come to its script's bits another way.
const OTHER_WAYS: [&str; 2] = ["arange", "index_select"];

/// The folder of the programs: `parity` and the ports, as the sources are now.
fn programs() -> Result<PathBuf> {
    static BUILT: OnceLock<bool> = OnceLock::new();
    let test = env::current_exe()?;
    let profile = test.ancestors().nth(2).context("the test lies in target/PROFILE/deps")?;
    let built = *BUILT.get_or_init(|| {
        let release = if profile.ends_with("release") { &["--release"][..] } else { &[] };
        // Without Cargo it is `scripts/test` that started this, and has built them.
        let Some(cargo) = env::var_os("CARGO") else { return true };
        let mut build = Command::new(cargo);
        // With the features of the whole workspace, in which `cargo test --workspace` built the rest.
        build.args(["build", "--quiet", "--workspace", "--bins"]).args(release);
        build.current_dir(repo_root()).status().is_ok_and(|status| status.success())
    });
    ensure!(built, "`parity` and the ports cannot be built");
    Ok(profile.to_owned())
}

/// What `parity run` says of a script and a port, each with its own words.
fn compare(script: &str, port: &str, words: [&str; 2]) -> Result<Option<Output>> {
    let Some(python) = python_with("torch, numpy") else {
        return Ok(None);
    };
    let programs = programs()?;
    let script = repo_root().join(format!("tests/ports/{script}.py"));
    let first = format!("'{}' '{}' {}", python.display(), script.display(), words[0]);
    let second = format!("'{}' {}", programs.join(port).display(), words[1]);
    Ok(Some(scrubbed(programs.join("parity")).args(["run", "--json", &first, &second]).output()?))
}

fn is_identical(name: &str) -> Result<()> {
    is_identical_with(name, [""; 2])
}

fn is_identical_with(name: &str, words: [&str; 2]) -> Result<()> {
    let Some(output) = compare(name, name, words)? else {
        return Ok(());
    };
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{name}: {said}{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_str(&said)?;
    let comparison = &said["comparison"];
    let calls = comparison["identical"].as_u64().filter(|calls| *calls > 0).context("no calls")?;
    let mut other_ways = 0;
    for way in comparison["other_ways"].as_array().context("other ways")? {
        let ours = way["operators"][1].as_array().context("operators")?;
        let known = |operator: &Value| {
            let operator = operator.as_str().unwrap_or_default();
            OTHER_WAYS.contains(&operator.trim_start_matches("aten::"))
        };
        ensure!(ours.iter().all(known), "{name}: {way:#}");
        other_ways += way["times"].as_u64().context("times")?;
    }
    let bytes = &said["comparison"]["output"]["bytes"][0];
    println!(
        "{name}: {calls} computing calls, {other_ways} another way, and {bytes} bytes printed"
    );
    Ok(())
}

/// A script that saves what it trained: compared, and then once more, each going on from the other
/// language's file.
fn goes_on_from_the_other(name: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let [python, rust] = ["python", "rust"].map(|name| folder.path().join(name));
    let run = || {
        let words = [&python, &rust].map(|file| format!("'{}'", file.display()));
        is_identical_with(name, [&words[0], &words[1]])
    };
    run()?;
    if !rust.exists() {
        return Ok(());
    }
    let saved = described(&python)?;
    ensure!(described(&rust)? == saved, "{name}: other values are saved");
    let [theirs, ours] = [fs::read(&python)?, fs::read(&rust)?];
    fs::write(&python, ours)?;
    fs::write(&rust, theirs)?;
    run()?;
    ensure!(described(&python)? == described(&rust)?, "{name}: other values are saved at the end");
    ensure!(described(&python)? != saved, "{name} does not go on");
    Ok(())
}

#[test]
fn polynomial_by_hand() -> Result<()> {
    is_identical("polynomial_by_hand")
}

#[test]
fn polynomial_by_autograd() -> Result<()> {
    is_identical("polynomial_by_autograd")
}

#[test]
fn polynomial_by_nn() -> Result<()> {
    is_identical("polynomial_by_nn")
}

#[test]
fn synthetic_line() -> Result<()> {
    is_identical("synthetic_line")
}

#[test]
fn binary_classifier() -> Result<()> {
    is_identical("binary_classifier")
}

#[test]
fn mlp_classifier() -> Result<()> {
    is_identical("mlp_classifier")
}

#[test]
fn schedule() -> Result<()> {
    is_identical("schedule")
}

#[test]
fn digits() -> Result<()> {
    goes_on_from_the_other("digits")
}

#[test]
fn autoencoder() -> Result<()> {
    goes_on_from_the_other("autoencoder")
}

#[test]
fn vae() -> Result<()> {
    goes_on_from_the_other("vae")
}

#[test]
fn dcgan() -> Result<()> {
    goes_on_from_the_other("dcgan")
}

#[test]
fn char_lstm() -> Result<()> {
    goes_on_from_the_other("char_lstm")
}

#[test]
fn tagger() -> Result<()> {
    goes_on_from_the_other("tagger")
}

#[test]
fn skipgram() -> Result<()> {
    goes_on_from_the_other("skipgram")
}

#[test]
fn sine_waves() -> Result<()> {
    goes_on_from_the_other("sine_waves")
}

#[test]
fn matrix_factorization() -> Result<()> {
    goes_on_from_the_other("matrix_factorization")
}

#[test]
fn transformer() -> Result<()> {
    goes_on_from_the_other("transformer")
}

/// Each language goes on from the other's file, beside one that goes on from its own, and beside
/// training that never stopped.
#[test]
fn resume() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = |name: &str| folder.path().join(name).display().to_string();
    let run = |files: [&str; 2], epochs: &str| {
        let [python, rust] = files.map(|name| format!("'{}' {epochs}", file(name)));
        is_identical_with("resume", [&python, &rust])
    };
    let copy = |from: &str, to: &str| fs::copy(file(from), file(to));
    run(["python", "rust"], "0 100")?;
    if !folder.path().join("rust").exists() {
        return Ok(());
    }
    run(["python-half", "rust-half"], "0 50")?;
    for (first, second) in
        [("python", "python"), ("python", "rust"), ("rust", "python"), ("rust", "rust")]
    {
        copy(&format!("{first}-half"), &format!("{first}-{second}"))?;
    }
    run(["python-python", "rust-rust"], "50 100")?;
    run(["rust-python", "python-rust"], "50 100")?;
    let whole = described(file("python"))?;
    for name in ["rust", "python-python", "python-rust", "rust-python", "rust-rust"] {
        ensure!(described(file(name))? == whole, "{name} ended elsewhere");
    }
    ensure!(described(file("rust-half"))? != whole, "every file is described alike");
    println!("resume: {} values the same in each pair of languages", whole.lines().count());
    Ok(())
}

fn described(file: impl AsRef<Path>) -> Result<String> {
    describe(&torch_exact::checkpoint::load(file)?)
}

#[test]
fn another_script_is_not_identical() -> Result<()> {
    let Some(output) = compare("polynomial_by_autograd", "polynomial_by_hand", [""; 2])? else {
        return Ok(());
    };
    ensure!(output.status.code() == Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// So that no script is left without a port, and no port without a test.
#[test]
fn every_script_has_a_port() -> Result<()> {
    let folder = repo_root().join("tests/ports");
    let here = fs::read_to_string(repo_root().join("tests/ports.rs"))?;
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_stem().context("a name")?.to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "py") {
            continue;
        }
        ensure!(path.with_extension("rs").exists(), "{name}.py has no port");
        ensure!(here.contains(&format!("fn {name}() -> Result<()> {{\n")), "{name} has no test");
    }
    Ok(())
}
