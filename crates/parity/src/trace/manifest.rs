//! Under which conditions a trace was recorded.

use std::collections::BTreeMap;
use std::fs;

use tch::Device;

/// What a trace says about the run that made it: `key` to `value`, both text.
///
/// A manifest never decides whether two traces are identical; it explains why they are not.
///
/// ```
/// let manifest = parity::trace::Manifest::new().with("seed", 42).with("lr", 0.01);
/// assert_eq!(manifest.get("seed"), Some("42"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    entries: BTreeMap<String, String>,
}

impl Manifest {
    /// A manifest that says nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What this process can say of itself and of `device`; `scripts/reference/fuzz/tensor_trace.py`
    /// fills the same keys:
    ///
    /// | key | value |
    /// | --- | --- |
    /// | `libtorch` | the version of the libtorch in this process |
    /// | `frontend` | the language and binding, `tch VERSION` (Python writes `Python VERSION`) |
    /// | `device` | `cpu` or `cuda:N` |
    /// | `device_name` | the processor's or GPU's name as the system gives it |
    /// | `driver` | version of the NVIDIA driver, `none` without one |
    /// | `cpu_capability` | the vector instructions ATen's kernels use: `DEFAULT`, `AVX2` or `AVX512` |
    /// | `threads` | threads libtorch uses within one operation |
    #[must_use]
    pub fn of_process(device: Device) -> Self {
        Self::new()
            .with("frontend", format!("tch {}", shim::versions::TCH))
            .with("libtorch", libtorch_version().unwrap_or_else(unknown))
            .with("device", device_label(device))
            .with("device_name", device_name(device))
            .with("driver", driver().unwrap_or_else(|| "none".into()))
            .with("cpu_capability", shim::cpu_capability().unwrap_or_else(|_| unknown()))
            .with("threads", tch::get_num_threads())
    }

    /// The manifest with `key` set to `value`.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.entries.insert(key.into(), value.to_string());
        self
    }

    /// The manifest with the key `flags` set to a command line's arguments, those of `--trace` left
    /// out, since every run is given another file.
    ///
    /// ```
    /// let args = ["--epochs", "3", "--trace", "a.safetensors"].map(String::from);
    /// let manifest = parity::trace::Manifest::new().with_flags(args);
    /// assert_eq!(manifest.get("flags"), Some("--epochs 3"));
    /// ```
    #[must_use]
    pub fn with_flags(self, args: impl IntoIterator<Item = String>) -> Self {
        let mut kept = Vec::new();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            if arg == "--trace" {
                args.next();
            } else if !arg.starts_with("--trace=") {
                kept.push(arg);
            }
        }
        self.with("flags", kept.join(" "))
    }

    /// The value of `key`, if the manifest has one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(String::as_str)
    }

    /// Every key with its value, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

impl FromIterator<(String, String)> for Manifest {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

fn unknown() -> String {
    "unknown".into()
}

/// What an installed wheel's `version.py` or an unpacked libtorch's `build-version` says, beside
/// the library's folder.
fn libtorch_version() -> Option<String> {
    let library = fs::canonicalize(shim::library_path().ok()?).ok()?;
    let root = library.parent()?.parent()?;
    if let Ok(text) = fs::read_to_string(root.join("version.py")) {
        let line = text.lines().find(|line| line.starts_with("__version__"))?;
        return line.split('\'').nth(1).map(String::from);
    }
    Some(fs::read_to_string(root.join("build-version")).ok()?.trim().to_string())
}

fn device_label(device: Device) -> String {
    match device {
        Device::Cpu => "cpu".into(),
        Device::Cuda(index) => format!("cuda:{index}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn device_name(device: Device) -> String {
    let name = match device {
        Device::Cpu => {
            fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| field(&text, "model name"))
        }
        Device::Cuda(index) => shim::CudaDriver::open().ok().flatten().and_then(|mut driver| {
            (index < driver.device_names.len()).then(|| driver.device_names.swap_remove(index))
        }),
        _ => None,
    };
    name.unwrap_or_else(unknown)
}

/// The driver's version: in `NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  ...`, the
/// first word made of numbers and points.
fn driver() -> Option<String> {
    let text = fs::read_to_string("/proc/driver/nvidia/version").ok()?;
    let is_version =
        |word: &&str| word.contains('.') && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.lines().next()?.split_whitespace().find(is_version).map(String::from)
}

/// The value in the first line `key : value` of `text`.
fn field(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == key).then(|| value.trim().to_string())
    })
}
