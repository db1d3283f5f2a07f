//! Expressions: what is known of their values.

use std::rc::Rc;

use super::Machine;
use super::value::{Tensor, Value};
use crate::notebook::python::ast::{Argument, Expr, Operator, Part};

/// Names that notebooks use without their import being seen.
const CUSTOMARY: &[(&str, &str)] = &[
    ("np", "numpy"),
    ("torch", "torch"),
    ("nn", "torch.nn"),
    ("F", "torch.nn.functional"),
    ("pd", "pandas"),
    ("random", "random"),
    ("DataLoader", "torch.utils.data.DataLoader"),
    ("TensorDataset", "torch.utils.data.TensorDataset"),
    ("random_split", "torch.utils.data.random_split"),
];

/// Functions of Python that are followed.
const BUILTINS: &[&str] = &[
    "print",
    "len",
    "int",
    "float",
    "round",
    "range",
    "list",
    "tuple",
    "dict",
    "sum",
    "min",
    "max",
    "enumerate",
    "zip",
    "iter",
    "next",
    "str",
    "abs",
    "super",
    "display",
    "tqdm",
    "set",
    "sorted",
];

impl Machine<'_> {
    pub(super) fn expression(&mut self, expression: &Expr) -> Value {
        if self.spent() {
            return Value::Unknown;
        }
        let value = self.value(expression);
        match value {
            Value::Unknown
            | Value::Tensor(Tensor { shape: None, .. })
            | Value::Table { rows: None, .. } => self.completed(expression, value),
            known => known,
        }
    }

    fn value(&mut self, expression: &Expr) -> Value {
        match expression {
            Expr::Int(n) => Value::Int(*n),
            Expr::Float(x) => Value::Float(*x),
            Expr::Str(text) => Value::Str(text.clone()),
            Expr::Bool(b) => Value::Bool(*b),
            Expr::None => Value::None,
            Expr::Name(name) => self.name(name),
            Expr::Format(parts) => {
                for part in parts {
                    if let Part::Value(value) = part {
                        self.expression(value);
                    }
                }
                Value::Unknown
            }
            Expr::List(all) => Value::list(self.all(all)),
            Expr::Tuple(all) => Value::Tuple(Rc::new(self.all(all))),
            Expr::Dict(pairs) => {
                let mut known = Vec::new();
                for (key, value) in pairs {
                    let (key, value) = (self.expression(key), self.expression(value));
                    if let Value::Str(key) = key {
                        known.push((key, value));
                    }
                }
                Value::Map(Rc::new(known))
            }
            Expr::Attribute(object, name) => {
                let object = self.expression(object);
                self.attribute(object, name)
            }
            Expr::Call(function, arguments) => self.call_expression(function, arguments),
            Expr::Index(holder, places) => {
                let holder = self.expression(holder);
                let places = self.all(places);
                index(&holder, &places)
            }
            Expr::Minus(inner) => match self.expression(inner) {
                Value::Int(n) => Value::Int(n.wrapping_neg()),
                Value::Float(x) => Value::Float(-x),
                Value::Tensor(tensor) => Value::tensor(tensor.shape),
                _ => Value::Unknown,
            },
            Expr::Not(inner) => match self.expression(inner) {
                Value::Bool(b) => Value::Bool(!b),
                Value::None => Value::Bool(true),
                _ => Value::Unknown,
            },
            Expr::Binary(left, operator, right) => {
                let (left, right) = (self.expression(left), self.expression(right));
                calculate(&left, *operator, &right)
            }
            Expr::Conditional { test, then, otherwise } => match self.expression(test) {
                Value::Bool(false) | Value::None => self.expression(otherwise),
                _ => self.expression(then),
            },
            Expr::Comprehension { element, target, source, filtered } => {
                self.comprehension(element, target, source, *filtered)
            }
            Expr::Slice | Expr::Unknown => Value::Unknown,
        }
    }

    fn all(&mut self, expressions: &[Expr]) -> Vec<Value> {
        expressions.iter().map(|expression| self.expression(expression)).collect()
    }

    fn name(&mut self, name: &str) -> Value {
        let own = self.scopes.last().and_then(|scope| scope.get(name));
        if let Some(value) = own.or_else(|| self.scopes[0].get(name)) {
            return value.clone();
        }
        if let Some((_, path)) = CUSTOMARY.iter().find(|(customary, _)| *customary == name) {
            return Value::Path((*path).to_owned());
        }
        if BUILTINS.contains(&name) {
            return Value::Path(format!("builtins.{name}"));
        }
        Value::Unknown
    }

    /// A value with what the output tells of it.
    fn completed(&self, expression: &Expr, value: Value) -> Value {
        if self.facts.known.is_empty() {
            return value;
        }
        let Some(key) = key_of(expression) else { return value };
        let fact = |key: &str| self.facts.known.get(key).cloned().flatten();
        if let Some(known) = fact(&key) {
            return match (value, known) {
                (Value::Tensor(tensor), Value::Tensor(Tensor { shape, .. })) => {
                    Value::Tensor(Tensor { shape, ..tensor })
                }
                (Value::Tensor(tensor), _) => Value::Tensor(tensor),
                (Value::Table { columns, .. }, Value::Table { rows, .. }) => {
                    Value::Table { rows, columns }
                }
                (_, known) => known,
            };
        }
        let shape = match fact(&format!("{key}.shape")) {
            Some(Value::Shape(shape)) => shape,
            Some(other) => match other.sizes() {
                Some(shape) => shape,
                None => return value,
            },
            None => match fact(&format!("len({key})")).and_then(|n| n.size()) {
                Some(rows) => return Value::Table { rows: Some(rows), columns: None },
                None => return value,
            },
        };
        match value {
            Value::Tensor(tensor) => Value::Tensor(Tensor { shape: Some(shape), ..tensor }),
            Value::Table { columns, .. } => Value::Table { rows: shape.first().copied(), columns },
            _ => Value::tensor(Some(shape)),
        }
    }

    /// Keeps what the output told of an expression.
    pub(super) fn learn(&mut self, expression: &Expr, value: Value) {
        let Some(key) = key_of(expression) else { return };
        let same = |a: &Value, b: &Value| format!("{a:?}") == format!("{b:?}");
        match self.facts.known.get_mut(&key) {
            Some(known) => {
                if known.as_ref().is_some_and(|known| !same(known, &value)) {
                    *known = None;
                }
            }
            None => {
                self.facts.known.insert(key, Some(value));
            }
        }
    }

    fn comprehension(
        &mut self,
        element: &Expr,
        target: &Expr,
        source: &Expr,
        filtered: bool,
    ) -> Value {
        let source = self.expression(source);
        let start = self.trace.events.len();
        let (elements, count) = self.steps_of(&source);
        let total = count.unwrap_or(usize::MAX);
        if filtered || total > 4096 || elements.len() != total {
            if self.trace.events.len() == start {
                return Value::Unknown;
            }
            return Value::list(Vec::new());
        }
        let mut values = Vec::new();
        for one in elements {
            self.assign(target, one);
            values.push(self.expression(element));
        }
        Value::list(values)
    }

    fn call_expression(&mut self, function: &Expr, arguments: &[Argument]) -> Value {
        let callee = self.expression(function);
        if let Value::Path(path) = &callee
            && (path == "builtins.print" || path == "builtins.display")
        {
            return self.print(arguments);
        }
        let mut given = super::calls::Arguments::default();
        for Argument { name, value, spread } in arguments {
            let value = self.expression(value);
            match (name, spread) {
                (Some(name), _) => given.named.push((name.clone(), value)),
                (None, false) => given.positional.push(value),
                (None, true) => match value.elements() {
                    Some(values) => given.positional.extend(values),
                    None => given.positional.push(Value::Unknown),
                },
            }
        }
        let in_place = match (&callee, function) {
            (Value::Bound(..), Expr::Attribute(holder, name)) if name.ends_with('_') => {
                Some(&**holder)
            }
            (Value::Path(path), _) if path.starts_with("torch.nn.init.") => {
                arguments.first().map(|argument| &argument.value)
            }
            _ => None,
        };
        let value = self.call(callee, given);
        // What a tensor was drawn into holds these values from now on.
        if let (Some(holder @ (Expr::Name(_) | Expr::Attribute(..))), Value::Tensor(tensor)) =
            (in_place, &value)
            && tensor.origin.is_some()
        {
            self.assign(holder, value.clone());
        }
        value
    }
}

