//! What a program did with libtorch: every call, read back from a folder.
//!
//! `parity record`, or a [`Recorder`](crate::recorder::Recorder), makes the folder. It holds
//!
//! | file | |
//! | --- | --- |
//! | `calls.jsonl` | a line for each call, in order; the first line says of which process |
//! | `bits` | elements of the computed tensors, up to a limit |
//! | `stdout`, `stderr` | what the command printed; the second only where `parity run` made the recording |
//! | `program.json` | the lines of the calls, and the text of their files |
//! | `command.json` | the command and how it ended, and the length and SHA-256 of every other file then |
//! | `process-N/` | calls, elements and lines of each further process that called libtorch, such as a loader's worker |
//!
//! The last two are written when the command has ended. From then on nothing of the program itself is
//! needed, and a file that was cut or altered is refused. Without them, as when `parity` was killed
//! with the program, a recording is readable to its last whole call. A call's line is
//!
//! ```json
//! {"call":2,"op":"aten::add.Tensor","counts":true,"at":"/home/me/hello.py:4","args":{"alpha":1},
//!  "in":[{"dtype":"float32","shape":[10,1],"device":"cpu","bits":"edcbbb1efffd2ff2"}, …],
//!  "out":[{"dtype":"float32","shape":[10,1],"device":"cpu","bits":"bd4f2a4c1f2d8a02","kept":56}]}
//! ```
//!
//! in truth in one piece; `bits` is a fingerprint, of a sparse tensor that of its indices and values, and
//! where there is none, `unread` says why ([`Value::unread`]);
//! `kept` is where in the file `bits` the elements begin. Calls that compute have `counts`. Calls of
//! other threads than the one in which the process began have `thread` ([`Call::thread`]).
//! Programs without Python have `stack`, the number of a line of return addresses, for `at`.

mod ending;
mod error;
mod folder;
pub mod golden;
mod parse;
mod seal;
mod source;
mod symbols;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::element::Dtype;

pub use ending::Ending;
pub(crate) use ending::processor;
pub use error::{Error, Result};
pub use folder::discard;
pub use source::Line;
pub use written::{Written, WrittenFile};

pub(crate) use seal::seal;
pub(crate) use written::keep;

use source::Program;

/// A recording, without the tensors' elements.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    header: Header,
    calls: Vec<Call>,
    program: Program,
    threads: Vec<i64>,
    arithmetic: BTreeMap<String, String>,
    ending: Option<Ending>,
    processes: Vec<Recording>,
    data: usize,
    printed: Option<Vec<u8>>,
    written: Option<Written>,
    bits: Bits,
}

/// Where elements are.
#[derive(Debug)]
enum Bits {
    /// In this file.
    File(PathBuf),
    /// Here.
    Kept(Vec<u8>),
}

/// The first line of `calls.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub struct Header {
    recording: u32,
    id: String,
    failed: String,
    /// The microseconds that recording took, written when the process ends.
    #[serde(default)]
    spent: String,
    /// The number of the process.
    pub process: u32,
    /// When it was started, in ticks of the system's clock.
    #[serde(default)]
    started: u64,
    /// Its rank, where the environment named one as it does for what torchrun starts.
    #[serde(default)]
    pub rank: Option<i64>,
    /// The version of the libtorch in it, with its build, as in `X.Y.Z+cuNNN`.
    pub libtorch: String,
    /// Whether it is a Python.
    pub python: bool,
    /// The file of the program.
    pub program: PathBuf,
    /// Its command line.
    pub command: Vec<String>,
}

/// One call of an operator.
#[derive(Debug, Clone)]
pub struct Call {
    /// The operator with its overload, as in `aten::add.Tensor`.
    pub op: Rc<str>,
    /// Whether it computes: it is compared.
    pub counts: bool,
    /// The line of the program's own in which it was made.
    pub line: Option<Rc<Line>>,
    /// The node of the backward pass that made it.
    pub node: Option<Rc<str>>,
    /// The thread that made it, by what started it: empty for the one in which the process began,
    /// `0.2` for the third that was started by the first thread that was started there. Threads of
    /// libtorch's own that run the backward pass are those they run it for.
    pub thread: Rc<str>,
    /// The arguments that are numbers, bools or lists of some, as a JSON object.
    pub args: Rc<str>,
    /// The tensors given to it.
    pub inputs: Vec<Value>,
    /// The tensors it returned or wrote to.
    pub outputs: Vec<Value>,
}

/// Where in a program a call was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Location {
    /// `FILE:LINE` of Python.
    Line(Rc<str>),
    /// The number of a list of return addresses.
    Stack(usize),
    /// It was not recorded.
    Unknown,
}

/// A tensor as a call saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// PyTorch's name of its dtype.
    pub dtype: Rc<str>,
    /// Its shape.
    pub shape: Vec<usize>,
    /// PyTorch's name of its device.
    pub device: Rc<str>,
    /// The fingerprint of its bits, if they were read.
    pub bits: Option<u64>,
    /// Why the elements of an output were not read: it was `captured` in a CUDA graph, is `quantized`,
    /// `meta`, on another `device`, `wrapped` by `torch.func`, a `subclass` written in Python, of a
    /// `layout` without elements in order, `fake`, or the operator's own `scratch` memory.
    pub unread: Option<Rc<str>>,
    /// Whether the fingerprint is that of several parts, or of what it wraps: the indices and values of
    /// a sparse tensor, the sizes and values of a nested one. They are not kept.
    pub sparse: bool,
    /// Where in the file `bits` its elements are.
    pub kept: Option<u64>,
}

impl Value {
    /// Bytes of its elements, as far as its dtype is one whose elements can be told apart.
    pub(crate) fn size(&self) -> usize {
        let width = Dtype::from_name(&self.dtype).map_or(0, Dtype::size);
        self.shape.iter().product::<usize>().saturating_mul(width)
    }
}

