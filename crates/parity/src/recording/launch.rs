//! Running a command so that it is recorded.

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use arithmetic::Arithmetic;
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{Object as _, ObjectSymbol as _};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{Error, Result};

/// What records a command, unpacked for the loader and for Python to find.
#[derive(Debug)]
pub struct Recorder {
    files: TempDir,
    arithmetic: Arithmetic,
}

/// Where a command's standard output and standard error go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Where this program's go.
    Inherited,
    /// Into the files `stdout` and `stderr` of the recording.
    Kept,
}

/// Calls whose tensors are kept whatever their size.
pub type Keep = [usize];

/// How a recorded command ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ending {
    /// Its words.
    pub command: Vec<String>,
    /// Its exit status, if it exited.
    pub exit: Option<i32>,
    /// The signal that killed it, if one did.
    pub signal: Option<i32>,
    /// From its start to its end.
    pub seconds: f64,
}

impl Recorder {
    /// Unpacks the recorder; programs compute as they choose.
    ///
    /// # Errors
    /// [`Error::System`] where no temporary files can be written.
    pub fn new() -> Result<Self> {
        Self::with_arithmetic(Arithmetic::Native)
    }

    /// Unpacks the recorder; programs compute with this arithmetic, whatever they or the environment
    /// ask for, and natively as they choose.
    ///
    /// # Errors
    /// [`Error::System`], and [`Error::Arithmetic`] where this processor lacks what it takes.
    pub fn with_arithmetic(arithmetic: Arithmetic) -> Result<Self> {
        if let Some(instructions) = arithmetic.missing_instructions() {
            return Err(Error::Arithmetic { arithmetic, instructions });
        }
        let system = |path: PathBuf| move |source| Error::System { what: "write", path, source };
        let files = tempfile::Builder::new()
            .prefix("parity-recorder-")
            .tempdir()
            .map_err(system(env::temp_dir()))?;
        for (name, bytes) in shim::recorder::FILES {
            let path = files.path().join(name);
            fs::write(&path, bytes).map_err(system(path))?;
        }
        Ok(Self { files, arithmetic })
    }

    /// Runs a command to its end and records it into `folder`, which must be empty or not exist.
    ///
    /// # Errors
    /// [`Error::NotEmpty`] and [`Error::System`]. A command that fails is no error, nor is one that
    /// never calls libtorch.
    pub fn record(
        &self,
        words: &[String],
        folder: &Path,
        output: Output,
        keep: &Keep,
        work_in: Option<&Path>,
    ) -> Result<Ending> {
        let failed =
            |what| move |source| Error::System { what, path: folder.to_path_buf(), source };
        fs::create_dir_all(folder).map_err(failed("make"))?;
        let folder = &fs::canonicalize(folder).map_err(failed("find"))?;
        if fs::read_dir(folder).map_err(failed("list"))?.next().is_some() {
            return Err(Error::NotEmpty { path: folder.clone() });
        }
        let mut command = self.command(words, folder, keep);
        if let Some(work_in) = work_in {
            command.current_dir(work_in);
        }
        if output == Output::Kept {
            let file = |name| File::create(folder.join(name)).map_err(failed("write into"));
            command.stdin(Stdio::null()).stdout(file("stdout")?).stderr(file("stderr")?);
        }
        let start = Instant::now();
        let status = command.status().map_err(|source| Error::System {
            what: "start",
            path: words.first().map(PathBuf::from).unwrap_or_default(),
            source,
        })?;
        let ending = Ending {
            command: words.to_vec(),
            exit: status.code(),
            signal: status.signal(),
            seconds: start.elapsed().as_secs_f64(),
        };
        let text = serde_json::to_string(&ending).unwrap_or_default();
        fs::write(folder.join("command.json"), text + "\n").map_err(failed("write into"))?;
        Ok(ending)
    }

