//! Evidence as a file to be edited.

use std::fmt::Write;

use super::plan::Attempt;
use crate::draw::Kind;
use crate::grammar::Item;
use crate::readings::Assumption;

/// The text of an evidence file, as `--from` reads it: the first attempt's draws in order.
#[must_use]
pub fn write(notebook: &str, attempt: &Attempt) -> String {
    let mut out = format!(
        "# Evidence from {notebook}: {}.\n# Each line is a draw with what was printed of it, or `skip` and a draw or a number of words;\n# ? stands for a value that is not known. Edit it and give it back with --from.\n",
        attempt.why
    );
    for item in &attempt.items {
        let _ = writeln!(out, "{}", text(&opened(item, &attempt.assumes)));
    }
    out
}

/// A step without the version that this attempt settles: the file is searched for all of them.
fn opened(item: &Item, assumes: &[Assumption]) -> Item {
    let mut item = item.clone();
    if let Item::Skipped(draw) | Item::Printed(draw, _) = &mut item
        && let Kind::Loader { epoch: epoch @ Some(_), .. } = &mut draw.kind
        && epoch.is_some_and(|epoch| assumes.contains(&Assumption::Loader(epoch)))
    {
        *epoch = None;
    }
    item
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
