//! What the user has: draws in a row, with what was printed of each.

mod arguments;
mod call;
mod composite;
mod display;
mod layers;
mod printed;
pub(crate) mod tensor;

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
    let mut own = None;
    for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
        items.extend(item(text, &mut blocks, &mut own)?);
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

/// Reads one step; `own` is whether the draws read so far have a generator of their own.
fn item(
    text: &str,
    blocks: &mut impl Iterator<Item = String>,
    own: &mut Option<bool>,
) -> Result<Vec<Item>> {
    if let Some(skipped) = text.strip_prefix("skip ") {
        if let Ok(words) = skipped.trim().parse() {
            return Ok(vec![Item::SkippedWords(words)]);
        }
        if let Some(steps) = composite::parse(skipped) {
            return steps;
        }
        let call = call::parse(skipped)?;
        if call.own_generator {
            // Nothing of it comes from the stream that is searched.
            return Ok(Vec::new());
        }
        return Ok(vec![Item::Skipped(call.closed(skipped)?)]);
    }
    let (written, values) = split_values(text);
    let call = call::parse(written)?;
    if own.replace(call.own_generator).is_some_and(|before| before != call.own_generator) {
        return Err(Error::Contradiction {
            reason: "it mixes draws with a generator of their own and draws of the default one; search for them one at a time".into(),
        });
    }
    if let Some(values) = values {
        return Ok(vec![printed(written, call, values)?]);
    }
    let mut values =
        blocks.next().ok_or_else(|| Error::Empty { draw: written.trim().to_owned() })?;
    // A layer prints as several tensors.
    for _ in 1..shapes(call.kind).len() {
        if is_complete(call.kind, &values) {
            break;
        }
        values.extend(blocks.next());
    }
    Ok(vec![printed(written, call, &values)?])
}

/// The shapes of a layer's parameters; none for other draws.
fn shapes(kind: Kind) -> Vec<Vec<usize>> {
    match kind {
        Kind::Linear { inputs, outputs, bias, .. } => {
            let weight = vec![outputs, inputs];
            if bias { vec![weight, vec![outputs]] } else { vec![weight] }
        }
        Kind::Layer { layer, .. } => layer.shapes(),
        _ => Vec::new(),
    }
}

fn is_complete(kind: Kind, values: &str) -> bool {
    let draw = Draw { kind, shape: Vec::new() };
    tensor::parse(values)
        .and_then(|nodes| tensor::flatten_all(&nodes, &shapes(kind)))
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

fn printed(written: &str, call: call::Call, text: &str) -> Result<Item> {
    let unreadable = |reason| Error::Tensor { draw: written.to_owned(), reason };
    let nodes = tensor::parse(text).map_err(unreadable)?;
    let kind = call.kind;
    if let Kind::Loader { shuffle: false, .. } = kind {
        return Err(unreadable(
            "a pass that does not shuffle serves its rows in order, so skip it".into(),
        ));
    }
    let (shape, mut values) = if kind.is_layer() {
        (Vec::new(), tensor::flatten_layer(&nodes, &shapes(kind)).map_err(unreadable)?)
    } else {
        let shape = call.shape.or_else(|| tensor::shape_of(&nodes)).ok_or_else(|| {
            unreadable("its shape cannot be told from the values, so write it in the call".into())
        })?;
        let seen = call.seen.map(|seen| vec![seen]);
        let values = tensor::flatten(&nodes, seen.as_ref().unwrap_or(&shape));
        (shape, values.map_err(unreadable)?)
    };
    let draw = Draw { kind, shape };
    if values.iter().all(Option::is_none) {
        return Err(Error::Empty { draw: written.to_owned() });
    }
    let expected = call.seen.unwrap_or_else(|| draw.len());
    if values.len() != expected {
        return Err(Error::Count { draw: written.to_owned(), expected, found: values.len() });
    }
    values.resize(draw.len(), None);
    Ok(Item::Printed(draw, values))
}

/// A file without its comments.
fn uncommented(text: &str) -> String {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The tensors of a pasted text; the whole text where none is marked.
fn blocks(text: &str) -> Vec<String> {
    let text = &uncommented(text);
    let mut starts: Vec<usize> = ["tensor(", "array("]
        .iter()
        .flat_map(|mark| text.match_indices(mark).map(|(i, _)| i))
        .collect();
    starts.sort_unstable();
    if starts.is_empty() {
        return if text.trim().is_empty() { Vec::new() } else { vec![text.to_owned()] };
    }
    starts.push(text.len());
    starts.windows(2).map(|w| closed(&text[w[0]..w[1]]).to_owned()).collect()
}

/// A text up to the parenthesis that closes its first one.
fn closed(text: &str) -> &str {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return &text[..=i],
            ')' => depth -= 1,
            _ => {}
        }
    }
    text
}

/// Whether a text holds values only.
fn is_bare(text: &str) -> bool {
    !text.trim_start().starts_with("skip ") && call::parse(split_values(text).0).is_err()
}

/// Whole draws of a file: a line that holds a call and `=`, or starts with `skip`, starts one.
fn statements(text: &str) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    for line in uncommented(text).lines() {
        let (call, values) = split_values(line);
        let starts =
            line.trim_start().starts_with("skip ") || values.is_some() && call::parse(call).is_ok();
        match statements.last_mut() {
            Some(last) if !starts => {
                last.push('\n');
                last.push_str(line);
            }
            _ if line.trim().is_empty() => {}
            _ => statements.push(line.trim().to_owned()),
        }
    }
    statements
}
