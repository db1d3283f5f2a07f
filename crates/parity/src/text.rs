//! A comparison of recordings as text for people.

use std::env;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

use crate::comparison::{Comparison, OtherWay, Side};
use crate::departure::{CallAt, Departure, Inputs, OutputDifference};
use crate::recording::{Extent, Line};
use crate::verdict::Verdict;

/// Other ways to the same bits that are listed.
const LISTED: usize = 5;

/// Width of the first column, of the second and of each side's line.
const HEAD: usize = 10;
const CELL: usize = 45;

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = self.sides.each_ref().map(|side| side.name.len());
        let calls = self.sides.each_ref().map(|side| thousands(side.calls));
        for (side, calls_of_it) in self.sides.iter().zip(&calls) {
            writeln!(
                f,
                "{:name$} {:>calls$} calls, {} of them compute   {}{}",
                side.name,
                calls_of_it,
                thousands(side.computing),
                side.program(),
                side.remarks(),
                name = names[0].max(names[1]),
                calls = calls[0].len().max(calls[1].len()) + 1,
            )?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        if let (Verdict::NotComparable, Some(reason)) = (self.verdict, &self.reason) {
            write!(f, "not comparable: {reason}")?;
            if self.identical > 0 {
                write!(f, "; {} computing calls before are identical", thousands(self.identical))?;
            }
            return self.output(f);
        }
        match &self.first_difference {
            None => {
                let [a, b] = self.sides.each_ref().map(|side| thousands(side.computing));
                match a == b {
                    true => write!(f, "identical: {a} of {a} computing calls")?,
                    false => write!(f, "identical: {a} of {a} and {b} of {b} computing calls")?,
                }
            }
            Some(departure) => {
                departure.fmt(f)?;
                let total = self.sides.iter().map(|side| side.computing).max().unwrap_or(0);
                write!(
                    f,
                    "\n{:HEAD$} {} of {} computing calls differ",
                    "in all",
                    thousands(self.differing),
                    thousands(total)
                )?;
                if let Some(reason) = &self.reason {
                    write!(f, "\nnote: {reason}")?;
                }
            }
        }
        other_ways(&self.other_ways, f)?;
        for (number, other) in self.other_processes.iter().enumerate() {
            write!(f, "\nother process {}:\n{other}", number + 1)?;
        }
        self.output(f)
    }
}

impl Comparison {
    fn output(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(output) = &self.output else { return Ok(()) };
        write!(f, "\n{}", output.summary())?;
        let lines = output.difference.iter().flat_map(|(_, lines)| lines);
        for (side, line) in self.sides.iter().zip(lines) {
            write!(f, "\n  {}: {}", side.name, line.as_deref().unwrap_or("(no such line)"))?;
        }
        Ok(())
    }
}

impl Side {
    /// The script or program, without what starts it.
    fn program(&self) -> String {
        let script = self.command.iter().find(|word| word.ends_with(".py"));
        script.or(self.command.first()).map(|path| shown(Path::new(path))).unwrap_or_default()
    }

    fn remarks(&self) -> String {
        let mut remarks = String::new();
        if let Extent::Cut(reason) = &self.extent {
            remarks += &format!(" ({reason})");
        }
        match self.data {
            0 => {}
            n => remarks += &format!(" ({} more are zeros that data is put into)", thousands(n)),
        }
        match self.other_processes {
            0 => {}
            1 => remarks += " (and 1 other process)",
            n => remarks += &format!(" (and {n} other processes)"),
        }
        remarks
    }
}

fn other_ways(ways: &[OtherWay], f: &mut Formatter<'_>) -> fmt::Result {
    if ways.is_empty() {
        return Ok(());
    }
    let total: usize = ways.iter().map(|way| way.times).sum();
    write!(f, "\nby another operator or overload, the same bits: {}", thousands(total))?;
    for way in ways.iter().take(LISTED) {
        let [a, b] = [0, 1].map(|side| {
            let line = way.lines[side].as_ref().map(Line::to_string).unwrap_or_default();
            format!("{line} {}", way.operators[side].join(", ").replace("aten::", ""))
        });
        write!(f, "\n  {:>6} times  {a}  and  {b}", thousands(way.times))?;
    }
    match ways.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => write!(f, "\n  and in {more} more places (all with --json)"),
    }
}

impl Display for Departure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "first difference: computing call {}", thousands(self.position[0]))?;
        if self.position[0] != self.position[1] {
            write!(f, " of the first and {} of the second", thousands(self.position[1]))?;
        }
        let mut row = |head: &str, cells: [String; 2]| write!(f, "\n{}", columns(head, &cells));
        let each =
            |text: &dyn Fn(&[CallAt]) -> String| self.calls.each_ref().map(|calls| text(calls));
        let lines = [0, 1].map(|side| match (self.calls[side].last(), &self.next[side]) {
            (Some(call), _) => line_and_text(call),
            (None, Some(next)) => format!("no such call before {}", line_and_text(next)),
            (None, None) => "no such call to its end".into(),
        });
        row("line", lines)?;
        row(
            "operator",
            each(&|calls| {
                let names: Vec<_> = calls.iter().map(|call| call.operator.clone()).collect();
                names.join(", ")
            }),
        )?;
        let nodes =
            each(&|calls| calls.last().and_then(|call| call.node.clone()).unwrap_or_default());
        if nodes.iter().any(|node| !node.is_empty()) {
            row("within", nodes)?;
        }
        for (name, values) in &self.arguments {
            row(name, values.clone().map(|value| value.unwrap_or_else(|| "(not given)".into())))?;
        }
        match &self.inputs {
            None => {}
            Some(Inputs::Same) => write!(f, "\n{:HEAD$} the same bits", "inputs")?,
            Some(Inputs::Differ { number, made_by }) => {
                write!(f, "\n{:HEAD$} the {} differs", "inputs", ordinal(*number))?;
                let maker = |call: &Option<CallAt>| match call {
                    None => "no recorded call".into(),
                    Some(call) => format!(
                        "{} {}",
                        call.line.as_ref().map(Line::to_string).unwrap_or_default(),
                        call.operator
                    ),
                };
                let makers = made_by.each_ref().map(maker);
                write!(f, "\n{}", columns("made by", &makers))?;
            }
        }
        match &self.output {
            None => Ok(()),
            Some(output) => write!(f, "\n{:HEAD$} {output}", "output"),
        }
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

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", shown(&self.file), self.line)
    }
}

/// Both sides beside each other, or below where the first is too long for that.
fn columns(head: &str, cells: &[String; 2]) -> String {
    let [a, b] = cells;
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

/// A path as its reader would type it, or the file's name where it lies elsewhere.
fn shown(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).unwrap_or(path);
    let name = if below.is_absolute() { below.file_name().map_or(below, Path::new) } else { below };
    name.display().to_string()
}

fn ordinal(number: usize) -> String {
    match number {
        1 => "first".into(),
        2 => "second".into(),
        3 => "third".into(),
        n => format!("{n}th"),
    }
}

/// `2,931`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
