//! What was found over all runs.

use parity::Verdict;
use serde::Serialize;

use super::case::{Case, Outcome};

/// What a whole run of the command found.
#[derive(Debug, Serialize)]
pub struct Summary<C> {
    /// How the worst of all compares.
    pub verdict: Verdict,
    /// What all followed from, unless it was one given description.
    pub seed: Option<u32>,
    /// How many were compared.
    pub runs: u32,
    /// How many of them are identical.
    pub identical_runs: u32,
    /// How many tensors or texts were compared.
    pub compared: usize,
    /// How many of them are identical.
    pub identical: usize,
    /// The largest distance of any two numbers.
    pub largest_ulp: u64,
    /// How long it took.
    pub seconds: f64,
    /// The first that differs, cut down.
    pub failure: Option<Failure<C>>,
}

/// A description whose two sides differ.
#[derive(Debug, Serialize)]
pub struct Failure<C> {
    /// Which run it came from, counted from 0.
    pub run: u32,
    /// The description.
    pub spec: C,
    /// What differs.
    pub report: String,
    /// The command that does it again.
    pub repeat: String,
}

impl<C> Default for Summary<C> {
    fn default() -> Self {
        Self {
            verdict: Verdict::Identical,
            seed: None,
            runs: 0,
            identical_runs: 0,
            compared: 0,
            identical: 0,
            largest_ulp: 0,
            seconds: 0.0,
            failure: None,
        }
    }
}

impl<C: Case> Summary<C> {
    /// Adds one run's outcome.
    pub fn count(&mut self, outcome: &Outcome) {
        if outcome.verdict.exit_code() > self.verdict.exit_code() {
            self.verdict = outcome.verdict;
        }
        self.runs += 1;
        self.identical_runs += u32::from(outcome.verdict == Verdict::Identical);
        self.compared += outcome.compared;
        self.identical += outcome.identical;
        self.largest_ulp = self.largest_ulp.max(outcome.largest_ulp);
    }

    /// One line, and where something differs the smallest that does.
    pub fn text(&self) -> String {
        let (case, thing) = C::NAMES;
        let seed = self
            .seed
            .map(|seed| format!("seed {seed}: "))
            .unwrap_or_default();
        let line = format!(
            "{seed}{} of {} {case}s identical; {} of {} {thing}s identical, \
             largest ULP distance {}; {:.1} s",
            self.identical_runs,
            self.runs,
            self.identical,
            self.compared,
            self.largest_ulp,
            self.seconds
        );
        match &self.failure {
            None => line,
            Some(failure) => format!(
                "{line}\n\n{case} {} differs; the smallest found that still does:\n{}\n\n\
                 repeat it with:\n{}",
                failure.run, failure.report, failure.repeat
            ),
        }
    }
}

impl<C: Case> Failure<C> {
    /// A failure with the command that repeats it.
    pub fn new(run: u32, spec: C, outcome: Outcome, threads: i32) -> anyhow::Result<Self> {
        let json = serde_json::to_string(&spec)?;
        let threads = match threads {
            1 => String::new(),
            n => format!(" --threads {n}"),
        };
        let repeat = format!("parity fuzz{}{threads} --spec '{json}'", C::FLAGS);
        Ok(Self {
            run,
            spec,
            report: outcome.report,
            repeat,
        })
    }
}
