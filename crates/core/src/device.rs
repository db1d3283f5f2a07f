//! Choosing a device: CUDA where there is a GPU, the CPU otherwise.
//!
//! libtorch asks once whether CUDA is there and keeps the answer, and seeding a generator already
//! asks. So a program chooses its device first: [`select`] loads libtorch's CUDA library before
//! anything can ask, and says so where it comes too late.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use shim::{CudaDriver, CudaLibrary};
use tch::{Device, Kind, Tensor};

use crate::Error;

/// What a user asks for: `auto`, `cpu`, `cuda` or `cuda:N`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DeviceRequest {
    /// CUDA where there is a GPU, the CPU otherwise.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU, the first if none is named.
    Cuda(Option<usize>),
}

impl FromStr for DeviceRequest {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(None)),
            _ => text
                .strip_prefix("cuda:")
                .filter(|index| index.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|index| index.parse().ok())
                .map(|index| Self::Cuda(Some(index)))
                .ok_or_else(|| DeviceError::Unknown(text.to_owned())),
        }
    }
}

impl fmt::Display for DeviceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => write!(f, "auto"),
            Self::Cpu => write!(f, "cpu"),
            Self::Cuda(None) => write!(f, "cuda"),
            Self::Cuda(Some(index)) => write!(f, "cuda:{index}"),
        }
    }
}

/// The device in use and why it is that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The device.
    pub device: Device,
    /// Its name where it has one, such as `NVIDIA H200`.
    pub name: Option<String>,
    /// Why `auto` fell back to the CPU.
    pub fallback: Option<DeviceError>,
}

impl fmt::Display for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.device {
            Device::Cuda(index) => write!(f, "cuda:{index}")?,
            _ => write!(f, "cpu")?,
        }
        if let Some(name) = &self.name {
            write!(f, " ({name})")?;
        }
        match &self.fallback {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

/// Why a device cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// Not a device's name.
    #[error("`{0}` is not a device; the devices are auto, cpu, cuda and cuda:N")]
    Unknown(String),
    /// No NVIDIA driver on this machine.
    #[error("no NVIDIA driver was found")]
    NoDriver,
    /// A driver too old for libtorch's CUDA.
    #[error("the NVIDIA driver offers CUDA {found} and libtorch needs CUDA {needed}")]
    DriverTooOld {
        /// What the driver offers.
        found: String,
        /// What libtorch was built for.
        needed: String,
    },
    /// A driver without a GPU it can use.
    #[error("the NVIDIA driver found no GPU")]
    NoGpu,
    /// No such GPU.
    #[error("there is no cuda:{asked}; found {found} GPU(s), numbered from 0")]
    NoSuchGpu {
        /// The GPU asked for.
        asked: usize,
        /// How many there are.
        found: usize,
    },
    /// A libtorch for the CPU.
    #[error("this libtorch was built for the CPU: {0} is missing")]
    NotInstalled(String),
    /// CUDA libraries that do not load.
    #[error("libtorch's CUDA library does not load: {0}")]
    Broken(String),
    /// A driver that does not start.
    #[error("the NVIDIA driver does not start: {0}")]
    DriverFailed(String),
    /// A GPU that the driver shows and libtorch cannot use.
    #[error("libtorch cannot use the GPU: {0}")]
    Unusable(String),
    /// CUDA was asked about before it was loaded.
    #[error("libtorch was asked about CUDA before the device was chosen")]
    TooLate,
    /// The loader failed.
    #[error("{0}")]
    Loader(String),
}

impl DeviceError {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "name one of these",
            Self::NoDriver => "install your GPU's driver, or ask for cpu",
            Self::DriverTooOld { .. } => "update the driver, or ask for cpu",
            Self::NoGpu => "check that CUDA_VISIBLE_DEVICES does not hide it, or ask for cpu",
            Self::NoSuchGpu { .. } => "name a GPU that is there",
            Self::NotInstalled(_) | Self::Broken(_) => {
                "install PyTorch with CUDA and all the packages it needs, or ask for cpu"
            }
            Self::DriverFailed(_) | Self::Unusable(_) => {
                "see what nvidia-smi says of driver and GPU, or ask for cpu"
            }
            Self::TooLate => "choose the device before anything else, seeding included",
            Self::Loader(_) => "check which libtorch the program is started with",
        }
    }
}

