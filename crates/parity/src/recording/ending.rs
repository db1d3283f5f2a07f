//! How a recorded command ended.

use std::path::{Path, PathBuf};
use std::{env, fs};

use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{Object as _, ObjectSymbol as _};
use serde::{Deserialize, Serialize};

use super::Error;

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
    /// The arithmetic that it was told to compute in; native is what it chooses itself.
    pub arithmetic: String,
    /// The threads that it was told to use within one operation, if it was.
    pub threads: Option<usize>,
    /// The name of the processor it ran on, where the system tells.
    #[serde(default)]
    pub processor: Option<String>,
}

/// The name of this processor, where the system tells.
pub(crate) fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

impl Ending {
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
