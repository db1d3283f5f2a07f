//! Finds libtorch as torch-sys will, and refuses what cannot be built against.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    for name in ["LIBTORCH", "LIBTORCH_INCLUDE", "LIBTORCH_LIB", "LIBTORCH_USE_PYTORCH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let is_for_documentation = env::var_os("CARGO_FEATURE_DOC_ONLY").is_some();
    let checked = pinned().and_then(|version| match is_for_documentation {
        true => Ok(()),
        false => check(&version),
    });
    if let Err(reason) = checked {
        // `cargo::error` prints the sentence alone, without a backtrace or the script's own output.
        println!("cargo::error={reason}");
    }
}

/// The workspace's version of PyTorch; hands it and tch's on to the crate.
fn pinned() -> Result<String, String> {
    let folder = env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?;
    // The workspace's manifest, by a link, so that a package of this crate has it, too.
    let manifest = Path::new(&folder).join("workspace.toml");
    println!("cargo::rerun-if-changed={}", manifest.display());
    let text = fs::read_to_string(&manifest)
        .map_err(|error| format!("{}, which has the versions: {error}", manifest.display()))?;
    let version = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")));
        let value = line.and_then(|rest| rest.split('"').next());
        let value = value.map(|value| value.trim_start_matches('=').to_owned());
        let value =
            value.ok_or_else(|| format!("{} has no line `{key} = …`", manifest.display()))?;
        println!("cargo::rustc-env={key}={value}");
        Ok(value)
    };
    version("tch").and_then(|_| version("pytorch"))
}

fn check(pinned: &str) -> Result<(), String> {
    let libtorch = match env::var_os("LIBTORCH") {
        // torch-sys asks `python3`, and compares the version.
        _ if env::var_os("LIBTORCH_USE_PYTORCH").is_some() => return Ok(()),
        Some(folder) => PathBuf::from(folder),
        None if Path::new("/usr/lib/libtorch.so").exists() => "/usr".into(),
        None => {
            return Err(format!("LIBTORCH is not set: {}", remedy(pinned)));
        }
    };
    let place = libtorch.display();
    if libtorch.is_relative() {
        return Err(format!(
            "LIBTORCH is {place}, a relative path, and each crate is built in a folder of its own: \
             make it an absolute one"
        ));
    }
    let or_libtorch = |name: &str| env::var_os(name).map_or(libtorch.clone(), PathBuf::from);
    let header =
        or_libtorch("LIBTORCH_INCLUDE").join("include/torch/csrc/api/include/torch/torch.h");
    println!("cargo::rerun-if-changed={}", header.display());
    if !header.exists() || !or_libtorch("LIBTORCH_LIB").join("lib/libtorch_cpu.so").exists() {
        return Err(format!("no libtorch at {place}: {}", remedy(pinned)));
    }
    match version(&libtorch) {
        Some(found) if found != pinned => Err(format!(
            "the libtorch at {place} is version {found} and this project needs {pinned}: {}",
            remedy(pinned)
        )),
        _ => Ok(()),
    }
}

fn remedy(pinned: &str) -> String {
    format!(
        "set LIBTORCH to the `torch` folder of a Python that has PyTorch {pinned}, best in \
         `.cargo/config.toml` under [env] (in a checkout of torch-exact scripts/setup does, in a \
         package of your own `parity new`), and build again"
    )
}

/// The version of an unpacked libtorch (`build-version`) or of an installed wheel (`version.py`),
/// without the CUDA behind a `+`.
fn version(libtorch: &Path) -> Option<String> {
    let text = fs::read_to_string(libtorch.join("build-version")).ok().or_else(|| {
        let python = fs::read_to_string(libtorch.join("version.py")).ok()?;
        let line = python.lines().find(|line| line.starts_with("__version__"))?;
        Some(line.split('\'').nth(1)?.to_owned())
    })?;
    Some(text.trim().split('+').next()?.to_owned())
}