/// Finds the device that was asked for. Call it before anything else, seeding included.
///
/// # Errors
/// [`DeviceError`] where CUDA is asked for by name and cannot be had. `auto` falls back to the CPU
/// instead and keeps the reason in [`Selected::fallback`].
pub fn select(request: DeviceRequest) -> Result<Selected, DeviceError> {
    let cpu = Selected { device: Device::Cpu, name: None, fallback: None };
    match request {
        DeviceRequest::Cpu => Ok(cpu),
        DeviceRequest::Cuda(index) => cuda(index.unwrap_or(0)),
        DeviceRequest::Auto => {
            Ok(cuda(0).unwrap_or_else(|reason| Selected { fallback: Some(reason), ..cpu }))
        }
    }
}

fn cuda(index: usize) -> Result<Selected, DeviceError> {
    let loader = |error: shim::Error| DeviceError::Loader(error.message);
    let Some(driver) = CudaDriver::open().map_err(loader)? else {
        return Err(DeviceError::NoDriver);
    };
    let Some(runtime) = shim::cuda_runtime_version() else {
        let library = shim::library_path().map_err(loader)?.with_file_name("libtorch_cuda.so");
        return Err(DeviceError::NotInstalled(library.display().to_string()));
    };
    // A driver runs all CUDA versions of its own major version and of those before.
    let needed = runtime / 1000 * 1000;
    if driver.version < needed {
        let text = |version: i32| format!("{}.{}", version / 1000, version % 1000 / 10);
        let (found, needed) = (text(driver.version), text(needed));
        return Err(DeviceError::DriverTooOld { found, needed });
    }
    if let Some(reason) = driver.failure {
        return Err(DeviceError::DriverFailed(reason));
    }
    let found = driver.device_names.len();
    if found == 0 {
        return Err(DeviceError::NoGpu);
    }
    let Some(name) = driver.device_names.get(index) else {
        return Err(DeviceError::NoSuchGpu { asked: index, found });
    };
    match shim::cuda_library().map_err(loader)? {
        CudaLibrary::NoDriver => return Err(DeviceError::NoDriver),
        CudaLibrary::NotInstalled(path) => {
            return Err(DeviceError::NotInstalled(path.display().to_string()));
        }
        CudaLibrary::Broken(reason) => return Err(DeviceError::Broken(reason)),
        CudaLibrary::Loaded(_) => {}
    }
    try_out(index)?;
    Ok(Selected { device: Device::Cuda(index), name: Some(name.clone()), fallback: None })
}

/// Makes a tensor on the GPU, the one sure sign that it can be used: where libtorch is asked for
/// GPUs, it reports a failure as a warning on standard error, and does not say why a kernel built
/// for other GPUs does not run.
///
/// A GPU that worked once is not tried again.
fn try_out(index: usize) -> Result<(), DeviceError> {
    static WORKED: Mutex<Vec<usize>> = Mutex::new(vec![]);
    let mut worked = WORKED.lock().unwrap_or_else(PoisonError::into_inner);
    if worked.contains(&index) {
        return Ok(());
    }
    // No call of the program's, so none to be compared with another's.
    let _pause = shim::recorder::pause();
    let Err(error) = Tensor::f_zeros([1], (Kind::Float, Device::Cuda(index))) else {
        worked.push(index);
        return Ok(());
    };
    let text = Error::from(error).to_string();
    Err(match text.lines().next().unwrap_or_default() {
        // What libtorch says where it was asked, and found no CUDA, before its CUDA library was loaded.
        reason if reason.contains("without ATen_cuda") => DeviceError::TooLate,
        reason => DeviceError::Unusable(reason.to_owned()),
    })
}
