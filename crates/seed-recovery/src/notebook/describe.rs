//! What was understood, for a person.

use std::fmt::Write;

use super::plan::{Attempt, name};
use super::run::{Event, What};
use super::understand::Understanding;

/// Longer lists are cut off.
const MOST_LINES: usize = 60;

/// Says which draws the notebook makes, what is printed of them, and what it does not show.
#[must_use]
pub fn describe(understanding: &Understanding, attempts: &[Attempt]) -> String {
    let mut out = String::new();
    let run = understanding.order.len();
    let _ = writeln!(out, "{run} cells that were run; draws in their order:");
    for event in understanding.trace.events.iter().take(MOST_LINES) {
        let place = understanding.cell_name(event.place.cell);
        let _ = writeln!(out, "  {place}, line {}: {}", event.place.line, event_text(event));
    }
    let more = understanding.trace.events.len().saturating_sub(MOST_LINES);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
    for (&cell, &unseen) in &understanding.gaps {
        let place = understanding.cell_name(cell);
        let executions = if unseen == 1 { "execution" } else { "executions" };
        let _ = writeln!(out, "not shown: {unseen} {executions} before {place}");
    }
    let named = |cells: &[usize]| {
        cells.iter().map(|&cell| understanding.cell_name(cell)).collect::<Vec<_>>().join(", ")
    };
    if !understanding.out_of_order.is_empty() {
        let _ = writeln!(out, "run after a cell below it: {}", named(&understanding.out_of_order));
    }
    if !understanding.not_run.is_empty() {
        let _ = writeln!(out, "not run, as far as is shown: {}", named(&understanding.not_run));
    }
    for note in &understanding.trace.notes {
        let _ = writeln!(out, "note: {note}");
    }
    if attempts.is_empty() {
        return out;
    }
    let _ = writeln!(out, "searches, the cheapest first:");
    for (i, attempt) in attempts.iter().enumerate().take(MOST_LINES) {
        let _ = writeln!(out, "  {}. {}", i + 1, attempt_text(attempt));
    }
    out
}

fn event_text(event: &Event) -> String {
    let what = match &event.what {
        What::Seed(library, Some(seed)) => {
            return format!("{} is seeded with {seed}", name(*library));
        }
        What::Seed(library, None) => {
            return format!("{} is seeded with a number not known", name(*library));
        }
        What::Draw(draw) => draw.to_string(),
        What::Linear { inputs, outputs, .. } => {
            let size = |n: &Option<usize>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
            format!("linear({},{})", size(inputs), size(outputs))
        }
        What::Words(_) => "draws".into(),
        What::Unknown(_, reason) => reason.clone(),
    };
    let times = match event.times {
        Some(1) => String::new(),
        Some(times) => format!(", {times} times"),
        None => ", an unknown number of times".into(),
    };
    let words = match &event.what {
        What::Draw(draw) => draw.words().map(|words| format!("{words} words")),
        What::Words(words) => Some(format!("{words} words")),
        _ => None,
    };
    let words = words.unwrap_or_else(|| "words not known".into());
    let fate = match &event.printed {
        Some(values) if event.is_printed() => {
            let cuda = if event.on_cuda { ", after it was moved to a CUDA device" } else { "" };
            let known = values.iter().flatten().count();
            format!("{known} of {} values printed{cuda}", values.len())
        }
        _ => "skipped".into(),
    };
    format!("{what}{times}, {words}, {fate}")
}

/// One line about an attempt.
fn attempt_text(attempt: &Attempt) -> String {
    let assumes: Vec<String> = attempt.assumes.iter().map(ToString::to_string).collect();
    let assumes =
        if assumes.is_empty() { String::new() } else { format!("; {}", assumes.join("; ")) };
    let count = attempt.offsets.count();
    let places = if count == 1 { String::new() } else { format!("; {count} offsets") };
    format!("{}{assumes}{places}", attempt.why)
}

impl Attempt {
    /// The attempt in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        attempt_text(self)
    }
}
