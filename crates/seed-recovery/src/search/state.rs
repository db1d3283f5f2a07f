//! The file that an interrupted search resumes from.

use std::io::Write as _;
use std::path::PathBuf;

use super::{Hit, Progress, Search, Target};
use crate::error::{Error, Result};

/// A search's progress on disk, tied to that search.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
    fingerprint: String,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct State {
    /// The search the state belongs to.
    search: String,
    /// Every seed below this has been tried.
    tried_to: u64,
    hits: Vec<Hit>,
}

impl Search {
    /// A name for the evidence, the offsets and the seeds together; searches differ where it does.
    /// All shards of a search have the same.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.name(&self.whole)
    }

    /// As [`fingerprint`](Self::fingerprint), and each shard has its own.
    fn name(&self, seeds: &std::ops::Range<u64>) -> String {
        let mut text = format!("{seeds:?}");
        for Target { evidence, offsets } in &self.targets {
            text += &format!(" {:?} {:?}", evidence.items(), offsets);
        }
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{hash:016x}")
    }
}

impl StateFile {
    /// The state file of `search`: at `path`, or in the current directory under the search's own name.
    #[must_use]
    pub fn new(search: &Search, path: Option<PathBuf>) -> Self {
        let fingerprint = search.name(&search.seeds);
        let path = path.unwrap_or_else(|| format!("seed-recovery-{fingerprint}.state").into());
        Self { path, fingerprint }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// The progress saved, `None` if there is no file.
    ///
    /// # Errors
    /// [`Error::OtherSearch`] if the file belongs to another search, [`Error::State`] if it cannot
    /// be read.
    pub fn load(&self) -> Result<Option<Progress>> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unusable(error)),
        };
        let state: State = serde_json::from_str(&text).map_err(|error| self.unusable(error))?;
        if state.search != self.fingerprint {
            return Err(Error::OtherSearch {
                path: self.path.clone(),
                expected: self.fingerprint.clone(),
                found: state.search,
            });
        }
        Ok(Some(Progress { tried_to: state.tried_to, hits: state.hits }))
    }

    /// Saves `progress`, replacing what was saved in one step.
    ///
    /// # Errors
    /// [`Error::State`] if the file cannot be written.
    pub fn save(&self, progress: &Progress) -> Result<()> {
        let state = State {
            search: self.fingerprint.clone(),
            tried_to: progress.tried_to,
            hits: progress.hits.clone(),
        };
        let text = serde_json::to_string_pretty(&state).map_err(|error| self.unusable(error))?;
        atomic_file::write(&self.path, |file| file.write_all(text.as_bytes()))
            .map_err(|error| self.unusable(error))
    }

    /// Removes the file, if there is one.
    ///
    /// # Errors
    /// [`Error::State`] if it cannot be removed.
    pub fn remove(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(self.unusable(error)),
            _ => Ok(()),
        }
    }

    fn unusable(&self, error: impl ToString) -> Error {
        Error::State { path: self.path.clone(), reason: error.to_string() }
    }
}
