//! Compiles the shim against the libtorch that torch-sys found and hands its folder on.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    // For documentation there need be no libtorch.
    if env::var_os("CARGO_FEATURE_DOC_ONLY").is_some() {
        return;
    }
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
    // Without NDEBUG an observer may not look at its inputs.
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("arithmetic.h"), arithmetic::HEADER)?;
    let mut library = shim(libtorch);
    // As one: most of the time goes to libtorch's headers.
    let all = out_dir.join("all.cpp");
    let files = ["shim", "gather", "operator", "pause"];
    fs::write(&all, files.map(|file| format!("#include \"{file}.cpp\"\n")).concat())?;
    library.define("NDEBUG", None).include(out_dir).include("cpp").file(all);
    library.compile("torch_exact_shim");
    println!("cargo::metadata=lib_dir={}", lib_dir.display());
    // What a crate with C++ of its own compiles with: libtorch's headers, and `guarded.h`.
    let own = [env::current_dir()?.join("cpp")];
    let headers = env::join_paths(includes(libtorch).into_iter().chain(own))?;
    println!("cargo::metadata=include={}", headers.to_string_lossy());
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib_dir.display());
    link_for_cargo_run(&lib_dir)
}

/// The headers' folders; torch-sys takes LIBTORCH_INCLUDE for the folder above them.
fn includes(libtorch: &Path) -> [PathBuf; 2] {
    println!("cargo::rerun-if-env-changed=LIBTORCH_INCLUDE");
    let above = env::var_os("LIBTORCH_INCLUDE").map_or(libtorch.into(), PathBuf::from);
    ["include", "include/torch/csrc/api/include"].map(|folder| above.join(folder))
}

/// How all parts of the shim are compiled.
fn shim(libtorch: &Path) -> cc::Build {
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        // Rust's `debug` would bring all of libtorch's types; no program's own lines are in here.
        .debug(false)
        .includes(includes(libtorch))
        // Warnings inside libtorch's own headers are not ours to mend.
        .warnings(false);
    build
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
