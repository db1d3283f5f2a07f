//! `scripts/cuda-parity`: the bundle works from a bare folder, and says what it lacks.
//!
//! The comparison itself runs on the CPU here, and with `--device cuda` on the stand-in for a GPU.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use common::examples::{example_path, scratch};
use common::python::{python_with, repo_root, skipped};
use common::stand_in::{self, on_stand_in, stand_in};
use serde_json::Value;
use shim::CudaDriver;
use tempfile::TempDir;
use test_support::EXAMPLES;
use test_support::environment::scrubbed;

/// A bundle in a folder of its own, and a Python to run it.
fn bundle() -> Result<Option<(TempDir, PathBuf)>> {
    static MADE: OnceLock<std::result::Result<Option<PathBuf>, String>> = OnceLock::new();
    let Some(python) = python_with("torch, numpy, sklearn, safetensors") else {
        return Ok(None);
    };
    let made = MADE.get_or_init(|| make_bundle(&python).map_err(|error| format!("{error:#}")));
    let Some(made) = made.as_ref().map_err(|error| anyhow!("{error}"))? else {
        return Ok(None);
    };
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("bundle");
    let copied = Command::new("cp").arg("-a").args([made, &copy]).status()?;
    ensure!(copied.success(), "cp ended with {copied}");
    Ok(Some((folder, python)))
}

/// One of the programs that `cargo test` and `scripts/test` build; making it compiles the recorder.
fn make_bundle(python: &Path) -> Result<Option<PathBuf>> {
    let examples = example_path("hello_pytorch")?;
    let release = examples.ancestors().nth(2).context("the profile's folder")?;
    if !["parity", "parity-fuzz"].iter().all(|name| release.join(name).exists()) {
        skipped(
            "`parity` and `parity-fuzz` are not built (cargo build --release -p torch-exact-parity -p torch-exact-fuzz), so no bundle was made",
        );
        return Ok(None);
    }
    let bundle = scratch()?.join("cuda-bundle");
    let output = Command::new(python)
        .arg(repo_root().join("scripts/cuda-parity"))
        .arg("--bundle")
        .arg(&bundle)
        .arg("--prebuilt")
        .arg(release)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("'objcopy'") {
        skipped("there is no `objcopy`, so no bundle was made");
        return Ok(None);
    }
    ensure!(output.status.success(), "{said}");
    Ok(Some(bundle))
}

/// Runs the bundle with nothing in its environment but `python`.
fn run(folder: &Path, python: &Path, args: &[&str]) -> Result<Output> {
    Ok(scrubbed(folder.join("bundle/run"))
        .env_clear()
        .env("TORCH_EXACT_PYTHON", python)
        .args(args)
        .current_dir(folder)
        .output()?)
}

