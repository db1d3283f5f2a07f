//! Loading libtorch's CUDA half when it is asked for.
//!
//! A binary linked plainly depends on libtorch_cpu and libc10 only: it starts fast and runs where
//! there is no CUDA at all. Opening libtorch_cuda before the first question about CUDA registers
//! its kernels, after which libtorch behaves as if it had been linked.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::{Error, library_path, sys};

/// What became of the CUDA half of libtorch in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CudaLibrary {
    /// It is loaded and its kernels are registered.
    Loaded(PathBuf),
    /// There is no NVIDIA driver: the loader finds no `libcuda.so.1`.
    NoDriver,
    /// There is no `libtorch_cuda.so` beside the libtorch_cpu in use: a build for the CPU.
    NotInstalled(PathBuf),
    /// It is there and does not load; the loader's reason, most often a library it needs.
    Broken(String),
}

/// Loads libtorch_cuda from beside libtorch_cpu, once, if an NVIDIA driver is present.
///
/// # Errors
/// A loader that does not say where libtorch_cpu is.
pub fn cuda_library() -> Result<CudaLibrary, Error> {
    static LOADED: OnceLock<Result<CudaLibrary, Error>> = OnceLock::new();
    LOADED.get_or_init(load).clone()
}

fn load() -> Result<CudaLibrary, Error> {
    if open(Path::new("libcuda.so.1"), false).is_err() {
        return Ok(CudaLibrary::NoDriver);
    }
    let library = library_path()?.with_file_name("libtorch_cuda.so");
    if !library.exists() {
        return Ok(CudaLibrary::NotInstalled(library));
    }
    Ok(match open(&library, true) {
        Ok(()) => CudaLibrary::Loaded(library),
        Err(error) => CudaLibrary::Broken(error.message),
    })
}

fn open(path: &Path, global: bool) -> Result<(), Error> {
    let name = CString::new(path.as_os_str().as_bytes()).map_err(|e| Error {
        operation: "dlopen",
        message: e.to_string(),
    })?;
    // SAFETY: `name` is a NUL-terminated string that outlives the call. Opening a library runs its
    // initialisers; the two opened here are the NVIDIA driver's and libtorch's own.
    sys::call("dlopen", |error| unsafe {
        sys::te_open_library(name.as_ptr(), global, error)
    })
}
