//! Posts: Markdown and HTML, with code in fences or under `In [N]:`.

use super::{Cell, is_output, script};
use crate::notebook::python;

/// The cells of a Markdown post.
pub(super) fn markdown(text: &str) -> Vec<Cell> {
    if text.lines().any(|line| heading(line).is_some()) {
        return headed(text);
    }
    fenced(text)
}

/// The count in a line `In [3]:`.
fn heading(line: &str) -> Option<Option<u64>> {
    let line = line.trim().trim_matches('*').trim();
    let rest = line.strip_prefix("In [").or_else(|| line.strip_prefix("In["))?;
    let (count, rest) = rest.split_once(']')?;
    let told = count.trim().parse().ok();
    (rest.trim_start_matches(':').trim().is_empty()).then_some(told)
}

/// Cells under `In [N]:`: code up to an empty line after which no Python follows, then the output.
fn headed(text: &str) -> Vec<Cell> {
    let mut cells: Vec<(Cell, Vec<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(count) = heading(line) {
            cells.push((Cell { count, ..Cell::default() }, vec![String::new()]));
            continue;
        }
        let Some((_, paragraphs)) = cells.last_mut() else { continue };
        if line.trim().is_empty() && paragraphs.last().is_some_and(|text| !text.is_empty()) {
            paragraphs.push(String::new());
        } else if let Some(paragraph) = paragraphs.last_mut().filter(|_| !line.trim().is_empty()) {
            paragraph.push_str(line);
            paragraph.push('\n');
        }
    }
    cells.into_iter().map(|(cell, paragraphs)| divided(cell, &paragraphs)).collect()
}

/// Gives each paragraph to the code or to the output; prose that follows the output does no harm.
fn divided(mut cell: Cell, paragraphs: &[String]) -> Cell {
    let mut in_code = true;
    for (i, paragraph) in paragraphs.iter().enumerate() {
        in_code &= i == 0 || !starts_output(paragraph) && is_code(&cell.code, paragraph);
        let to = if in_code { &mut cell.code } else { &mut cell.output };
        to.push_str(paragraph);
        to.push('\n');
    }
    cell
}

fn starts_output(paragraph: &str) -> bool {
    let first = paragraph.trim_start();
    is_output(first) || first.starts_with(|c: char| c.is_ascii_digit() || "-<".contains(c))
}

/// Whether a paragraph carries code on: together they read as Python, and prose hardly ever does.
fn is_code(code: &str, paragraph: &str) -> bool {
    let one_word = paragraph.split_whitespace().count() == 1;
    !one_word && python::is_python(&format!("{code}\n{paragraph}"))
}

/// Fences: one marked as Python is code, the next one without a language is what it printed.
fn fenced(text: &str) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(language)) => open = Some((language.trim().to_lowercase(), String::new())),
            (Some(_), Some(_)) => {
                if let Some((language, body)) = open.take() {
                    block(&mut cells, &language, body);
                }
            }
            (Some((_, body)), None) => {
                body.push_str(line);
                body.push('\n');
            }
            // Converted notebooks indent what was printed.
            (None, None) if line.starts_with("    ") => {
                if let Some(cell) = cells.last_mut() {
                    cell.output.push_str(&line[4..]);
                    cell.output.push('\n');
                }
            }
            (None, None) => {}
        }
    }
    cells
}

fn block(cells: &mut Vec<Cell>, language: &str, body: String) {
    let python =
        language.starts_with("python") || language == "py" || language.starts_with("{python");
    let looks_like_code = language.is_empty() && !starts_output(&body) && python::is_python(&body);
    match cells.last_mut() {
        Some(cell) if !python && !looks_like_code => cell.output.push_str(&body),
        // What was printed may stand in comments below the code.
        _ if python || looks_like_code => cells.extend(script::cells(&body)),
        _ => {}
    }
}

/// The cells of an HTML page: what stands in `<pre>`, first as code and then as output.
pub(super) fn html(text: &str) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let mut rest = text;
    let mut between = String::new();
    while let Some(start) = rest.find("<pre") {
        between.push_str(&rest[..start]);
        let body = &rest[start..];
        let Some(open) = body.find('>') else { break };
        let end = body.find("</pre").unwrap_or(body.len()).max(open + 1);
        let text = plain(&body[open + 1..end]);
        let count = count_of(&plain(&between));
        if !starts_output(&text) && python::is_python(&text) && !text.trim().is_empty() {
            cells.push(Cell { count, code: text, output: String::new() });
        } else if let Some(cell) = cells.last_mut() {
            cell.output.push_str(&text);
            cell.output.push('\n');
        }
        between.clear();
        rest = &body[end..];
    }
    cells
}

/// The number of the last `In [N]` before a block.
fn count_of(text: &str) -> Option<u64> {
    let at = text.rfind("In [").map(|at| at + 4)?;
    text[at..].split(']').next()?.trim().parse().ok()
}

/// A fragment without its tags.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&#182;", ""),
        ("&amp;", "&"),
    ];
    entities.iter().fold(text, |text, (from, to)| text.replace(from, to))
}
