//! From a recording to what a golden holds.

use std::collections::HashMap;
use std::env;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Bits, Contents, KEPT, Kind, Process, Statement, Tensor};
use crate::recording::{Call, Ending, Line, Recording, Value};

pub(super) fn pack(recording: &Recording) -> Contents {
    let here = env::current_dir().unwrap_or_default();
    let bases = [here.canonicalize().unwrap_or_else(|_| here.clone()), here];
    let ending = recording.ending.as_ref();
    let words = recording.command().iter().map(|word| match word.starts_with('/') {
        true => relative(Path::new(word), &bases),
        false => word.clone(),
    });
    let ending = Ending {
        command: words.collect(),
        exit: Some(0),
        signal: None,
        // Another each time.
        seconds: 0.0,
        processor: None,
        arithmetic: ending.map(|ending| ending.arithmetic.clone()).unwrap_or_default(),
        threads: ending.and_then(|ending| ending.threads),
    };
    let processes = [recording].into_iter().chain(&recording.processes);
    Contents {
        ending,
        printed: recording.printed.clone(),
        processes: processes.map(|process| Packing::new(process, &bases).pack()).collect(),
    }
}

/// A path relative to the folder the golden is made in, or the file's name.
fn relative(path: &Path, bases: &[PathBuf]) -> String {
    let below = bases.iter().find_map(|base| path.strip_prefix(base).ok());
    let shown = below.or(path.file_name().map(Path::new)).unwrap_or(path);
    shown.to_string_lossy().into_owned()
}

/// One process on its way.
struct Packing<'a> {
    recording: &'a Recording,
    bases: &'a [PathBuf],
    process: Process,
    names: Numbers<Rc<str>>,
    lines: Numbers<Rc<Line>>,
    kinds: Numbers<Kind>,
    statements: Numbers<Statement>,
    fingerprints: Numbers<u64>,
}

impl<'a> Packing<'a> {
    fn new(recording: &'a Recording, bases: &'a [PathBuf]) -> Self {
        let header = &recording.header;
        let process = Process {
            rank: header.rank,
            libtorch: header.libtorch.clone(),
            python: header.python,
            program: relative(&header.program, bases),
            language: recording.program.language.clone(),
            complaint: recording.program.complaint.clone(),
            threads: recording.threads.clone(),
            arithmetic: recording.arithmetic.clone(),
            data: recording.data,
            ..Process::default()
        };
        let (names, lines, kinds) = Default::default();
        let (statements, fingerprints) = Default::default();
        Self { recording, bases, process, names, lines, kinds, statements, fingerprints }
    }

    fn pack(mut self) -> Process {
        for call in &self.recording.calls {
            let statement = self.statement(call);
            let statement = self.statements.number(statement);
            let arguments = self.names.number(call.args.clone());
            self.process.calls.push(statement);
            self.process.arguments.push(arguments);
        }
        let text = |name: &Rc<str>| name.to_string();
        let line = |line: &Rc<Line>| Line {
            file: relative(&line.file, self.bases).into(),
            line: line.line,
            text: line.text.clone(),
        };
        Process {
            names: self.names.order.iter().map(text).collect(),
            lines: self.lines.order.iter().map(line).collect(),
            kinds: self.kinds.order,
            statements: self.statements.order,
            fingerprints: self.fingerprints.order.iter().flat_map(|it| it.to_le_bytes()).collect(),
            ..self.process
        }
    }

    fn statement(&mut self, call: &Call) -> Statement {
        Statement {
            op: self.names.number(call.op.clone()),
            counts: call.counts,
            thread: self.names.number(call.thread.clone()),
            line: call.line.clone().map(|line| self.lines.number(line)),
            node: call.node.clone().map(|node| self.names.number(node)),
            inputs: call.inputs.iter().map(|value| self.tensor(value)).collect(),
            outputs: call.outputs.iter().map(|value| self.tensor(value)).collect(),
        }
    }

    fn tensor(&mut self, value: &Value) -> Tensor {
        let kind = Kind {
            dtype: self.names.number(value.dtype.clone()),
            shape: value.shape.clone(),
            device: self.names.number(value.device.clone()),
            sparse: value.sparse,
        };
        let bits = match value.bits {
            Some(bits) => self.bits(bits, value),
            None => Bits::Unread(value.unread.clone().map(|reason| self.names.number(reason))),
        };
        Tensor { kind: self.kinds.number(kind), bits }
    }

    fn bits(&mut self, fingerprint: u64, value: &Value) -> Bits {
        let known = self.fingerprints.order.len();
        let number = self.fingerprints.number(fingerprint) as usize;
        if number < known {
            return Bits::Known((known - number) as u32);
        }
        match value.kept.and_then(|_| self.recording.bytes(value)) {
            Some(bytes) if (1..=KEPT).contains(&bytes.len()) => {
                self.process.elements.extend(bytes);
                Bits::Kept
            }
            _ => Bits::New,
        }
    }
}

/// Each different thing once, in the order in which they came.
struct Numbers<T> {
    known: HashMap<T, u32>,
    order: Vec<T>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { known: HashMap::new(), order: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    fn number(&mut self, thing: T) -> u32 {
        if let Some(&number) = self.known.get(&thing) {
            return number;
        }
        // No recording that fits into a golden has more.
        let number = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        self.order.push(thing.clone());
        self.known.insert(thing, number);
        number
    }
}
