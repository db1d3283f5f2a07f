//! The lines of `calls.jsonl`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::symbols::Module;
use super::{Call, Header, Location, Value};

/// Every line the recorder writes, told apart by which of its first keys it has.
#[derive(Deserialize)]
struct Line<'a> {
    call: Option<usize>,
    #[serde(borrow)]
    op: Option<Cow<'a, str>>,
    #[serde(default)]
    counts: bool,
    stack: Option<usize>,
    #[serde(borrow)]
    at: Option<Cow<'a, str>>,
    #[serde(borrow)]
    node: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    thread: Cow<'a, str>,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "in")]
    inputs: Vec<RawTensor<'a>>,
    #[serde(borrow, default, rename = "out")]
    outputs: Vec<RawTensor<'a>>,
    frames: Option<Vec<(usize, u64)>>,
    module: Option<usize>,
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    size: Option<u64>,
    modified: Option<i64>,
    threads: Option<i64>,
    #[serde(borrow)]
    library: Option<Cow<'a, str>>,
    #[serde(borrow)]
    computes: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct RawTensor<'a> {
    #[serde(borrow)]
    dtype: Cow<'a, str>,
    #[serde(default)]
    shape: Vec<usize>,
    #[serde(borrow, default)]
    device: Cow<'a, str>,
    #[serde(borrow)]
    bits: Option<Cow<'a, str>>,
    #[serde(default)]
    sparse: bool,
    kept: Option<u64>,
    #[serde(borrow)]
    unread: Option<Cow<'a, str>>,
}

/// What the lines add up to.
#[derive(Default)]
pub(super) struct Lines {
    pub header: Option<Header>,
    pub calls: Vec<Call>,
    /// Where each call was made.
    pub locations: Vec<Location>,
    pub stacks: HashMap<usize, Vec<(usize, u64)>>,
    pub modules: HashMap<usize, Module>,
    pub threads: Vec<i64>,
    pub arithmetic: BTreeMap<String, String>,
    names: HashMap<String, Rc<str>>,
}

impl Lines {
    /// Takes in one line, or says what is wrong with it.
    pub(super) fn add(&mut self, text: &str) -> Result<(), String> {
        if self.header.is_none() {
            let header: Header = serde_json::from_str(text)
                .map_err(|error| format!("it should begin a recording, but: {error}"))?;
            if header.recording != 1 {
                return Err(format!(
                    "recordings of kind {} are for another version of parity",
                    header.recording
                ));
            }
            self.header = Some(header);
            return Ok(());
        }
        let line: Line<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match &line {
            Line { call: Some(number), op: Some(op), .. } => self.add_call(*number, op, &line),
            Line { stack: Some(number), frames: Some(frames), .. } => {
                self.stacks.insert(*number, frames.clone());
                Ok(())
            }
            Line { module: Some(number), path: Some(path), size, modified, .. } => {
                let (size, modified) = (size.unwrap_or_default(), modified.unwrap_or_default());
                self.modules.insert(*number, Module { path: path.as_ref().into(), size, modified });
                Ok(())
            }
            Line { threads: Some(threads), .. } => {
                self.threads.push(*threads);
                Ok(())
            }
            Line { library: Some(library), computes: Some(computes), .. } => {
                self.arithmetic.insert(library.to_string(), computes.to_string());
                Ok(())
            }
            _ => Err("it has none of the keys call, stack, module, threads and library".into()),
        }
    }

    fn add_call(&mut self, number: usize, op: &str, line: &Line<'_>) -> Result<(), String> {
        if number != self.calls.len() {
            return Err(format!("call {number} stands where call {} should", self.calls.len()));
        }
        let location = match (&line.at, line.stack) {
            (_, Some(stack)) if self.stacks.contains_key(&stack) => Location::Stack(stack),
            (_, Some(stack)) => return Err(format!("no line describes stack {stack}")),
            (Some(at), None) => Location::Line(self.name(at)),
            (None, None) => Location::Unknown,
        };
        let call = Call {
            op: self.name(op),
            counts: line.counts,
            line: None,
            node: line.node.as_ref().map(|node| self.name(node)),
            thread: self.name(&line.thread),
            args: self.name(line.args.map_or("{}", RawValue::get)),
            inputs: self.tensors(&line.inputs)?,
            outputs: self.tensors(&line.outputs)?,
        };
        self.calls.push(call);
        self.locations.push(location);
        Ok(())
    }

    fn tensors(&mut self, tensors: &[RawTensor<'_>]) -> Result<Vec<Value>, String> {
        let value = |tensor: &RawTensor<'_>| {
            let bits = match &tensor.bits {
                None => None,
                Some(text) => Some(
                    u64::from_str_radix(text, 16)
                        .map_err(|_| format!("{text:?} is not a fingerprint"))?,
                ),
            };
            Ok(Value {
                dtype: self.name(&tensor.dtype),
                shape: tensor.shape.clone(),
                device: self.name(&tensor.device),
                bits,
                sparse: tensor.sparse,
                kept: tensor.kept,
                unread: tensor.unread.as_ref().map(|reason| self.name(reason)),
            })
        };
        tensors.iter().map(value).collect()
    }

    /// One copy of each text, since few are ever new.
    fn name(&mut self, text: &str) -> Rc<str> {
        if let Some(known) = self.names.get(text) {
            return known.clone();
        }
        let new: Rc<str> = text.into();
        self.names.insert(text.to_owned(), new.clone());
        new
    }
}
