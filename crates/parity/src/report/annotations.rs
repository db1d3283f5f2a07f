//! Workflow commands of GitHub Actions, which shows them at the lines of a change.

use std::env;

use super::Entry;
use crate::places::Place;
use crate::verdict::Verdict;

/// As many errors of one step are shown.
const SHOWN: usize = 10;

/// One command a line for each fault, at its line of the second program, which is the port, or of the
/// first where the second makes no such call; see
/// [workflow commands](https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
#[must_use]
pub fn annotations(entries: &[Entry<'_>]) -> Vec<String> {
    entries.iter().flat_map(of_entry).take(SHOWN).collect()
}

fn of_entry(entry: &Entry<'_>) -> Vec<String> {
    let level = if entry.accepted { "warning" } else { "error" };
    let title = format!("{}: {}", entry.name, entry.verdict.words());
    let mut found = Vec::new();
    if let Some(comparison) = entry.comparison {
        let all = std::iter::once(comparison).chain(&comparison.other_processes);
        let places = all.flat_map(|comparison| &comparison.places);
        let faults = places.filter(|place| place.independent > 0);
        found.extend(faults.map(|place| at_place(level, &title, place)));
    }
    match entry.output() {
        Some(printed) if !printed.identical => {
            let lines = printed.difference.iter().flat_map(|(_, lines)| lines);
            let lines =
                lines.map(|line| format!("\n{}", line.as_deref().unwrap_or("(no such line)")));
            let text = printed.summary() + &lines.collect::<String>();
            found.push(command(level, &[("title", &title)], &text));
        }
        _ => {}
    }
    if let Some(comparison) = entry.comparison {
        let names = comparison.names();
        let files = comparison.files.iter().filter(|file| file.differs());
        found.extend(files.map(|file| command(level, &[("title", &title)], &file.summary(names))));
    }
    if matches!(entry.verdict, Verdict::FailedAlike | Verdict::NotComparable) {
        let reason = entry.reason.unwrap_or("no reason is known");
        found.push(command(level, &[("title", &title)], reason));
    }
    found
}

fn at_place(level: &str, title: &str, place: &Place) -> String {
    let line = place.lines[1].as_ref().or(place.lines[0].as_ref());
    let here = env::current_dir().unwrap_or_default();
    let file =
        line.map(|line| line.file.strip_prefix(&here).unwrap_or(&line.file).display().to_string());
    let number = line.map(|line| line.line.to_string());
    let properties = [("file", file), ("line", number), ("title", Some(title.to_owned()))];
    let known: Vec<_> =
        properties.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    let calls = if place.calls == 1 { "computing call differs" } else { "computing calls differ" };
    command(level, &known, &format!("{} {calls}: {place}", place.calls))
}

/// `::error file=a.rs,line=3::what`.
fn command(level: &str, properties: &[(&str, &str)], text: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |(name, value): &(&str, &str)| {
        format!("{name}={}", data(value).replace(':', "%3A").replace(',', "%2C"))
    };
    let properties: Vec<_> = properties.iter().map(property).collect();
    format!("::{level} {}::{}", properties.join(","), data(text))
}
