//! The host's side of a run on a GPU, without a GPU: the real libtorch_cuda on a stand-in for the
//! CUDA runtime (`tests/cuda_stand_in`) that logs what is launched and computes nothing.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, ensure};
use common::examples::{EXAMPLES, example_path, scrubbed, transcript};
use common::python::{python_with, repo_root, skipped};
use tempfile::TempDir;

/// The stand-in's folder; `None`, and a word on it, where this libtorch has no CUDA.
fn stand_in() -> Result<Option<&'static Path>> {
    static BUILT: OnceLock<std::result::Result<Option<TempDir>, String>> = OnceLock::new();
    match BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}"))) {
        Ok(built) => Ok(built.as_ref().map(TempDir::path)),
        Err(error) => anyhow::bail!("{error}"),
    }
}

fn build() -> Result<Option<TempDir>> {
    let library = fs::canonicalize(shim::library_path()?)?;
    let packages = library.ancestors().nth(3).context("torch's folder")?;
    let nvidia = fs::read_dir(packages.join("nvidia")).into_iter().flatten().flatten();
    let mut headers: Vec<_> = nvidia.map(|package| package.path().join("include")).collect();
    headers.push(packages.join("triton/backends/nvidia/include"));
    let has = |header: &str| headers.iter().any(|folder| folder.join(header).exists());
    let cuda = library.with_file_name("libtorch_cuda.so").exists();
    if !(cuda && has("cublasLt.h") && has("crt/host_defines.h")) {
        skipped("this libtorch has no CUDA that could run on the stand-in for a GPU");
        return Ok(None);
    }
    let folder = tempfile::tempdir()?;
    let sources = repo_root().join("tests/cuda_stand_in");
    let compile = |library: &str, files: &[&str], words: &[&str]| -> Result<()> {
        let output = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-w", "-pthread", "-fvisibility=hidden"])
            .args(["-D__CUDA_FP16_H__", "-D__CUDA_BF16_H__"])
            .args(headers.iter().map(|folder| format!("-I{}", folder.display())))
            .args(files.iter().map(|file| sources.join(file)))
            .arg("-o")
            .arg(folder.path().join(library))
            .args(words)
            .output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    };
    compile("libstand_in.so", &["runtime.c", "blas.c"], &[])?;
    let driver = ["-fvisibility=default", "-Wl,-soname,libcuda.so.1"];
    compile("libcuda.so.1", &["driver.c"], &driver)?;
    Ok(Some(folder))
}

/// A program on the stand-in, and where its processes log.
fn on_stand_in(stand_in: &Path, program: &Path, logs: &Path) -> Result<Command> {
    let libtorch = fs::canonicalize(shim::library_path()?)?;
    let libtorch = libtorch.parent().context("libtorch's folder")?;
    let mut command = scrubbed(program);
    command
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("LD_PRELOAD", stand_in.join("libstand_in.so"))
        .env("LD_LIBRARY_PATH", format!("{}:{}", stand_in.display(), libtorch.display()))
        .env("STAND_IN_LOG", logs.join("log"));
    Ok(command)
}

/// What each process logged, by its number; those that logged nothing left out.
fn logs(folder: &Path) -> Result<Vec<(u32, Vec<String>)>> {
    let mut found = vec![];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let number = path.extension().context("a log's name")?.to_string_lossy().parse()?;
        let lines: Vec<_> = fs::read_to_string(&path)?.lines().map(str::to_owned).collect();
        if !lines.is_empty() {
            found.push((number, lines));
        }
    }
    found.sort();
    Ok(found)
}

/// What a program logs that succeeds, of its one process.
fn logged(stand_in: &Path, program: &Path, args: &[String]) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let output = on_stand_in(stand_in, program, folder.path())?.args(args).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} {args:?}: {said}", program.display());
    let [(_, lines)] = logs(folder.path())?.try_into().ok().context("logs of one process")?;
    Ok(lines)
}

