//! From what a golden holds to a recording; nothing where a number in it leads nowhere.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use super::{Bits, Contents, MAX_TENSORS, Process, Statement, Tensor};
use crate::element::Dtype;
use crate::recording::source::Program;
use crate::recording::{Bits as Elements, Call, Ending, Header, Line, Recording, Value};

pub(super) fn unpack(contents: Contents, path: &Path) -> Option<Recording> {
    let mut left = MAX_TENSORS;
    let mut processes = Vec::new();
    for process in contents.processes {
        left = left.checked_sub(tensors(&process)?)?;
        processes.push(Unpacking::new(process).recording(&contents.ending, path)?);
    }
    let mut processes = processes.into_iter();
    let mut recording = processes.next()?;
    recording.processes = processes.collect();
    recording.printed = contents.printed;
    Some(recording)
}

/// How many tensors its calls have, before any room is made for them.
fn tensors(process: &Process) -> Option<usize> {
    let weight = |statement: &Statement| {
        let tensors = statement.inputs.iter().chain(&statement.outputs);
        tensors.into_iter().try_fold(1, |all: usize, tensor| {
            all.checked_add(1 + process.kinds.get(tensor.kind as usize)?.shape.len())
        })
    };
    let weights = process.statements.iter().map(weight).collect::<Option<Vec<_>>>()?;
    process
        .calls
        .iter()
        .try_fold(0_usize, |all, &statement| all.checked_add(*weights.get(statement as usize)?))
}

/// One process on its way.
struct Unpacking {
    process: Process,
    names: Vec<Rc<str>>,
    lines: Vec<Rc<Line>>,
    /// How many fingerprints have been new.
    known: usize,
    /// Where the elements of some of them are, by their numbers.
    kept: HashMap<usize, u64>,
    /// How many of the elements have been taken.
    elements: usize,
}

impl Unpacking {
    fn new(mut process: Process) -> Self {
        let names = process.names.iter().map(|name| name.as_str().into()).collect();
        let lines = std::mem::take(&mut process.lines).into_iter().map(Rc::new).collect();
        Self { process, names, lines, known: 0, kept: HashMap::new(), elements: 0 }
    }

    fn recording(mut self, ending: &Ending, path: &Path) -> Option<Recording> {
        let statements = std::mem::take(&mut self.process.statements);
        let numbers = std::mem::take(&mut self.process.calls);
        let arguments = std::mem::take(&mut self.process.arguments);
        (arguments.len() == numbers.len()).then_some(())?;
        let mut calls = Vec::with_capacity(numbers.len());
        for (&statement, &arguments) in numbers.iter().zip(&arguments) {
            calls.push(self.call(statements.get(statement as usize)?, arguments)?);
        }
        // Nothing may be left over.
        let is_all = (self.known * 8, self.elements)
            == (self.process.fingerprints.len(), self.process.elements.len());
        is_all.then_some(())?;
        let process = self.process;
        Some(Recording {
            path: path.into(),
            header: Header::of_golden(
                process.rank,
                process.libtorch,
                process.python,
                process.program.into(),
            ),
            calls,
            program: Program {
                language: process.language,
                complaint: process.complaint,
                ..Program::default()
            },
            threads: process.threads,
            arithmetic: process.arithmetic,
            ending: Some(ending.clone()),
            processes: Vec::new(),
            data: process.data,
            printed: None,
            written: None,
            bits: Elements::Kept(process.elements),
        })
    }

    fn call(&mut self, statement: &Statement, arguments: u32) -> Option<Call> {
        let mut values = |tensors: &[Tensor]| {
            tensors.iter().map(|tensor| self.value(tensor)).collect::<Option<Vec<_>>>()
        };
        let (inputs, outputs) = (values(&statement.inputs)?, values(&statement.outputs)?);
        let line = |number: u32| self.lines.get(number as usize).cloned();
        Some(Call {
            op: self.name(statement.op)?,
            counts: statement.counts,
            line: optional(statement.line, line)?,
            node: optional(statement.node, |number| self.name(number))?,
            thread: self.name(statement.thread)?,
            args: self.name(arguments)?,
            inputs,
            outputs,
        })
    }

    fn value(&mut self, tensor: &Tensor) -> Option<Value> {
        let kind = self.process.kinds.get(tensor.kind as usize)?;
        let (dtype, device) = (self.name(kind.dtype)?, self.name(kind.device)?);
        let (shape, sparse) = (kind.shape.clone(), kind.sparse);
        let mut unread = None;
        let number = match tensor.bits {
            Bits::Unread(reason) => {
                unread = optional(reason, |number| self.name(number))?;
                None
            }
            Bits::Known(ago) => Some(self.known.checked_sub(ago as usize)?),
            Bits::New | Bits::Kept => {
                if tensor.bits == Bits::Kept {
                    let width = Dtype::from_name(&dtype)?.size();
                    let size = shape.iter().try_fold(width, |all, &n| all.checked_mul(n))?;
                    self.kept.insert(self.known, self.elements as u64);
                    self.elements = self.elements.checked_add(size)?;
                    (self.elements <= self.process.elements.len()).then_some(())?;
                }
                self.known += 1;
                Some(self.known - 1)
            }
        };
        let fingerprint = |number: usize| {
            let bytes = self.process.fingerprints.get(8 * number..)?.first_chunk()?;
            Some(u64::from_le_bytes(*bytes))
        };
        let kept = number.and_then(|number| self.kept.get(&number).copied());
        let bits = optional(number, fingerprint)?;
        Some(Value { dtype, shape, device, bits, unread, sparse, kept })
    }

    fn name(&self, number: u32) -> Option<Rc<str>> {
        self.names.get(number as usize).cloned()
    }
}

/// What a number that may be absent leads to: nothing where it leads nowhere.
fn optional<N, T>(number: Option<N>, find: impl FnOnce(N) -> Option<T>) -> Option<Option<T>> {
    match number {
        None => Some(None),
        Some(number) => find(number).map(Some),
    }
}
