//! Two commands recorded and compared.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use parity::recorder::{Output, Recorder};
use parity::recording::{Error, Recording, discard};
use parity::report::{Entry, program};
use parity::{Across, Comparison, Printed, Verdict};
use serde::Serialize;

use super::reports::Reports;

/// What is to be run.
pub struct Job {
    /// The example's name; empty for two commands of the user's.
    pub name: String,
    /// The words of both commands.
    pub commands: [Vec<String>; 2],
    /// The folder they run in, if it is not this one.
    pub work_in: Option<PathBuf>,
}

/// How both compare.
#[derive(Debug, Serialize)]
pub struct Outcome {
    name: String,
    commands: [Vec<String>; 2],
    verdict: Verdict,
    /// Why they are not comparable, if so.
    reason: Option<String>,
    #[serde(flatten)]
    ran: Option<Ran>,
}

#[derive(Debug, Serialize)]
struct Ran {
    comparison: Comparison,
    seconds: [f64; 2],
}

impl Job {
    /// Records both and compares; what a program does wrong is part of the outcome.
    pub fn run(
        &self,
        recorder: &Recorder,
        folder: &Path,
        across: Across,
        reports: &Reports,
    ) -> anyhow::Result<Outcome> {
        let mut result = self.ran(recorder, folder, across, reports);
        if let (Ok(ran), Some(ulps)) = (&mut result, reports.ulps) {
            ran.comparison.measure_nearness(ulps);
        }
        let (verdict, reason, ran) = match result {
            Ok(ran) => (ran.comparison.verdict, ran.comparison.reason.clone(), Some(ran)),
            Err(error) => match error.downcast_ref::<Error>() {
                // The same would happen to the next.
                Some(Error::NotEmpty { .. } | Error::Interrupted) => return Err(error),
                // So that the folder can be named again.
                Some(Error::NothingRecorded { .. } | Error::System { .. }) => {
                    sides(folder)?.iter().for_each(|side| discard(side));
                    (Verdict::NotComparable, Some(error.to_string()), None)
                }
                // Its sentence ends in the system's own.
                Some(error) => (Verdict::NotComparable, Some(error.to_string()), None),
                None => (Verdict::NotComparable, Some(format!("{error:#}")), None),
            },
        };
        Ok(Outcome {
            name: self.name.clone(),
            commands: self.commands.clone(),
            verdict,
            reason,
            ran,
        })
    }

    fn ran(
        &self,
        recorder: &Recorder,
        folder: &Path,
        across: Across,
        reports: &Reports,
    ) -> anyhow::Result<Ran> {
        let first = self.record(recorder, &sides(folder)?, [&[], &[]], across)?;
        let calls = first.comparison.to_keep(reports.measure_all());
        if calls.iter().all(Vec::is_empty) {
            return Ok(first);
        }
        // Once more, to see the elements of the tensors that differ.
        let again = sides(&folder.join("again"))?;
        let second = self.record(recorder, &again, [&calls[0], &calls[1]], across)?.comparison;
        let position = |comparison: &Comparison| {
            comparison.first_difference.as_ref().map(|found| found.position)
        };
        // A program that computes otherwise each time says nothing about its elements.
        let is_the_same = position(&first.comparison) == position(&second);
        Ok(if is_the_same { Ran { comparison: second, ..first } } else { first })
    }

    fn record(
        &self,
        recorder: &Recorder,
        folders: &[PathBuf; 2],
        keep: [&[usize]; 2],
        across: Across,
    ) -> anyhow::Result<Ran> {
        let mut seconds = [0.0; 2];
        for side in [0, 1] {
            let (words, work_in) = (&self.commands[side], self.work_in.as_deref());
            let ending =
                recorder.record(words, &folders[side], Output::Kept, keep[side], work_in)?;
            seconds[side] = ending.seconds;
        }
        let [a, b] = folders;
        let comparison = Comparison::across(&Recording::read(a)?, &Recording::read(b)?, across);
        Ok(Ran { comparison, seconds })
    }
}

impl Outcome {
    /// How the two compare.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether all calls are within the ULPs asked for, if some were.
    pub fn is_near(&self) -> bool {
        self.ran.as_ref().is_some_and(|ran| ran.comparison.is_near())
    }

    /// For reports.
    pub fn entry(&self, reports: &Reports) -> Entry<'_> {
        let programs = || self.commands.each_ref().map(|words| program(words)).join(" and ");
        Entry {
            name: if self.name.is_empty() { programs() } else { self.name.clone() },
            verdict: self.verdict,
            reason: self.reason.as_deref(),
            comparison: self.ran.as_ref().map(|ran| &ran.comparison),
            accepted: reports.accept(self.is_near()),
            text: self.text(false),
        }
    }

    /// For people; one line of an example that is identical if it is to be `brief`.
    pub fn text(&self, brief: bool) -> String {
        let name = if self.name.is_empty() { String::new() } else { format!("{}: ", self.name) };
        let Some(ran) = &self.ran else {
            let reason = self.reason.as_deref().unwrap_or_default();
            return format!("{name}not comparable: {reason}");
        };
        let comparison = &ran.comparison;
        if brief && self.verdict == Verdict::Identical {
            let others: usize = comparison.other_ways.iter().map(|way| way.times).sum();
            let others = match others {
                0 => String::new(),
                n => format!(" ({n} by another operator)"),
            };
            return format!(
                "{name}{} of {} computing calls identical{others}; {}; {} {:.2} s, {} {:.2} s",
                comparison.sides[0].computing,
                comparison.sides[0].computing,
                comparison.output.as_ref().map(Printed::summary).unwrap_or_default(),
                comparison.sides[0].name,
                ran.seconds[0],
                comparison.sides[1].name,
                ran.seconds[1],
            );
        }
        match brief {
            true => format!("{}:\n{comparison}", self.name),
            false => comparison.to_string(),
        }
    }
}

/// Both recordings of a comparison, below its folder.
fn sides(folder: &Path) -> anyhow::Result<[PathBuf; 2]> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(["first", "second"].map(|side| folder.join(side)))
}
