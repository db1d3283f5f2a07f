//! A comparison of recordings as text for people.

use std::env;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

use crate::comparison::{Comparison, OtherWay, Side};
use crate::departure::{CallAt, Departure, Inputs, OutputDifference};
use crate::nearness::{Nearness, Within};
use crate::places::Place;
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
                program(&side.command),
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
                places(&self.places, f)?;
                if let Some(reason) = &self.reason {
                    write!(f, "\nnote: {reason}")?;
                }
            }
        }
        if let Some(nearness) = &self.nearness {
            near(self, nearness, f)?;
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

/// Every place but a single one, which the first difference shows: faults, then what they cause.
fn places(places: &[Place], f: &mut Formatter<'_>) -> fmt::Result {
    if places.len() < 2 {
        return Ok(());
    }
    write!(f, ", in {} places", thousands(places.len()))?;
    let (faults, caused): (Vec<_>, Vec<_>) = places.iter().partition(|p| p.independent > 0);
    for (listed, what) in
        [(faults, "not caused by another difference"), (caused, "caused by one before")]
    {
        if listed.is_empty() {
            continue;
        }
        write!(f, "\n{what}: {}", thousands(listed.len()))?;
        for place in listed.iter().take(LISTED) {
            let calls = if place.calls == 1 { "call " } else { "calls" };
            write!(f, "\n  {:>6} {calls}  {place}", thousands(place.calls))?;
        }
        let more = listed.len().saturating_sub(LISTED);
        if more > 0 {
            write!(f, "\n  and {} more (all with --json)", thousands(more))?;
        }
    }
    Ok(())
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [a, b] = [0, 1].map(|side| {
            let Some(operator) = &self.operators[side] else { return "no such call".into() };
            let line = self.lines[side].as_ref().map(Line::to_string).unwrap_or_default();
            format!("{line} {}", operator.trim_start_matches("aten::")).trim_start().to_owned()
        });
        write!(f, "{a}  and  {b}")?;
        match self.largest_ulps {
            Some(ulps) => write!(f, ", at most {} ULP", thousands(ulps as usize)),
            None => Ok(()),
        }
    }
}

/// Whether all calls are within the distance that was asked for, and all distances.
fn near(comparison: &Comparison, nearness: &Nearness, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "\nwithin {} ULP: ", thousands(nearness.ulps as usize))?;
    match (&nearness.first_beyond, nearness.within) {
        (Some(first), _) => write!(
            f,
            "no, {} computing calls are beyond, the first {}: {}, {}",
            thousands(nearness.beyond),
            thousands(first.position[0]),
            comparison.places[first.place],
            first.distance
        )?,
        (None, Within::NotKnown) => write!(
            f,
            "not known, since the elements of {} computing calls were not kept or cannot be read",
            thousands(nearness.not_known)
        )?,
        (None, _) => write!(f, "yes")?,
    }
    let distances = &comparison.distances;
    if !distances.histogram.is_empty() {
        write!(f, "\n{:>12} {:>12} {:>12}", "ULP", "calls", "elements")?;
    }
    for bin in &distances.histogram {
        let [calls, elements] = [bin.calls, bin.elements].map(thousands);
        write!(f, "\n{:>12} {calls:>12} {elements:>12}", bin.range())?;
    }
    for (calls, what) in distances.without_ulps() {
        write!(f, "\n{what:>12} {:>12}", thousands(calls))?;
    }
    Ok(())
}

/// The script or program of a command, without what starts it.
#[must_use]
pub fn program(command: &[String]) -> String {
    let script = command.iter().find(|word| word.ends_with(".py"));
    script.or(command.first()).map(|path| shown(Path::new(path))).unwrap_or_default()
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

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", shown(&self.file), self.line)
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

/// A path as its reader would type it, or the file's name where it lies elsewhere.
pub(crate) fn shown(path: &Path) -> String {
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
pub(crate) fn thousands(number: usize) -> String {
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