/// The kernels, products and fills: not what gathers a batch, which is one kernel here and a copy of
/// each row in Python, nor what splits data, which Python's references do on the CPU.
fn launches(log: &[String]) -> Vec<&str> {
    let gathers = ["CatArrayBatchedCopy", "indexSelect", "gather", "index_elementwise_kernel"];
    let launch = |line: &&str| {
        [" kernel ", "blas ", "memset"].iter().any(|what| line.contains(what))
            && !gathers.iter().any(|kernel| line.contains(kernel))
    };
    log.iter().map(String::as_str).filter(launch).collect()
}

fn same_launches(name: &str, rust: &[&str], python: &[&str]) -> Result<()> {
    let differing = rust.iter().zip(python).position(|(a, b)| a != b);
    if let Some(first) = differing {
        let (ours, theirs) = (rust[first], python[first]);
        anyhow::bail!("{name}: launch {first} is\n{ours}\nin Rust and in Python\n{theirs}");
    }
    ensure!(rust.len() == python.len(), "{name}: {} and {}", rust.len(), python.len());
    Ok(())
}

/// A tutorial's log in Rust, without the tensor that tries the GPU out, and in Python.
fn of_both(
    stand_in: &Path,
    python: &Path,
    name: &str,
    epochs: u32,
) -> Result<(Vec<String>, Vec<String>)> {
    let flags = ["--device", "cuda", "--quiet", "--no-figures", "--epochs", &epochs.to_string()];
    let flags = flags.map(str::to_owned);
    let mut rust = logged(stand_in, &example_path(name)?, &flags)?;
    let first = rust.first().context("an empty log")?;
    ensure!(first.contains("FillFunctor"), "{name} begins with {first}");
    rust.remove(0);
    let script = repo_root().join("tests/python/on_stand_in.py").display().to_string();
    let reference = repo_root().join(format!("scripts/reference/{name}.py")).display().to_string();
    let words = [vec![script, reference], flags.to_vec()].concat();
    Ok((rust, logged(stand_in, python, &words)?))
}

/// The same kernels with the same grids, the same products with the same shapes, strides and
/// alignment, in the same order; and as many copies and waits in an epoch, but for the order of a
/// shuffled epoch, which goes to the GPU once.
#[test]
fn the_tutorials_launch_what_python_launches() -> Result<()> {
    let (Some(stand_in), Some(python)) = (stand_in()?, python_with("torch, numpy, sklearn")) else {
        return Ok(());
    };
    let mut compared = 0;
    for name in EXAMPLES {
        let (rust, theirs) = of_both(stand_in, &python, name, 7)?;
        same_launches(name, &launches(&rust), &launches(&theirs))?;
        ensure!(launches(&rust).len() > 50, "{name} launches too little to be trusted");
        compared += launches(&rust).len();
        let (longer, theirs_longer) = of_both(stand_in, &python, name, 11)?;
        for what in [" copy ", "synchronise"] {
            let count = |log: &[String]| log.iter().filter(|line| line.contains(what)).count();
            let ours = count(&longer) - count(&rust);
            let python = count(&theirs_longer) - count(&theirs);
            let orders = if name == "gradient_descent" { 4 } else { 0 };
            ensure!(
                ours == python + orders,
                "{name}:{what}in 4 epochs {ours} times, in Python {python}"
            );
        }
    }
    println!("launches as in Python: {compared} of {compared} (five tutorials)");
    Ok(())
}

