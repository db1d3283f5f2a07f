//! What each statement printed, told apart in the cell's output.

use super::Machine;
use super::evidence::{is_single, numbers_of};
use super::trace::Print;
use super::value::{Tensor, Value};
use crate::notebook::python::ast::{Argument, Expr, Part};

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
                let start = self.output.at();
                if self.output.number().is_some() {
                    let text = self.output.since(start);
                    self.evidence(std::slice::from_ref(tensor), &text);
                }
            }
            Value::Tensor(_) | Value::List(_) | Value::Tuple(_) | Value::Map(_) => {
                self.value_shown(expression, &value);
            }
            _ => {
                if let Some(number @ Value::Int(_)) = self.output.number() {
                    self.learn(expression, number);
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
}

fn is_format(function: &Expr) -> bool {
    matches!(function, Expr::Attribute(text, name) if name == "format" && matches!(**text, Expr::Str(_)))
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