/// The name under which facts of an expression are kept.
pub(super) fn key_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.clone()),
        Expr::Attribute(object, name) => Some(format!("{}.{name}", key_of(object)?)),
        Expr::Call(function, arguments) => {
            let inside: Option<Vec<String>> =
                arguments.iter().map(|argument| key_of(&argument.value)).collect();
            Some(format!("{}({})", key_of(function)?, inside?.join(",")))
        }
        Expr::Index(holder, places) => {
            let places: Option<Vec<String>> = places.iter().map(key_of).collect();
            Some(format!("{}[{}]", key_of(holder)?, places?.join(",")))
        }
        Expr::Int(n) => Some(n.to_string()),
        _ => None,
    }
}

fn index(holder: &Value, places: &[Value]) -> Value {
    if let (Value::Map(pairs), [Value::Str(name)]) = (holder, places) {
        return pairs
            .iter()
            .find(|(key, _)| key == name)
            .map_or(Value::Unknown, |(_, value)| value.clone());
    }
    if let Value::Table { rows, columns } = holder {
        return match places {
            [Value::Str(_)] => Value::tensor(rows.map(|rows| vec![rows])),
            [Value::List(names)] => {
                let names: Vec<String> = names
                    .borrow()
                    .iter()
                    .filter_map(|name| match name {
                        Value::Str(name) => Some(name.clone()),
                        _ => None,
                    })
                    .collect();
                Value::Table {
                    rows: *rows,
                    columns: Some(names).filter(|n| !n.is_empty()).or_else(|| columns.clone()),
                }
            }
            _ => Value::Unknown,
        };
    }
    let (Some(elements), [place]) = (holder.elements(), places) else { return Value::Unknown };
    let Some(at) = place.int() else { return Value::Unknown };
    let at = if at < 0 { at + elements.len() as i64 } else { at };
    usize::try_from(at).ok().and_then(|at| elements.get(at).cloned()).unwrap_or(Value::Unknown)
}

