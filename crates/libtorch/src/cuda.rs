//! Loading libtorch's CUDA half when it is asked for.
//!
//! A binary linked plainly depends on libtorch_cpu and libc10 only: it starts fast and runs where
//! there is no CUDA at all. Opening libtorch_cuda before the first question about CUDA registers
//! its kernels, after which libtorch behaves as if it had been linked.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
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
    if CudaDriver::open()?.is_none() {
        return Ok(CudaLibrary::NoDriver);
    }
    let library = library_path()?.with_file_name("libtorch_cuda.so");
    if !library.exists() {
        return Ok(CudaLibrary::NotInstalled(library));
    }
    Ok(match open(&library) {
        Ok(()) => CudaLibrary::Loaded(library),
        Err(error) => CudaLibrary::Broken(error.message),
    })
}

fn open(path: &Path) -> Result<(), Error> {
    let name = CString::new(path.as_os_str().as_bytes()).map_err(|e| Error {
        operation: "dlopen",
        message: e.to_string(),
    })?;
    // SAFETY: `name` is a NUL-terminated string that outlives the call. Opening a library runs its
    // initialisers; this one is libtorch's own, of the version that is already loaded.
    sys::call("dlopen", |error| unsafe {
        sys::te_open_library(name.as_ptr(), error)
    })
}

/// What the NVIDIA driver says, asked without libtorch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CudaDriver {
    /// The newest CUDA it offers, 1000 times the major plus 10 times the minor version; 0 where it
    /// does not say.
    pub version: i32,
    /// The names of the cards it shows this process, in the order of their numbers.
    pub device_names: Vec<String>,
}

impl CudaDriver {
    /// Asks the driver; `None` where there is none.
    ///
    /// # Errors
    /// A `libcuda.so.1` that is something else.
    pub fn open() -> Result<Option<Self>, Error> {
        let (mut found, mut version, mut names) = (false, 0, ptr::null_mut());
        // SAFETY: the three outputs are locals that outlive the call; `names` is taken over below.
        sys::call("cuInit", |error| unsafe {
            sys::te_cuda_driver(&mut found, &mut version, &mut names, error);
        })?;
        let names = sys::take_string(names).unwrap_or_default();
        let device_names = names.lines().map(str::to_owned).collect();
        Ok(found.then_some(Self {
            version,
            device_names,
        }))
    }
}
