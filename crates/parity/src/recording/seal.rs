//! What is written when a command has ended: how, and the length and SHA-256 of each file until then.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Ending, Error, Result, folder};

/// The file `command.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Seal {
    #[serde(flatten)]
    pub ending: Ending,
    /// By their paths below the folder.
    files: BTreeMap<String, Sum>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    bytes: u64,
    sha256: String,
}

/// The name of the file.
const FILE: &str = "command.json";

impl Seal {
    /// Of the recording in `folder`; none if its command did not end while it was recorded.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => {
                text.map_err(|source| Error::System { what: "read", path: path.clone(), source })?
            }
        };
        serde_json::from_str(&text).map(Some).map_err(|error| Error::Malformed {
            path,
            line: error.line(),
            reason: error.to_string(),
        })
    }

    /// Whether there was such a file when the command ended.
    pub(super) fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// That every file of one process is what it was: those in `folder` itself, which the seal has
    /// under `prefix`.
    pub(super) fn check(&self, folder: &Path, prefix: &str) -> Result<()> {
        for (name, sum) in &self.files {
            let Some(name) = name.strip_prefix(prefix) else { continue };
            let path = folder.join(name);
            let altered = |reason| Err(Error::Altered { path: path.clone(), reason });
            let length = match fs::metadata(&path) {
                Ok(found) => found.len(),
                Err(error) => return altered(error.to_string()),
            };
            if length != sum.bytes {
                return altered(format!("it has {length} bytes of {}", sum.bytes));
            }
            // Those of other processes are read with them.
            if !name.contains('/') && Sum::of(&path)? != *sum {
                return altered("its contents are others".into());
            }
        }
        Ok(())
    }
}

/// Ends the recording in `root`: nothing of the program itself is needed from then on. It ran in a
/// folder below `copy`, if that is not its own path.
pub(crate) fn seal(root: &Path, ending: &Ending, copy: Option<&Path>) -> Result<()> {
    let processes = folder::processes(root)?;
    for place in processes.iter().map(|(_, path)| path.as_path()).chain([root]) {
        folder::write_program(place, copy)?;
    }
    let mut files = BTreeMap::new();
    let prefixes = processes.iter().map(|(name, path)| (format!("{name}/"), path.as_path()));
    for (prefix, place) in prefixes.chain([(String::new(), root)]) {
        for path in folder::files(place)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.insert(format!("{prefix}{name}"), Sum::of(&path)?);
        }
    }
    let sealed = Seal { ending: ending.clone(), files };
    write_json(&root.join(FILE), &sealed)
}

/// Writes a file, whole or not at all.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value).map_err(io::Error::from);
    let written = text.and_then(|text| {
        atomic_file::write(path, |file| file.write_all(format!("{text}\n").as_bytes()))
    });
    written.map_err(|source| Error::System { what: "write", path: path.into(), source })
}

impl Sum {
    fn of(path: &PathBuf) -> Result<Self> {
        let failed = |source| Error::System { what: "read", path: path.clone(), source };
        let mut file = File::open(path).map_err(failed)?;
        let (mut hash, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0);
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                read => {
                    hash.update(&buffer[..read]);
                    bytes += read as u64;
                }
            }
        }
        let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes, sha256 })
    }
}
