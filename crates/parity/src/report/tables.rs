//! The page's tables.

use maud::{Markup, html};

use crate::comparison::OtherWay;
use crate::distance::Distances;
use crate::places::Place;
use crate::recording::Line;
use crate::side::{Environment, Side};
use crate::text::thousands;

/// Rows of a table that are shown; `--json` has all.
const ROWS: usize = 100;

pub(super) fn histogram(distances: &Distances) -> Markup {
    let without: Vec<_> = distances.without_ulps().collect();
    let bins = distances.histogram.iter().map(|bin| bin.calls);
    let most = bins.chain(without.iter().map(|(calls, _)| *calls)).max().unwrap_or(1);
    html! {
        h3 { "How many calls, by their largest distance" }
        div.wide { table.histogram {
            thead { tr { th { "ULP" } th.count { "calls" } th {} th.count { "elements" } } }
            tbody {
                @for found in &distances.histogram {
                    tr { th { (found.range()) } td.count { (thousands(found.calls)) } (bar(found.calls, most))
                        td.count { (thousands(found.elements)) } }
                }
                @for (calls, what) in &without {
                    tr { th { (what) } td.count { (thousands(*calls)) } (bar(*calls, most)) td {} }
                }
            }
        } }
    }
}

fn bar(value: usize, most: usize) -> Markup {
    let percent = 100.0 * value as f64 / most.max(1) as f64;
    html! { td.bar { span style=(format!("width:{percent:.1}%")) {} } }
}

pub(super) fn places(places: &[Place], names: [&str; 2]) -> Markup {
    let most = places.iter().map(|place| place.calls).max().unwrap_or(1);
    let faults = places.iter().filter(|place| place.independent > 0).count();
    html! {
        section {
            h2 { "Statements that differ: " (thousands(places.len())) }
            p { (thousands(faults)) " not caused by another difference, " (thousands(places.len() - faults))
                " caused by one before; in the order of their first difference." }
            div.wide { table.places {
                thead { tr {
                    th {} @for name in names { th { (name) } } th.count { "calls" } th {} th.count { "first" } th.count { "at most" }
                } }
                tbody { @for place in places.iter().take(ROWS) { (place_row(place, most)) } }
            } }
            (rest(places.len()))
        }
    }
}

fn place_row(place: &Place, most: usize) -> Markup {
    let fault = place.independent > 0;
    let ulps = match (place.largest_ulps, place.without_ulps) {
        (Some(ulps), 0) => format!("{} ULP", thousands(ulps as usize)),
        (Some(ulps), _) => format!("{} ULP, some without", thousands(ulps as usize)),
        (None, _) => place.farthest.to_string(),
    };
    html! {
        tr.place.fault[fault] {
            td { @if fault { span.tag { "fault" } } @else { span.tag { "caused" } } }
            @for side in [0, 1] { td {
                @match &place.operators[side] {
                    None => "no such call",
                    Some(operator) => { (line(place.lines[side].as_ref())) " " code { (operator) } }
                }
            } }
            td.count { (thousands(place.calls)) }
            (bar(place.calls, most))
            td.count { (thousands(place.first[0])) }
            td.count { (ulps) }
        }
    }
}

fn line(line: Option<&Line>) -> Markup {
    html! {
        @if let Some(line) = line {
            span.where { (line) } @if let Some(text) = &line.text { code.text { (text) } }
        }
    }
}

pub(super) fn other_ways(ways: &[OtherWay], names: [&str; 2]) -> Markup {
    html! {
        section {
            h2 { "The same bits by another operator" }
            div.wide { table.ways {
                thead { tr { th.count { "times" } @for name in names { th { (name) } } } }
                tbody { @for way in ways.iter().take(ROWS) { tr {
                    td.count { (thousands(way.times)) }
                    @for side in [0, 1] {
                        td { (line(way.lines[side].as_ref())) " " code { (way.operators[side].join(", ")) } }
                    }
                } } }
            } }
            (rest(ways.len()))
        }
    }
}

fn rest(length: usize) -> Markup {
    html! { @if length > ROWS { p.note { "And " (thousands(length - ROWS)) " more, all with --json." } } }
}

pub(super) fn environments(sides: &[Side; 2]) -> Markup {
    let of = sides.each_ref().map(|side| &side.environment);
    let arithmetic = |found: &Environment| {
        let each = found.arithmetic.iter().map(|(name, computes)| format!("{name} {computes}"));
        each.collect::<Vec<_>>().join(" · ")
    };
    let threads = |found: &Environment| {
        found.threads.iter().map(i64::to_string).collect::<Vec<_>>().join(", then ")
    };
    let seconds = |seconds: f64| format!("{seconds:.2} s, recorded");
    let spent = |seconds: f64| format!("{seconds:.2} s");
    let numbers = [
        ("calls", sides.each_ref().map(|side| thousands(side.calls))),
        ("computing calls", sides.each_ref().map(|side| thousands(side.computing))),
        ("other processes", sides.each_ref().map(|side| thousands(side.other_processes))),
        ("took", of.map(|found| found.seconds.map(seconds).unwrap_or_default())),
        (
            "of it, recording",
            of.map(|found| found.recording_seconds.map(spent).unwrap_or_default()),
        ),
    ];
    // What can be the cause of other bits.
    let conditions = [
        ("libtorch", of.map(|found| found.libtorch.clone())),
        ("processor", of.map(|found| found.processor.clone().unwrap_or_default())),
        ("device", of.map(|found| found.devices.join(", "))),
        ("arithmetic", of.map(arithmetic)),
        ("threads", of.map(threads)),
    ];
    html! {
        section {
            h2 { "What ran" }
            div.wide { table.environment {
                thead { tr { th {} @for side in sides { th { (side.name) } } } }
                tbody {
                    tr { th { "command" } @for side in sides { td { code { (side.command.join(" ")) } } } }
                    @for (head, cells) in &conditions {
                        tr.apart[cells[0] != cells[1]] { th { (head) } @for cell in cells { td { (cell) } } }
                    }
                    @for (head, cells) in &numbers { tr { th { (head) } @for cell in cells { td { (cell) } } } }
                }
            } }
        }
    }
}
