//! Which machine printed a page: the run replayed on each, number by number.

use std::fmt;

use super::Machine;
use crate::error::{Error, Result};

/// A value that was or could have been printed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Value {
    single: Option<f32>,
    double: f64,
}

/// What a run printed, in order, and what else its variables held.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    printed: Vec<(String, usize, Value)>,
    held: Vec<(String, usize, Value)>,
}

impl Recording {
    /// Prints float32 values of the variable `name`.
    pub fn print(&mut self, name: &str, values: &[f32]) {
        let values = values.iter().map(|&v| Value { single: Some(v), double: f64::from(v) });
        for (i, value) in values.enumerate() {
            self.printed.push((name.to_owned(), i, value));
            self.held.push((name.to_owned(), i, value));
        }
    }

    /// Prints whole numbers, such as that of an epoch, or the digit at the end of `AddBackward0`.
    pub fn print_integers(&mut self, name: &str, values: &[u32]) {
        for (i, &value) in values.iter().enumerate() {
            let value = Value { single: None, double: f64::from(value) };
            self.printed.push((name.to_owned(), i, value));
        }
    }

    /// Notes values that `name` had without printing them: a cell's old output may show them.
    pub fn hold(&mut self, name: &str, values: &[f32]) {
        for (i, &v) in values.iter().enumerate() {
            let value = Value { single: Some(v), double: f64::from(v) };
            self.held.push((name.to_owned(), i, value));
        }
    }
}

impl Value {
    /// Whether the value prints as `text`, to the last digit: rounded to as many places, or in the
    /// fewest digits that tell its float32 or, widened, its float64 from others.
    fn prints_as(self, text: &str) -> bool {
        if self.single.is_some_and(|v| format!("{v}") == text) || format!("{}", self.double) == text
        {
            return true;
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
        let places = mantissa.split_once('.').map_or(0, |(_, places)| places.len());
        let mantissa = mantissa.trim_end_matches('.');
        if exponent.is_empty() {
            return format!("{:.places$}", self.double) == mantissa;
        }
        let written = format!("{:.places$e}", self.double);
        let (own, power) = written.split_once('e').unwrap_or((&written, "0"));
        own == mantissa && power.parse::<i32>().ok() == exponent.parse::<i32>().ok()
    }
}

/// A number on a page that a machine prints otherwise.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Difference {
    /// Its line, counted from 1.
    pub line: usize,
    /// Which number of the page it is, counted from 1.
    pub number: usize,
    /// The variable.
    pub name: String,
    /// What the page has.
    pub printed: String,
    /// What the machine computes.
    pub computed: f64,
    /// Whether the variable had the page's value at another time: the cell was not run again.
    pub stale: bool,
}

/// What a machine makes of a page.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The numbers it prints otherwise, in the page's order.
    Replayed(Vec<Difference>),
    /// Its arithmetic is not known for this run; the sentence says for what.
    Unknown(String),
}

/// What every machine makes of a page.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Explanation {
    /// How many numbers the page has.
    pub numbers: usize,
    /// Each machine's verdict, in the order they were given.
    pub machines: Vec<(Machine, Verdict)>,
}