/// Arithmetic of numbers; tensors and texts become what is known of the result.
pub(super) fn calculate(left: &Value, operator: Operator, right: &Value) -> Value {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => integers(*a, operator, *b),
        (Value::Str(a), Value::Str(b)) if operator == Operator::Add => {
            Value::Str(format!("{a}{b}"))
        }
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            let (a, b) = (left.float().unwrap_or(f64::NAN), right.float().unwrap_or(f64::NAN));
            match operator {
                Operator::Add => Value::Float(a + b),
                Operator::Subtract => Value::Float(a - b),
                Operator::Multiply => Value::Float(a * b),
                Operator::Divide if b != 0.0 => Value::Float(a / b),
                Operator::FloorDivide if b != 0.0 => Value::Float((a / b).floor()),
                Operator::Power => Value::Float(a.powf(b)),
                _ => Value::Unknown,
            }
        }
        (Value::List(a), Value::List(b)) if operator == Operator::Add => {
            Value::list([a.borrow().clone(), b.borrow().clone()].concat())
        }
        (Value::Tensor(tensor), Value::Int(_) | Value::Float(_))
        | (Value::Int(_) | Value::Float(_), Value::Tensor(tensor)) => {
            Value::tensor(tensor.shape.clone())
        }
        (Value::Tensor(_), _) | (_, Value::Tensor(_)) => Value::tensor(None),
        _ => Value::Unknown,
    }
}

fn integers(a: i64, operator: Operator, b: i64) -> Value {
    let whole = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::FloorDivide if b != 0 => a.checked_div_euclid(b),
        Operator::Modulo if b > 0 => a.checked_rem_euclid(b),
        Operator::Power => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Operator::Divide if b != 0 => return Value::Float(a as f64 / b as f64),
        _ => None,
    };
    whole.map_or(Value::Unknown, Value::Int)
}
