//! Checks the libtorch installation, compiles the shim against it and hands its place on.
//!
//! A build without any libtorch does not come this far: `scripts/rustc` ends it. This script refuses
//! a libtorch of another version.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The one version that tch 0.24 and this project are built for.
const LIBTORCH_VERSION: &str = "2.11.0";

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    println!("cargo::rerun-if-changed=cpp");
    if let Err(reason) = build() {
        // `cargo::error` prints the sentence alone, without a backtrace or the script's own output.
        println!("cargo::error={reason}");
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let libtorch = env::var_os("LIBTORCH").map(PathBuf::from).ok_or(
        "LIBTORCH is not set and .cargo/config.toml was not read: build from inside the checkout",
    )?;
    let lib_dir = check(&libtorch)?;
    let files = ["shim", "replay/recording", "replay/prepared", "replay/program", "replay/api"];
    let files = files.map(|file| format!("cpp/{file}.cpp"));
    // Without NDEBUG an observer may not look at its inputs.
    shim(&libtorch).define("NDEBUG", None).files(files).compile("torch_exact_shim");
    compile_cuda_image(&libtorch)?;
    println!("cargo::metadata=lib_dir={}", lib_dir.display());
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib_dir.display());
    link_for_cargo_run(&lib_dir)
}

/// Says what is missing from `libtorch`, or where its libraries are.
fn check(libtorch: &Path) -> Result<PathBuf, String> {
    let place = libtorch.display();
    let header = libtorch.join("include/torch/csrc/api/include/torch/torch.h");
    let lib_dir = libtorch.join("lib");
    println!("cargo::rerun-if-changed={}", header.display());
    if !header.exists() || !lib_dir.join("libtorch_cpu.so").exists() {
        return Err(format!(
            "no libtorch at {place}: run `scripts/setup` once (or set LIBTORCH to a PyTorch \
             {LIBTORCH_VERSION} installation), then build again"
        ));
    }
    match version(libtorch) {
        Some(found) if found != LIBTORCH_VERSION => Err(format!(
            "the libtorch at {place} is version {found}, this project needs {LIBTORCH_VERSION}: \
             run `scripts/setup`, or set LIBTORCH to a PyTorch {LIBTORCH_VERSION} installation"
        )),
        _ => Ok(lib_dir),
    }
}

/// The version of an unpacked libtorch (`build-version`) or of an installed wheel (`version.py`),
/// without the `+cu130` behind it.
fn version(libtorch: &Path) -> Option<String> {
    let text = fs::read_to_string(libtorch.join("build-version")).ok().or_else(|| {
        let python = fs::read_to_string(libtorch.join("version.py")).ok()?;
        let line = python.lines().find(|line| line.starts_with("__version__"))?;
        Some(line.split('\'').nth(1)?.to_owned())
    })?;
    Some(text.trim().split('+').next()?.to_owned())
}

/// How both parts of the shim are compiled.
fn shim(libtorch: &Path) -> cc::Build {
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .include(libtorch.join("include"))
        .include(libtorch.join("include/torch/csrc/api/include"))
        // Warnings inside libtorch's own headers are not ours to mend.
        .warnings(false);
    build
}

/// Compiles `cpp/cuda.cpp` to a shared library that the crate carries within itself; an empty file
/// and the reason beside it where it cannot: CUDA's headers are those of PyTorch's packages, and
/// Triton's for what they lack.
fn compile_cuda_image(libtorch: &Path) -> Result<(), Box<dyn Error>> {
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    let image = out_dir.join("cuda_image.so");
    let without = |reason: &str| {
        fs::write(&image, [])?;
        fs::write(out_dir.join("cuda_image.txt"), reason)
    };
    let libtorch = fs::canonicalize(libtorch)?;
    // Packages that scripts/setup adds later bring the headers; it writes this mark when it has.
    let mark = libtorch.ancestors().nth(4).map(|environment| environment.join(".torch-exact"));
    if let Some(mark) = mark.filter(|mark| mark.exists()) {
        println!("cargo::rerun-if-changed={}", mark.display());
    }
    let packages = libtorch.parent().unwrap_or(&libtorch);
    let folders = ["nvidia/cu13/include", "triton/backends/nvidia/include"];
    let folders = folders.map(|folder| packages.join(folder));
    let has = |header: &str| folders.iter().any(|folder| folder.join(header).exists());
    if !(has("cuda_runtime_api.h") && has("crt/host_defines.h")) {
        let reason = "CUDA's headers were not there; run scripts/setup --full and build again, with a \
                      LIBTORCH of your own after `cargo clean -p shim`";
        return Ok(without(reason)?);
    }
    let mut command = shim(&libtorch).includes(folders).opt_level(2).get_compiler().to_command();
    command.args(["-shared", "-s", "-fvisibility=hidden", "cpp/cuda.cpp", "-o"]).arg(&image);
    let output = command.output()?;
    if output.status.success() {
        return Ok(fs::write(out_dir.join("cuda_image.txt"), "")?);
    }
    // A machine that only wants the CPU is not stopped by headers that do not fit.
    let text = String::from_utf8_lossy(&output.stderr);
    let reason = text.lines().find(|line| line.contains("error"));
    let reason = reason.unwrap_or("the C++ compiler failed and gave no reason");
    println!("cargo::warning=built without CUDA graphs: {reason}");
    Ok(without(reason)?)
}

/// Puts a link to the libraries under the target directory and names it as a search path.
///
/// Cargo adds such paths to the loader's own for `cargo run` and `cargo test`, which is the only
/// way to reach documentation tests: link arguments do not.
fn link_for_cargo_run(lib_dir: &Path) -> Result<(), Box<dyn Error>> {
    let link = PathBuf::from(env::var("OUT_DIR")?).join("lib");
    if link.symlink_metadata().is_ok() {
        fs::remove_file(&link)?;
    }
    std::os::unix::fs::symlink(fs::canonicalize(lib_dir)?, &link)?;
    println!("cargo::rustc-link-search=native={}", link.display());
    Ok(())
}
