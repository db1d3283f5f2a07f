//! Running programs as on another processor (`tests/emulated_cpu`).
//!
//! Any command runs so with these variables, for which the files lie in `target/tmp/emulated_cpu` once a test has made
//! them:
//!
//! ```sh
//! TORCH_EXACT_PROCESSOR=hsw TORCH_EXACT_INSTRUCTIONS=…/instructions LD_AUDIT=…/emulated_cpu.so COMMAND
//! ```
//!
//! rustc also needs `GLIBC_TUNABLES=glibc.rtld.optional_static_tls=1048576`; `scripts/test --processor hsw` sets all of
//! them for every test.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};

use super::disassembly::{Kind, search};
use super::examples::scratch;
use super::python::{python_with, repo_root, skipped};

/// AMD's Zen 2, 3 and 4 and Intel's Haswell, Broadwell and Skylake with AVX-512.
pub const PROCESSORS: [&str; 6] = ["zen2", "zen3", "zen4", "hsw", "bdw", "skx"];

/// Has the command run as on that processor; `host` is this machine's own, where only what is approximate is watched.
/// `false`, and a word on it, where this machine cannot run as one.
pub fn emulated(command: &mut Command, processor: &str) -> Result<bool> {
    let Some(folder) = emulator()? else { return Ok(false) };
    let set = |command: &mut Command| {
        command.env("LD_AUDIT", folder.join("emulated_cpu.so"));
        command.env("TORCH_EXACT_INSTRUCTIONS", folder.join("instructions"));
        command.env("TORCH_EXACT_PROCESSOR", processor);
    };
    let mut probe = Command::new("true");
    set(&mut probe);
    let output = probe.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => set(command),
        Some(4) => skipped(said.trim_end()),
        _ => bail!("as {processor}, `true` ended with {}: {said}", output.status),
    }
    Ok(output.status.success())
}

/// The folder with the emulator and its list of instructions.
fn emulator() -> Result<Option<&'static Path>> {
    static MADE: OnceLock<std::result::Result<Option<PathBuf>, String>> = OnceLock::new();
    match MADE.get_or_init(|| make().map_err(|error| format!("{error:#}"))) {
        Ok(made) => Ok(made.as_deref()),
        Err(error) => bail!("{error}"),
    }
}

fn make() -> Result<Option<PathBuf>> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")) {
        skipped("other processors are emulated on x86-64, under Linux with glibc");
        return Ok(None);
    }
    let folder = scratch()?.join("emulated_cpu");
    fs::create_dir_all(&folder)?;
    // Renamed when whole: tests of other files may be at it.
    let part = |name: &str| folder.join(format!("{name}.{}", std::process::id()));
    let sources = repo_root().join("tests/emulated_cpu");
    let output = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"])
        .args(["audit.c", "processor.c"].map(|file| sources.join(file)))
        .arg("-o")
        .arg(part("emulated_cpu.so"))
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::rename(part("emulated_cpu.so"), folder.join("emulated_cpu.so"))?;
    let (instructions, libraries) = (folder.join("instructions"), libraries()?);
    if !is_newer(&instructions, &libraries)? {
        fs::write(part("instructions"), list(&libraries)?)?;
        fs::rename(part("instructions"), &instructions)?;
    }
    Ok(Some(folder))
}

/// The libraries whose code computes: PyTorch's own and those of the packages beside it, without what runs on a GPU.
fn libraries() -> Result<Vec<PathBuf>> {
    let libtorch = fs::canonicalize(shim::library_path()?)?;
    let mut folders = vec![libtorch.parent().context("libtorch's folder")?.to_owned()];
    if let Some(python) = python_with("torch, numpy") {
        let ask = "import numpy, torch\nfor module in numpy, torch: print(module.__path__[0])";
        let output = Command::new(python).args(["-c", ask]).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout)?;
        let (numpy, torch) = said.trim_end().split_once('\n').context("two folders")?;
        let packages = Path::new(numpy).parent().context("the packages' folder")?;
        let names = ["numpy", "numpy.libs", "scipy", "scipy.libs", "sklearn", "scikit_learn.libs"];
        folders.extend(names.map(|name| packages.join(name)));
        folders.push(Path::new(torch).join("lib"));
    }
    let mut found = vec![];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = fs::canonicalize(entry?.path())?;
            let name = path.file_name().context("a file's name")?.to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if (name.ends_with(".so") || name.contains(".so."))
                && !["cuda", "nvrtc", "nvshmem"].iter().any(|gpu| name.contains(gpu))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Whether the list was made for these libraries, as they are now, by this program.
fn is_newer(instructions: &Path, libraries: &[PathBuf]) -> Result<bool> {
    let Ok(text) = fs::read_to_string(instructions) else { return Ok(false) };
    let changed = |path: &Path| -> Result<SystemTime> { Ok(fs::metadata(path)?.modified()?) };
    let made = changed(instructions)?;
    let mut lines = text.lines().filter(|line| line.starts_with("file "));
    for library in libraries {
        if changed(library)? > made || lines.next() != Some(&heading(library)?) {
            return Ok(false);
        }
    }
    Ok(lines.next().is_none() && changed(&env::current_exe()?)? < made)
}

fn heading(library: &Path) -> Result<String> {
    Ok(format!("file {} {}", fs::metadata(library)?.len(), library.display()))
}

fn list(libraries: &[PathBuf]) -> Result<String> {
    let mut text = String::new();
    for library in libraries {
        writeln!(text, "{}", heading(library)?)?;
        let found = search(library)?.map(|searched| searched.found).unwrap_or_default();
        for found in found {
            let kind = match found.kind {
                Kind::Cpuid => "cpuid",
                Kind::Approximate => "approximate",
            };
            let function = found.functions.first().map_or("?", String::as_str);
            let library = library.file_name().context("a file's name")?.display();
            writeln!(text, "{kind} {:x} {library} {function}", found.address)?;
        }
    }
    Ok(text)
}
