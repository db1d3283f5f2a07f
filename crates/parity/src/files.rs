//! The files that two programs wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::recording::{Recording, Written, WrittenFile};
use crate::saved;

/// A file that one of two programs wrote, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilePair {
    /// As the programs would name it, relative to the folder that they ran in.
    pub name: String,
    /// What became of the two.
    pub likeness: Likeness,
}

/// How two files of one name compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The same bytes.
    Bytes,
    /// Checkpoints of other bytes, which hold the same values.
    Checkpoint,
    /// Pictures, which are not compared: no two libraries draw the same bytes.
    Picture,
    /// One side alone wrote it, 0 or 1.
    OneSide(usize),
    /// They differ, and where.
    Different(String),
}

/// The endings of pictures.
const PICTURES: [&str; 7] = ["gif", "jpeg", "jpg", "pdf", "png", "svg", "webp"];

/// The files of both, where it is known which they wrote.
pub(crate) fn compare(a: &Recording, b: &Recording) -> Vec<FilePair> {
    let (Some(Written::Files(a)), Some(Written::Files(b))) = (a.written(), b.written()) else {
        return Vec::new();
    };
    let [a, b] = [a, b].map(|files| {
        files.iter().map(|file| (file.name.as_str(), file)).collect::<BTreeMap<_, _>>()
    });
    let names: BTreeSet<_> = a.keys().chain(b.keys()).copied().collect();
    let pair = |name: &str| FilePair {
        name: name.to_owned(),
        likeness: match (a.get(name), b.get(name)) {
            (Some(a), Some(b)) => likeness(a, b),
            (Some(_), None) => Likeness::OneSide(0),
            (None, _) => Likeness::OneSide(1),
        },
    };
    names.into_iter().map(pair).collect()
}

impl FilePair {
    /// Whether both programs wrote it and it differs.
    #[must_use]
    pub fn differs(&self) -> bool {
        matches!(self.likeness, Likeness::Different(_))
    }

    /// In one line, with the names of both sides.
    #[must_use]
    pub fn summary(&self, sides: [&str; 2]) -> String {
        let name = &self.name;
        match &self.likeness {
            Likeness::Bytes => format!("file {name}: the same bytes"),
            Likeness::Checkpoint => format!("file {name}: the same values, in other bytes"),
            Likeness::Picture => format!("file {name}: a picture, which is not compared"),
            Likeness::OneSide(side) => format!("file {name}: written by {} alone", sides[*side]),
            Likeness::Different(place) => format!("file {name} differs: {place}"),
        }
    }
}

fn likeness(a: &WrittenFile, b: &WrittenFile) -> Likeness {
    let ending = Path::new(&a.name).extension().unwrap_or_default().to_string_lossy();
    match same_bytes(&a.path, &b.path) {
        Ok(None) => Likeness::Bytes,
        Ok(Some(_)) if PICTURES.contains(&ending.to_lowercase().as_str()) => Likeness::Picture,
        Ok(Some(place)) => match saved::difference(&a.path, &b.path) {
            Ok(None) => Likeness::Checkpoint,
            Ok(Some(place)) => Likeness::Different(place),
            Err(_) => Likeness::Different(place),
        },
        Err(error) => Likeness::Different(format!("it cannot be read: {error}")),
    }
}

/// Where two files differ first; nothing if they do not.
fn same_bytes(a: &Path, b: &Path) -> io::Result<Option<String>> {
    let (a, b) = (fs::read(a)?, fs::read(b)?);
    if a == b {
        return Ok(None);
    }
    let at = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let lines = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'));
    if lines(&a) && lines(&b) {
        let line = a[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        return Ok(Some(format!("from line {line} on")));
    }
    Ok(Some(format!("from byte {at} on, of {} and {}", a.len(), b.len())))
}
