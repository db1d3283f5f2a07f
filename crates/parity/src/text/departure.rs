//! The first difference.

use std::fmt::{self, Display, Formatter};

use super::{HEAD, thousands};
use crate::departure::{CallAt, Departure, Inputs, OutputDifference};
use crate::recording::Line;

/// Width of each side's line.
const CELL: usize = 45;

impl Display for Departure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "first difference: {}", self.place())?;
        for (head, cells) in self.rows() {
            match cells.as_slice() {
                [a, b] => write!(f, "\n{}", columns(&head, a, b))?,
                cells => write!(f, "\n{head:HEAD$} {}", cells.concat())?,
            }
        }
        Ok(())
    }
}

impl Departure {
    /// Where it stands on both sides.
    pub(crate) fn place(&self) -> String {
        let [a, b] = self.position.map(thousands);
        match a == b {
            true => format!("computing call {a}"),
            false => format!("computing call {a} of the first and {b} of the second"),
        }
    }

    /// What is known of it: what that is, and a cell for each side or one for both.
    pub(crate) fn rows(&self) -> Vec<(String, Vec<String>)> {
        let mut rows = Vec::new();
        let mut row = |head: &str, cells: Vec<String>| rows.push((head.to_owned(), cells));
        let each = |text: &dyn Fn(&[CallAt]) -> String| {
            self.calls.iter().map(|calls| text(calls)).collect::<Vec<_>>()
        };
        let lines = [0, 1].map(|side| match (self.calls[side].last(), &self.next[side]) {
            (Some(call), _) => line_and_text(call),
            (None, Some(next)) => format!("no such call before {}", line_and_text(next)),
            (None, None) => "no such call to its end".into(),
        });
        row("line", lines.into());
        let operators = |calls: &[CallAt]| {
            calls.iter().map(|call| call.operator.as_str()).collect::<Vec<_>>().join(", ")
        };
        row("operator", each(&operators));
        let nodes =
            each(&|calls| calls.last().and_then(|call| call.node.clone()).unwrap_or_default());
        if nodes.iter().any(|node| !node.is_empty()) {
            row("within", nodes);
        }
        for (name, values) in &self.arguments {
            let shown = values.iter().map(|v| v.clone().unwrap_or_else(|| "(not given)".into()));
            row(name, shown.collect());
        }
        match &self.inputs {
            None => {}
            Some(Inputs::Same) => row("inputs", vec!["the same bits".into()]),
            Some(Inputs::Differ { number, made_by }) => {
                row("inputs", vec![format!("the {} differs", ordinal(*number))]);
                let maker = |call: &Option<CallAt>| match call {
                    None => "no recorded call".into(),
                    Some(call) => format!(
                        "{} {}",
                        call.line.as_ref().map(Line::to_string).unwrap_or_default(),
                        call.operator
                    ),
                };
                row("made by", made_by.iter().map(maker).collect());
            }
        }
        if let Some(output) = &self.output {
            row("output", vec![output.to_string()]);
        }
        rows
    }
}

impl Display for OutputDifference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind([a, b]) => write!(f, "{a} and {b}"),
            Self::Bits { dtype, shape } => write!(f, "{dtype} {shape:?}: other bits"),
            Self::NotKept { dtype, shape, .. } => {
                write!(f, "{dtype} {shape:?}: other bits; its elements were not kept")
            }
            Self::Elements { dtype, shape, elements } => {
                let first = &elements.first;
                write!(
                    f,
                    "{dtype} {shape:?}: {} of {} elements differ, the first {:?}: {} ({}) and {} ({}), ",
                    thousands(elements.differing),
                    thousands(elements.elements),
                    first.index,
                    first.a,
                    first.a_bits.trim_start_matches("0x"),
                    first.b,
                    first.b_bits.trim_start_matches("0x"),
                )?;
                match first.ulp {
                    Some(ulp) => write!(f, "{} ULP", thousands(ulp as usize))?,
                    None => write!(f, "not a number")?,
                }
                match elements.differing {
                    1 => Ok(()),
                    _ => write!(f, ", at most {} ULP", thousands(elements.largest_ulp as usize)),
                }
            }
        }
    }
}

/// Both sides beside each other, or below where the first is too long for that.
fn columns(head: &str, a: &str, b: &str) -> String {
    let between = match a.chars().count() > CELL {
        true => format!("\n{:HEAD$} ", ""),
        false => format!("{:1$} ", "", CELL - a.chars().count()),
    };
    format!("{head:HEAD$} {a}{between}{b}").trim_end().to_owned()
}

fn line_and_text(call: &CallAt) -> String {
    let Some(line) = &call.line else { return "(line not known)".into() };
    match &line.text {
        None => line.to_string(),
        Some(text) => format!("{line}  {text}"),
    }
}

fn ordinal(number: usize) -> String {
    match number {
        1 => "first".into(),
        2 => "second".into(),
        3 => "third".into(),
        n => format!("{n}th"),
    }
}
