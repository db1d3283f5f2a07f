//! Python's keyword arguments, each of which has to be read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value};
use torch_exact::nn::Size;
use torch_exact::ops::Number;

pub struct Arguments<'a> {
    given: &'a Map<String, Value>,
    read: RefCell<BTreeSet<String>>,
}

impl<'a> Arguments<'a> {
    pub fn new(given: &'a Map<String, Value>) -> Self {
        Self { given, read: RefCell::default() }
    }

    /// That an argument was not passed over.
    pub fn all_read(&self) -> Result<()> {
        let read = self.read.borrow();
        let passed_over: Vec<_> = self.given.keys().filter(|name| !read.contains(*name)).collect();
        ensure!(passed_over.is_empty(), "{passed_over:?} were not read");
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.read.borrow_mut().insert(name.to_owned());
        self.given.get(name)
    }

    pub fn float(&self, name: &str, default: f64) -> f64 {
        self.get(name).and_then(Value::as_f64).unwrap_or(default)
    }

    /// An argument that may be `None`.
    pub fn maybe_float(&self, name: &str, default: Option<f64>) -> Option<f64> {
        self.get(name).map_or(default, Value::as_f64)
    }

    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.get(name).and_then(Value::as_i64).unwrap_or(default)
    }

    pub fn maybe_int(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(default)
    }

    pub fn text(&self, name: &str, default: &'a str) -> &'a str {
        self.get(name).and_then(Value::as_str).unwrap_or(default)
    }

    pub fn ints(&self, name: &str) -> Result<Vec<i64>> {
        let list = self.get(name).and_then(Value::as_array).with_context(|| name.to_owned())?;
        list.iter().map(|value| value.as_i64().context("an int")).collect()
    }

    pub fn maybe_ints(&self, name: &str) -> Option<Vec<i64>> {
        Some(self.get(name)?.as_array()?.iter().filter_map(Value::as_i64).collect())
    }

    pub fn floats<const N: usize>(&self, name: &str) -> Option<[f64; N]> {
        let list: Vec<_> = self.get(name)?.as_array()?.iter().filter_map(Value::as_f64).collect();
        list.try_into().ok()
    }

    pub fn number(&self, name: &str) -> Number {
        let value = self.get(name);
        match value.and_then(Value::as_i64) {
            Some(value) => value.into(),
            None => value.and_then(Value::as_f64).unwrap_or_default().into(),
        }
    }

    pub fn maybe_size<const N: usize>(&self, name: &str) -> Option<Size<N>> {
        let value = self.get(name)?;
        if let Some(value) = value.as_i64() {
            return Some(value.into());
        }
        let values: Vec<i64> = value.as_array()?.iter().filter_map(Value::as_i64).collect();
        Some(<[i64; N]>::try_from(values).ok()?.into())
    }

    pub fn size<const N: usize>(&self, name: &str, default: impl Into<Size<N>>) -> Size<N> {
        self.maybe_size(name).unwrap_or(default.into())
    }
}
