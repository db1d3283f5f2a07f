//! The tutorials on a GPU: Python's bits and Python's text there, and the same numbers to start from
//! as on the CPU.

use anyhow::{Result, ensure};
use common::examples::{example, example_path, transcript};
use common::parity::same_as_python;
use common::python::skipped;
use parity::recorder::{Output, Recorder};
use parity::recording::{Call, Recording};
use test_support::EXAMPLES;
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

/// What an example draws before its first epoch, on the CPU: the operators and the bits.
fn draws(name: &str, device: &str) -> Result<Vec<(String, Vec<Option<u64>>)>> {
    let program = example_path(name)?.display().to_string();
    let flags = ["--epochs", "0", "--no-figures", "--quiet", "--device", device];
    let words: Vec<_> = [program].into_iter().chain(flags.map(String::from)).collect();
    let folder = tempfile::tempdir()?;
    Recorder::new()?.record(&words, folder.path(), Output::Kept, &[], None)?;
    let recording = Recording::read(folder.path())?;
    let is_draw = |call: &&Call| {
        let operator = call.op.trim_start_matches("aten::").split('.').next().unwrap_or_default();
        let draws = ["rand", "randn", "uniform_", "normal_", "random_", "randperm"];
        draws.contains(&operator) && call.outputs.iter().all(|value| &*value.device == "cpu")
    };
    let bits = |call: &Call| call.outputs.iter().map(|value| value.bits).collect();
    Ok(recording
        .calls()
        .iter()
        .filter(is_draw)
        .map(|call| (call.op.to_string(), bits(call)))
        .collect())
}

/// Data and parameters are drawn on the CPU and moved.
#[test]
fn training_starts_from_the_cpus_numbers() -> Result<()> {
    if gpu().is_none() {
        return Ok(());
    }
    for name in EXAMPLES {
        let (cpu, cuda) = (draws(name, "cpu")?, draws(name, "cuda")?);
        ensure!(!cpu.is_empty() && cuda == cpu, "{name}: {cuda:?} for {cpu:?}");
    }
    Ok(())
}
