//! The files that a program wrote, kept with its recording.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::read_json_if_there;
use super::seal::write_json;
use super::{Error, Result};

/// What a command wrote into its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// These files.
    Files(Vec<WrittenFile>),
    /// That is not known: it ran in the folder itself, which was too large to copy.
    TooLarge,
}

/// A file that a program wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// As the program would name it, relative to the folder that it ran in.
    pub name: String,
    /// Where it is kept.
    pub path: PathBuf,
}

/// The file `written.json`.
#[derive(Serialize, Deserialize)]
struct Names {
    /// In the order of the files `written-0`, `written-1` and so on; none where they are not known.
    files: Option<Vec<String>>,
}

/// How the names of all files here begin.
pub(super) const PREFIX: &str = "written";

const NAMES: &str = "written.json";

/// Takes the files that a program wrote into its recording; none where they are not known.
pub(crate) fn keep(recording: &Path, files: Option<Vec<(String, PathBuf)>>) -> Result<()> {
    let (names, paths): (Option<Vec<_>>, _) = match files {
        None => (None, Vec::new()),
        Some(files) => {
            let (names, paths): (Vec<_>, Vec<_>) = files.into_iter().unzip();
            (Some(names), paths)
        }
    };
    for (number, path) in paths.iter().enumerate() {
        let to = kept(recording, number);
        let moved = fs::rename(path, &to);
        let result = moved.or_else(|error| match error.kind() {
            io::ErrorKind::CrossesDevices => fs::copy(path, &to).map(drop),
            _ => Err(error),
        });
        result.map_err(|source| Error::System { what: "keep", path: path.clone(), source })?;
    }
    write_json(&recording.join(NAMES), &Names { files: names })
}

/// What was kept in a recording, if its program ran in a folder of its own.
pub(super) fn read(recording: &Path) -> Result<Option<Written>> {
    let names: Option<Names> = read_json_if_there(&recording.join(NAMES))?;
    let file = |(number, name)| WrittenFile { name, path: kept(recording, number) };
    Ok(names.map(|names| match names.files {
        Some(files) => Written::Files(files.into_iter().enumerate().map(file).collect()),
        None => Written::TooLarge,
    }))
}

fn kept(recording: &Path, number: usize) -> PathBuf {
    recording.join(format!("{PREFIX}-{number}"))
}
