//! One self-contained page to look at.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::plot::plot;
use super::{Entry, words};
use crate::comparison::{Comparison, Environment, OtherWay, Side};
use crate::departure::{CallAt, Departure, OutputDifference};
use crate::distance::{Bin, CallDistance, Distances};
use crate::elements::{ElementDifference, Elements};
use crate::places::Place;
use crate::printed::Printed;
use crate::recording::{Extent, Line};
use crate::text::thousands;
use crate::verdict::Verdict;

/// Rows of a table that are shown; `--json` has all.
const ROWS: usize = 100;

/// The page of some pairs: HTML that is XML, too, and refers to nothing outside itself.
#[must_use]
pub fn page(entries: &[Entry<'_>]) -> String {
    let title = match entries {
        [entry] => format!("{}: {}", words(entry.verdict), entry.name),
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
        Verdict::NotComparable => "not-comparable",
    };
    html! {
        article {
            header.verdict.(class) {
                p.word { (words(entry.verdict)) }
                h1 { (entry.name) }
                @if let Some(comparison) = entry.comparison { p { (summary(comparison)) } }
                @if let Some(reason) = entry.reason { p.reason { (reason) } }
                @if let Some(printed) = entry.output() { p { (printed.summary()) } }
            }
            @if let Some(comparison) = entry.comparison {
                (process(comparison))
                @if let Some(printed) = entry.output() { (output(printed, comparison)) }
                @for (number, other) in comparison.other_processes.iter().enumerate() {
                    section {
                        h2 { "Other process " (number + 1) ": " (words(other.verdict)) }
                        p { (summary(other)) }
                    }
                    (process(other))
                }
            }
        }
    }
}

fn summary(comparison: &Comparison) -> String {
    let total = comparison.sides.iter().map(|side| side.computing).max().unwrap_or(0);
    let ways: usize = comparison.other_ways.iter().map(|way| way.times).sum();
    let mut text = match comparison.differing {
        0 => format!("{} computing calls compared", thousands(comparison.identical + ways)),
        differing => {
            format!("{} of {} computing calls differ", thousands(differing), thousands(total))
        }
    };
    if ways > 0 {
        text += &format!(", {} times the same bits by another operator", thousands(ways));
    }
    text
}

fn process(comparison: &Comparison) -> Markup {
    let names = comparison.sides.each_ref().map(|side| side.name.as_str());
    html! {
        @if let Some(departure) = &comparison.first_difference { (first_difference(departure, names)) }
        @if !comparison.distances.points.is_empty() { (distances(comparison)) }
        @if !comparison.places.is_empty() { (places(&comparison.places, names)) }
        @if !comparison.other_ways.is_empty() { (other_ways(&comparison.other_ways, names)) }
        (environments(&comparison.sides))
        (not_compared(comparison))
    }
}

fn first_difference(departure: &Departure, names: [&str; 2]) -> Markup {
    let call = |side: usize| departure.calls[side].last().or(departure.next[side].as_ref());
    html! {
        section {
            h2 { "First difference: " (departure.place()) }
            div.pair { @for side in [0, 1] { (source(call(side), names[side])) } }
            div.wide { table {
                thead { tr { th {} @for name in names { th { (name) } } } }
                tbody { @for (head, cells) in departure.rows() {
                    tr {
                        th { (head) }
                        @if let [one] = cells.as_slice() { td colspan="2" { (one) } }
                        @else { @for cell in &cells { td { code { (cell) } } } }
                    }
                } }
            } }
            @if let Some(OutputDifference::Elements { elements, .. }) = &departure.output {
                (tensors(elements, names))
            }
        }
    }
}

fn source(call: Option<&CallAt>, name: &str) -> Markup {
    let line = call.and_then(|call| call.line.as_ref());
    html! {
        figure.source {
            figcaption { (name) ": " @if let Some(line) = line { code { (line) } } @else { "line not known" } }
            @if let (Some(call), Some(line)) = (call, line) {
                pre { @for (number, text) in &call.around {
                    span.line.marked[*number == line.line] { span.number { (number) } " " (text) "\n" }
                } }
            }
        }
    }
}

fn tensors(elements: &Elements, names: [&str; 2]) -> Markup {
    html! {
        h3 { "The tensors, around the first element that differs" }
        div.wide { table.tensors {
            thead { tr {
                th { "element" } @for name in names { th { (name) } }
                @for name in names { th { "bits, " (name) } } th { "ULP" }
            } }
            tbody { @for element in &elements.around { (element_row(element)) } }
        } }
        @if elements.elements > elements.around.len() {
            p.note { (elements.around.len()) " of " (thousands(elements.elements)) " elements." }
        }
    }
}

fn element_row(element: &ElementDifference) -> Markup {
    let ulp = element.ulp.map_or_else(|| "not a number".into(), |ulp| thousands(ulp as usize));
    html! {
        tr.differs[element.a_bits != element.b_bits] {
            th { (format!("{:?}", element.index)) }
            td { code { (element.a) } }
            td { code { (element.b) } }
            td { (digits(&element.a_bits, &element.b_bits)) }
            td { (digits(&element.b_bits, &element.a_bits)) }
            td.count { (ulp) }
        }
    }
}

/// Hexadecimal digits, those that differ from the other side's marked.
fn digits(own: &str, other: &str) -> Markup {
    let same = own.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    html! { code { (own[..same]) @if same < own.len() { b { (own[same..]) } } } }
}

fn distances(comparison: &Comparison) -> Markup {
    let distances = &comparison.distances;
    html! {
        section {
            h2 { "Distance by call" }
            @if let Some(nearness) = &comparison.nearness {
                p.nearness { "Within " (thousands(nearness.ulps as usize)) " ULP: " b { (nearness.within.word()) }
                    @if let Some(first) = &nearness.first_beyond {
                        ", " (thousands(nearness.beyond)) " calls are beyond, the first computing call "
                        (thousands(first.position[0])) " (" (first.distance) ")"
                    }
                    "." }
            }
            (plot(comparison))
            (histogram(distances))
        }
    }
}

fn histogram(distances: &Distances) -> Markup {
    let without: Vec<_> = distances.without_ulps().collect();
    let bins = distances.histogram.iter().map(|bin| bin.calls);
    let most = bins.chain(without.iter().map(|(calls, _)| *calls)).max().unwrap_or(1);
    let bin = |bin: &Bin| bin.range();
    html! {
        h3 { "How many calls, by their largest distance" }
        div.wide { table.histogram {
            thead { tr { th { "ULP" } th { "calls" } th {} th { "elements" } } }
            tbody {
                @for found in &distances.histogram {
                    tr { th { (bin(found)) } td.count { (thousands(found.calls)) } (bar(found.calls, most))
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

fn places(places: &[Place], names: [&str; 2]) -> Markup {
    let most = places.iter().map(|place| place.calls).max().unwrap_or(1);
    let faults = places.iter().filter(|place| place.independent > 0).count();
    html! {
        section {
            h2 { "Statements that differ: " (thousands(places.len())) }
            p { (thousands(faults)) " not caused by another difference, " (thousands(places.len() - faults))
                " caused by one before; in the order of their first difference." }
            div.wide { table.places {
                thead { tr {
                    th {} @for name in names { th { (name) } } th { "calls" } th {} th { "first" } th { "at most" }
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
        (None, _) => "no ULPs".into(),
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

fn other_ways(ways: &[OtherWay], names: [&str; 2]) -> Markup {
    html! {
        section {
            h2 { "The same bits by another operator" }
            div.wide { table.ways {
                thead { tr { th { "times" } @for name in names { th { (name) } } } }
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

fn output(printed: &Printed, comparison: &Comparison) -> Markup {
    html! {
        @if let Some((_, lines)) = &printed.difference {
            section {
                h2 { "Standard output" }
                p { (printed.summary()) ":" }
                div.pair { @for (side, line) in comparison.sides.iter().zip(lines) {
                    figure.source {
                        figcaption { (side.name) }
                        pre { (line.as_deref().unwrap_or("(no such line)")) }
                    }
                } }
            }
        }
    }
}

fn environments(sides: &[Side; 2]) -> Markup {
    let list = |texts: &[String]| texts.join(", ");
    let arithmetic = |found: &Environment| {
        found
            .arithmetic
            .iter()
            .map(|(name, computes)| format!("{name} {computes}"))
            .collect::<Vec<_>>()
    };
    let threads = |found: &Environment| {
        found.threads.iter().map(i64::to_string).collect::<Vec<_>>().join(", then ")
    };
    let seconds = |found: &Environment| {
        found.seconds.map(|seconds| format!("{seconds:.2} s, recorded")).unwrap_or_default()
    };
    let row = |head: &str, cell: &dyn Fn(&Side) -> String| {
        let cells = sides.each_ref().map(cell);
        html! { tr.apart[cells[0] != cells[1]] { th { (head) } @for cell in &cells { td { (cell) } } } }
    };
    html! {
        section {
            h2 { "What ran" }
            div.wide { table.environment {
                thead { tr { th {} @for side in sides { th { (side.name) } } } }
                tbody {
                    tr { th { "command" } @for side in sides { td { code { (side.command.join(" ")) } } } }
                    (row("calls", &|side| thousands(side.calls)))
                    (row("computing calls", &|side| thousands(side.computing)))
                    (row("libtorch", &|side| side.environment.libtorch.clone()))
                    (row("processor", &|side| side.environment.processor.clone().unwrap_or_default()))
                    (row("device", &|side| list(&side.environment.devices)))
                    (row("arithmetic", &|side| list(&arithmetic(&side.environment))))
                    (row("threads", &|side| threads(&side.environment)))
                    (row("other processes", &|side| side.other_processes.to_string()))
                    tr { th { "took" } @for side in sides { td { (seconds(&side.environment)) } } }
                }
            } }
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
            "{}: {} calls make no values, such as views; what they do shows in the calls that use it",
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
