//! What all tasks know of the checkout: where it is, its versions, its tutorials, its libtorch.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// What torch-sys reads besides `LIBTORCH`; `setup::variables` says what each does.
const TORCH_SYS_VARIABLES: [&str; 7] = [
    "LIBTORCH_USE_PYTORCH",
    "LIBTORCH_INCLUDE",
    "LIBTORCH_LIB",
    "LIBTORCH_CXX11_ABI",
    "LIBTORCH_STATIC",
    "LIBTORCH_BYPASS_VERSION_CHECK",
    "TORCH_CUDA_VERSION",
];

pub struct Checkout {
    pub root: PathBuf,
    manifest: String,
}

impl Checkout {
    /// The checkout that the scripts name, else the one that this program was built from.
    pub fn find() -> Result<Self> {
        let root = env::var_os("TORCH_EXACT_CHECKOUT").map(PathBuf::from);
        let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
        let root = fs::canonicalize(&root).with_context(|| root.display().to_string())?;
        let manifest = root.join("Cargo.toml");
        let manifest =
            fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        Ok(Self { root, manifest })
    }

    /// A version from `Cargo.toml`, where all of them stand.
    pub fn pinned(&self, key: &str) -> &str {
        let start = format!("{key} = \"");
        let line = self.manifest.lines().find_map(|line| line.strip_prefix(&start));
        let value = line.and_then(|rest| rest.split('"').next());
        value.expect("the workspace's manifest pins it").trim_start_matches('=')
    }

    pub fn tutorials(&self) -> Result<Vec<String>> {
        let mut names = vec![];
        for entry in fs::read_dir(self.root.join("examples"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
            }
        }
        names.sort();
        Ok(names)
    }

    /// The folder that `.libtorch` leads to.
    pub fn linked(&self) -> Option<PathBuf> {
        fs::canonicalize(self.root.join(".libtorch")).ok().filter(|folder| folder.is_dir())
    }

    /// Where Cargo puts what it builds.
    pub fn target(&self) -> PathBuf {
        self.root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
    }

    /// Whether the loader would find a libtorch in this folder that is not the linked one.
    pub fn is_foreign(&self, folder: &Path) -> bool {
        let has = |library: &str| folder.join(library).exists();
        let linked = fs::canonicalize(self.root.join(".libtorch/lib")).ok();
        (has("libtorch_cpu.so") || has("libc10.so")) && fs::canonicalize(folder).ok() != linked
    }

    /// `LD_LIBRARY_PATH` without another libtorch, and the folders left out.
    fn loader_path(&self) -> Option<(OsString, Vec<PathBuf>)> {
        let path = env::var_os("LD_LIBRARY_PATH").filter(|path| !path.is_empty())?;
        let (foreign, kept) =
            env::split_paths(&path).partition::<Vec<_>, _>(|folder| self.is_foreign(folder));
        // What was split at colons has none.
        Some((env::join_paths(kept).unwrap_or_default(), foreign))
    }

    /// A command that is built and started with the linked libtorch, whatever the variables say:
    /// `.cargo/config.toml` names it.
    pub fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        for name in ["LIBTORCH"].iter().chain(&TORCH_SYS_VARIABLES) {
            command.env_remove(name);
        }
        if let Some((path, _)) = self.loader_path() {
            command.env("LD_LIBRARY_PATH", path);
        }
        command
    }

    /// The same for a shell, with a word on what is left out.
    pub fn linked_environment(&self) -> String {
        let mut lines = format!("unset LIBTORCH {}\n", TORCH_SYS_VARIABLES.join(" "));
        if let Some((path, foreign)) = self.loader_path() {
            for folder in foreign {
                let folder = folder.display();
                eprintln!(
                    "LD_LIBRARY_PATH names {folder}, which has another libtorch; left out here"
                );
            }
            let path = path.to_string_lossy().replace('\'', r"'\''");
            writeln!(lines, "export LD_LIBRARY_PATH='{path}'").expect("a String takes it");
        }
        lines
    }
}

/// The program that a shell would start by this name or path.
pub fn which(name: impl Into<PathBuf>) -> Option<PathBuf> {
    let name = name.into();
    if name.components().count() > 1 {
        return name.exists().then_some(name);
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(&name)).find(|program| program.is_file())
}

/// What a command that succeeds prints, without its last line's end.
pub fn printed(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
    Some(text.trim_end().to_owned())
}

/// Runs a command to its end, which is to be a success.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?} does not start"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}
