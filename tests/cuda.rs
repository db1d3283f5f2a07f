//! The tutorials on a GPU: Python's bits and Python's text there, the same numbers to start from as
//! on the CPU, and a recorded step that computes what the plain one computes.

mod common;

use anyhow::{Context as _, Result, ensure};
use common::examples::{EXAMPLES, example, transcript, transcript_of};
use common::parity::same_as_python;
use common::python::skipped;
use parity::{TraceFile, Verdict};
use torch_exact::device::{DeviceRequest, select};

/// The GPU's name; `None`, and a word on it, where there is none to be had.
fn gpu() -> Option<String> {
    match select(DeviceRequest::Cuda(None)) {
        Ok(selected) => selected.name,
        Err(reason) => {
            skipped(&format!("{reason}, so nothing was compared on a GPU"));
            None
        }
    }
}

#[test]
fn the_tutorials_have_pythons_bits_there() -> Result<()> {
    if gpu().is_none() {
        return Ok(());
    }
    EXAMPLES.iter().try_for_each(|name| same_as_python(name, "cuda"))
}

#[test]
fn auto_takes_the_gpu_and_names_it() -> Result<()> {
    let Some(gpu) = gpu() else {
        return Ok(());
    };
    let output = example("creating_a_model")?.output()?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(said.starts_with(&format!("device: cuda:0 ({gpu})\n")), "{said}");
    let printed = String::from_utf8(output.stdout)?;
    ensure!(printed.contains("device='cuda:0'"), "{printed}");
    ensure!(printed == transcript("creating_a_model", &["--device", "cuda"])?);
    Ok(())
}

/// What an example records with these flags.
fn trace(name: &str, flags: &[&str]) -> Result<(String, TraceFile)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("trace.safetensors");
    let mut command = example(name)?;
    let text = transcript_of(command.arg("--quiet").args(flags).arg("--trace").arg(&path))?;
    Ok((text, TraceFile::read(&path)?))
}

/// Data and parameters are drawn on the CPU and moved.
#[test]
fn training_starts_from_the_cpus_numbers() -> Result<()> {
    if gpu().is_none() {
        return Ok(());
    }
    for (name, drawn) in [
        ("creating_a_model", &["x", "weight", "bias"][..]),
        ("simple_linear_regression", &["x", "y", "weight", "bias"]),
        ("generated_data", &["linear.weight", "linear.bias"]),
        ("hello_pytorch", &["model_0/weight", "model_2layer/linear1.weight"]),
        ("gradient_descent", &["preview/xb", "model/weight", "model/bias"]),
    ] {
        let flags = |device| ["--epochs", "0", "--no-figures", "--device", device];
        let ((_, cpu), (_, cuda)) = (trace(name, &flags("cpu"))?, trace(name, &flags("cuda"))?);
        for tensor in drawn {
            let bytes = cpu.bytes(tensor).with_context(|| format!("{name}: no {tensor}"))?;
            ensure!(cuda.bytes(tensor) == Some(bytes), "{name}: another {tensor}");
        }
    }
    Ok(())
}

#[test]
fn a_recorded_step_has_the_plain_steps_bits() -> Result<()> {
    if gpu().is_none() {
        return Ok(());
    }
    for name in ["creating_a_model", "simple_linear_regression", "hello_pytorch"] {
        // Fewer steps than warm up, the first that is recorded, and as many as the document takes.
        for epochs in [&["--epochs", "2"][..], &["--epochs", "4"], &[]] {
            let flags = [&["--no-figures", "--device", "cuda"], epochs].concat();
            let (text, plain) = trace(name, &flags)?;
            let (other, graph) = trace(name, &[&flags[..], &["--cuda-graph"]].concat())?;
            let comparison = parity::compare(&plain, &graph);
            ensure!(comparison.verdict == Verdict::Identical, "{name} {epochs:?}: {comparison}");
            ensure!(text == other, "{name} {epochs:?} prints otherwise with --cuda-graph");
        }
    }
    Ok(())
}