#[test]
fn a_bundle_compares_from_a_bare_folder() -> Result<()> {
    let Some((folder, python)) = bundle()? else {
        return Ok(());
    };
    let folder = folder.path();
    let only = ["--only", "generated_data", "--only", "simple_linear_regression"];
    let args = ["--device", "cpu", "--parts", "tutorials,fuzz", "--runs", "10"];
    let output = run(folder, &python, &[&args[..], &only].concat())?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.success(), "{said}");
    let printed = String::from_utf8(output.stdout)?;
    ensure!(printed.trim_end() == fs::read_to_string(folder.join("cuda-parity.md"))?.trim_end());
    ensure!(printed.contains("no GPU was used"), "{printed}");
    let report: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("cuda-parity.json"))?)?;
    // One draws its data with libtorch, the other makes it with NumPy.
    for (name, calls) in [("generated_data", 408), ("simple_linear_regression", 10_006)] {
        let tutorial = &report["tutorials"][name];
        ensure!(tutorial["verdict"] == "identical" && tutorial["output_identical"] == true);
        ensure!(tutorial["compared"] == calls && tutorial["identical"] == calls, "{tutorial}");
    }
    ensure!(report["fuzz"]["identical_runs"] == 10, "{}", report["fuzz"]);
    ensure!(report["environment"]["gpu"].is_null(), "a GPU on the CPU");

    // A second run adds to the report what the first left out.
    let args = ["--device", "cpu", "--only", "generated_data", "--parts", "distances", "--add"];
    ensure!(run(folder, &python, &args)?.status.success());
    let report: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("cuda-parity.json"))?)?;
    ensure!(report["tutorials"]["generated_data"]["compared"] == 408);

    // A reference that trains otherwise is a difference, in the report and in the exit status.
    let reference = folder.join("bundle/references/generated_data.py");
    let text = fs::read_to_string(&reference)?;
    fs::write(&reference, text.replace("y = 2 * x + 1 + e", "y = 2 * x + 2 + e"))?;
    let args = ["--device", "cpu", "--only", "generated_data", "--parts", "tutorials"];
    let output = run(folder, &python, &args)?;
    ensure!(output.status.code() == Some(1));
    let printed = String::from_utf8(output.stdout)?;
    ensure!(printed.contains("first difference: `aten::add"), "{printed}");
    ensure!(printed.contains("generated_data.py:24`, "), "{printed}");
    ensure!(printed.contains("| differs |"), "{printed}");
    Ok(())
}

/// In a checkout nobody names a Python or a folder of programs.
#[test]
fn a_checkout_finds_its_python() -> Result<()> {
    if python_with("torch, numpy, sklearn, safetensors").is_none() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let examples = example_path("generated_data")?;
    let release = examples.ancestors().nth(2).context("the profile's folder")?;
    let output = Command::new(repo_root().join("scripts/cuda-parity"))
        .args(["--device", "cpu", "--only", "generated_data", "--parts", "tutorials"])
        .arg("--prebuilt")
        .arg(release)
        .current_dir(folder.path())
        .output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    ensure!(printed.contains("| generated_data | 408 | 408 | 0 | identical |"), "{printed}");
    Ok(())
}

