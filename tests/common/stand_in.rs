//! The stand-in for a GPU (`tests/cuda_stand_in`): programs run on it, and what they logged.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use test_support::PythonServer;
use test_support::environment::scrubbed;

use super::examples::scratch;
use super::python::{repo_root, skipped};

/// The stand-in's folder; `None`, and a word on it, where this libtorch has no CUDA.
pub fn stand_in() -> Result<Option<&'static Path>> {
    static BUILT: OnceLock<std::result::Result<Option<PathBuf>, String>> = OnceLock::new();
    match BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}"))) {
        Ok(built) => Ok(built.as_deref()),
        Err(error) => anyhow::bail!("{error}"),
    }
}

fn build() -> Result<Option<PathBuf>> {
    let library = fs::canonicalize(shim::library_path()?)?;
    let headers: Vec<_> = env::split_paths(option_env!("CUDA_HEADERS").unwrap_or("")).collect();
    let has_cublas = headers.iter().any(|folder| folder.join("cublasLt.h").exists());
    if !(has_cublas && library.with_file_name("libtorch_cuda.so").exists()) {
        skipped("this libtorch has no CUDA that could run on the stand-in for a GPU");
        return Ok(None);
    }
    let folder = scratch()?.join("cuda_stand_in");
    fs::create_dir_all(&folder)?;
    let sources = repo_root().join("tests/cuda_stand_in");
    let compile = |library: &str, files: &[&str], words: &[&str]| -> Result<()> {
        // Renamed when whole: programs of other tests may be at it.
        let part = folder.join(format!("{library}.{}", std::process::id()));
        let output = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-w", "-pthread", "-fvisibility=hidden"])
            .args(["-D__CUDA_FP16_H__", "-D__CUDA_BF16_H__"])
            .args(headers.iter().map(|folder| format!("-I{}", folder.display())))
            .args(files.iter().map(|file| sources.join(file)))
            .arg("-o")
            .arg(&part)
            .args(words)
            .output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(fs::rename(part, folder.join(library))?)
    };
    compile("libstand_in.so", &["runtime.c", "blas.c"], &[])?;
    let driver = ["-fvisibility=default", "-Wl,-soname,libcuda.so.1"];
    compile("libcuda.so.1", &["driver.c"], &driver)?;
    Ok(Some(folder))
}

/// A program on the stand-in, and where its processes log.
pub fn on_stand_in(stand_in: &Path, program: &Path, logs: &Path) -> Result<Command> {
    let libtorch = fs::canonicalize(shim::library_path()?)?;
    let libtorch = libtorch.parent().context("libtorch's folder")?;
    let mut command = scrubbed(program);
    command
        .current_dir(scratch()?)
        .env("LD_PRELOAD", stand_in.join("libstand_in.so"))
        .env("LD_LIBRARY_PATH", format!("{}:{}", stand_in.display(), libtorch.display()))
        .env("STAND_IN_LOG", logs.join("log"));
    Ok(command)
}

/// What each process logged, by its number; those that logged nothing left out.
pub fn logs(folder: &Path) -> Result<Vec<(u32, Vec<String>)>> {
    let mut found = vec![];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let number = path.extension().context("a log's name")?.to_string_lossy().parse()?;
        let lines: Vec<_> = fs::read_to_string(&path)?.lines().map(str::to_owned).collect();
        if !lines.is_empty() {
            found.push((number, lines));
        }
    }
    found.sort();
    Ok(found)
}

/// What a script logs that succeeds, started by a Python that waits on the stand-in for all of them.
pub fn logged_by_python(
    stand_in: &Path,
    python: &Path,
    script: &str,
    args: &[&str],
) -> Result<Vec<String>> {
    static SERVER: OnceLock<std::result::Result<PythonServer, String>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let logs = Path::new("/nonexistent"); // each script has its own
        let command = on_stand_in(stand_in, python, logs).map_err(|error| error.to_string())?;
        PythonServer::start(command).map_err(|error| error.to_string())
    });
    let server = server.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log").display().to_string();
    let output = server.run(&[("STAND_IN_LOG", &log)], "native", script, args, "")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{script} {args:?}: {said}");
    only_log(folder.path())
}

fn only_log(folder: &Path) -> Result<Vec<String>> {
    let [(_, lines)] = logs(folder)?.try_into().ok().context("logs of one process")?;
    Ok(lines)
}

/// What a program logs that succeeds, of its one process.
pub fn logged(stand_in: &Path, program: &Path, args: &[String]) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let output = on_stand_in(stand_in, program, folder.path())?.args(args).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} {args:?}: {said}", program.display());
    only_log(folder.path())
}

/// The kernels, products and fills: not what gathers a batch, which is one kernel here and a copy of
/// each row in Python, nor what splits data, which Python's references do on the CPU.
pub fn launches(log: &[String]) -> Vec<&str> {
    let gathers = ["CatArrayBatchedCopy", "indexSelect", "gather", "index_elementwise_kernel"];
    let launch = |line: &&str| {
        [" kernel ", "blas ", "memset"].iter().any(|what| line.contains(what))
            && !gathers.iter().any(|kernel| line.contains(kernel))
    };
    log.iter().map(String::as_str).filter(launch).collect()
}

/// An error names the first launch that differs.
pub fn same_launches(name: &str, rust: &[&str], python: &[&str]) -> Result<()> {
    let differing = rust.iter().zip(python).position(|(a, b)| a != b);
    if let Some(first) = differing {
        let (ours, theirs) = (rust[first], python[first]);
        anyhow::bail!("{name}: launch {first} is\n{ours}\nin Rust and in Python\n{theirs}");
    }
    ensure!(rust.len() == python.len(), "{name}: {} and {}", rust.len(), python.len());
    Ok(())
}
