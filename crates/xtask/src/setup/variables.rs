//! Which environment variables change what this project builds, starts or installs.

use std::env;
use std::path::Path;
use std::process::Command;

use super::libtorch;
use super::python::Python;
use crate::checkout::{Checkout, printed};

/// What pip may be told for an installation: where packages come from, and how. All else in `PIP_*`
/// would put them elsewhere or choose others than those that are locked.
const PIP: &str = "INDEX_URL EXTRA_INDEX_URL NO_INDEX FIND_LINKS TRUSTED_HOST PROXY CERT CLIENT_CERT \
    KEYRING_PROVIDER USE_FEATURE TIMEOUT DEFAULT_TIMEOUT RETRIES RESUME_RETRIES CACHE_DIR NO_CACHE_DIR \
    CONFIG_FILE PROGRESS_BAR NO_COLOR VERBOSE QUIET DISABLE_PIP_VERSION_CHECK NO_INPUT ROOT_USER_ACTION";

/// What is worth knowing of variables that are in nothing's way.
const HARMLESS: [(&str, &str); 9] = [
    ("LIBTORCH_BYPASS_VERSION_CHECK", "of no effect: the version is checked all the same"),
    ("TORCH_CUDA_VERSION", "of no effect: cargo downloads no libtorch"),
    ("LD_AUDIT", "is asked wherever a library is loaded"),
    ("PYTHONPATH", "every Python, the one compared with too, imports from there first"),
    ("PYTHONUSERBASE", "Python's own packages of yours lie there"),
    (
        "CUDA_LAUNCH_BLOCKING PYTORCH_ALLOC_CONF PYTORCH_CUDA_ALLOC_CONF PYTORCH_NO_CUDA_MEMORY_CACHING",
        "changes how fast a GPU works",
    ),
    (
        "ATEN_CPU_CAPABILITY MKL_CBWR MKL_ENABLE_INSTRUCTIONS ONEDNN_MAX_CPU_ISA DNNL_MAX_CPU_ISA GLIBC_TUNABLES",
        "can choose other kernels: the last digits may not be those of the pages",
    ),
    (
        "CUBLAS_WORKSPACE_CONFIG NVIDIA_TF32_OVERRIDE TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
        "can choose other kernels of a GPU, in Python and here alike",
    ),
    ("OMP_NUM_THREADS MKL_NUM_THREADS", "sets the number of threads, as --threads does"),
];

fn is_among(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|known| known == name)
}

pub fn pip_keeps(name: &str) -> bool {
    name.strip_prefix("PIP_").is_some_and(|name| is_among(PIP, name))
}

/// A variable that matters: `NAME=VALUE: what it does`.
pub struct Row {
    pub text: String,
    /// Whether a plain `cargo build`, and a program started by itself, work with it.
    pub is_harmless: bool,
}

/// The variables that are set and matter, sorted.
pub fn rows(checkout: &Checkout, linked: Option<&Path>) -> Vec<Row> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let mut all: Vec<_> = env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    all.sort();
    let row = |(name, value): (String, String)| {
        let (is_harmless, what) = effect(checkout, linked, &name, &value)?;
        let mend = if is_harmless { String::new() } else { format!(". To mend it: unset {name}") };
        Some(Row { text: format!("{name}={value}: {what}{mend}"), is_harmless })
    };
    all.into_iter().filter_map(row).collect()
}

/// Whether a variable is harmless, and what it does; none where it does not matter.
fn effect(
    checkout: &Checkout,
    linked: Option<&Path>,
    name: &str,
    value: &str,
) -> Option<(bool, String)> {
    let folder = Path::new(value);
    let pytorch = checkout.pinned("pytorch");
    let (is_harmless, what) = match name {
        "LIBTORCH_USE_PYTORCH" => {
            let program = if env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
            let found = Python::ask(program).filter(|python| python.pytorch == pytorch);
            let is_linked = found.as_ref().is_some_and(|found| linked == Some(&*found.libtorch));
            let has = match &found {
                Some(_) if is_linked => "the linked one".to_owned(),
                Some(_) => "another one than is linked".to_owned(),
                None => format!("no {pytorch}"),
            };
            return Some((
                found.is_some(),
                format!("cargo asks {program} for PyTorch, which has {has}"),
            ));
        }
        "LIBTORCH_INCLUDE" => (
            folder.join("include/torch/csrc/api/include/torch/torch.h").is_file(),
            "cargo takes the headers from there",
        ),
        "LIBTORCH_LIB" => (
            folder.join("lib/libtorch_cpu.so").is_file()
                && libtorch::version(folder).as_deref() == Some(pytorch),
            "cargo takes the libraries from there",
        ),
        "LIBTORCH_CXX11_ABI" => (value == "1", "PyTorch has the new C++ ABI, which is 1"),
        "LIBTORCH_STATIC" => (
            ["0", "false", "FALSE"].contains(&value),
            "PyTorch has no static libraries; 0, false or nothing links the shared ones",
        ),
        "LD_LIBRARY_PATH" => {
            let foreign = env::split_paths(value).filter(|folder| checkout.is_foreign(folder));
            let foreign: Vec<_> = foreign.map(|folder| folder.display().to_string()).collect();
            let what =
                format!("a program started by itself loads the libtorch of {}", foreign.join(", "));
            return (!foreign.is_empty()).then_some((false, what));
        }
        "LD_PRELOAD" => (
            !value.contains("libtorch") && !value.contains("libc10"),
            "is loaded into every program before libtorch",
        ),
        "PYTHONHOME" => (
            printed(Command::new("python3").args(["-c", ""])).is_some(),
            "every Python takes its library from there",
        ),
        "CUDA_VISIBLE_DEVICES" if value.is_empty() || value.starts_with("-1") => {
            (true, "hides every GPU: --device auto takes the CPU")
        }
        "CUDA_VISIBLE_DEVICES" => (true, "hides all GPUs but these, which are numbered from 0"),
        _ if pip_keeps(name) => (true, "installations go by it"),
        _ if name.starts_with("PIP_") => (true, "installations leave it out"),
        _ => (true, HARMLESS.iter().find(|(names, _)| is_among(names, name))?.1),
    };
    Some((is_harmless, what.to_owned()))
}