#[test]
fn a_bundle_says_what_it_lacks() -> Result<()> {
    let Some((folder, python)) = bundle()? else {
        return Ok(());
    };
    let folder = folder.path();
    let refused = |python: &Path, args: &[&str], reason: &str| -> Result<()> {
        let output = run(folder, python, args)?;
        let said = String::from_utf8(output.stderr)?;
        ensure!(said.starts_with("cuda-parity: ") && said.contains(reason), "{said}");
        ensure!(output.status.code() == Some(2) && said.lines().count() == 1, "{said}");
        Ok(())
    };
    let named = python.display().to_string();
    if CudaDriver::open()?.is_none() {
        refused(&python, &["--device", "cuda"], "PyTorch finds no cuda:0; name another")?;
    }
    refused(&python, &["--device", "cpu", "--python", "no-python"], "does not start")?;
    // A Python that has neither PyTorch nor anything else of the kind.
    let bare = folder.join("bare-python");
    fs::write(&bare, format!("#!/bin/sh\nexec '{named}' -I -S \"$@\"\n"))?;
    Command::new("chmod").arg("+x").arg(&bare).status()?;
    let bare = bare.display().to_string();
    refused(&python, &["--device", "cpu", "--python", &bare], "No module named 'torch'")?;

    // A reference that hangs is named at the limit, and the rest of what it started ends with it.
    let hanging = folder.join("hanging");
    let pid = folder.join("pid");
    let script = format!(
        "#!/bin/sh\ncase \"$2\" in *importlib*) exec '{named}' \"$@\" ;; esac\n\
         echo $$ > '{}'\nexec sleep 98765\n",
        pid.display()
    );
    fs::write(&hanging, script)?;
    Command::new("chmod").arg("+x").arg(&hanging).status()?;
    let hanging = hanging.display().to_string();
    let args = ["--device", "cpu", "--only", "generated_data", "--parts", "tutorials"];
    let args = [&args[..], &["--limit", "30", "--python", &hanging]].concat();
    let output = run(folder, &python, &args)?;
    let printed = String::from_utf8(output.stdout)?;
    ensure!(output.status.code() == Some(2), "{printed}");
    ensure!(printed.contains("it did not end within 30 s"), "{printed}");
    // Killed, it stays in the system's list until its last parent has looked.
    let process = Path::new("/proc").join(fs::read_to_string(pid)?.trim());
    let is_left =
        || process.exists() && fs::read(process.join("cmdline")).is_ok_and(|w| !w.is_empty());
    for _ in 0..100 {
        if is_left() {
            thread::sleep(Duration::from_millis(100));
        }
    }
    ensure!(!is_left(), "what hung is still there");

    // Without scikit-learn one tutorial cannot run, which its row says; the others can.
    let hidden = folder.join("hidden");
    let script = format!(
        "#!/bin/sh\nexec '{named}' -c 'import importlib.util as u, sys\n\
         find = u.find_spec\n\
         u.find_spec = lambda name, *rest: None if name == \"sklearn\" else find(name, *rest)\n\
         sys.argv = sys.argv[1:]\n\
         exec(sys.argv.pop(1) if sys.argv[0] == \"-c\" else open(sys.argv[0]).read())' \"$@\"\n"
    );
    fs::write(&hidden, script)?;
    Command::new("chmod").arg("+x").arg(&hidden).status()?;
    let hidden = hidden.display().to_string();
    let args = ["--device", "cpu", "--only", "hello_pytorch", "--parts", "tutorials"];
    let output = run(folder, &python, &[&args[..], &["--python", &hidden]].concat())?;
    let printed = String::from_utf8(output.stdout)?;
    ensure!(output.status.code() == Some(2), "{printed}");
    ensure!(printed.contains("does not have sklearn, which its reference imports"), "{printed}");
    Ok(())
}

/// Puts a script in a program's place.
fn put(program: &Path, script: &str) -> Result<()> {
    fs::write(program, format!("#!/bin/sh\n{script}\n"))?;
    ensure!(Command::new("chmod").arg("+x").arg(program).status()?.success());
    Ok(())
}

