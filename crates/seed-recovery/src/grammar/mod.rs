//! What the user has: draws in a row, with what was printed of each.

mod call;
mod display;
mod printed;
mod tensor;

pub use printed::Printed;

use crate::draw::{Draw, Kind};
use crate::error::{Error, Result};

/// One step of the sequence that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A draw with what was printed of it: one entry a value, `None` where unknown.
    Printed(Draw, Vec<Option<Printed>>),
    /// A draw of which nothing was printed.
    Skipped(Draw),
    /// That many 32-bit words, drawn by anything.
    SkippedWords(u64),
}

/// Reads the steps of `--draw` arguments and of the text of a `--from` file.
///
/// A draw is `CALL = VALUES`, `skip CALL` or `skip WORDS`; several are parted by `;`. A draw
/// without values takes the next tensor of `file`; without any draw, the file holds whole draws,
/// one after the other, each starting on its own line.
///
/// # Errors
/// [`Error::Call`], [`Error::Tensor`], [`Error::Empty`] and [`Error::Count`].
pub fn parse_items(draws: &[String], file: Option<&str>) -> Result<Vec<Item>> {
    let mut blocks = file.map(blocks).unwrap_or_default().into_iter();
    let own_draws;
    let mut texts: Vec<&str> = draws.iter().flat_map(|text| text.split(';')).collect();
    if texts.is_empty()
        && let Some(file) = file
    {
        own_draws = statements(file);
        if own_draws.iter().all(|text| is_bare(text)) && !own_draws.is_empty() {
            let reason = "no --draw says how its values were drawn".into();
            return Err(Error::Tensor { draw: "the file".into(), reason });
        }
        texts = own_draws.iter().map(String::as_str).collect();
        blocks = Vec::new().into_iter();
    }
    let mut items = Vec::new();
    for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
        items.push(item(text, &mut blocks)?);
    }
    if let Some(block) = blocks.next() {
        let start: String = block.chars().take(30).collect();
        return Err(Error::Tensor {
            draw: "the file".into(),
            reason: format!("no --draw is left for its tensor {start:?}"),
        });
    }
    Ok(items)
}

fn item(text: &str, blocks: &mut impl Iterator<Item = String>) -> Result<Item> {
    if let Some(skipped) = text.strip_prefix("skip ") {
        return match skipped.trim().parse() {
            Ok(words) => Ok(Item::SkippedWords(words)),
            Err(_) => call::parse_closed(skipped).map(Item::Skipped),
        };
    }
    let (call, values) = split_values(text);
    let (kind, shape) = call::parse(call)?;
    if let Some(values) = values {
        return printed(call, kind, shape, values);
    }
    let mut values = blocks.next().ok_or_else(|| Error::Empty { draw: call.trim().to_owned() })?;
    // A layer prints as two tensors.
    if matches!(kind, Kind::Linear { bias: true, .. }) && !is_complete(kind, &values) {
        values.extend(blocks.next());
    }
    printed(call, kind, shape, &values)
}

fn is_complete(kind: Kind, values: &str) -> bool {
    let draw = Draw { kind, shape: Vec::new() };
    tensor::parse(values)
        .and_then(|nodes| tensor::flatten(&nodes, &[]))
        .is_ok_and(|values| values.len() >= draw.len())
}

/// Parts `CALL = VALUES` at the first `=` outside the call's parentheses.
fn split_values(text: &str) -> (&str, Option<&str>) {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '=' if depth == 0 => return (text[..i].trim(), Some(&text[i + 1..])),
            _ => {}
        }
    }
    (text, None)
}

fn printed(call: &str, kind: Kind, shape: Option<Vec<usize>>, text: &str) -> Result<Item> {
    let unreadable = |reason| Error::Tensor { draw: call.to_owned(), reason };
    let nodes = tensor::parse(text).map_err(unreadable)?;
    let fixed = matches!(kind, Kind::Linear { .. });
    let shape = match shape {
        Some(shape) => shape,
        None if fixed => Vec::new(),
        None => tensor::shape_of(&nodes).ok_or_else(|| {
            unreadable("its shape cannot be told from the values, so write it in the call".into())
        })?,
    };
    let values = tensor::flatten(&nodes, &shape).map_err(unreadable)?;
    let draw = Draw { kind, shape };
    if values.iter().all(Option::is_none) {
        return Err(Error::Empty { draw: call.to_owned() });
    }
    if values.len() != draw.len() {
        return Err(Error::Count {
            draw: call.to_owned(),
            expected: draw.len(),
            found: values.len(),
        });
    }
    Ok(Item::Printed(draw, values))
}

/// The tensors of a pasted text, each with what follows it; the whole text where none is marked.
fn blocks(text: &str) -> Vec<String> {
    let mut starts: Vec<usize> = ["tensor(", "array("]
        .iter()
        .flat_map(|mark| text.match_indices(mark).map(|(i, _)| i))
        .collect();
    starts.sort_unstable();
    if starts.is_empty() {
        return if text.trim().is_empty() { Vec::new() } else { vec![text.to_owned()] };
    }
    starts.push(text.len());
    starts
        .windows(2)
        .map(|w| text[w[0]..w[1]].trim_end().trim_end_matches("Parameter containing:").to_owned())
        .collect()
}

/// Whether a text holds values only.
fn is_bare(text: &str) -> bool {
    !text.trim_start().starts_with("skip ") && call::parse(split_values(text).0).is_err()
}

/// Whole draws of a file: a line that holds a call and `=`, or starts with `skip`, starts one.
fn statements(text: &str) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    for line in text.lines() {
        let (call, values) = split_values(line);
        let starts =
            line.trim_start().starts_with("skip ") || values.is_some() && call::parse(call).is_ok();
        match statements.last_mut() {
            Some(last) if !starts => {
                last.push('\n');
                last.push_str(line);
            }
            _ if line.trim().is_empty() => {}
            _ => statements.push(line.to_owned()),
        }
    }
    statements
}
