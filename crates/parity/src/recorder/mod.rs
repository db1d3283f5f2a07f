//! Running a command so that it is recorded.
//!
//! A library that is preloaded into every program of the command asks for the recorder as soon as
//! libtorch is there. The recorder is C++ and is compiled once for each version of libtorch, from the
//! headers that come with it, and kept in `PARITY_CACHE`, else `$XDG_CACHE_HOME/parity`.

mod compile;
mod own_folder;
mod pair;
mod progress;
mod running;
mod service;
mod shown;

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::time::{Duration, Instant};

use arithmetic::Arithmetic;
use tempfile::TempDir;

use crate::recording::{self, Ending, Error, Recording, Result};
use own_folder::OwnFolder;
use progress::Progress;
use running::Ended;
use service::Service;
use shown::Shown;

pub use compile::{CACHE, compiled, version};
pub use pair::{Terms, Unrecorded};
pub use running::end_with_signals;

/// What is loaded into a recorded program, unpacked for the loader and for Python to find.
const FILES: [(&str, &[u8]); 2] = [
    ("preload.so", include_bytes!(concat!(env!("OUT_DIR"), "/preload.so"))),
    ("sitecustomize.py", include_bytes!("../../recorder/sitecustomize.py")),
];

/// Their folder, among the recorder's temporary files; lines of Python in it are nobody's own.
const LIBRARY: &str = "library";

/// What records commands.
#[derive(Debug)]
pub struct Recorder {
    service: Service,
    files: TempDir,
    arithmetic: Arithmetic,
    threads: Option<usize>,
    variables: Vec<(String, String)>,
    time_limit: Option<Duration>,
    own_folder: bool,
    shows_progress: bool,
}

/// Where a command's standard output and standard error go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Standard output into the file `stdout` of the recording and from there, as it comes, to where
    /// this program's goes; standard error to where this program's goes.
    Shown,
    /// Into the files `stdout` and `stderr` of the recording.
    Kept,
}

impl Recorder {
    /// A recorder of programs that compute as they choose.
    ///
    /// # Errors
    /// [`Error::System`] where no temporary files can be written.
    pub fn new() -> Result<Self> {
        Self::with_arithmetic(Arithmetic::Native, |_| ())
    }

    /// A recorder of programs that compute with this arithmetic, whatever they or the environment
    /// ask for, and natively as they choose; `say` is told what takes long.
    ///
    /// # Errors
    /// [`Error::System`], and [`Error::Arithmetic`] where this processor lacks what it takes.
    pub fn with_arithmetic(arithmetic: Arithmetic, say: fn(&str)) -> Result<Self> {
        if let Some(instructions) = arithmetic.missing_instructions() {
            return Err(Error::Arithmetic { arithmetic, instructions });
        }
        let system = |path: PathBuf| move |source| Error::System { what: "write", path, source };
        // The path of a socket has at most 107 bytes.
        let temporary = Some(env::temp_dir()).filter(|path| path.as_os_str().len() <= 64);
        let temporary = temporary.unwrap_or_else(|| "/tmp".into());
        let files = tempfile::Builder::new()
            .prefix("parity-recorder-")
            .tempdir_in(&temporary)
            .map_err(system(temporary))?;
        let library = files.path().join(LIBRARY);
        fs::create_dir(&library).map_err(system(library.clone()))?;
        for (name, bytes) in FILES {
            let path = library.join(name);
            fs::write(&path, bytes).map_err(system(path))?;
        }
        let socket = files.path().join("socket");
        let service = Service::start(socket.clone(), say).map_err(system(socket))?;
        let (threads, variables, time_limit) = Default::default();
        let (own_folder, shows_progress) = Default::default();
        Ok(Self {
            service,
            files,
            arithmetic,
            threads,
            variables,
            time_limit,
            own_folder,
            shows_progress,
        })
    }