/// From end to end on the stand-in: each part is in the report, a program that fails, one that hangs and
/// one that may not be executed are named, the rest goes on, and what is cut short leaves its report.
#[test]
fn a_run_on_a_gpu() -> Result<()> {
    let (Some(stand_in), Some((folder, python))) = (stand_in()?, bundle()?) else {
        return Ok(());
    };
    let folder = folder.path();
    let programs = folder.join("bundle/bin/examples");
    put(&programs.join("gradient_descent"), "echo 'it is broken' >&2\nexit 3")?;
    let locked = programs.join("hello_pytorch");
    ensure!(Command::new("chmod").arg("-x").arg(&locked).status()?.success());
    let tools = folder.join("tools");
    fs::create_dir(&tools)?;
    put(
        &tools.join("compute-sanitizer"),
        "shift 6\n\"$@\"\necho '========= ERROR SUMMARY: 0 errors'",
    )?;
    let logs = tempfile::tempdir()?;
    let command = |args: &[&str]| -> Result<Command> {
        let path = format!("{}:{}", tools.display(), std::env::var("PATH")?);
        let mut command = on_stand_in(stand_in, &folder.join("bundle/run"), logs.path())?;
        command.env("TORCH_EXACT_PYTHON", &python).env("PATH", path).current_dir(folder);
        command.args(args);
        Ok(command)
    };
    let run = |args: &[&str]| -> Result<Output> { Ok(command(args)?.output()?) };
    let report = |name: &str| -> Result<Value> {
        Ok(serde_json::from_str(&fs::read_to_string(folder.join(format!("{name}.json")))?)?)
    };

    let names = ["generated_data", "gradient_descent", "hello_pytorch"];
    let only = names.iter().flat_map(|name| ["--only", name]);
    let args = ["--runs", "12", "--rounds", "1", "--limit", "100"];
    let output = run(&args.into_iter().chain(only).collect::<Vec<_>>())?;
    let printed = String::from_utf8(output.stdout)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(2), "{printed}{said}");
    ensure!(printed.starts_with("# Rust and PyTorch on a GPU\n"), "{printed}");
    ensure!(printed.contains("| gpu | Test GPU |") && printed.contains("| device | cuda:0 |"));
    let whole = report("cuda-parity")?;
    let row = |part: &str, name: &str| whole[part][name].clone();
    let tutorial = row("tutorials", "generated_data");
    ensure!(
        tutorial["verdict"] == "identical" && tutorial["output_identical"] == true,
        "{printed}"
    );
    ensure!(tutorial["compared"].as_u64() > Some(300), "{printed}");
    for part in ["tutorials", "distances"] {
        let reason = |name: &str| row(part, name)["reason"].as_str().unwrap_or_default().to_owned();
        ensure!(reason("gradient_descent").contains("it is broken"), "{part}: {printed}");
        ensure!(reason("hello_pytorch").contains("ermission denied"), "{part}: {printed}");
    }
    // Nothing is computed on the stand-in, so that all but the data differs from the CPU's.
    let distance = row("distances", "generated_data");
    let first = &distance["first_difference"];
    ensure!(
        distance["verdict"] == "different" && first["output"]["elements"].is_object(),
        "{distance}"
    );
    ensure!(printed.contains("at generated_data.rs:"), "{printed}");
    ensure!(whole["fuzz"]["runs"] == 12 && whole["replays"]["runs"] == 12, "{printed}");
    let replays = &whole["replays"]["replays"];
    ensure!(replays["steps"].as_u64() > Some(100), "{printed}");
    // Of optimizers that cannot be recorded in a graph none is drawn.
    ensure!(!replays["refused"].to_string().contains("cannot step"), "{replays}");
    for (what, row) in whole["refusals"].as_object().context("refusals")? {
        ensure!(row["verdict"] == "identical", "{what}: {row}");
    }
    let loops = row("timings", "loops");
    let measured = loops["loops"].as_array().context("loops")?;
    ensure!(measured.len() == 6, "{loops}");
    for found in measured {
        // What Python refuses to capture, Adam, it does not measure.
        let has_graph = found["programs"].get("Python's CUDA graph").is_some();
        ensure!(has_graph == (found["subject"] != "classifier"), "{loops}");
        ensure!(
            ["replay", "eager", "Python"].iter().all(|name| found["programs"][name].is_object())
        );
    }
    for device in ["cuda:0", "cpu"] {
        let rows = row("timings", &format!("generated_data on {device}"));
        ensure!(rows["rows"].as_array().is_some_and(|rows| rows.len() == 3), "{rows}");
        let broken = row("timings", &format!("gradient_descent on {device}"));
        ensure!(broken["reason"] == "gradient_descent ended with 3: it is broken", "{broken}");
    }
    // The sanitizer saw steps replayed: where it did not, it has shown nothing of graphs.
    let seen = row("sanitizer", "memcheck")["reason"].as_str().unwrap_or_default().to_owned();
    let counts = seen.strip_prefix("ERROR SUMMARY: 0 errors; ").context(seen.clone())?;
    ensure!(counts.ends_with(" steps replayed") && !counts.starts_with("0 of "), "{seen}");
    for part in ["tutorials", "replays", "refusals", "distances", "fuzz", "timings", "sanitizer"] {
        ensure!(whole[part].is_object(), "{part} is not in {whole}");
    }

    // What was captured and replayed on the way asked nothing that a capture forbids.
    for (process, log) in stand_in::logs(logs.path())? {
        let illegal = log.iter().find(|line| line.contains("ILLEGAL") || line.contains("REFUSED"));
        ensure!(illegal.is_none(), "process {process}: {illegal:?}");
    }

    put(&programs.join("simple_linear_regression"), "exec sleep 98765")?;
    let hanging = ["--only", "simple_linear_regression", "--parts", "tutorials", "--add"];
    let output = run(&[&hanging[..], &["--limit", "25"]].concat())?;
    ensure!(output.status.code() == Some(2));
    let whole = report("cuda-parity")?;
    let reason = &whole["tutorials"]["simple_linear_regression"]["reason"];
    ensure!(*reason == "it did not end within 25 s", "{reason}");
    ensure!(whole["tutorials"]["generated_data"] == tutorial, "what was there is gone");

    // Killed while a program hangs, it leaves what it had.
    put(&programs.join("simple_linear_regression"), "exec sleep 60")?;
    let only = ["--only", "generated_data", "--only", "simple_linear_regression"];
    let args = ["--parts", "tutorials", "--out", "cut"];
    let mut cut = command(&[args, only].concat())?.stderr(Stdio::null()).spawn()?;
    for _ in 0..600 {
        if report("cut").is_ok_and(|report| report["tutorials"].is_object()) {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    cut.kill()?;
    cut.wait()?;
    let left = report("cut")?;
    ensure!(left["tutorials"]["generated_data"] == tutorial, "{left}");
    ensure!(left["tutorials"]["simple_linear_regression"].is_null(), "{left}");
    Ok(())
}

/// A bundle could not record CUDA graphs on the GPU for which it is made.
#[test]
fn programs_without_cuda_graphs_are_not_bundled() -> Result<()> {
    let Some(python) = python_with("torch") else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("examples"))?;
    fs::write(folder.path().join("parity-fuzz"), "a program of a slim build")?;
    let output = Command::new(python)
        .arg(repo_root().join("scripts/cuda-parity"))
        .arg("--bundle")
        .arg(folder.path().join("bundle"))
        .arg("--prebuilt")
        .arg(folder.path())
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(2) && said.lines().count() == 1, "{said}");
    ensure!(
        said.contains("built without CUDA graphs") && said.contains("scripts/setup --full"),
        "{said}"
    );
    ensure!(!folder.path().join("bundle").exists(), "a bundle was begun");
    Ok(())
}