impl Explanation {
    /// How many of the page's numbers a machine prints; `None` if it was not tried or is not known.
    #[must_use]
    pub fn agreeing(&self, machine: Machine) -> Option<usize> {
        let (_, verdict) = self.machines.iter().find(|(tried, _)| *tried == machine)?;
        match verdict {
            Verdict::Replayed(differences) => Some(self.numbers - differences.len()),
            Verdict::Unknown(_) => None,
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (machine, verdict) in &self.machines {
            let differences = match verdict {
                Verdict::Unknown(reason) => {
                    writeln!(f, "{machine:62}  {reason}")?;
                    continue;
                }
                Verdict::Replayed(differences) => differences,
            };
            let agreeing = self.numbers - differences.len();
            write!(f, "{machine:62}  {agreeing} of {}", self.numbers)?;
            if let Some(first) = differences.first() {
                let Difference { line, name, printed, computed, stale, .. } = first;
                let kind = if *stale { "stale" } else { "differs" };
                write!(f, "; first in line {line}, {name}: {printed} {kind}, here {computed}")?;
                let stale = differences.iter().filter(|difference| difference.stale).count();
                if stale > 0 {
                    write!(f, "; {stale} stale")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Replays a run on each machine and compares what it prints with `page`, number by number.
///
/// `replay` computes the run with the machine's arithmetic and records, in the order of the page,
/// every number that it prints.
///
/// # Errors
/// [`Error::Shape`] if a replay prints more numbers than the page has, or fewer, and whatever else
/// `replay` fails with; [`Error::Unknown`] is a verdict.
pub fn explain(
    page: &str,
    machines: &[Machine],
    replay: &dyn Fn(Machine, &mut Recording) -> Result<()>,
) -> Result<Explanation> {
    let numbers = numbers(page);
    let verdict = |machine| {
        let mut recording = Recording::default();
        match replay(machine, &mut recording) {
            Err(Error::Unknown { reason }) => {
                return Ok(Verdict::Unknown(format!("not known: {reason}")));
            }
            ended => ended?,
        }
        if recording.printed.len() != numbers.len() {
            return Err(Error::Shape {
                reason: format!(
                    "the replay prints {} numbers, the page has {}",
                    recording.printed.len(),
                    numbers.len()
                ),
            });
        }
        let compared = numbers.iter().zip(&recording.printed).enumerate();
        let differing = compared.filter(|(_, ((_, text), (.., value)))| !value.prints_as(text));
        let differences = differing.map(|(i, ((line, text), (name, at, value)))| Difference {
            line: *line,
            number: i + 1,
            name: name.clone(),
            printed: (*text).to_owned(),
            computed: value.double,
            stale: recording
                .held
                .iter()
                .any(|(other, place, held)| (other, place) == (name, at) && held.prints_as(text)),
        });
        Ok(Verdict::Replayed(differences.collect()))
    };
    let machines = machines.iter().map(|&machine| Ok((machine, verdict(machine)?)));
    Ok(Explanation { numbers: numbers.len(), machines: machines.collect::<Result<_>>()? })
}

/// The numbers of a page, each with its line.
fn numbers(page: &str) -> Vec<(usize, &str)> {
    page.lines()
        .enumerate()
        .flat_map(|(i, line)| numbers_of(line).map(move |n| (i + 1, n)))
        .collect()
}

fn numbers_of(line: &str) -> impl Iterator<Item = &str> {
    let bytes = line.as_bytes();
    let digit = move |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let digits = move |mut i: usize| {
        while digit(i) {
            i += 1;
        }
        i
    };
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = (at..bytes.len()).find(|&i| digit(i) || (bytes[i] == b'-' && digit(i + 1)))?;
        let mut end = digits(start + 1);
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if digit(end + 1 + sign) {
                end = digits(end + 1 + sign);
            }
        }
        at = end;
        Some(&line[start..end])
    })
}

#[cfg(test)]
mod tests {
    use super::{Value, numbers};

    #[test]
    fn numbers_are_read_as_they_are_printed() {
        let page =
            "tensor([[ 73., -0.1873],\n [1.2e-05, 3e+02]], grad_fn=<AddBackward0>)\nEpoch [10/500]";
        let found: Vec<_> =
            numbers(page).into_iter().map(|(line, n)| format!("{line}:{n}")).collect();
        assert_eq!(found, ["1:73.", "1:-0.1873", "2:1.2e-05", "2:3e+02", "2:0", "3:10", "3:500"]);
    }

    #[test]
    fn a_value_prints_to_the_last_digit_or_not_at_all() {
        let value = |v: f32| Value { single: Some(v), double: f64::from(v) };
        assert!(value(876.081_2).prints_as("876.0812") && !value(876.081_2).prints_as("876.0811"));
        assert!(value(29.598_67).prints_as("29.59867") && value(73.0).prints_as("73."));
        assert!(value(0.1).prints_as("0.10000000149011612"));
        assert!(
            value(0.000_012).prints_as("1.2000e-05") && !value(0.000_012).prints_as("1.2000e-06")
        );
        assert!(value(300.0).prints_as("3e+02") && !value(-300.0).prints_as("3e+02"));
    }
}
