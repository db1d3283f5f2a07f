//! Choosing a device, on any machine: falling back, refusing, and no dependency on CUDA.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use common::examples::{example, example_path};
use common::python::skipped;
use replay::cuda::Graph;
use shim::{CudaDriver, CudaLibrary};
use tch::{Device, Kind, Tensor};
use test_support::EXAMPLES;
use test_support::environment::{of_neither_cargo_nor_torch, scrubbed};
use torch_exact::Error;
use torch_exact::device::{DeviceError, DeviceRequest, select};

#[test]
fn requests_read_and_print_alike() {
    for text in ["auto", "cpu", "cuda", "cuda:0", "cuda:12"] {
        assert_eq!(text.parse::<DeviceRequest>().map(|r| r.to_string()), Ok(text.to_owned()));
    }
    for text in ["", "CPU", "cuda:", "cuda:-1", "cuda:+1", "cuda:1x", "cuda:99999999999999999999"] {
        assert_eq!(text.parse::<DeviceRequest>(), Err(DeviceError::Unknown(text.to_owned())));
    }
}

#[test]
fn the_cpu_can_always_be_had() -> Result<()> {
    assert_eq!(select(DeviceRequest::Cpu)?.device, Device::Cpu);
    Ok(())
}

#[test]
fn auto_falls_back_with_a_reason() -> Result<()> {
    let selected = select(DeviceRequest::Auto)?;
    let on_cpu = selected.device == Device::Cpu;
    assert_eq!(on_cpu, selected.fallback.is_some(), "{selected}");
    if CudaDriver::open()?.is_none() {
        assert_eq!(selected.fallback, Some(DeviceError::NoDriver));
        assert_eq!(selected.to_string(), "cpu (no NVIDIA driver was found)");
    }
    Ok(())
}

