//! Calls of the notebook's own functions and classes.

use std::collections::HashMap;
use std::rc::Rc;

use super::statements::Flow;
use super::value::Value;
use super::{DEEPEST_CALL, Machine, Object};
use crate::notebook::python::ast::{Class, Function};

/// The arguments of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments {
    pub positional: Vec<Value>,
    pub named: Vec<(String, Value)>,
}

impl Arguments {
    /// The argument at a place or by its name.
    pub fn get(&self, place: usize, name: &str) -> Option<&Value> {
        self.positional.get(place).or_else(|| self.named(name))
    }

    pub fn named(&self, name: &str) -> Option<&Value> {
        self.named.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The sizes that stand one by one or as one list, or in `size=`.
    pub fn shape(&self, from: usize) -> Option<Vec<usize>> {
        if let Some(size) = self.named("size") {
            return size.sizes();
        }
        match self.positional.get(from..)? {
            [one] => one.sizes(),
            several => several.iter().map(Value::size).collect(),
        }
    }
}

impl Machine<'_> {
    pub(super) fn call(&mut self, callee: Value, given: Arguments) -> Value {
        match callee {
            Value::Function(function) => self.run_function(&function, None, &given),
            Value::Method(object, function) => self.run_function(&function, Some(object), &given),
            Value::Class(class) => self.instance(&class, &given),
            Value::Object(object) => self.call_object(object, &given),
            Value::Path(path) => self.call_library(&path, &given),
            Value::Bound(holder, name) => self.call_method(&holder, &name, &given),
            _ => Value::Unknown,
        }
    }

    pub(super) fn run_function(
        &mut self,
        function: &Rc<Function>,
        object: Option<usize>,
        given: &Arguments,
    ) -> Value {
        if self.depth >= DEEPEST_CALL {
            return Value::Unknown;
        }
        let mut scope = HashMap::new();
        let mut positional =
            object.map(Value::Object).into_iter().chain(given.positional.iter().cloned());
        for (name, default) in &function.parameters {
            let named = given.named(name).cloned();
            let value = match positional.next().or(named) {
                Some(value) => value,
                None => match default {
                    Some(default) => self.expression(default),
                    None => Value::Unknown,
                },
            };
            scope.insert(name.clone(), value);
        }
        self.depth += 1;
        self.scopes.push(scope);
        let flow = self.block(&function.body);
        self.scopes.pop();
        self.depth -= 1;
        match flow {
            Flow::Return(value) => value,
            _ => Value::None,
        }
    }

    fn instance(&mut self, class: &Rc<Class>, given: &Arguments) -> Value {
        let base = self.library_base(class, 0);
        self.objects.push(Object { class: Some(Rc::clone(class)), base, attributes: Vec::new() });
        let id = self.objects.len() - 1;
        if let Some(init) = self.method(class, "__init__", 0) {
            self.run_function(&init, Some(id), given);
        }
        Value::Object(id)
    }

    /// The class of a library that a class of the notebook derives from.
    fn library_base(&mut self, class: &Class, depth: usize) -> String {
        for base in &class.bases {
            match self.expression(base) {
                Value::Path(path) => return path,
                Value::Class(class) if depth < DEEPEST_CALL => {
                    return self.library_base(&class, depth + 1);
                }
                _ => {}
            }
        }
        String::new()
    }

    /// A method of a class or of the notebook's classes it derives from.
    pub(super) fn method(
        &mut self,
        class: &Class,
        name: &str,
        depth: usize,
    ) -> Option<Rc<Function>> {
        if let Some(method) = class.methods.iter().find(|method| method.name == name) {
            return Some(Rc::clone(method));
        }
        if depth >= DEEPEST_CALL {
            return None;
        }
        for base in &class.bases {
            if let Value::Class(class) = self.expression(base)
                && let Some(method) = self.method(&class, name, depth + 1)
            {
                return Some(method);
            }
        }
        None
    }

    fn call_object(&mut self, id: usize, given: &Arguments) -> Value {
        let Some(object) = self.objects.get(id) else { return Value::Unknown };
        if let Some(class) = object.class.clone() {
            for name in ["forward", "__call__"] {
                if let Some(method) = self.method(&class, name, 0) {
                    return self.run_function(&method, Some(id), given);
                }
            }
            return Value::Unknown;
        }
        self.call_layer(id, given)
    }

    pub(super) fn set_attribute(&mut self, id: usize, name: &str, value: Value) {
        let Some(object) = self.objects.get_mut(id) else { return };
        match object.attributes.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => object.attributes.push((name.to_owned(), value)),
        }
    }

    pub(super) fn attribute(&mut self, holder: Value, name: &str) -> Value {
        match holder {
            Value::Path(path) => Value::Path(format!("{path}.{name}")),
            Value::Object(id) => {
                let Some(object) = self.objects.get(id) else { return Value::Unknown };
                if let Some((_, value)) = object.attributes.iter().find(|(key, _)| key == name) {
                    return value.clone();
                }
                let class = object.class.clone();
                match class.and_then(|class| self.method(&class, name, 0)) {
                    Some(method) => Value::Method(id, method),
                    None => Value::Bound(Box::new(Value::Object(id)), name.to_owned()),
                }
            }
            Value::Tensor(tensor) => match name {
                "shape" => tensor.shape.map_or(Value::Unknown, Value::Shape),
                "data" => Value::Tensor(tensor),
                "T" => Value::tensor(tensor.shape.map(|shape| shape.into_iter().rev().collect())),
                "grad" | "ndim" | "dtype" | "device" => Value::Unknown,
                _ => Value::Bound(Box::new(Value::Tensor(tensor)), name.to_owned()),
            },
            Value::Table { rows, columns } => match name {
                "shape" => match (rows, columns.as_ref()) {
                    (Some(rows), Some(columns)) => Value::Shape(vec![rows, columns.len()]),
                    _ => Value::Unknown,
                },
                "columns" => columns.map_or(Value::Unknown, |columns| {
                    Value::list(columns.into_iter().map(Value::Str).collect())
                }),
                "index" | "values" | "iloc" | "loc" => Value::Table { rows, columns },
                _ => Value::Bound(Box::new(Value::Table { rows, columns }), name.to_owned()),
            },
            other => Value::Bound(Box::new(other), name.to_owned()),
        }
    }
}
