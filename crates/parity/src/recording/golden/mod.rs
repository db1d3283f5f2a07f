//! A recording in one file, small enough to be committed: a golden.
//!
//! `parity record --to mine.parity -- COMMAND …` makes one, `parity check mine.parity 'COMMAND'`
//! compares a program with it, and [`Recording::read`] reads it like a folder. It holds what a
//! comparison needs and nothing of the machine or the moment, so that the same program gives the same
//! file: every call, the text of its line, the fingerprint of every tensor, the elements of tensors of
//! at most eight bytes, what was printed, the versions, and what the program was told to compute with.
//! Paths are relative to the folder in which it was made; of a file elsewhere the name is kept.
//!
//! # The format
//! | bytes | |
//! | --- | --- |
//! | 15 | `parity golden ` and the version of the format, now `2` |
//! | … | compressed with deflate: [postcard](https://postcard.jamesmunns.com/wire-format)'s encoding of `Contents` |
//! | 32 | the SHA-256 of all bytes before |
//!
//! `Contents` has a `Process` for the command itself and for each further process. In it each different
//! text, line, kind of tensor and statement stands once, and a call is the numbers of its statement and
//! of its arguments. A statement names a tensor by how many different fingerprints ago its own was new,
//! which is the same in every round of a loop; the new ones follow each other in `fingerprints`.
//!
//! A file of another version is refused, and so is one that was cut or altered. A hostile one whose
//! hash is right costs no more memory than [`MAX_CONTENTS`] and [`MAX_TENSORS`] allow.

mod pack;
mod unpack;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Call, Ending, Error, Extent, Line, Recording, Result};

/// How a file begins, whatever its version.
const MAGIC: &[u8] = b"parity golden ";

/// The version of the format.
const VERSION: u8 = b'2';

/// The most bytes that the contents may have when they are no longer compressed.
pub const MAX_CONTENTS: usize = 32 << 20;

/// The most tensors that all calls may have been given and have made, each dimension of one counted
/// as one more, and the most calls.
pub const MAX_TENSORS: usize = 1 << 23;

/// Elements of a tensor of more bytes are not in it.
const KEPT: usize = 8;

#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    ending: Ending,
    printed: Option<Vec<u8>>,
    /// The command's own first.
    processes: Vec<Process>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Process {
    rank: Option<i64>,
    libtorch: String,
    python: bool,
    program: String,
    language: String,
    complaint: Option<String>,
    threads: Vec<i64>,
    arithmetic: BTreeMap<String, String>,
    data: usize,
    names: Vec<String>,
    lines: Vec<Line>,
    kinds: Vec<Kind>,
    statements: Vec<Statement>,
    /// Of each call: the number of its statement.
    calls: Vec<u32>,
    /// Of each call: the number of its arguments' name.
    arguments: Vec<u32>,
    /// Eight bytes each.
    fingerprints: Vec<u8>,
    elements: Vec<u8>,
}

/// What the calls of one line have in common; numbers are places in the lists of [`Process`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Statement {
    op: u32,
    counts: bool,
    thread: u32,
    line: Option<u32>,
    node: Option<u32>,
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Kind {
    dtype: u32,
    shape: Vec<usize>,
    device: u32,
    sparse: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Tensor {
    kind: u32,
    bits: Bits,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Bits {
    /// They were not read, for the reason of this name if one is known.
    Unread(Option<u32>),
    New,
    /// New, and its elements are the next of `elements`.
    Kept,
    /// This many different ones ago.
    Known(u32),
}

impl Recording {
    /// The recording as the bytes of a golden.
    ///
    /// # Errors
    /// [`Error::NoGolden`] where the program failed or the recording is too large.
    pub fn to_golden(&self) -> Result<Vec<u8>> {
        if let Extent::Cut(reason) = self.extent() {
            return Err(Error::NoGolden { reason: format!("the recording stops {reason}") });
        }
        let contents = postcard::to_stdvec(&pack::pack(self));
        let contents = contents.map_err(|error| Error::NoGolden { reason: error.to_string() })?;
        let all = std::iter::once(self).chain(&self.processes).flat_map(|one| &one.calls);
        let weight = |call: &Call| {
            let values = call.inputs.iter().chain(&call.outputs);
            1 + values.map(|value| 1 + value.shape.len()).sum::<usize>()
        };
        if contents.len() > MAX_CONTENTS || all.map(weight).sum::<usize>() > MAX_TENSORS {
            let reason = "it has too many calls for one file; record fewer steps, or into a folder";
            return Err(Error::NoGolden { reason: reason.into() });
        }
        let mut bytes = [MAGIC, &[VERSION]].concat();
        let mut encoder = DeflateEncoder::new(&mut bytes, Compression::best());
        let written = encoder.write_all(&contents).and_then(|()| encoder.finish().map(drop));
        written.map_err(|error| Error::NoGolden { reason: error.to_string() })?;
        let hash = Sha256::digest(&bytes);
        bytes.extend_from_slice(&hash);
        Ok(bytes)
    }

    /// Writes the recording into one file, whole or not at all.
    ///
    /// # Errors
    /// Those of [`Recording::to_golden`], and [`Error::System`].
    pub fn write_golden(&self, path: &Path) -> Result<()> {
        let bytes = self.to_golden()?;
        atomic_file::write(path, |file| file.write_all(&bytes)).map_err(|source| Error::System {
            what: "write",
            path: path.into(),
            source,
        })
    }

    /// Reads the bytes of a golden; `path` is what it is called.
    ///
    /// # Errors
    /// [`Error::NoRecording`], [`Error::OtherVersion`] and [`Error::Altered`].
    pub fn from_golden(bytes: &[u8], path: &Path) -> Result<Self> {
        let Some((&version, _)) = bytes.strip_prefix(MAGIC).and_then(<[u8]>::split_first) else {
            return Err(Error::NoRecording { path: path.into() });
        };
        if version != VERSION {
            let [found, read] = [version, VERSION].map(|byte| char::from(byte).to_string());
            return Err(Error::OtherVersion { path: path.into(), found, read });
        }
        let altered = |reason: &str| Error::Altered { path: path.into(), reason: reason.into() };
        let sealed = bytes.split_last_chunk::<32>();
        let (sealed, hash) = sealed.ok_or_else(|| altered("it was cut"))?;
        let compressed = sealed.get(MAGIC.len() + 1..).ok_or_else(|| altered("it was cut"))?;
        if Sha256::digest(sealed)[..] != hash[..] {
            return Err(altered("it was cut, or its contents are others"));
        }
        let contents = inflate(compressed).map_err(|error| altered(&error.to_string()))?;
        let contents = postcard::from_bytes(&contents);
        let contents = contents.map_err(|error| altered(&error.to_string()))?;
        unpack::unpack(contents, path).ok_or_else(|| altered("a number in it leads nowhere"))
    }
}

fn inflate(compressed: &[u8]) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    let limit = MAX_CONTENTS as u64 + 1;
    DeflateDecoder::new(compressed).take(limit).read_to_end(&mut contents)?;
    match contents.len() > MAX_CONTENTS {
        true => Err(io::Error::other("it holds more than a golden may")),
        false => Ok(contents),
    }
}

/// Reads the golden at `path`.
pub(super) fn read(path: &Path) -> Result<Recording> {
    let system = |source| Error::System { what: "read", path: path.into(), source };
    Recording::from_golden(&fs::read(path).map_err(system)?, path)
}
