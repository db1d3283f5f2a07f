//! One self-contained page to look at.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Entry;
use super::difference::first_difference;
use super::plot::plot;
use super::tables::{environments, histogram, other_ways, places};
use crate::comparison::Comparison;
use crate::distance::CallDistance;
use crate::printed::Printed;
use crate::recording::Extent;
use crate::text::{answer, thousands};
use crate::verdict::Verdict;

/// The page of some pairs: HTML that is XML, too, and refers to nothing outside itself.
#[must_use]
pub fn page(entries: &[Entry<'_>]) -> String {
    let title = match entries {
        [entry] => format!("{}: {}", entry.verdict.words(), entry.name),
        _ => format!("{} pairs of programs", entries.len()),
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                // Closed, as XML has it.
                meta charset="utf-8" {}
                meta name="viewport" content="width=device-width, initial-scale=1" {}
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                main { @for entry in entries { (whole(entry)) } }
                footer { "Made by " code { "parity " (env!("CARGO_PKG_VERSION")) } ". Exact means bits." }
            }
        }
    };
    // Neither HTML nor XML can hold a control character.
    let is_allowed = |c: char| !c.is_control() || c == '\n' || c == '\t';
    page.into_string().chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()
}

fn whole(entry: &Entry<'_>) -> Markup {
    let class = match entry.verdict {
        Verdict::Identical => "identical",
        Verdict::Different => "different",
        Verdict::FailedAlike | Verdict::NotComparable => "not-comparable",
    };
    html! {
        article {
            header.verdict.(class) {
                p.word { (entry.verdict.words()) }
                h1 { (entry.name) }
                @if let Some(comparison) = entry.comparison { p { (summary(comparison)) } }
                @if let Some(reason) = entry.reason { p.reason { (reason) } }
                @if let Some(printed) = entry.output() { p { (printed.summary()) } }
                @if let Some(comparison) = entry.comparison {
                    @for file in comparison.files.iter().filter(|file| file.differs()) {
                        p { (file.summary(comparison.names())) }
                    }
                }
            }
            @if let Some(comparison) = entry.comparison {
                (process(comparison))
                @for (number, other) in comparison.other_processes.iter().enumerate() {
                    section {
                        h2 { "Other process " (number + 1) ": " (other.verdict.words()) }
                        p { (summary(other)) }
                    }
                    (process(other))
                }
            }
        }
    }
}

fn summary(comparison: &Comparison) -> String {
    let [a, b] = comparison.sides.each_ref().map(|side| side.computing);
    let ways: usize = comparison.other_ways.iter().map(|way| way.times).sum();
    let differing = thousands(comparison.differing);
    let mut text = match comparison.verdict {
        _ if comparison.differing > 0 => {
            format!("{differing} of {} computing calls differ", thousands(a.max(b)))
        }
        Verdict::FailedAlike | Verdict::NotComparable => {
            format!("{} computing calls were compared", thousands(comparison.identical + ways))
        }
        _ if a == b => format!("{0} of {0} computing calls are identical", thousands(a)),
        _ => format!("all {} and {} computing calls are identical", thousands(a), thousands(b)),
    };
    if ways > 0 {
        text += &format!(", {} times by another operator", thousands(ways));
    }
    text
}

fn process(comparison: &Comparison) -> Markup {
    let names = comparison.names();
    html! {
        @if let Some(departure) = &comparison.first_difference { (first_difference(departure, names)) }
        @if !comparison.distances.points.is_empty() { (distances(comparison)) }
        @if !comparison.places.is_empty() { (places(&comparison.places, names)) }
        @if !comparison.other_ways.is_empty() { (other_ways(&comparison.other_ways, names)) }
        @if let Some(printed) = &comparison.output { (output(printed, names)) }
        @if !comparison.files.is_empty() {
            section {
                h2 { "Files" }
                ul.notes { @for file in &comparison.files { li { (file.summary(names)) } } }
            }
        }
        (environments(&comparison.sides))
        (not_compared(comparison))
    }
}

fn distances(comparison: &Comparison) -> Markup {
    let distances = &comparison.distances;
    html! {
        section {
            h2 { "Distance by call" }
            @if let Some(nearness) = &comparison.nearness {
                p.nearness { (answer(comparison, nearness)) }
            }
            (plot(comparison))
            (histogram(distances))
        }
    }
}

fn output(printed: &Printed, names: [&str; 2]) -> Markup {
    html! {
        @if let Some((_, lines)) = &printed.difference {
            section {
                h2 { "Standard output" }
                p { (printed.summary()) ":" }
                div.pair { @for (name, line) in names.iter().zip(lines) {
                    figure.source {
                        figcaption { (name) }
                        pre { (line.as_deref().unwrap_or("(no such line)")) }
                    }
                } }
            }
        }
    }
}

fn not_compared(comparison: &Comparison) -> Markup {
    let mut items = comparison.notes.clone();
    for side in &comparison.sides {
        if let Extent::Cut(reason) = &side.extent {
            items.push(format!("The recording of {} stops {reason}", side.name));
        }
        let others = side.calls - side.computing;
        items.push(format!(
            "{}: calls that make no values, such as views, and show in the calls that use them: {}",
            side.name,
            thousands(others)
        ));
        if side.data > 0 {
            items.push(format!(
                "{}: {} calls of zeros only make memory that data is put into",
                side.name,
                thousands(side.data)
            ));
        }
    }
    let unknown = comparison
        .distances
        .without_ulps()
        .filter(|(_, what)| matches!(what, CallDistance::NotKept | CallDistance::Unreadable));
    items.extend(unknown.map(|(calls, what)| {
        format!("{} calls that differ have no known distance: {what}", thousands(calls))
    }));
    html! {
        section {
            h2 { "Notes, and what was not compared" }
            ul.notes { @for item in &items { li { (item) } } }
        }
    }
}
