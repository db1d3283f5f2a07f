//! Statements: what they bind, and how often they run.

use std::rc::Rc;

use super::value::Value;
use super::{MOST_EVENTS, Machine};
use crate::notebook::python::ast::{Expr, Statement, StatementKind};

/// A loop over so many elements is run one by one.
const FOLLOWED: usize = 64;

/// How a block ended.
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

impl Machine<'_> {
    /// Runs a cell; its last expression is printed.
    pub(super) fn cell(&mut self, statements: &[Statement]) {
        let Some((last, rest)) = statements.split_last() else { return };
        self.block(rest);
        self.place.line = last.line;
        match &last.kind {
            StatementKind::Expression(expression) => {
                let value = self.expression(expression);
                let is_print =
                    matches!(expression, Expr::Call(f, _) if **f == Expr::Name("print".into()));
                if !is_print && !matches!(value, Value::None) {
                    self.show(expression, &value);
                }
            }
            _ => {
                self.statement(last);
            }
        }
    }

    pub(super) fn block(&mut self, statements: &[Statement]) -> Flow {
        for statement in statements {
            if self.spent() {
                return Flow::Next;
            }
            match self.statement(statement) {
                Flow::Next => {}
                other => return other,
            }
        }
        Flow::Next
    }

    fn statement(&mut self, statement: &Statement) -> Flow {
        if self.scopes.len() == 1 {
            self.place.line = statement.line;
        }
        match &statement.kind {
            StatementKind::Assign(targets, value) => {
                let value = self.expression(value);
                self.assigned = match &value {
                    Value::Tensor(tensor) if tensor.origin.is_some() => Some(tensor.clone()),
                    _ => None,
                };
                for target in targets {
                    self.assign(target, value.clone());
                }
            }
            StatementKind::Change(target, operator, change) => {
                let before = self.expression(target);
                let change = self.expression(change);
                match &before {
                    Value::Int(_) | Value::Float(_) | Value::Str(_) => {
                        let after = super::expressions::calculate(&before, *operator, &change);
                        self.assign(target, after);
                    }
                    Value::List(list) => {
                        if let Some(more) = change.elements() {
                            list.borrow_mut().extend(more);
                        }
                    }
                    _ => self.changed(&before),
                }
            }
            StatementKind::Expression(expression) => {
                self.expression(expression);
            }
            StatementKind::For { target, source, body } => {
                return self.loop_over(target, source, body);
            }
            StatementKind::While(body) => {
                let start = self.trace.events.len();
                if let Flow::Return(value) = self.block(body) {
                    return Flow::Return(value);
                }
                self.repeat(start, None);
            }
            StatementKind::If(branches) => return self.branch(branches),
            StatementKind::Block(opened, body) => {
                for expression in opened {
                    self.expression(expression);
                }
                return self.block(body);
            }
            StatementKind::Function(function) => {
                self.bind(&function.name, Value::Function(Rc::clone(function)));
            }
            StatementKind::Class(class) => self.bind(&class.name, Value::Class(Rc::clone(class))),
            StatementKind::Return(value) => {
                let value = value.as_ref().map_or(Value::None, |value| self.expression(value));
                return Flow::Return(value);
            }
            StatementKind::Break => return Flow::Break,
            StatementKind::Continue => return Flow::Continue,
            StatementKind::Import(names) => {
                for (name, path) in names {
                    self.bind(name, Value::Path(path.clone()));
                }
            }
            StatementKind::Other => {}
        }
        Flow::Next
    }

    fn branch(&mut self, branches: &[(Option<Expr>, Vec<Statement>)]) -> Flow {
        for (test, body) in branches {
            let holds = test.as_ref().map_or(Value::Bool(true), |test| self.expression(test));
            if matches!(holds, Value::Bool(false) | Value::None) {
                continue;
            }
            let before = self.trace.events.len();
            let flow = self.block(body);
            if !matches!(holds, Value::Bool(true)) && self.trace.events.len() > before {
                let cell = self.place.cell + 1;
                self.note(format!("cell {cell} draws under a condition, which was taken to hold"));
            }
            // A condition that is not known may end a loop or a function, or not.
            return match (holds, flow) {
                (Value::Bool(true), flow) => flow,
                (_, Flow::Break | Flow::Continue) => Flow::Next,
                (_, flow) => flow,
            };
        }
        Flow::Next
    }

    fn loop_over(&mut self, target: &Expr, source: &Expr, body: &[Statement]) -> Flow {
        let source = self.expression(source);
        let start = self.trace.events.len();
        let (elements, count) = self.steps_of(&source);
        let after_pass = self.trace.events.len();
        for (i, element) in elements.into_iter().enumerate() {
            let before = self.trace.events.len();
            self.assign(target, element);
            match self.block(body) {
                Flow::Break => return Flow::Next,
                Flow::Return(value) => return Flow::Return(value),
                Flow::Next | Flow::Continue => {}
            }
            let drew = self.trace.events.len() > before;
            let whole = matches!(source, Value::List(_) | Value::Tuple(_) | Value::Map(_));
            if i == 0 && !whole && (!drew || count.is_none_or(|count| count > FOLLOWED)) {
                self.output.lost |= count != Some(1);
                self.repeat(after_pass.max(start), count);
                break;
            }
        }
        Flow::Next
    }

    /// The events from `start` on happen `count` times in all.
    fn repeat(&mut self, start: usize, count: Option<usize>) {
        let events = self.trace.events[start.min(self.trace.events.len())..].to_vec();
        match (&events[..], count) {
            ([], _) | (_, Some(0 | 1)) => {}
            ([_], _) => {
                let event = &mut self.trace.events[start];
                event.times = event.times.zip(count).map(|(n, m)| n.saturating_mul(m as u64));
                event.changed = true;
            }
            (_, Some(count)) if events.len().saturating_mul(count) < MOST_EVENTS => {
                for _ in 1..count {
                    let again = events.iter().cloned().map(|mut event| {
                        event.printed = None;
                        event.changed = true;
                        event
                    });
                    self.trace.events.extend(again);
                }
            }
            _ => {
                for event in &mut self.trace.events[start..] {
                    event.times = None;
                }
            }
        }
    }

    pub(super) fn bind(&mut self, name: &str, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    pub(super) fn assign(&mut self, target: &Expr, value: Value) {
        match target {
            Expr::Name(name) => self.bind(name, value),
            Expr::Attribute(object, name) => {
                let holder = self.expression(object);
                match holder {
                    Value::Object(id) => self.set_attribute(id, name, value),
                    // `w.data = …`, `p.grad = None`.
                    other if name == "data" => self.changed(&other),
                    _ => {}
                }
            }
            Expr::Index(holder, _) => {
                let holder = self.expression(holder);
                self.changed(&holder);
            }
            Expr::Tuple(targets) | Expr::List(targets) => {
                let values = value.elements();
                let values = values.filter(|values| values.len() == targets.len());
                for (i, target) in targets.iter().enumerate() {
                    let one = values.as_ref().map_or(Value::Unknown, |values| values[i].clone());
                    self.assign(target, one);
                }
            }
            _ => {}
        }
    }
}
