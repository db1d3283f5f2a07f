//! What is said, and what is loaded, where the NVIDIA driver or libtorch's CUDA library is not whole.
//!
//! Machines with such faults are rare, so a driver is made for the purpose: a `libcuda.so.1` that
//! answers as it is told to, found before any other.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use common::examples::{example, transcript};
use common::python::skipped;
use shim::CudaDriver;
use tempfile::TempDir;

const EXAMPLE: &str = "creating_a_model";

/// The six functions that the device's choice asks, with STARTED, VERSION and GPUS to be filled in.
const DRIVER: &str = r#"
#include <string.h>
int cuInit(unsigned flags) { return STARTED; }
int cuDriverGetVersion(int *version) { *version = VERSION; return 0; }
int cuDeviceGetCount(int *count) { *count = GPUS; return 0; }
int cuDeviceGet(int *handle, int gpu) { *handle = gpu; return 0; }
int cuDeviceGetName(char *name, int size, int handle) { strcpy(name, "Test GPU"); return 0; }
int cuGetErrorString(int error, const char **text) { *text = "initialization error"; return 0; }
"#;

/// A folder with a driver in it, made by the C compiler that builds of this project need anyway.
fn driver(source: &str, started: i32, version: i32, gpus: i32) -> Result<TempDir> {
    library(source, &[("STARTED", started), ("VERSION", version), ("GPUS", gpus)])
}

fn library(source: &str, values: &[(&str, i32)]) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("driver.c");
    fs::write(&file, source)?;
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(folder.path().join("libcuda.so.1"))
        .arg(&file)
        .args(values.iter().map(|(name, value)| format!("-D{name}={value}")))
        .status()
        .context("starting cc")?;
    ensure!(compiled.success(), "cc ended with {compiled}");
    Ok(folder)
}

/// Runs the example with these folders before all others that the loader looks in.
fn run(device: &str, folders: &[&Path]) -> Result<Output> {
    let path = folders.iter().map(|f| f.display().to_string());
    Ok(example(EXAMPLE)?
        .args(["--no-figures", "--device", device])
        .env("LD_LIBRARY_PATH", path.collect::<Vec<_>>().join(":"))
        .output()?)
}

/// `--device DEVICE` is refused with this sentence, and `auto` falls back for the same reason.
#[track_caller]
fn refused(device: &str, reason: &str, remedy: &str, folders: &[&Path]) -> Result<()> {
    let output = run(device, folders)?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(
        said.starts_with(&format!("error: --device {device}: {reason}"))
            && said.ends_with(&format!("; {remedy}\n")),
        "{said}"
    );
    ensure!(said.lines().count() == 1, "{said}");
    ensure!(output.status.code() == Some(2) && output.stdout.is_empty());
    if device == "cuda" {
        let output = run("auto", folders)?;
        let said = String::from_utf8(output.stderr)?;
        ensure!(output.status.success(), "{said}");
        ensure!(said.starts_with(&format!("device: cpu ({reason}")), "{said}");
        // libtorch itself warns of a GPU that does not start, each time it is seeded.
        let mut ours = said.lines().filter(|line| !line.starts_with("[W")).skip(1);
        ensure!(ours.next().is_some_and(|line| line.starts_with("arithmetic: ")), "{said}");
        ensure!(ours.next().is_none(), "{said}");
        let expected = transcript(EXAMPLE, &["--device", "cpu"])?;
        ensure!(expected == String::from_utf8(output.stdout)?);
    }
    Ok(())
}

#[test]
fn a_driver_too_old() -> Result<()> {
    let driver = driver(DRIVER, 0, 12_040, 1)?;
    let reason = "the NVIDIA driver offers CUDA 12.4 and libtorch needs CUDA 13.0";
    refused("cuda", reason, "update the driver, or ask for cpu", &[driver.path()])
}

#[test]
fn a_driver_that_does_not_start() -> Result<()> {
    let driver = driver(DRIVER, 3, 13_000, 1)?;
    let reason = "the NVIDIA driver does not start: initialization error (CUDA error 3)";
    let remedy = "see what nvidia-smi says of driver and GPU, or ask for cpu";
    refused("cuda", reason, remedy, &[driver.path()])
}

#[test]
fn a_driver_without_a_gpu() -> Result<()> {
    let driver = driver(DRIVER, 100, 13_000, 0)?;
    let remedy = "check that CUDA_VISIBLE_DEVICES does not hide it, or ask for cpu";
    refused("cuda", "the NVIDIA driver found no GPU", remedy, &[driver.path()])
}

#[test]
fn a_gpu_that_is_not_there() -> Result<()> {
    let driver = driver(DRIVER, 0, 13_000, 2)?;
    let reason = "there is no cuda:7; found 2 GPU(s), numbered from 0";
    refused("cuda:7", reason, "name a GPU that is there", &[driver.path()])
}

#[test]
fn a_library_that_is_not_a_driver() -> Result<()> {
    let driver = driver("int cuInit;", 0, 0, 0)?;
    let remedy = "check which libtorch the program is started with";
    refused("cuda", "libcuda.so.1 is not an NVIDIA driver", remedy, &[driver.path()])
}

