//! Compiles the shim against the libtorch that torch-sys found and hands its folder on.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=cpp");
    if let Err(reason) = build() {
        // `cargo::error` prints the sentence alone, without a backtrace or the script's own output.
        println!("cargo::error={reason}");
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    // torch-sys has been compiled by now, so it has found a libtorch: by LIBTORCH, by
    // LIBTORCH_USE_PYTORCH, or in /usr.
    let lib_dir = PathBuf::from(env::var("DEP_TCH_LIBTORCH_LIB")?);
    let libtorch = lib_dir.parent().ok_or("torch-sys names no folder")?;
    let replay = ["recording", "conditions", "prepared", "program", "captured", "api"];
    let files = replay.map(|file| format!("cpp/replay/{file}.cpp"));
    // Without NDEBUG an observer may not look at its inputs.
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("arithmetic.h"), arithmetic::HEADER)?;
    let mut library = shim(libtorch);
    library
        .define("NDEBUG", None)
        .include(out_dir)
        .files(["cpp/shim.cpp", "cpp/gather.cpp", "cpp/pause.cpp"])
        .files(files);
    library.compile("torch_exact_shim");
    compile_cuda_image(libtorch)?;
    println!("cargo::metadata=lib_dir={}", lib_dir.display());
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib_dir.display());
    link_for_cargo_run(&lib_dir)
}

/// The headers' folder; torch-sys takes LIBTORCH_INCLUDE for the folder above it.
fn include(libtorch: &Path) -> PathBuf {
    println!("cargo::rerun-if-env-changed=LIBTORCH_INCLUDE");
    env::var_os("LIBTORCH_INCLUDE").map_or(libtorch.into(), PathBuf::from).join("include")
}

/// How all parts of the shim are compiled.
fn shim(libtorch: &Path) -> cc::Build {
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        // Rust's `debug` would bring all of libtorch's types; no program's own lines are in here.
        .debug(false)
        .include(include(libtorch))
        .include(include(libtorch).join("torch/csrc/api/include"))
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
    // Of CUDA 13 all headers lie in nvidia/cu13, of CUDA 12 each package's in a folder of its own.
    let nvidia = fs::read_dir(packages.join("nvidia")).into_iter().flatten().flatten();
    let mut folders: Vec<_> = nvidia.map(|package| package.path().join("include")).collect();
    folders.sort();
    folders.push(packages.join("triton/backends/nvidia/include"));
    let has = |header: &str| folders.iter().any(|folder| folder.join(header).exists());
    if !(has("cuda_runtime_api.h") && has("crt/host_defines.h")) {
        let reason = "CUDA's headers were missing; install PyTorch with CUDA and Triton, then \
                      `cargo clean -p shim` and build again";
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
