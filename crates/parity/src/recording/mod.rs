//! What a program did with libtorch: every call, read back from a folder.
//!
//! `parity record`, or a [`Recorder`](crate::recorder::Recorder), makes the folder. It holds
//!
//! | file | |
//! | --- | --- |
//! | `calls.jsonl` | a line for each call, in order; the first line says of which process |
//! | `bits` | elements of the computed tensors, up to a limit |
//! | `command.json` | the command and how it ended |
//! | `process-N/` | the same of each further process that called libtorch, such as a loader's worker; the command's end is above |
//!
//! and is readable to its last whole call however the program ended. A call's line is
//!
//! ```json
//! {"call":2,"op":"aten::add.Tensor","counts":true,"at":"/home/me/hello.py:4","args":{"alpha":1},
//!  "in":[{"dtype":"float32","shape":[10,1],"device":"cpu","bits":"edcbbb1efffd2ff2"}, …],
//!  "out":[{"dtype":"float32","shape":[10,1],"device":"cpu","bits":"bd4f2a4c1f2d8a02","kept":56}]}
//! ```
//!
//! in truth in one piece; `bits` is a fingerprint, of a sparse tensor that of its indices and values;
//! `kept` is where in the file `bits` the elements begin. Calls that compute have `counts`.
//! Programs without Python have `stack`, the number of a line of return addresses, for `at`.

mod ending;
mod error;
mod parse;
mod source;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::element::Dtype;

pub use ending::Ending;
pub use error::{Error, Result};
pub use source::{Line, Sources};

use parse::Lines;

/// A recording, without the tensors' elements.
#[derive(Debug)]
pub struct Recording {
    folder: PathBuf,
    header: Header,
    calls: Vec<Call>,
    stacks: HashMap<usize, Vec<(usize, u64)>>,
    modules: HashMap<usize, Module>,
    threads: Vec<i64>,
    arithmetic: BTreeMap<String, String>,
    ending: Option<Ending>,
    processes: Vec<PathBuf>,
    data: usize,
}

/// The first line of `calls.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub struct Header {
    recording: u32,
    id: String,
    failed: String,
    /// The number of the process.
    pub process: u32,
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
    /// Where in the program it was made.
    pub location: Location,
    /// The node of the backward pass that made it.
    pub node: Option<Rc<str>>,
    /// The arguments that are numbers, bools or lists of some, as a JSON object.
    pub args: Rc<str>,
    /// The tensors given to it.
    pub inputs: Vec<Value>,
    /// The tensors it returned or wrote to.
    pub outputs: Vec<Value>,
}

/// Where in a program a call was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
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
    /// The fingerprint of its bits; none of a tensor whose elements cannot be read.
    pub bits: Option<u64>,
    /// Whether it is sparse: its fingerprint is that of its indices and values, which are not kept.
    pub sparse: bool,
    /// Where in the file `bits` its elements are.
    pub kept: Option<u64>,
}

/// A program or library in which calls were made.
#[derive(Debug, Clone)]
pub(crate) struct Module {
    path: PathBuf,
    size: u64,
    modified: i64,
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

impl Recording {
    /// Reads the recording in `folder`.
    ///
    /// # Errors
    /// [`Error::NoRecording`], [`Error::System`], [`Error::Malformed`], [`Error::Mixed`], and
    /// [`Error::NothingRecorded`] where a command ran and left none.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref().to_path_buf();
        let ending = Ending::read(&folder)?;
        let ending = match (ending, folder.parent()) {
            (None, Some(command)) if is_of_process(&folder) => Ending::read(command)?,
            (ending, _) => ending,
        };
        let path = folder.join("calls.jsonl");
        if !path.is_file() {
            return Err(match ending {
                Some(ending) => ending.nothing_recorded(&folder),
                None => Error::NoRecording { path: folder },
            });
        }
        let mut lines = Lines::default();
        let text = read(&path)?;
        // The recorder sets room aside in advance; what a killed process left of it is zero.
        let written = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
        let whole =
            text[..written].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        for (number, line) in text[..whole].split(|&byte| byte == b'\n').enumerate() {
            let added = match std::str::from_utf8(line) {
                Ok("") => continue,
                Ok(line) => lines.add(line),
                Err(error) => Err(error.to_string()),
            };
            added.map_err(|reason| Error::Malformed {
                path: path.clone(),
                line: number + 1,
                reason,
            })?;
        }
        let Some(header) = lines.header else {
            return Err(Error::Malformed {
                path,
                line: 1,
                reason: "there is no whole line".into(),
            });
        };
        let mut recording = Self {
            processes: processes(&folder)?,
            folder,
            header,
            calls: lines.calls,
            stacks: lines.stacks,
            modules: lines.modules,
            threads: lines.threads,
            arithmetic: lines.arithmetic,
            ending,
            data: 0,
        };
        recording.check_bits()?;
        recording.leave_data_out();
        Ok(recording)
    }