/// Whether all that the program did was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// To the program's end.
    Whole,
    /// To somewhere before it, for this reason.
    Cut(String),
}

impl Header {
    fn of_golden(rank: Option<i64>, libtorch: String, python: bool, program: PathBuf) -> Self {
        let (id, failed, spent, command) = Default::default();
        Self {
            recording: 1,
            id,
            failed,
            spent,
            process: 0,
            rank,
            started: 0,
            libtorch,
            python,
            program,
            command,
        }
    }
}

impl Recording {
    /// Reads a recording and those of its other processes: a folder, or the file of a [`golden`].
    ///
    /// # Errors
    /// [`Error::NoRecording`], [`Error::System`], [`Error::Malformed`], [`Error::Mixed`],
    /// [`Error::OtherVersion`], [`Error::Altered`], and [`Error::NothingRecorded`] where a command ran
    /// and left none.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        match path.as_ref() {
            file if file.is_file() => golden::read(file),
            folder => folder::read(folder),
        }
    }

    /// The recording's folder, or its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Of which process it is.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Every call, in order.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The numbers of the calls that compute.
    #[must_use]
    pub fn computing(&self) -> Vec<usize> {
        (0..self.calls.len()).filter(|&number| self.calls[number].counts).collect()
    }

    /// How many calls of `zeros` only made memory that tch then put data of the program's into: they
    /// are not among those that compute, since Python's `torch.tensor` makes no such call.
    #[must_use]
    pub fn data(&self) -> usize {
        self.data
    }

    /// Threads within one operation, each time the program set another number.
    #[must_use]
    pub fn threads(&self) -> &[i64] {
        &self.threads
    }

    /// What each library computed with, by its name: ATen's instructions, oneDNN's limit, and MKL's
    /// branch where MKL computed anything.
    #[must_use]
    pub fn arithmetic(&self) -> &BTreeMap<String, String> {
        &self.arithmetic
    }

    /// The devices of the computed tensors.
    #[must_use]
    pub fn devices(&self) -> BTreeSet<Rc<str>> {
        let computed = self.calls.iter().filter(|call| call.counts);
        let devices = computed.flat_map(|call| &call.outputs).map(|value| value.device.clone());
        // An output that is no tensor is on none.
        devices.filter(|device| !device.is_empty()).collect()
    }

    /// The recordings of its other processes, as they started.
    #[must_use]
    pub fn processes(&self) -> &[Recording] {
        &self.processes
    }

    /// What the command wrote to standard output, if that was kept.
    #[must_use]
    pub fn printed(&self) -> Option<&[u8]> {
        self.printed.as_deref()
    }

    /// The files that the command wrote, if it ran in a folder of its own.
    #[must_use]
    pub fn written(&self) -> Option<&Written> {
        self.written.as_ref()
    }

    /// The text of a file in which calls were made, as it was when the command had ended.
    #[must_use]
    pub fn source(&self, file: &Path) -> Option<&str> {
        self.program.sources.get(file.to_str()?).map(String::as_str)
    }

    /// Why the program's lines are not known, if they are not.
    #[must_use]
    pub fn complaint(&self) -> Option<&str> {
        self.program.complaint.as_deref()
    }

    /// How the command ended, if that is known.
    #[must_use]
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// The command, as it was given where that is known.
    #[must_use]
    pub fn command(&self) -> &[String] {
        self.ending.as_ref().map_or(&self.header.command, |ending| &ending.command)
    }

    /// What the program is written in, as far as that shows: `python`, `rust` or `c++`.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.program.language
    }

    /// How the program failed, if it did and all was recorded until then.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let is_written = self.header.failed.parse::<i32>().unwrap_or_default() == 0;
        self.ending.as_ref().filter(|_| is_written)?.failure(&self.path)
    }

    /// How long recording held up its process, all threads together, in seconds, where that is known.
    #[must_use]
    pub fn recording_seconds(&self) -> Option<f64> {
        let microseconds = self.header.spent.parse().ok().filter(|&spent| spent > 0)?;
        Some(Duration::from_micros(microseconds).as_secs_f64())
    }

    /// Whether it goes to the program's end.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let calls = self.calls.len();
        let error: i32 = self.header.failed.parse().unwrap_or_default();
        if error != 0 {
            let reason = std::io::Error::from_raw_os_error(error);
            return Extent::Cut(format!(
                "after {calls} calls, where it could not be written on: {reason}"
            ));
        }
        match self.ending.as_ref().map(|ending| ending.failure(&self.path)) {
            Some(None) => Extent::Whole,
            Some(Some(failure)) => {
                Extent::Cut(format!("after {calls} calls, where the program {failure}"))
            }
            None => {
                Extent::Cut(format!("after {calls} calls, and nothing tells how the program ended"))
            }
        }
    }

    /// The elements of a tensor in row-major order, if they were kept.
    #[must_use]
    pub fn bytes(&self, value: &Value) -> Option<Vec<u8>> {
        let from = value.kept?;
        let width = Dtype::from_name(&value.dtype)?.size();
        let length = value.shape.iter().try_fold(width, |all, &size| all.checked_mul(size))?;
        let path = match &self.bits {
            Bits::File(path) => path,
            Bits::Kept(all) => {
                let from = usize::try_from(from).ok()?;
                return all.get(from..from.checked_add(length)?).map(<[u8]>::to_vec);
            }
        };
        let file = File::open(path).ok()?;
        // Of a recording that was cut, the elements may be missing.
        let end = from.checked_add(length as u64)?;
        (end <= file.metadata().ok()?.len()).then_some(())?;
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, from).ok()?;
        Some(bytes)
    }
}
