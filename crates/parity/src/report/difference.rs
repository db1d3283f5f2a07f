//! The first difference: both sources, what is known of the calls, and their tensors.

use maud::{Markup, html};

use crate::departure::{CallAt, Departure, OutputDifference};
use crate::elements::{ElementDifference, Elements};
use crate::text::thousands;

pub(super) fn first_difference(departure: &Departure, names: [&str; 2]) -> Markup {
    html! {
        section {
            h2 { "First difference: " (departure.place()) }
            div.pair { @for side in [0, 1] { (source(departure, side, names[side])) } }
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

fn source(departure: &Departure, side: usize, name: &str) -> Markup {
    let made = departure.calls[side].last();
    let call: Option<&CallAt> = made.or(departure.next[side].as_ref());
    let line = call.and_then(|call| call.line.as_ref());
    html! {
        figure.source {
            figcaption { (name) ": " @if made.is_none() { "no such call before " } @if let Some(line) = line { code { (line) } } @else if call.is_some() { "a line that is not known" } @else { "its end" } }
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
                @for name in names { th { "bits, " (name) } } th.count { "ULP" }
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
