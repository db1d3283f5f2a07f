//! How what Rust and Python came to compares.

use parity::Verdict;

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
    /// What was replayed, where that was asked for.
    pub replayed: Option<Replayed>,
}

/// How many of a training's steps were replayed.
#[derive(Debug)]
pub struct Replayed {
    /// All of them.
    pub steps: u64,
    /// Those that were replayed.
    pub replays: u64,
    /// Why a step, or one of its shapes, is not.
    pub refusal: Option<String>,
}

/// What one side came to: its result, or why it refused.
pub type Side<T> = Result<T, String>;

impl Outcome {
    /// Compares two texts.
    pub fn compare_texts(rust: Side<String>, python: Side<String>) -> Self {
        Self::compare(rust, python, |rust, python| {
            let same = rust == python;
            Self {
                verdict: if same { Verdict::Identical } else { Verdict::Different },
                compared: 1,
                identical: same.into(),
                largest_ulp: 0,
                replayed: None,
                report: format!("Rust:\n{rust}\nPython:\n{python}"),
            }
        })
    }

    /// Compares what both sides came to, if neither refused.
    pub fn compare<T>(rust: Side<T>, python: Side<T>, compare: impl FnOnce(T, T) -> Self) -> Self {
        let refused = |verdict, report| Self {
            verdict,
            compared: 0,
            identical: 0,
            largest_ulp: 0,
            report,
            replayed: None,
        };
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