/// What README and the page say of a GPU is what the report in this repository says.
#[test]
fn the_pages_quote_the_report() -> Result<()> {
    let read = |name: &str| fs::read_to_string(repo_root().join(name));
    let report = read("crates/core/cuda-parity.md")?;
    let (tutorials, _) = report.split_once("\n## Replayed steps").context("the tutorials' part")?;
    let readme = read("README.md")?;
    let number = |text: &str| text.replace(',', "").parse::<usize>();
    let mut calls = 0;
    for name in EXAMPLES {
        let row = tutorials.lines().find(|line| line.starts_with(&format!("| {name} |")));
        let cells: Vec<_> = row.context("a row")?.split('|').map(str::trim).collect();
        let [_, _, compared, identical, _, output, ..] = cells[..] else {
            bail!("{name}: {cells:?}");
        };
        ensure!(compared == identical && output == "identical", "{name}: {cells:?}");
        calls += number(compared)?;
        let quoted = readme.lines().find(|line| line.contains(&format!("(examples/{name}.md)")));
        let quoted = quoted.context("README's row")?;
        ensure!(quoted.ends_with(&format!("| {identical} of {compared} |")), "{quoted}");
    }
    let page = read("crates/core/cuda.md")?;
    let said = page.split("computing\ncalls").next().unwrap_or_default();
    ensure!(said.replace(',', "").ends_with(&format!("({calls} ")), "{calls} are not in the page");
    for trainings in ["400 of 400 trainings", "100 of 100 trainings"] {
        let many = trainings.split(' ').next().unwrap_or_default();
        ensure!(report.contains(trainings) && page.contains(many), "{trainings}");
    }
    Ok(())
}