    /// A recorder of programs that compute as the one of `recording` was told to.
    ///
    /// # Errors
    /// As [`Recorder::with_arithmetic`].
    pub fn like(recording: &Recording, say: fn(&str)) -> Result<Self> {
        let ending = recording.ending();
        let arithmetic = ending.and_then(|ending| ending.arithmetic.parse().ok());
        let recorder = Self::with_arithmetic(arithmetic.unwrap_or_default(), say)?;
        Ok(recorder.threads(ending.and_then(|ending| ending.threads)))
    }

    /// Has the programs use this many threads within one operation, unless they set a number themselves.
    #[must_use]
    pub fn threads(self, threads: Option<usize>) -> Self {
        Self { threads, ..self }
    }

    /// Has the programs find these variables in their environment.
    #[must_use]
    pub fn variables(self, variables: Vec<(String, String)>) -> Self {
        Self { variables, ..self }
    }

    /// Has a program that runs longer killed, with all that it started, which is an error then.
    #[must_use]
    pub fn time_limit(self, time_limit: Option<Duration>) -> Self {
        Self { time_limit, ..self }
    }

    /// Has each program run in a copy of its folder, at the same path as any other of this recorder, so
    /// that it finds nothing that another has written; what it writes is kept with its recording.
    #[must_use]
    pub fn own_folder(self, own_folder: bool) -> Self {
        Self { own_folder, ..self }
    }

    /// Has a line on a terminal's standard error say how far a program has come, if that is free for it:
    /// where its output is [kept](Output::Kept).
    #[must_use]
    pub fn shows_progress(self, shows_progress: bool) -> Self {
        Self { shows_progress, ..self }
    }

    /// Runs a command to its end and records it into `folder`, which must be empty or not exist; of
    /// the calls numbered in `keep` all tensors are kept, whatever their size.
    ///
    /// # Errors
    /// [`Error::NotEmpty`], [`Error::System`] and [`Error::TooLong`]. A command that fails is no error, nor is one that
    /// never calls libtorch.
    pub fn record(
        &self,
        words: &[String],
        folder: &Path,
        output: Output,
        keep: &[usize],
        work_in: Option<&Path>,
    ) -> Result<Ending> {
        let failed =
            |what| move |source| Error::System { what, path: folder.to_path_buf(), source };
        fs::create_dir_all(folder).map_err(failed("make"))?;
        let folder = &fs::canonicalize(folder).map_err(failed("find"))?;
        if fs::read_dir(folder).map_err(failed("list"))?.next().is_some() {
            return Err(Error::NotEmpty { path: folder.clone() });
        }
        let mut command = self.command(words, folder, keep);
        if let Some(work_in) = work_in {
            command.current_dir(work_in);
        }
        let ending = match self.own_folder {
            true => self.run_in_copy(command, words, folder, output, work_in),
            false => self.run(command, words, folder, output).and_then(|ending| {
                recording::seal(folder, &ending, None)?;
                Ok(ending)
            }),
        };
        if ending.is_err() {
            recording::discard(folder);
        }
        ending
    }

    /// Runs a command in a copy of its folder, unless that is too large.
    fn run_in_copy(
        &self,
        mut command: Command,
        words: &[String],
        folder: &Path,
        output: Output,
        work_in: Option<&Path>,
    ) -> Result<Ending> {
        let work_in = work_in.unwrap_or(Path::new("."));
        let failed =
            |what| move |source| Error::System { what, path: work_in.to_path_buf(), source };
        let original = fs::canonicalize(work_in).map_err(failed("find"))?;
        let own = OwnFolder::copy(&original, &self.files.path().join("own"));
        let own = own.map_err(failed("copy"))?;
        if let Some(own) = &own {
            command.current_dir(own.path()).env("PWD", own.path());
        }
        let ending = self.run(command, words, folder, output).and_then(|ending| {
            let written = own.as_ref().map(OwnFolder::written).transpose();
            recording::keep(folder, written.map_err(failed("list"))?)?;
            recording::seal(folder, &ending, own.as_ref().map(OwnFolder::root))?;
            Ok(ending)
        });
        // What is left goes with the recorder's other files.
        let _ = own.map(|own| own.remove());
        ending
    }

