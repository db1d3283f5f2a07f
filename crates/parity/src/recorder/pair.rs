//! Two commands recorded one after the other and compared.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Output, Recorder};
use crate::comparison::Comparison;
use crate::recording::{Error, Recording, Result, discard};
use crate::side::Across;

/// A command of a pair that was not recorded.
#[derive(Debug)]
pub struct Unrecorded {
    /// Which: 0 or 1.
    pub side: usize,
    /// Why.
    pub error: Error,
}

/// How a pair is run and compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// The folder that both run in; none is this one.
    pub work_in: Option<&'a Path>,
    /// What they may differ in and are compared all the same.
    pub across: Across,
    /// Whether the distance of every call that differs is to be known, and not the first one's alone.
    pub measure_all: bool,
}

impl Recorder {
    /// Records two commands into the folders `first` and `second` of `folder` and compares them; and
    /// once more, into those of `again` there, to see the elements of tensors that differ.
    ///
    /// # Errors
    /// Those of [`Recorder::record`] and [`Recording::read`], with the side, whose folder is removed again
    /// if nothing was recorded.
    pub fn compare(
        &self,
        commands: [&[String]; 2],
        folder: &Path,
        terms: Terms<'_>,
    ) -> std::result::Result<Comparison, Unrecorded> {
        let first = self.compare_once(commands, folder, [&[], &[]], terms)?;
        let calls = first.to_keep(terms.measure_all);
        if calls.iter().all(Vec::is_empty) {
            return Ok(first);
        }
        let again = folder.join("again");
        let second = self.compare_once(commands, &again, [&calls[0], &calls[1]], terms)?;
        let position = |comparison: &Comparison| {
            comparison.first_difference.as_ref().map(|found| found.position)
        };
        // A program that computes otherwise each time says nothing about its elements.
        Ok(if position(&first) == position(&second) { second } else { first })
    }

    fn compare_once(
        &self,
        commands: [&[String]; 2],
        folder: &Path,
        keep: [&[usize]; 2],
        terms: Terms<'_>,
    ) -> std::result::Result<Comparison, Unrecorded> {
        let folders = ["first", "second"].map(|side| folder.join(side));
        let on = |side: usize| {
            self.recorded(commands[side], &folders[side], keep[side], terms).map_err(|error| {
                // So that the folder can be named again.
                if matches!(error, Error::NothingRecorded { .. } | Error::System { .. }) {
                    folders.iter().for_each(|folder| discard(folder));
                }
                Unrecorded { side, error }
            })
        };
        Ok(Comparison::across(&on(0)?, &on(1)?, terms.across))
    }

    fn recorded(
        &self,
        words: &[String],
        folder: &PathBuf,
        keep: &[usize],
        terms: Terms<'_>,
    ) -> Result<Recording> {
        fs::create_dir_all(folder).map_err(|source| Error::System {
            what: "make",
            path: folder.clone(),
            source,
        })?;
        self.record(words, folder, Output::Kept, keep, terms.work_in)?;
        Recording::read(folder)
    }
}
