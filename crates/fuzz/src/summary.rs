//! What was found over all runs.

use std::collections::BTreeMap;

use parity::Verdict;
use serde::Serialize;

use crate::case::Case;
use crate::outcome::Outcome;

/// What was counted.
#[derive(Debug, Default, Serialize)]
pub struct Counts {
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
}

/// What a whole run of the command found.
#[derive(Debug, Serialize)]
pub struct Summary<C> {
    /// How the worst of all compares.
    pub verdict: Verdict,
    /// What all followed from, unless it was one given description.
    pub seed: Option<u32>,
    /// The bits of all that Python came to, as one number.
    pub fingerprint: Option<String>,
    /// Over all.
    #[serde(flatten)]
    pub counts: Counts,
    /// Over each kind.
    pub kinds: BTreeMap<String, Counts>,
    /// What was replayed, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replays: Option<Replays>,
    /// How long it took.
    pub seconds: f64,
    /// The first that differs, cut down.
    pub failure: Option<Failure<C>>,
}

/// What was replayed over all trainings.
#[derive(Debug, Default, Serialize)]
pub struct Replays {
    /// The steps of all trainings.
    pub steps: u64,
    /// Those that were replayed.
    pub replayed: u64,
    /// Trainings that are not replayed, or not in each shape of a batch, by the reason.
    pub refused: BTreeMap<String, u32>,
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
            fingerprint: None,
            counts: Counts::default(),
            kinds: BTreeMap::new(),
            replays: None,
            seconds: 0.0,
            failure: None,
        }
    }
}

impl Counts {
    fn add(&mut self, outcome: &Outcome) {
        self.runs += 1;
        self.identical_runs += u32::from(outcome.verdict == Verdict::Identical);
        self.compared += outcome.compared;
        self.identical += outcome.identical;
        self.largest_ulp = self.largest_ulp.max(outcome.largest_ulp);
    }
}

impl<C: Case> Summary<C> {
    /// Adds one run's outcome.
    pub fn count(&mut self, spec: &C, outcome: &Outcome) {
        if outcome.verdict.exit_code() > self.verdict.exit_code() {
            self.verdict = outcome.verdict;
        }
        self.counts.add(outcome);
        self.kinds.entry(spec.kind()).or_default().add(outcome);
        if let Some(found) = &outcome.replayed {
            let replays = self.replays.get_or_insert_default();
            replays.steps += found.steps;
            replays.replayed += found.replays;
            if let Some(reason) = &found.refusal {
                *replays.refused.entry(reason.clone()).or_default() += 1;
            }
        }
    }

    /// One line, and where something differs the smallest that does.
    pub fn text(&self) -> String {
        let (case, thing) = C::NAMES;
        let seed = self.seed.map(|seed| format!("seed {seed}: ")).unwrap_or_default();
        let mut line = format!(
            "{seed}{} of {} {case}s identical; {} of {} {thing}s identical, \
             largest ULP distance {}; {:.1} s",
            self.counts.identical_runs,
            self.counts.runs,
            self.counts.identical,
            self.counts.compared,
            self.counts.largest_ulp,
            self.seconds
        );
        if let Some(Replays { steps, replayed, refused }) = &self.replays {
            let trainings: u32 = refused.values().sum();
            line += &format!("\n{replayed} of {steps} steps replayed, {trainings} {case}s refused");
            for (reason, count) in refused {
                line += &format!("\n  {count}: {reason}");
            }
        }
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
    /// A failure with the command that repeats it, `flags` being those of all.
    pub fn new(run: u32, spec: C, outcome: Outcome, flags: &str) -> anyhow::Result<Self> {
        let json = serde_json::to_string(&spec)?;
        let repeat = format!("parity fuzz{}{flags} --spec '{json}'", C::FLAGS);
        Ok(Self { run, spec, report: outcome.report, repeat })
    }
}
