//! Evidence as a file to be edited.

use std::fmt::Write;

use super::plan::Attempt;
use crate::grammar::Item;

/// The text of an evidence file, as `--from` reads it: the first attempt's draws in order.
#[must_use]
pub fn write(notebook: &str, attempt: &Attempt) -> String {
    let mut out = format!(
        "# Evidence from {notebook}: {}.\n# Each line is a draw with what was printed of it, or `skip` and a draw or a number of words;\n# ? stands for a value that is not known. Edit it and give it back with --from.\n",
        attempt.why
    );
    for item in &attempt.items {
        let _ = writeln!(out, "{}", text(item));
    }
    out
}

fn text(item: &Item) -> String {
    match item {
        Item::SkippedWords(words) => format!("skip {words}"),
        Item::Skipped(draw) => format!("skip {draw}"),
        Item::Printed(draw, values) => {
            let values: Vec<&str> = values
                .iter()
                .map(|value| value.as_ref().map_or("?", |printed| printed.text.as_str()))
                .collect();
            format!("{draw} = {}", values.join(" "))
        }
    }
}
