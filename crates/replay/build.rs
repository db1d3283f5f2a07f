//! Compiles the engine of replay, and the library of CUDA graphs where CUDA's headers are there.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=cpp");
    if let Err(reason) = build() {
        println!("cargo::error={reason}");
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    if env::var_os("CARGO_FEATURE_DOC_ONLY").is_some() {
        return without_cuda_graphs("built for documentation, without libtorch");
    }
    // As one: most of the time goes to libtorch's headers.
    let files = ["recording", "conditions", "prepared", "program", "captured", "image", "api"];
    let all = PathBuf::from(env::var("OUT_DIR")?).join("replay.cpp");
    fs::write(&all, files.map(|file| format!("#include \"{file}.cpp\"\n")).concat())?;
    // Without NDEBUG an observer may not look at its inputs.
    let mut engine = compiler()?;
    engine.define("NDEBUG", None).include("cpp").file(all);
    engine.compile("torch_exact_replay");
    compile_cuda_graphs()
}

/// As the shim is compiled.
fn compiler() -> Result<cc::Build, Box<dyn Error>> {
    let includes =
        env::var_os("DEP_TORCH_EXACT_SHIM_INCLUDE").ok_or("the shim names no headers")?;
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        // Rust's `debug` would bring all of libtorch's types; no program's own lines are in here.
        .debug(false)
        .includes(env::split_paths(&includes))
        // Warnings inside libtorch's own headers are not ours to mend.
        .warnings(false);
    Ok(build)
}

/// Compiles `cpp/cuda_graph.cpp` to a shared library that the crate carries within itself; an empty
/// file and the reason beside it where it cannot.
fn compile_cuda_graphs() -> Result<(), Box<dyn Error>> {
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    let image = out_dir.join("cuda_graph.so");
    let lib_dir = PathBuf::from(env::var("DEP_TORCH_EXACT_SHIM_LIB_DIR")?);
    let Some(headers) = cuda_headers(&fs::canonicalize(lib_dir)?) else {
        let reason = "CUDA's headers were missing; install PyTorch with CUDA and Triton, then \
                      `cargo clean -p torch-exact-replay` and build again";
        return without_cuda_graphs(reason);
    };
    // For whoever else compiles against CUDA, as DEP_TORCH_EXACT_REPLAY_CUDA_HEADERS.
    println!("cargo::metadata=cuda_headers={}", env::join_paths(&headers)?.to_string_lossy());
    let mut command = compiler()?.includes(headers).opt_level(2).get_compiler().to_command();
    command.args(["-shared", "-s", "-fvisibility=hidden", "cpp/cuda_graph.cpp", "-o"]).arg(&image);
    let output = command.output()?;
    if output.status.success() {
        return Ok(fs::write(out_dir.join("cuda_graph.txt"), "")?);
    }
    // A machine that only wants the CPU is not stopped by headers that do not fit.
    let text = String::from_utf8_lossy(&output.stderr);
    let reason = text.lines().find(|line| line.contains("error"));
    let reason = reason.unwrap_or("the C++ compiler failed and gave no reason");
    println!("cargo::warning=built without CUDA graphs: {reason}");
    without_cuda_graphs(reason)
}

fn without_cuda_graphs(reason: &str) -> Result<(), Box<dyn Error>> {
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("cuda_graph.so"), [])?;
    Ok(fs::write(out_dir.join("cuda_graph.txt"), reason)?)
}

/// CUDA's headers: those of PyTorch's packages beside libtorch, and Triton's for what they lack.
fn cuda_headers(lib_dir: &Path) -> Option<Vec<PathBuf>> {
    let packages = lib_dir.ancestors().nth(2)?;
    // Packages that scripts/setup adds later bring the headers; it writes this mark when it has.
    let mark = packages.ancestors().nth(3).map(|environment| environment.join(".torch-exact"));
    if let Some(mark) = mark.filter(|mark| mark.exists()) {
        println!("cargo::rerun-if-changed={}", mark.display());
    }
    // Of CUDA 13 all headers lie in nvidia/cu13, of CUDA 12 each package's in a folder of its own.
    let nvidia = fs::read_dir(packages.join("nvidia")).into_iter().flatten().flatten();
    let mut folders: Vec<_> = nvidia.map(|package| package.path().join("include")).collect();
    folders.sort();
    folders.push(packages.join("triton/backends/nvidia/include"));
    let has = |header: &str| folders.iter().any(|folder| folder.join(header).exists());
    (has("cuda_runtime_api.h") && has("crt/host_defines.h")).then_some(folders)
}
