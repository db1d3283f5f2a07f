//! A comparison of recordings as text for people.

mod departure;
mod places;

use std::env;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

pub(crate) use self::places::answer;
use self::places::{near, places};
use crate::comparison::{Comparison, OtherWay};
use crate::recording::{Extent, Line};
use crate::side::Side;
use crate::verdict::Verdict;

/// Other ways to the same bits that are listed.
const LISTED: usize = 5;

/// Width of the first column.
const HEAD: usize = 10;

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
                if self.verdict == Verdict::FailedAlike {
                    writeln!(f, "failed alike: {}", self.reason.as_deref().unwrap_or_default())?;
                }
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
        if let Some(output) = &self.output {
            write!(f, "\n{}", output.summary())?;
            let lines = output.difference.iter().flat_map(|(_, lines)| lines);
            for (side, line) in self.sides.iter().zip(lines) {
                write!(f, "\n  {}: {}", side.name, line.as_deref().unwrap_or("(no such line)"))?;
            }
        }
        let names = self.names();
        for file in &self.files {
            write!(f, "\n{}", file.summary(names))?;
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

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", shown(&self.file), self.line)
    }
}

/// A path as its reader would type it, or the file's name where it lies elsewhere.
pub(crate) fn shown(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).unwrap_or(path);
    let name = if below.is_absolute() { below.file_name().map_or(below, Path::new) } else { below };
    name.display().to_string()
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
