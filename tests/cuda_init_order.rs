//! Asked about CUDA before its CUDA library is loaded, libtorch keeps its answer: why a device is
//! chosen before anything else. Alone in its file, as the answer is the process's.

use anyhow::{Context as _, Result, ensure};
use common::python::skipped;
use shim::CudaLibrary;
use tch::{Cuda, Device, Kind, Tensor};

#[test]
fn libtorch_asks_once() -> Result<()> {
    ensure!(!Cuda::is_available(), "CUDA without its library");
    if !matches!(shim::open_cuda_library()?, CudaLibrary::Loaded(_)) {
        skipped("this libtorch has no CUDA library that could come too late");
        return Ok(());
    }
    ensure!(shim::has_cuda_kernel("aten::add", "Tensor")?);
    ensure!(!Cuda::is_available(), "libtorch asks again now: `select` may come later");
    let asked = Tensor::f_zeros([1], (Kind::Float, Device::Cuda(0)));
    let said = asked.err().context("a tensor")?.to_string();
    // The words by which `torch_exact::device` tells this from a GPU that cannot be used.
    ensure!(said.contains("without ATen_cuda"), "{said}");
    Ok(())
}