    /// The recording's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
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
        computed.flat_map(|call| &call.outputs).map(|value| value.device.clone()).collect()
    }

    /// Folders of the recordings of its other processes.
    #[must_use]
    pub fn processes(&self) -> &[PathBuf] {
        &self.processes
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
    pub fn language(&self) -> &'static str {
        if self.header.python {
            return "python";
        }
        match source::made_by_rustc(&self.header.program) {
            true => "rust",
            false => "c++",
        }
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
        match self.ending.as_ref().map(|ending| ending.failure(&self.folder)) {
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
        let width = Dtype::from_name(&value.dtype)?.size();
        let mut bytes = vec![0; value.shape.iter().product::<usize>() * width];
        let file = File::open(self.folder.join("bits")).ok()?;
        // Of a recording that was cut, the elements may be missing.
        file.read_exact_at(&mut bytes, value.kept?).ok()?;
        Some(bytes)
    }

    fn leave_data_out(&mut self) {
        let is_zeros = |call: &Call| call.counts && &*call.op == "aten::zeros";
        let sources = Sources::new(self);
        let stacks: BTreeSet<_> =
            self.calls.iter().filter(|call| is_zeros(call)).map(|call| &call.location).collect();
        let of_data: Vec<Location> = stacks
            .into_iter()
            .filter(|location| sources.is_in(location, FROM_DATA))
            .cloned()
            .collect();
        for call in self.calls.iter_mut().filter(|call| is_zeros(call)) {
            call.counts = !of_data.contains(&call.location);
            self.data += usize::from(!call.counts);
        }
    }

    /// The file of elements begins with the identity of the calls they are of.
    fn check_bits(&self) -> Result<()> {
        let path = self.folder.join("bits");
        let mut id = [0; 16];
        let file = File::open(&path);
        let begins = file
            .and_then(|mut file| file.read_exact(&mut id))
            .map(|()| id == self.header.id.as_bytes());
        match begins {
            Ok(true) => Ok(()),
            // A process that was killed at once.
            Ok(false) if id == [0; 16] => Ok(()),
            Ok(false) => Err(Error::Mixed { path: self.folder.clone() }),
            Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => Ok(()),
            Err(source) => Err(Error::System { what: "read", path, source }),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| Error::System {
        what: "read",
        path: path.to_path_buf(),
        source,
    })
}

/// The function by which tch makes a tensor of a slice.
const FROM_DATA: &str = "at_tensor_of_data";

/// What the folder of a further process is called, before its number.
const PROCESS: &str = "process-";

fn is_of_process(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PROCESS))
}

fn processes(folder: &Path) -> Result<Vec<PathBuf>> {
    let system = |source| Error::System { what: "list", path: folder.to_path_buf(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(system)? {
        let path = entry.map_err(system)?.path();
        if is_of_process(&path) && path.join("calls.jsonl").is_file() {
            found.push(path);
        }
    }
    // As they started.
    found.sort_by_key(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.and_then(|name| name.strip_prefix(PROCESS)?.parse::<u32>().ok())
    });
    Ok(found)
}