    fn command(&self, words: &[String], folder: &Path, keep: &Keep) -> Command {
        let file = |name| self.files.path().join(name);
        // Before what the user has there himself.
        let first = |variable: &str, value: PathBuf, between: &str| {
            let mut joined = value.into_os_string();
            if let Some(theirs) = env::var_os(variable).filter(|theirs| !theirs.is_empty()) {
                joined.push(between);
                joined.push(theirs);
            }
            joined
        };
        let keep = keep.iter().fold(String::new(), |mut text, call| {
            // Writing into a String does not fail.
            let _ = write!(text, "{}{call}", if text.is_empty() { "" } else { "," });
            text
        });
        let mut command = Command::new(words.first().map_or("", String::as_str));
        command
            .args(words.iter().skip(1))
            .env("PARITY_RECORDING", folder)
            .env("PARITY_RECORDER", file("recorder.so"))
            .env("PARITY_LIBTORCH", shim::recorder::LIBTORCH)
            .env("PARITY_KEEP", keep)
            .env("LD_PRELOAD", first("LD_PRELOAD", file("preload.so"), ":"))
            .env("PYTHONPATH", first("PYTHONPATH", self.files.path().into(), ":"));
        if let Some(mkl) = self.arithmetic.mkl() {
            for (variable, value) in self.arithmetic.variables() {
                match value {
                    Some(value) => command.env(variable, value),
                    None => command.env_remove(variable),
                };
            }
            let flag = i32::from;
            let words = [flag(mkl.as_intel), mkl.branch, flag(mkl.no_approximate)];
            command.env("PARITY_ARITHMETIC", words.map(|word| word.to_string()).join(" "));
        }
        command
    }
}

impl Ending {
    /// How the command of the recording in `folder` ended; none if that was not written down.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("command.json");
        let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|error| Error::Malformed {
            path,
            line: error.line(),
            reason: error.to_string(),
        })
    }

    /// Whether the command succeeded; else how it ended, and the last line it wrote to standard
    /// error if that was kept.
    #[must_use]
    pub fn failure(&self, folder: &Path) -> Option<String> {
        let ended = match (self.exit, self.signal) {
            (Some(0), _) => return None,
            (Some(code), _) => format!("failed with exit status {code}"),
            (None, Some(signal)) => format!("was killed by signal {signal}"),
            (None, None) => "ended in a way that is not known".into(),
        };
        let errors = fs::read(folder.join("stderr")).unwrap_or_default();
        let errors = String::from_utf8_lossy(&errors);
        let last = errors.lines().rev().find(|line| !line.trim().is_empty());
        Some(last.map_or(ended.clone(), |last| format!("{ended}: {}", last.trim())))
    }

    /// Why the command left no recording.
    pub(super) fn nothing_recorded(&self, folder: &Path) -> Error {
        let reason = match fs::read_to_string(folder.join("refused")) {
            Ok(reason) => reason.trim().to_owned(),
            Err(_) => self.failure(folder).unwrap_or_else(|| why_unseen(&self.command)),
        };
        Error::NothingRecorded { command: self.command.join(" "), reason }
    }
}

/// Why a command that succeeded was not seen to call libtorch.
fn why_unseen(command: &[String]) -> String {
    let never = "it never loaded libtorch".to_owned();
    let Some(program) = command.first().and_then(|name| find(name)) else { return never };
    let Ok(bytes) = fs::read(&program) else { return never };
    let Ok(file) = ElfFile64::<object::Endianness>::parse(&*bytes) else { return never };
    let endian = file.endian();
    let headers = file.elf_header().program_headers(endian, &*bytes).unwrap_or_default();
    if !headers.iter().any(|header| header.p_type(endian) == object::elf::PT_INTERP) {
        return "it is linked statically, so that nothing can be loaded into it".into();
    }
    let is_atens = |name: &str| name.starts_with("_ZN2at4_ops");
    let mut symbols = file.symbols().chain(file.dynamic_symbols());
    if symbols.any(|symbol| symbol.is_definition() && symbol.name().is_ok_and(is_atens)) {
        return "it carries libtorch within itself (linked statically), where the recorder cannot \
                reach it; link it to libtorch_cpu.so"
            .into();
    }
    never
}

/// The program a shell would start.
fn find(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(name.into());
    }
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}
