//! A libtorch's folder: whether it can be used, and how Cargo is told of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Setup, refusal};
use crate::checkout::Checkout;

pub const CONFIG: &str = ".cargo/config.toml";
const LINE: &str = "LIBTORCH = { value = \".libtorch\", relative = true }";

/// The version of an installed wheel, or of the archive without Python; without the CUDA behind a `+`.
pub fn version(folder: &Path) -> Option<String> {
    let text = match fs::read_to_string(folder.join("version.py")) {
        Ok(text) => {
            let line = text.lines().find_map(|line| line.strip_prefix("__version__ = '"));
            line?.trim_end_matches('\'').to_owned()
        }
        Err(_) => fs::read_to_string(folder.join("build-version")).ok()?,
    };
    text.trim().split('+').next().map(str::to_owned)
}

/// Says what keeps this libtorch from being used.
pub fn check(folder: &Path, pinned: &str) -> Result<(), String> {
    let shown = folder.display();
    if !folder.is_dir() {
        return Err(format!("there is no folder {shown}"));
    }
    let files = [
        "include/ATen/ATen.h",
        "include/torch/csrc/api/include/torch/torch.h",
        "lib/libtorch.so",
        "lib/libtorch_cpu.so",
    ];
    if let Some(file) = files.iter().find(|file| !folder.join(file).is_file()) {
        return Err(format!("{shown} has no {file}"));
    }
    let version = version(folder).unwrap_or_else(|| "of an unknown version".into());
    if version != pinned {
        return Err(format!("{shown} is PyTorch {version}, not {pinned}"));
    }
    // Really loads it, with all it needs. -I: neither the folder we are in nor PYTHONPATH may stand in
    // for ctypes. os._exit: libtorch's own clearing up would take as long again.
    let code = "import ctypes, os, sys\ntry: ctypes.CDLL(sys.argv[1])\n\
                except OSError as error: print(error, flush=True)\nos._exit(0)";
    let mut load = Command::new("python3");
    load.args(["-I", "-S", "-c", code]).arg(folder.join("lib/libtorch_cpu.so"));
    // A Python that does not run says nothing here.
    let said = load.output().map_or(vec![], |output| output.stdout);
    match String::from_utf8_lossy(&said).trim_end().lines().last() {
        Some(error) => Err(format!("libtorch_cpu.so does not load: {error}")),
        None => Ok(()),
    }
}

/// Whether Cargo's configuration, which may hold settings of the user's own, names this libtorch.
pub fn is_configured(checkout: &Checkout, folder: &Path) -> bool {
    let text = fs::read_to_string(checkout.root.join(CONFIG)).unwrap_or_default();
    let Some(line) = text.lines().find(|line| is_setting(line)) else {
        return false;
    };
    let value = line.split('"').nth(1).unwrap_or_default();
    let is_relative = line.contains("relative") && line.contains("true");
    let value = if is_relative { checkout.root.join(value) } else { value.into() };
    fs::canonicalize(value).is_ok_and(|value| value == folder)
}

fn is_setting(line: &str) -> bool {
    line.strip_prefix("LIBTORCH").is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// Links a libtorch and names it to Cargo, and with it to torch-sys; a `LIBTORCH` in the environment wins.
pub fn link(setup: &Setup, libtorch: &Path) -> Result<()> {
    let link = setup.root.join(".libtorch");
    if link.is_dir() && !link.is_symlink() {
        // An unpacked libtorch, placed there by hand?
        if libtorch != link {
            let problem = format!("{} is a folder, not a link of scripts/setup.", link.display());
            let mend = format!("mv .libtorch .libtorch.mine; {}", setup.again);
            return Err(refusal(problem, &[&mend]));
        }
    } else {
        // Relative where both lie in the checkout, so that a moved checkout still works.
        let new = setup.root.join(".libtorch.new");
        drop(fs::remove_file(&new));
        symlink(libtorch.strip_prefix(setup.root).unwrap_or(libtorch), &new)?;
        fs::rename(&new, &link)?;
    }
    let config = setup.root.join(CONFIG);
    let before = fs::read_to_string(&config).unwrap_or_default();
    let mut lines: Vec<_> = before.lines().collect();
    if let Some(at) = lines.iter().position(|line| is_setting(line)) {
        lines[at] = LINE;
    } else if let Some(at) = lines.iter().position(|line| line.starts_with("[env]")) {
        lines.insert(at + 1, LINE);
    } else {
        lines.extend(["[env] # written by scripts/setup", LINE]);
    }
    fs::create_dir_all(setup.root.join(".cargo"))?;
    Ok(fs::write(config, lines.join("\n") + "\n")?)
}