#[test]
fn cuda_by_name_is_refused_where_there_is_none() -> Result<()> {
    for device in ["cuda", "cuda:99"] {
        // A machine with 100 GPUs can have the last; no test machine does.
        if device == "cuda" && CudaDriver::open()?.is_some() {
            skipped("there is an NVIDIA driver, so `--device cuda` is not refused here");
            continue;
        }
        let output = example("hello_pytorch")?.args(["--device", device]).output()?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with(&format!("error: --device {device}: ")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(output.stdout.is_empty());
    }
    Ok(())
}

/// Programs that tests start see the GPUs that the tests see, and find a driver where they do.
#[test]
fn programs_under_test_keep_what_is_a_gpus() -> Result<()> {
    let torch = shim::library_path()?;
    let torch = torch.parent().context("libtorch's folder")?.display();
    let path = format!("/opt/driver:/home/me/target/release/deps:{torch}:/usr/lib/wsl/lib");
    let kept = of_neither_cargo_nor_torch(path.as_ref());
    ensure!(kept == [Path::new("/opt/driver"), Path::new("/usr/lib/wsl/lib")], "{kept:?}");
    let command = scrubbed("true");
    let hidden = command.get_envs().find(|(name, _)| *name == "CUDA_VISIBLE_DEVICES");
    ensure!(hidden.is_none(), "{hidden:?}");
    Ok(())
}

#[test]
fn every_refusal_says_what_to_do() {
    let refusals = [
        DeviceError::NoDriver,
        DeviceError::DriverTooOld { found: "12.4".into(), needed: "13.0".into() },
        DeviceError::NoGpu,
        DeviceError::NoSuchGpu { asked: 7, found: 1 },
        DeviceError::NotInstalled("libtorch_cuda.so".into()),
        DeviceError::Broken("libcudnn.so.9: cannot open shared object file".into()),
        DeviceError::DriverFailed("unknown error (CUDA error 999)".into()),
        DeviceError::Unusable("CUDA unknown error".into()),
        DeviceError::TooLate,
    ];
    let mut said: Vec<_> = refusals.iter().map(|e| format!("{e}; {}", e.remedy())).collect();
    assert!(said.iter().all(|sentence| !sentence.contains('\n') && sentence.len() > 40));
    said.sort();
    said.dedup();
    assert_eq!(said.len(), refusals.len());
}

/// The examples name no CUDA library among those they need, so they start as fast as a build for
/// the CPU and run where there is no CUDA at all.
#[test]
fn examples_do_not_depend_on_cuda() -> Result<()> {
    for name in EXAMPLES {
        let mut readelf = Command::new("readelf");
        let output = readelf.arg("-d").arg(example_path(name)?).output().context("readelf")?;
        let text = String::from_utf8(output.stdout)?;
        let needed: Vec<_> = text.lines().filter(|line| line.contains("(NEEDED)")).collect();
        ensure!(needed.iter().any(|line| line.contains("libtorch_cpu.so")), "{name}: {needed:?}");
        ensure!(!needed.iter().any(|line| line.contains("cuda")), "{name}: {needed:?}");
    }
    Ok(())
}

/// Opening the CUDA library makes its kernels known; without a GPU there are still no devices,
/// and work on the CPU goes on as before.
#[test]
fn the_cuda_library_opens_where_it_is_installed() -> Result<()> {
    let no_driver = CudaDriver::open()?.is_none();
    let kernels = || shim::has_cuda_kernel("aten::add", "Tensor");
    if no_driver {
        ensure!(shim::cuda_library()? == CudaLibrary::NoDriver);
        ensure!(!maps()?.contains("libtorch_cuda"), "loaded for nothing");
        ensure!(!kernels()?, "CUDA's kernels without its library");
    }
    let x = Tensor::arange(1000, (Kind::Float, Device::Cpu)).sqrt();
    let before = Vec::<f32>::try_from(&x.tanh())?;

    let library = shim::library_path()?.with_file_name("libtorch_cuda.so");
    match shim::open_cuda_library()? {
        CudaLibrary::Loaded(path) => ensure!(path == library, "{}", path.display()),
        CudaLibrary::NotInstalled(path) => {
            ensure!(path == library && !path.exists(), "{}", path.display());
            skipped("this libtorch has no CUDA library to open");
            return Ok(());
        }
        other => bail!("libtorch_cuda does not open: {other:?}"),
    }
    ensure!(kernels()?, "libtorch_cuda without CUDA's kernels");
    ensure!(maps()?.contains("libtorch_cuda"), "opened and not there");
    ensure!(before == Vec::<f32>::try_from(&x.tanh())?, "another CPU");
    if no_driver {
        ensure!(!tch::Cuda::is_available() && tch::Cuda::device_count() == 0);
        // It is libtorch_cuda that says so: without it, libtorch has another sentence.
        let asked = Tensor::f_zeros([1], (Kind::Float, Device::Cuda(0)));
        let said = asked.err().context("a tensor on no GPU")?.to_string();
        ensure!(said.contains("Found no NVIDIA driver"), "{said}");
        // The library of CUDA graphs opens behind libtorch_cuda; CUDA says what is missing then.
        let asked = replay::CudaGraph::new(0).err().context("a graph on no GPU")?;
        match asked.to_string().contains("was built without CUDA graphs") {
            true => skipped(&asked.to_string()),
            false => {
                ensure!(
                    asked.to_string().contains("CUDA driver version is insufficient"),
                    "{asked}"
                )
            }
        }
    }
    Ok(())
}

#[test]
fn a_graph_needs_a_gpu() -> Result<()> {
    let refused = Graph::new(Device::Cpu).err().context("a graph on the CPU")?;
    ensure!(matches!(refused, Error::Argument { name: "device", .. }), "{refused}");
    if CudaDriver::open()?.is_none() {
        let refused = Graph::new(Device::Cuda(0)).err().context("a graph on no GPU")?;
        ensure!(matches!(refused, Error::Device(DeviceError::NoDriver)), "{refused}");
    }
    Ok(())
}

fn maps() -> Result<String> {
    Ok(std::fs::read_to_string("/proc/self/maps")?)
}
