//! What is compared, one at a time.

use parity::{Comparison, TraceFile, Verdict, compare};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::draw::Draw;
use super::worker::Worker;

/// Something that Rust and Python both do from one description.
pub trait Case: Serialize + DeserializeOwned {
    /// What one is called, and what it is compared by.
    const NAMES: (&'static str, &'static str);

    /// The flags that a command needs to repeat one, beside `--spec`.
    const FLAGS: &'static str;

    /// One made of random choices.
    fn draw(draw: &mut Draw, device: &str) -> Self;

    /// What they are counted by, beside all together.
    fn kind(&self) -> String;

    /// Descriptions that ask for less, the boldest cut first. None leads back to a larger one, so
    /// that shrinking ends.
    fn simpler(&self) -> Vec<Self>;

    /// Does it on both sides and compares.
    ///
    /// # Errors
    /// Where Python's process cannot be asked. That one side refuses what the other does is not an
    /// error but an outcome.
    fn run(&self, python: &mut Worker) -> anyhow::Result<Outcome>;
}

/// How the two sides compare.
#[derive(Debug)]
pub struct Outcome {
    /// Whether they are identical.
    pub verdict: Verdict,
    /// How many things were compared.
    pub compared: usize,
    /// How many of them are identical.
    pub identical: usize,
    /// The largest distance of two numbers.
    pub largest_ulp: u64,
    /// What differs.
    pub report: String,
}

/// What one side came to: its result, or why it refused.
pub type Side<T> = Result<T, String>;

impl Outcome {
    /// Compares two traces.
    pub fn of_traces(rust: Side<TraceFile>, python: Side<TraceFile>) -> Self {
        Self::of(rust, python, |rust, python| {
            let comparison = compare(&rust, &python);
            let report = comparison.to_string();
            let Comparison { verdict, compared, identical, largest_ulp, .. } = comparison;
            Self { verdict, compared, identical, largest_ulp, report }
        })
    }

    /// Compares two texts.
    pub fn of_texts(rust: Side<String>, python: Side<String>) -> Self {
        Self::of(rust, python, |rust, python| {
            let same = rust == python;
            Self {
                verdict: if same { Verdict::Identical } else { Verdict::Different },
                compared: 1,
                identical: same.into(),
                largest_ulp: 0,
                report: format!("Rust:\n{rust}\nPython:\n{python}"),
            }
        })
    }

    fn of<T>(rust: Side<T>, python: Side<T>, compare: impl FnOnce(T, T) -> Self) -> Self {
        let refused =
            |verdict, report| Self { verdict, compared: 0, identical: 0, largest_ulp: 0, report };
        match (rust, python) {
            (Ok(rust), Ok(python)) => compare(rust, python),
            (Err(rust), Ok(_)) => {
                refused(Verdict::NotComparable, format!("only Rust refuses it: {rust}"))
            }
            (Ok(_), Err(python)) => {
                refused(Verdict::NotComparable, format!("only Python refuses it: {python}"))
            }
            (Err(rust), Err(python)) => refused(
                Verdict::Identical,
                format!("both refuse it\nRust: {rust}\nPython: {python}"),
            ),
        }
    }
}