    fn command(&self, words: &[String], folder: &Path, keep: &[usize]) -> Command {
        let library = self.files.path().join(LIBRARY);
        // Before what the user has there himself.
        let first = |variable: &str, value: PathBuf, between: &str| {
            let mut joined = value.into_os_string();
            if let Some(theirs) = env::var_os(variable).filter(|theirs| !theirs.is_empty()) {
                joined.push(between);
                joined.push(theirs);
            }
            joined
        };
        let keep = keep.iter().fold(String::new(), |mut text, call| {
            // Writing into a String does not fail.
            let _ = write!(text, "{}{call}", if text.is_empty() { "" } else { "," });
            text
        });
        let mut command = Command::new(words.first().map_or("", String::as_str));
        command
            .args(words.iter().skip(1))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("PARITY_RECORDING", folder)
            .env("PARITY_PROCESS", process::id().to_string())
            .env("PARITY_SOCKET", self.service.socket())
            .env("PARITY_KEEP", keep)
            .env("LD_PRELOAD", first("LD_PRELOAD", library.join("preload.so"), ":"))
            .env("PYTHONPATH", first("PYTHONPATH", library, ":"));
        if let Some(threads) = self.threads {
            for variable in ["OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
                command.env(variable, threads.to_string());
            }
        }
        if let Some(mkl) = self.arithmetic.mkl() {
            for (variable, value) in self.arithmetic.variables() {
                match value {
                    Some(value) => command.env(variable, value),
                    None => command.env_remove(variable),
                };
            }
            let flag = i32::from;
            let words = [flag(mkl.as_intel), mkl.branch, flag(mkl.no_approximate)];
            command.env("PARITY_ARITHMETIC", words.map(|word| word.to_string()).join(" "));
        }
        command
    }

    /// Runs a command to its end.
    fn run(
        &self,
        mut command: Command,
        words: &[String],
        folder: &Path,
        output: Output,
    ) -> Result<Ending> {
        let failed =
            |source| Error::System { what: "write into", path: folder.to_path_buf(), source };
        let stdout = folder.join("stdout");
        command.stdout(File::create(&stdout).map_err(failed)?);
        if output == Output::Kept {
            command
                .stdin(Stdio::null())
                .stderr(File::create(folder.join("stderr")).map_err(failed)?);
        }
        let start = Instant::now();
        let shown = (output == Output::Shown).then(|| Shown::start(&stdout)).transpose();
        let shown = shown.map_err(failed)?;
        // What may read from the terminal stays in its group, and is told to end by it.
        let in_own_group = output == Output::Kept || self.time_limit.is_some();
        let shows_progress = self.shows_progress && output == Output::Kept;
        let mut progress = shows_progress.then(|| Progress::new(words, folder));
        let tick = || progress.iter_mut().for_each(Progress::tick);
        let ended = match in_own_group {
            true => running::to_end(&mut command, self.time_limit, tick),
            false => command.status().map(Ended::With),
        };
        drop((shown, progress));
        let ended = ended.map_err(|source| Error::System {
            what: "start",
            path: words.first().map(PathBuf::from).unwrap_or_default(),
            source,
        })?;
        let status = match ended {
            Ended::With(status) => status,
            Ended::Interrupted => return Err(Error::Interrupted),
            Ended::TooLong => {
                let limit = self.time_limit.unwrap_or_default();
                return Err(Error::TooLong { command: words.join(" "), limit });
            }
        };
        Ok(Ending {
            command: words.to_vec(),
            exit: status.code(),
            signal: status.signal(),
            seconds: start.elapsed().as_secs_f64(),
            arithmetic: self.arithmetic.to_string(),
            threads: self.threads,
            processor: recording::processor(),
        })
    }
}
