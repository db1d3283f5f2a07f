//! Two commands recorded and compared.

use std::path::{Path, PathBuf};

use parity::recorder::{Recorder, Terms, Unrecorded};
use parity::recording::Error;
use parity::report::{Entry, program};
use parity::{Comparison, Printed, Verdict};
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
    comparison: Option<Comparison>,
}

impl Job {
    /// Records both and compares; what a program does wrong is part of the outcome.
    pub fn run(
        &self,
        recorder: &Recorder,
        folder: &Path,
        reports: &Reports,
    ) -> anyhow::Result<Outcome> {
        let terms = Terms {
            work_in: self.work_in.as_deref(),
            across: reports.across(),
            measure_all: reports.measure_all(),
        };
        let commands = self.commands.each_ref().map(Vec::as_slice);
        let (verdict, reason, comparison) = match recorder.compare(commands, folder, terms) {
            Ok(mut comparison) => {
                if let Some(ulps) = reports.ulps {
                    comparison.measure_nearness(ulps);
                }
                (comparison.verdict, comparison.reason.clone(), Some(comparison))
            }
            // The same would happen to the next.
            Err(Unrecorded { error, .. })
                if matches!(error, Error::NotEmpty { .. } | Error::Interrupted) =>
            {
                return Err(error.into());
            }
            Err(Unrecorded { error, .. }) => {
                (Verdict::NotComparable, Some(error.to_string()), None)
            }
        };
        let (name, commands) = (self.name.clone(), self.commands.clone());
        Ok(Outcome { name, commands, verdict, reason, comparison })
    }
}

impl Outcome {
    /// How the two compare.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether all calls are within the ULPs asked for, if some were.
    pub fn is_near(&self) -> bool {
        self.comparison.as_ref().is_some_and(Comparison::is_near)
    }

    /// For reports.
    pub fn entry(&self, reports: &Reports) -> Entry<'_> {
        let programs = || self.commands.each_ref().map(|words| program(words)).join(" and ");
        Entry {
            name: if self.name.is_empty() { programs() } else { self.name.clone() },
            verdict: self.verdict,
            reason: self.reason.as_deref(),
            comparison: self.comparison.as_ref(),
            accepted: reports.accept(self.is_near()),
            text: self.text(false),
        }
    }

    /// For people; one line of an example that is identical if it is to be `brief`.
    pub fn text(&self, brief: bool) -> String {
        let name = if self.name.is_empty() { String::new() } else { format!("{}: ", self.name) };
        let Some(comparison) = &self.comparison else {
            let reason = self.reason.as_deref().unwrap_or_default();
            return format!("{name}not comparable: {reason}");
        };
        if brief && self.verdict == Verdict::Identical {
            let others: usize = comparison.other_ways.iter().map(|way| way.times).sum();
            let others = match others {
                0 => String::new(),
                n => format!(" ({n} by another operator)"),
            };
            let [first, second] = &comparison.sides;
            let seconds = [first, second].map(|side| side.environment.seconds.unwrap_or_default());
            return format!(
                "{name}{} of {} computing calls identical{others}; {}; {} {:.2} s, {} {:.2} s",
                first.computing,
                first.computing,
                comparison.output.as_ref().map(Printed::summary).unwrap_or_default(),
                first.name,
                seconds[0],
                second.name,
                seconds[1],
            );
        }
        match brief {
            true => format!("{}:\n{comparison}", self.name),
            false => comparison.to_string(),
        }
    }
}
