//! What the cell printed, told apart statement by statement.

use super::value::{Tensor, Value};
use super::{Machine, What};
use crate::draw::{Draw, Dtype, Kind};
use crate::grammar::{Printed, tensor};
use crate::notebook::python::ast::{Argument, Expr, Part};
use crate::notebook::run::trace::Print;

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

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
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
    fn known(&mut self, text: &str) {
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
    fn number(&mut self) -> Option<Value> {
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
    fn value(&mut self) -> String {
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
    fn next_tensor(&mut self) -> Option<String> {
        let rest = self.rest();
        let start = TENSORS.iter().filter_map(|mark| rest.find(mark)).min()?;
        let open = start + rest[start..].find('(')?;
        let end = closing(rest, open)?;
        let text = rest[start..end].to_owned();
        self.advance(end);
        Some(text)
    }

    fn line_end(&mut self) {
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

impl Machine<'_> {
    /// `print(…)`.
    pub(super) fn print(&mut self, arguments: &[Argument]) -> Value {
        let values: Vec<(&Expr, Value)> = arguments
            .iter()
            .filter(|argument| argument.name.is_none())
            .map(|argument| (&argument.value, self.expression(&argument.value)))
            .collect();
        for (expression, value) in &values {
            self.shown(expression, value);
        }
        let continued = arguments.iter().any(|argument| argument.name.as_deref() == Some("end"));
        if !continued {
            self.output.line_end();
        }
        Value::None
    }

    /// The value of a cell's last expression.
    pub(super) fn show(&mut self, expression: &Expr, value: &Value) {
        // What a tuple shows is one value in parentheses; so are several that were printed.
        self.shown(expression, value);
        self.output.line_end();
    }

    fn shown(&mut self, expression: &Expr, value: &Value) {
        match (expression, value) {
            (_, Value::Str(text)) => self.output.known(text),
            (Expr::Format(parts), _) => self.parts(parts),
            (Expr::Call(function, arguments), _) if is_format(function) => {
                self.format(function, arguments);
            }
            _ => self.value_shown(expression, value),
        }
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Text(text) => self.output.known(text),
                Part::Value(inner) => self.one(inner),
            }
        }
    }

    /// `"…{}…".format(…)`.
    fn format(&mut self, function: &Expr, arguments: &[Argument]) {
        let Expr::Attribute(text, _) = function else { return };
        let Expr::Str(text) = &**text else { return };
        let mut values = arguments.iter();
        let mut rest = text.as_str();
        while let Some(open) = rest.find('{') {
            self.output.known(&rest[..open]);
            let Some(close) = rest[open..].find('}') else { return };
            if let Some(argument) = values.next() {
                self.one(&argument.value);
            }
            rest = &rest[open + close + 1..];
        }
        self.output.known(rest);
    }

    /// One value within a text.
    fn one(&mut self, expression: &Expr) {
        let value = self.expression(expression);
        match &value {
            Value::Tensor(tensor) if is_single(tensor) => {
                let start = self.output.at;
                if self.output.number().is_some() {
                    let text = self.output.text[start..self.output.at].to_owned();
                    self.evidence(std::slice::from_ref(tensor), &text);
                }
            }
            Value::Tensor(_) | Value::List(_) | Value::Tuple(_) | Value::Map(_) => {
                self.value_shown(expression, &value);
            }
            _ => {
                if let Some(number) = self.output.number() {
                    if matches!(number, Value::Int(_)) {
                        self.learn(expression, number);
                    }
                }
            }
        }
    }

    fn value_shown(&mut self, expression: &Expr, value: &Value) {
        let tensors = tensors_of(value);
        let drawn = tensors.iter().any(|tensor| tensor.origin.is_some());
        let mut text = String::new();
        if drawn && self.output.lost {
            // After a loop, the tensors are looked for.
            for tensor in &tensors {
                while let Some(found) = self.output.next_tensor() {
                    if self.fits(tensor, &found) {
                        text.push_str(&found);
                        break;
                    }
                }
            }
        } else {
            text = self.output.value();
        }
        if text.trim().is_empty() {
            return;
        }
        let draws = self.evidence(&tensors, &text);
        self.told(expression, value, &text);
        let numbers = numbers_of(&text);
        let expression = super::expressions::key_of(expression).unwrap_or_default();
        self.trace.prints.push(Print { place: self.place, expression, text, numbers, draws });
    }

    /// Gives a tensor that nothing printed to the name that was bound last, if it fits.
    pub(super) fn left_over(&mut self) {
        let Some(tensor) = self.assigned.take() else { return };
        if let Some(text) = self.output.next_tensor().filter(|text| self.fits(&tensor, text)) {
            self.evidence(&[tensor], &text);
        }
    }

    fn fits(&self, tensor: &Tensor, text: &str) -> bool {
        let Ok(nodes) = tensor::parse(text) else { return false };
        match &tensor.shape {
            Some(shape) => tensor::flatten(&nodes, shape)
                .is_ok_and(|values| values.len() == shape.iter().product::<usize>()),
            None => tensor::shape_of(&nodes).is_some(),
        }
    }

    /// Gives printed tensors to the draws whose values they are; returns those draws.
    fn evidence(&mut self, tensors: &[Tensor], text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut rest = Output::new(text);
        let blocks: Vec<String> = std::iter::from_fn(|| rest.next_tensor()).collect();
        let blocks = match (blocks.len(), text.trim_start().starts_with('[')) {
            // NumPy prints an array as its brackets alone.
            (0, true) if tensors.len() == 1 => vec![text.to_owned()],
            // Values of one element each, taken out by `item`.
            (0, _) if tensors.iter().all(is_single) => {
                numbers_of(text).into_iter().map(|number| number.text).collect()
            }
            _ => blocks,
        };
        if blocks.len() != tensors.len() {
            return found;
        }
        for (tensor, block) in tensors.iter().zip(&blocks) {
            let Some((draw, part)) = tensor.origin else { continue };
            self.settle_sizes(draw, part, block);
            if self.give(draw, part, tensor, block) && !found.contains(&draw) {
                found.push(draw);
            }
        }
        found
    }

    /// A linear layer's unknown sizes are those of its printed weight.
    fn settle_sizes(&mut self, draw: usize, part: usize, block: &str) {
        let Some(event) = self.trace.events.get_mut(draw) else { return };
        let What::Linear { inputs, outputs, bias } = event.what else { return };
        let Ok(nodes) = tensor::parse(block) else { return };
        let Some(shape) = tensor::shape_of(&nodes).filter(|_| part == 0) else { return };
        let agrees = |known: Option<usize>, shown: usize| known.is_none_or(|known| known == shown);
        if let [rows, columns] = shape[..]
            && columns > 0
            && agrees(outputs, rows)
            && agrees(inputs, columns)
        {
            let kind = Kind::Linear { inputs: columns, outputs: rows, bias, dtype: Dtype::Float32 };
            event.what = What::Draw(Draw { kind, shape: Vec::new() });
        }
    }

    /// Whether a printed tensor is part `part` of a draw, which then keeps its values.
    fn give(&mut self, draw: usize, part: usize, tensor: &Tensor, block: &str) -> bool {
        let Some(event) = self.trace.events.get_mut(draw) else { return false };
        let What::Draw(what) = &event.what else { return false };
        if event.changed || event.times != Some(1) {
            return false;
        }
        let parts: Vec<Vec<usize>> = match what.kind {
            Kind::Linear { inputs, outputs, .. } => vec![vec![outputs, inputs], vec![outputs]],
            Kind::Layer { layer, .. } => layer.shapes(),
            _ => vec![tensor.shape.clone().unwrap_or_else(|| what.shape.clone())],
        };
        let (Some(shape), Ok(nodes)) = (parts.get(part), tensor::parse(block)) else {
            return false;
        };
        let Ok(values) = tensor::flatten(&nodes, shape) else { return false };
        if tensor::shape_of(&nodes).is_some_and(|shown| !same_sizes(&shown, shape)) {
            return false;
        }
        let count: usize = shape.iter().product();
        let start: usize = parts[..part].iter().map(|shape| shape.iter().product::<usize>()).sum();
        let all = what.len();
        if values.len() != count || start + count > all {
            return false;
        }
        event.on_cuda |= block.contains("device='cuda");
        let printed = event.printed.get_or_insert_with(|| vec![None; all]);
        for (slot, value) in printed[start..].iter_mut().zip(values) {
            // Of two prints the one with more digits tells more.
            let width = |printed: &Printed| printed.high - printed.low;
            let finer = match (slot.as_ref(), &value) {
                (Some(old), Some(new)) => width(new) < width(old),
                (None, _) => true,
                (Some(_), None) => false,
            };
            if finer {
                *slot = value;
            }
        }
        true
    }

    /// What a printed text tells of sizes.
    fn told(&mut self, expression: &Expr, value: &Value, text: &str) {
        let text = text.trim();
        if let Ok(number) = text.parse::<i64>() {
            self.learn(expression, Value::Int(number));
        }
        if let (Expr::Tuple(all), Value::Tuple(_)) = (expression, value) {
            let numbers: Option<Vec<i64>> = text
                .trim_matches(['(', ')'])
                .split(',')
                .map(|number| number.trim().parse().ok())
                .collect();
            for (one, number) in all.iter().zip(numbers.into_iter().flatten()) {
                self.learn(one, Value::Int(number));
            }
            return;
        }
        let sizes = text
            .strip_prefix("torch.Size([")
            .and_then(|rest| rest.strip_suffix("])"))
            .or_else(|| text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')));
        if let Some(sizes) = sizes {
            let sizes: Option<Vec<usize>> = sizes
                .split(',')
                .map(str::trim)
                .filter(|size| !size.is_empty())
                .map(|size| size.parse().ok())
                .collect();
            if let Some(sizes) = sizes {
                self.learn(expression, Value::Shape(sizes));
            }
        }
        if text.starts_with('[') && text.contains('\'') {
            let names: Vec<Value> = text
                .trim_matches(['[', ']'])
                .split(',')
                .map(|name| Value::Str(name.trim().trim_matches('\'').to_owned()))
                .collect();
            self.learn(expression, Value::list(names));
        }
        // A data frame's display ends with its size.
        if let Some(at) = self.output.rest().find(" rows x ") {
            let before = &self.output.rest()[..at];
            if let Some(rows) = before.rsplit('[').next().and_then(|rows| rows.parse().ok()) {
                self.learn(expression, Value::Table { rows: Some(rows), columns: None });
            }
        }
        if matches!(value, Value::Tensor(Tensor { shape: None, .. }))
            && !text.contains("...")
            && let Ok(nodes) = tensor::parse(text)
            && let Some(shape) = tensor::shape_of(&nodes).filter(|_| text.starts_with("tensor("))
        {
            self.learn(expression, Value::tensor(Some(shape)));
        }
    }
}

fn is_format(function: &Expr) -> bool {
    matches!(function, Expr::Attribute(text, name) if name == "format" && matches!(**text, Expr::Str(_)))
}

/// Whether two shapes are alike but for brackets around a single number.
fn same_sizes(shown: &[usize], shape: &[usize]) -> bool {
    shown == shape || shown.iter().chain(shape).product::<usize>() == 1
}

/// Whether a tensor is one number.
fn is_single(tensor: &Tensor) -> bool {
    tensor.shape.as_ref().is_some_and(|shape| shape.is_empty())
}

/// The tensors that a value shows, in order.
fn tensors_of(value: &Value) -> Vec<Tensor> {
    match value {
        Value::Tensor(tensor) => vec![tensor.clone()],
        Value::Map(pairs) => pairs.iter().flat_map(|(_, value)| tensors_of(value)).collect(),
        Value::List(list) => list.borrow().iter().take(256).flat_map(shallow).collect(),
        Value::Tuple(values) => values.iter().take(256).flat_map(shallow).collect(),
        _ => Vec::new(),
    }
}

/// The tensors of an element: one, or a pair of a name and one.
fn shallow(value: &Value) -> Vec<Tensor> {
    match value {
        Value::Tensor(tensor) => vec![tensor.clone()],
        Value::Tuple(values) => values
            .iter()
            .filter_map(|value| match value {
                Value::Tensor(tensor) => Some(tensor.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The numbers of a printed text.
fn numbers_of(text: &str) -> Vec<Printed> {
    const MOST: usize = 10_000;
    text.split(|c: char| c.is_whitespace() || "()[]{},=:'".contains(c))
        .filter_map(|word| {
            Printed::parse(word.trim_end_matches('.')).or_else(|| Printed::parse(word))
        })
        .take(MOST)
        .collect()
}
