//! The host's side of a run on a GPU, without a GPU: the real libtorch_cuda on a stand-in for the
//! CUDA runtime (`tests/cuda_stand_in`) that logs what is launched and computes nothing.

use std::path::Path;
use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use common::examples::{example_path, parity_program, program, transcript};
use common::python::{python_with, repo_root};
use common::stand_in::{
    launches, logged, logged_by_python, logs, on_stand_in, same_launches, stand_in,
};
use parity::Comparison;
use parity::recording::Recording;
use test_support::EXAMPLES;

/// A tutorial's log in Rust and in Python.
fn of_both(
    stand_in: &Path,
    python: &Path,
    name: &str,
    epochs: u32,
) -> Result<(Vec<String>, Vec<String>)> {
    let epochs = epochs.to_string();
    let flags = ["--device", "cuda", "--quiet", "--no-figures", "--epochs", &epochs];
    let rust = logged(stand_in, &example_path(name)?, &flags.map(str::to_owned))?;
    let reference = repo_root().join(format!("scripts/reference/{name}.py")).display().to_string();
    let words = [&[reference.as_str()], &flags[..]].concat();
    Ok((rust, logged_by_python(stand_in, python, "tests/python/on_stand_in.py", &words)?))
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

/// Recorded, the tutorials launch what they launch as they stand, and their calls are Python's: the
/// same operators on the same shapes, in order. What they come to is not computed here.
#[test]
fn recorded_tutorials_launch_and_call_the_same() -> Result<()> {
    let (Some(stand_in), Some(python)) = (stand_in()?, python_with("torch, numpy, sklearn")) else {
        return Ok(());
    };
    let script = repo_root().join("tests/python/on_stand_in.py");
    let flags = ["--device", "cuda", "--quiet", "--no-figures", "--epochs", "5"];
    let mut calls = 0;
    for name in EXAMPLES {
        let (program, folder) = (example_path(name)?, tempfile::tempdir()?);
        let reference = repo_root().join(format!("scripts/reference/{name}.py"));
        let sides: [&[&Path]; 2] = [&[&program], &[&python, &script, &reference]];
        let mut recorded = vec![];
        for (side, words) in ["rust", "python"].into_iter().zip(sides) {
            let logs_in = tempfile::tempdir()?;
            let output = on_stand_in(stand_in, &parity_program()?, logs_in.path())?
                .args(["record".as_ref(), folder.path().join(side).as_os_str(), "--".as_ref()])
                .args(words)
                .args(flags)
                .output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let (_, log) = logs(logs_in.path())?.pop().context("no log")?;
            recorded.push((log, Recording::read(folder.path().join(side))?));
        }
        let plain = logged(stand_in, &program, &flags.map(str::to_owned))?;
        // The recorder itself may launch what puts a tensor's elements in order.
        let mut recorded_launches = launches(&recorded[0].0).into_iter();
        let missing = launches(&plain).into_iter().find(|it| !recorded_launches.any(|r| r == *it));
        ensure!(missing.is_none(), "{name}: recorded, it does not launch {missing:?}");
        let comparison = Comparison::new(&recorded[0].1, &recorded[1].1);
        let [ours, theirs] = comparison.sides.each_ref().map(|side| side.computing);
        ensure!(ours == theirs && ours > 40, "{name}: {comparison}");
        match &comparison.first_difference {
            // What is printed differs: Python shows of a tensor its shape alone here.
            None => ensure!(comparison.reason.is_none(), "{name}: {comparison}"),
            // A batch is gathered by another operator, and the stand-in's memory has what it had.
            Some(_) => ensure!(
                name == "gradient_descent" && comparison.to_string().contains("aten::index_select"),
                "{name}: {comparison}"
            ),
        }
        calls += ours;
    }
    println!("calls as in Python, recorded on a stand-in for a GPU: {calls} of {calls}");
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
    let folder = tempfile::tempdir()?;
    // The stand-in computes nothing, so its values say nothing: the logs are what is compared.
    on_stand_in(stand_in, &parity_program()?, folder.path())?
        .args(["fuzz", "--runs", "100", "--seed", "1", "--keep-going", "--device", "cuda"])
        .args(["--python".as_ref(), python.as_os_str()])
        .output()?;
    let both = logs(folder.path())?;
    ensure!(both.len() == 2, "{} processes launched something", both.len());
    let [rust, python] = [&both[0].1, &both[1].1].map(|log| launches(log));
    same_launches("100 trainings", &rust, &python)?;
    println!("launches as in Python: {} of {} (100 trainings)", python.len(), python.len());
    // Lists of tensors have kernels of their own; single ones are stepped without them.
    let lists = python.iter().filter(|line| line.contains("multi_tensor_apply_kernel")).count();
    ensure!(lists > 100 && python.len() - lists > 1000, "{lists} of {}", python.len());
    Ok(())
}

/// Ports whose layers no tutorial has. cuDNN, which computes convolutions and recurrent layers, has no
/// stand-in, and LBFGS and sparse gradients go by values.
#[test]
fn ports_launch_what_python_launches() -> Result<()> {
    let (Some(stand_in), Some(python)) = (stand_in()?, python_with("torch")) else {
        return Ok(());
    };
    let mut compared = 0;
    for name in ["skipgram", "transformer", "vae"] {
        let folder = tempfile::tempdir()?;
        let file = |name| folder.path().join(name).display().to_string();
        let rust = logged(stand_in, &program(name)?, &[file("rust"), "cuda".to_owned()])?;
        let script = repo_root().join(format!("tests/ports/{name}.py")).display().to_string();
        let words = [&*script, &file("python"), "cuda"];
        let theirs = logged_by_python(stand_in, &python, "tests/python/on_stand_in.py", &words)?;
        let (rust, theirs) = (launches(&rust), launches(&theirs));
        same_launches(name, &rust, &theirs)?;
        ensure!(rust.len() > 1000, "{name} launches {} kernels", rust.len());
        compared += rust.len();
    }
    println!("launches as in Python: {compared} of {compared} (three ports)");
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
            output.status.success()
                && text.starts_with(&format!("device: {said} (Test GPU)\narithmetic: ")),
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

#[test]
fn a_hidden_gpu_is_not_taken() -> Result<()> {
    let Some(stand_in) = stand_in()? else {
        return Ok(());
    };
    for (device, said) in [
        ("auto", "device: cpu (the NVIDIA driver found no GPU)"),
        (
            "cuda",
            "error: --device cuda: the NVIDIA driver found no GPU; check that CUDA_VISIBLE_DEVICES",
        ),
    ] {
        let output = run(stand_in, device, &[("CUDA_VISIBLE_DEVICES", "")])?;
        let text = String::from_utf8(output.stderr)?;
        ensure!(text.starts_with(said), "{text}");
        ensure!(output.status.success() == (device == "auto"), "{text}");
    }
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