/// Every optimizer, with and without lists of tensors: `parity fuzz` trains in its own process and
/// in Python's.
#[test]
fn random_trainings_launch_what_python_launches() -> Result<()> {
    let (Some(stand_in), Some(python)) = (stand_in()?, python_with("torch, numpy, safetensors"))
    else {
        return Ok(());
    };
    let parity = example_path("hello_pytorch")?;
    let parity = parity.ancestors().nth(2).context("the profile's folder")?.join("parity");
    ensure!(parity.exists(), "{} is not built", parity.display());
    let folder = tempfile::tempdir()?;
    // The stand-in computes nothing, so its values say nothing: the logs are what is compared.
    on_stand_in(stand_in, &parity, folder.path())?
        .args(["fuzz", "--runs", "100", "--seed", "1", "--keep-going", "--device", "cuda"])
        .args(["--python".as_ref(), python.as_os_str()])
        .output()?;
    let both = logs(folder.path())?;
    ensure!(both.len() == 2, "{} processes launched something", both.len());
    let [rust, python] = [&both[0].1, &both[1].1].map(|log| launches(log));
    same_launches("100 trainings", &rust[1..], &python)?;
    println!("launches as in Python: {} of {} (100 trainings)", python.len(), python.len());
    Ok(())
}

fn run(stand_in: &Path, device: &str, variables: &[(&str, &str)]) -> Result<Output> {
    let folder = tempfile::tempdir()?;
    let program = example_path("creating_a_model")?;
    let mut command = on_stand_in(stand_in, &program, folder.path())?;
    command.args(["--no-figures", "--epochs", "3", "--device", device]);
    Ok(command.envs(variables.iter().copied()).output()?)
}

#[test]
fn the_second_of_two_gpus_can_be_named() -> Result<()> {
    let Some(stand_in) = stand_in()? else {
        return Ok(());
    };
    let two = [("STAND_IN_GPUS", "2")];
    for (device, said) in [("cuda:1", "cuda:1"), ("cuda", "cuda:0"), ("auto", "cuda:0")] {
        let output = run(stand_in, device, &two)?;
        let text = String::from_utf8(output.stderr)?;
        ensure!(
            output.status.success() && text == format!("device: {said} (Test GPU)\n"),
            "{text}"
        );
        let printed = String::from_utf8(output.stdout)?;
        ensure!(printed.contains(&format!("device='{said}'")), "{printed}");
    }
    let output = run(stand_in, "cuda:2", &two)?;
    let text = String::from_utf8(output.stderr)?;
    ensure!(text.contains("there is no cuda:2; found 2 GPU(s)"), "{text}");
    Ok(())
}

/// A GPU that libtorch has no kernels for.
#[test]
fn a_gpu_without_kernels_is_refused() -> Result<()> {
    let Some(stand_in) = stand_in()? else {
        return Ok(());
    };
    let failing = [("STAND_IN_LAUNCH_ERROR", "209")];
    let output = run(stand_in, "cuda", &failing)?;
    let text = String::from_utf8(output.stderr)?;
    let reason = "libtorch cannot use the GPU: CUDA error: no kernel image is available";
    ensure!(text.starts_with(&format!("error: --device cuda: {reason}")), "{text}");
    ensure!(output.status.code() == Some(2) && text.lines().count() == 1, "{text}");
    let output = run(stand_in, "auto", &failing)?;
    let text = String::from_utf8(output.stderr)?;
    ensure!(text.starts_with(&format!("device: cpu ({reason}")), "{text}");
    let expected = transcript("creating_a_model", &["--device", "cpu", "--epochs", "3"])?;
    ensure!(String::from_utf8(output.stdout)? == expected);
    Ok(())
}

/// The log says what is illegal: else the tests above could not fail.
#[test]
fn the_stand_in_tells_what_it_is_asked() -> Result<()> {
    let Some(stand_in) = stand_in()? else {
        return Ok(());
    };
    let flags = ["--device", "cuda", "--quiet", "--no-figures", "--epochs", "3"];
    let log = logged(stand_in, &example_path("hello_pytorch")?, &flags.map(str::to_owned))?;
    for what in ["run kernel ", "run copy device to host of 4", "run synchronise", "blas "] {
        ensure!(log.iter().any(|line| line.contains(what)), "no line with {what:?}");
    }
    let other = ["--device", "cuda", "--quiet", "--no-figures", "--epochs", "4"];
    let other = logged(stand_in, &example_path("hello_pytorch")?, &other.map(str::to_owned))?;
    ensure!(same_launches("another length", &launches(&log), &launches(&other)).is_err());
    Ok(())
}
