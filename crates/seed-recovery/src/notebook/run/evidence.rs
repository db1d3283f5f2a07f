//! Printed values given to the draws they come from, and what the output tells of sizes.

use super::output::Output;
use super::value::{Tensor, Value};
use super::{Machine, What};
use crate::draw::{Draw, Dtype, Kind};
use crate::grammar::{Printed, tensor};
use crate::notebook::python::ast::Expr;

impl Machine<'_> {
    /// Gives a tensor that nothing printed to the name that was bound last, if it fits.
    pub(super) fn left_over(&mut self) {
        let Some(tensor) = self.assigned.take() else { return };
        if let Some(text) = self.output.next_tensor().filter(|text| self.fits(&tensor, text)) {
            self.evidence(&[tensor], &text);
        }
    }

    pub(super) fn fits(&self, tensor: &Tensor, text: &str) -> bool {
        let Ok(nodes) = tensor::parse(text) else { return false };
        match &tensor.shape {
            Some(shape) => tensor::flatten(&nodes, shape)
                .is_ok_and(|values| values.len() == shape.iter().product::<usize>()),
            None => tensor::shape_of(&nodes).is_some(),
        }
    }

    /// Gives printed tensors to the draws whose values they are; returns those draws.
    pub(super) fn evidence(&mut self, tensors: &[Tensor], text: &str) -> Vec<usize> {
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
    pub(super) fn told(&mut self, expression: &Expr, value: &Value, text: &str) {
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

/// Whether two shapes are alike but for brackets around a single number.
fn same_sizes(shown: &[usize], shape: &[usize]) -> bool {
    shown == shape || shown.iter().chain(shape).product::<usize>() == 1
}

/// Whether a tensor is one number.
pub(super) fn is_single(tensor: &Tensor) -> bool {
    tensor.shape.as_ref().is_some_and(|shape| shape.is_empty())
}

/// The numbers of a printed text.
pub(super) fn numbers_of(text: &str) -> Vec<Printed> {
    const MOST: usize = 10_000;
    text.split(|c: char| c.is_whitespace() || "()[]{},=:'".contains(c))
        .filter_map(|word| {
            Printed::parse(word.trim_end_matches('.')).or_else(|| Printed::parse(word))
        })
        .take(MOST)
        .collect()
}
