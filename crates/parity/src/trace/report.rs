//! A comparison as text for people.

use std::fmt::{self, Display, Formatter};

use super::compare::{Comparison, TensorDifference};
use crate::verdict::Verdict;

/// How many rows the table of [`Comparison`]'s `Display` has at most.
const ROWS: usize = 20;

const COLUMNS: [&str; 13] = [
    "tensor",
    "dtype",
    "shape",
    "differ",
    "first at",
    "a",
    "b",
    "a bits",
    "b bits",
    "ULP",
    "absolute",
    "relative",
    "largest ULP",
];

/// A comparison with a table of at most so many rows; made by [`Comparison::with_rows`].
#[derive(Debug)]
pub struct Table<'a> {
    comparison: &'a Comparison,
    rows: usize,
}

impl Comparison {
    /// The comparison as text, with at most `rows` differing tensors in its table.
    #[must_use]
    pub fn with_rows(&self, rows: usize) -> Table<'_> {
        Table { comparison: self, rows }
    }

    /// One line: how many tensors were compared, how many are identical, the largest distance.
    #[must_use]
    pub fn summary(&self) -> String {
        format!(
            "{} compared, {} identical, largest ULP distance {}",
            count(self.compared, "tensor"),
            self.identical,
            self.largest_ulp
        )
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.with_rows(ROWS).fmt(f)
    }
}

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { comparison, rows } = self;
        for entry in &comparison.manifest {
            let text =
                |value: &Option<String>| value.clone().unwrap_or_else(|| "(not said)".into());
            writeln!(f, "manifest {}: {} | {}", entry.key, text(&entry.a), text(&entry.b))?;
        }
        let verdict = match comparison.verdict {
            Verdict::Identical => "identical",
            Verdict::Different => "different",
            Verdict::NotComparable => "not comparable",
        };
        write!(f, "{verdict}: {}", comparison.summary())?;
        if let Some(name) = &comparison.first_divergence {
            write!(f, "\nfirst divergence in order of recording: {name}")?;
        }
        if let Some(order) = &comparison.order {
            write!(
                f,
                "\nrecorded in another order from place {}: {} | {}",
                order.position, order.a, order.b
            )?;
        }
        for entry in &comparison.unmatched {
            write!(f, "\n{}: {}", entry.name, entry.reason)?;
        }
        let shown = &comparison.differing[..comparison.differing.len().min(*rows)];
        if !shown.is_empty() {
            write!(f, "\n\n{}", table(shown))?;
        }
        match comparison.differing.len() - shown.len() {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

fn table(differences: &[TensorDifference]) -> String {
    let mut lines = vec![COLUMNS.map(String::from)];
    lines.extend(differences.iter().map(row));
    let widths: Vec<_> = (0..COLUMNS.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let padded = lines.iter().map(|line| {
        let cells: Vec<_> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_string()
    });
    padded.collect::<Vec<_>>().join("\n")
}

fn row(difference: &TensorDifference) -> [String; 13] {
    let elements = &difference.elements;
    let first = &elements.first;
    let largest = match elements.not_a_number {
        0 => elements.largest_ulp.to_string(),
        n => format!("{} and {n} nan", elements.largest_ulp),
    };
    [
        difference.name.clone(),
        difference.dtype.clone(),
        format!("{:?}", difference.shape),
        format!("{} of {}", elements.differing, elements.elements),
        format!("{:?}", first.index),
        first.a.clone(),
        first.b.clone(),
        first.a_bits.clone(),
        first.b_bits.clone(),
        first.ulp.map_or_else(|| "nan".into(), |ulp| ulp.to_string()),
        short(first.absolute),
        short(first.relative),
        largest,
    ]
}

fn short(value: f64) -> String {
    match value {
        v if v.is_nan() => "nan".into(),
        v if v.is_infinite() => "inf".into(),
        v => format!("{v:.3e}"),
    }
}

/// `1 tensor`, `2 tensors`.
fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
