//! A cell's output, read piece by piece.

use super::value::Value;

/// A cell's output, read from its start.
#[derive(Default)]
pub(super) struct Output {
    text: String,
    at: usize,
    /// Whether what was printed last is not known, as after a loop.
    pub lost: bool,
}

/// What starts a printed tensor.
const TENSORS: [&str; 2] = ["tensor(", "array("];

impl Output {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), at: 0, lost: false }
    }

    pub fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The place that is read next.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What was read since a place.
    pub fn since(&self, start: usize) -> String {
        self.text.get(start..self.at).unwrap_or_default().to_owned()
    }

    fn advance(&mut self, count: usize) {
        self.at = (self.at + count).min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.advance(rest.len() - rest.trim_start().len());
    }

    /// Passes over a known text, if it comes next.
    pub fn known(&mut self, text: &str) {
        self.skip_space();
        let text = text.trim();
        if self.rest().starts_with(text) {
            self.advance(text.len());
        } else if self.lost
            && let Some(at) = self.rest().find(text).filter(|_| !text.is_empty())
        {
            self.advance(at + text.len());
            self.lost = false;
        }
    }

    /// The number that comes next.
    pub fn number(&mut self) -> Option<Value> {
        self.skip_space();
        let end = |c: char| !(c.is_ascii_digit() || "+-.e".contains(c));
        let rest = self.rest();
        let text = &rest[..rest.find(end).unwrap_or(rest.len())];
        let value = match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(n), _) => Value::Int(n),
            (_, Ok(x)) => Value::Float(x),
            _ => return None,
        };
        let count = text.len();
        self.advance(count);
        Some(value)
    }

    /// The value that comes next, up to the bracket that closes it, or else the line.
    pub fn value(&mut self) -> String {
        self.skip_space();
        let rest = self.rest();
        let line = rest.find('\n').unwrap_or(rest.len());
        let end = match rest.find(['(', '[', '{']) {
            Some(open) if open < line => closing(rest, open).unwrap_or(line).max(1),
            _ => line,
        };
        let mut end = end;
        // `Parameter containing:` stands on a line of its own.
        if rest.starts_with("Parameter containing:")
            && let Some(open) = rest.find('(')
        {
            end = closing(rest, open).unwrap_or(line);
        }
        let text = rest[..end].to_owned();
        self.advance(end);
        text
    }

    /// The next printed tensor, wherever it stands.
    pub fn next_tensor(&mut self) -> Option<String> {
        let rest = self.rest();
        let start = TENSORS.iter().filter_map(|mark| rest.find(mark)).min()?;
        let open = start + rest[start..].find('(')?;
        let end = closing(rest, open)?;
        let text = rest[start..end].to_owned();
        self.advance(end);
        Some(text)
    }

    pub fn line_end(&mut self) {
        let rest = self.rest();
        let count = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let blank = rest[..count].trim().is_empty();
        if blank || !self.lost {
            self.advance(count);
        }
    }
}

/// The end of the bracket that opens at `open`.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, c) in text[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + i + c.len_utf8());
                }
            }
            _ => {}
        }
    }
    None
}