/// The driver shows a GPU, but CUDA's runtime cannot start it: the reason is libtorch's own.
#[test]
fn a_gpu_that_libtorch_cannot_use() -> Result<()> {
    let driver = driver(DRIVER, 0, 13_000, 1)?;
    if !shim::library_path()?.with_file_name("libtorch_cuda.so").exists() {
        skipped("this libtorch was built for the CPU and cannot refuse a GPU");
        return Ok(());
    }
    let remedy = "see what nvidia-smi says of driver and GPU, or ask for cpu";
    refused("cuda", "libtorch cannot use the GPU: ", remedy, &[driver.path()])
}

/// A folder that holds libtorch without the files named, and the folders its libraries need.
fn libtorch_without(missing: &[&str]) -> Result<(TempDir, Vec<PathBuf>)> {
    let library = fs::canonicalize(shim::library_path()?)?;
    let lib = library.parent().context("libtorch's folder")?;
    let folder = tempfile::tempdir()?;
    for entry in fs::read_dir(lib)? {
        let name = entry?.file_name();
        if !missing.iter().any(|missing| name == *missing) {
            symlink(lib.join(&name), folder.path().join(&name))?;
        }
    }
    let runtime = lib.join("../../nvidia/cu13/lib");
    Ok((folder, vec![runtime]))
}

#[test]
fn a_libtorch_for_the_cpu() -> Result<()> {
    let driver = driver(DRIVER, 0, 13_000, 1)?;
    let (libtorch, runtime) = libtorch_without(&["libtorch_cuda.so"])?;
    let reason = format!(
        "this libtorch was built for the CPU: {} is missing",
        libtorch.path().join("libtorch_cuda.so").display()
    );
    let remedy = "install PyTorch with CUDA and all the packages it needs, or ask for cpu";
    refused("cuda", &reason, remedy, &[driver.path(), libtorch.path(), &runtime[0]])
}

/// A libtorch for the CPU brings no CUDA runtime, so no driver can be too old for it.
#[test]
fn a_libtorch_for_the_cpu_and_an_old_driver() -> Result<()> {
    let driver = driver(DRIVER, 0, 11_080, 1)?;
    let (libtorch, runtime) = libtorch_without(&["libtorch_cuda.so"])?;
    // What stands before the runtime that this libtorch_cpu does bring, and answers as none would.
    let none = library("int cudaRuntimeGetVersion(int *version) { return *version = 0; }\n", &[])?;
    let path = [driver.path(), libtorch.path(), &runtime[0]].map(|it| it.display().to_string());
    let output = example(EXAMPLE)?
        .args(["--no-figures", "--device", "cuda"])
        .env("LD_LIBRARY_PATH", path.join(":"))
        .env("LD_PRELOAD", none.path().join("libcuda.so.1"))
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(said.contains("this libtorch was built for the CPU: "), "{said}");
    ensure!(said.lines().count() == 1 && output.status.code() == Some(2), "{said}");
    Ok(())
}

#[test]
fn a_cuda_library_that_does_not_load() -> Result<()> {
    let driver = driver(DRIVER, 0, 13_000, 1)?;
    let (libtorch, runtime) = libtorch_without(&["libtorch_cuda.so", "libc10_cuda.so"])?;
    let library = shim::library_path()?.with_file_name("libtorch_cuda.so");
    if !library.exists() {
        skipped("this libtorch has no CUDA library to be taken apart");
        return Ok(());
    }
    symlink(fs::canonicalize(library)?, libtorch.path().join("libtorch_cuda.so"))?;
    let remedy = "install PyTorch with CUDA and all the packages it needs, or ask for cpu";
    let folders = [driver.path(), libtorch.path(), &runtime[0]];
    refused("cuda", "libtorch's CUDA library does not load: lib", remedy, &folders)
}

/// What the loader itself reports of a run.
fn loaded(device: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let output = example(EXAMPLE)?
        .args(["--no-figures", "--device", device])
        .env("LD_DEBUG", "libs,files")
        .env("LD_DEBUG_OUTPUT", folder.path().join("loader"))
        .output()?;
    ensure!(output.status.success());
    let file = fs::read_dir(folder.path())?.next().context("no report of the loader")?;
    Ok(fs::read_to_string(file?.path())?)
}

/// `cpu` does not even look for a driver; `auto` looks for one, and where there is none libtorch's
/// CUDA library stays where it is.
#[test]
fn nothing_of_cuda_is_loaded_where_it_is_not_asked_for() -> Result<()> {
    let cpu = loaded("cpu")?;
    ensure!(cpu.contains("libtorch_cpu.so"), "this loader reports nothing");
    ensure!(!cpu.contains("libcuda.so") && !cpu.contains("libtorch_cuda"), "{cpu}");
    let auto = loaded("auto")?;
    ensure!(auto.contains("find library=libcuda.so.1"), "no driver was looked for");
    if CudaDriver::open()?.is_none() {
        ensure!(!auto.contains("libtorch_cuda"), "loaded without a driver");
    }
    Ok(())
}
