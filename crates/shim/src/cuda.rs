//! Loading libtorch's CUDA library when it is asked for.
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

/// What became of libtorch's CUDA library in this process.
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
    if CudaDriver::open()?.is_none() {
        return Ok(CudaLibrary::NoDriver);
    }
    open_cuda_library()
}

/// Loads libtorch_cuda from beside libtorch_cpu, once, whether there is a driver or not.
///
/// Without a driver its kernels are registered all the same and libtorch still finds no GPU, at
/// the price of the time and memory that loading takes; [`cuda_library`] spares both.
///
/// # Errors
/// As [`cuda_library`].
pub fn open_cuda_library() -> Result<CudaLibrary, Error> {
    static LOADED: OnceLock<Result<CudaLibrary, Error>> = OnceLock::new();
    LOADED.get_or_init(load).clone()
}

fn load() -> Result<CudaLibrary, Error> {
    let library = library_path()?.with_file_name("libtorch_cuda.so");
    if !library.exists() {
        return Ok(CudaLibrary::NotInstalled(library));
    }
    Ok(match open(&library) {
        Ok(()) => CudaLibrary::Loaded(library),
        Err(error) => CudaLibrary::Broken(error.message),
    })
}

/// Whether `operator` (as in `"aten::add"`, with the overload's name, as in `"Tensor"`) has a kernel
/// for CUDA in this process, which all have once libtorch_cuda is loaded.
///
/// # Errors
/// An operator or overload that libtorch does not have.
pub fn has_cuda_kernel(operator: &str, overload: &str) -> Result<bool, Error> {
    let text = |text: &str| c_string("has_kernel", text.as_bytes());
    let (operator, overload) = (text(operator)?, text(overload)?);
    let mut answer = false;
    // SAFETY: the three strings end in NUL and outlive the call, as does `answer`.
    sys::call("has_kernel", |error| unsafe {
        let (operator, overload) = (operator.as_ptr(), overload.as_ptr());
        sys::te_has_kernel(operator, overload, c"CUDA".as_ptr(), &mut answer, error);
    })?;
    Ok(answer)
}

fn c_string(operation: &'static str, bytes: &[u8]) -> Result<CString, Error> {
    CString::new(bytes).map_err(|e| Error { operation, message: e.to_string() })
}

fn open(path: &Path) -> Result<(), Error> {
    let name = c_string("dlopen", path.as_os_str().as_bytes())?;
    // SAFETY: `name` is a NUL-terminated string that outlives the call. Opening a library runs its
    // initialisers; this one is libtorch's own, of the version that is already loaded.
    sys::call("dlopen", |error| unsafe { sys::te_open_library(name.as_ptr(), error) })
}

/// The CUDA runtime that this libtorch uses, 1000 times the major plus 10 times the minor version;
/// `None` in a build for the CPU.
pub fn cuda_runtime_version() -> Option<i32> {
    let mut version = 0;
    // SAFETY: `version` outlives the call, which asks a library that is loaded already.
    unsafe { sys::te_cuda_runtime(&mut version) };
    (version > 0).then_some(version)
}

/// What the NVIDIA driver says, asked without libtorch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CudaDriver {
    /// The newest CUDA it offers, 1000 times the major plus 10 times the minor version; 0 where it
    /// does not say.
    pub version: i32,
    /// The names of the GPUs it shows this process, in the order of their numbers.
    pub device_names: Vec<String>,
    /// Why it does not start, in its own words, where it does not for another reason than having
    /// no GPU.
    pub failure: Option<String>,
}

impl CudaDriver {
    /// Asks the driver; `None` where there is none.
    ///
    /// # Errors
    /// A `libcuda.so.1` that is something else.
    pub fn open() -> Result<Option<Self>, Error> {
        let (mut found, mut version) = (false, 0);
        let (mut names, mut failure) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the outputs are locals that outlive the call; the texts are taken over below.
        sys::call("cuInit", |error| unsafe {
            sys::te_cuda_driver(&mut found, &mut version, &mut names, &mut failure, error);
        })?;
        let failure = sys::take_string(failure);
        let names = sys::take_string(names).unwrap_or_default();
        let device_names = names.lines().map(str::to_owned).collect();
        Ok(found.then_some(Self { version, device_names, failure }))
    }
}
