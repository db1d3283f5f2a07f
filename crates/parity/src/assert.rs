//! Parity held by `cargo test`.

use std::path::PathBuf;
use std::time::Duration;

use arithmetic::Arithmetic;
use tempfile::TempDir;

use crate::comparison::Comparison;
use crate::recorder::{Output, Recorder, Terms, Unrecorded};
use crate::recording::{Error, Recording, Result};
use crate::side::Across;
use crate::verdict::Verdict;

/// How the programs of a test are run and compared.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What they compute with, whatever they ask for themselves; native is as they choose. A program
    /// that is compared with a golden computes as that was recorded.
    pub arithmetic: Arithmetic,
    /// Threads within one operation, unless they set a number themselves. A program that is compared
    /// with a golden uses as many as that was recorded with.
    pub threads: Option<usize>,
    /// Variables of their environment.
    pub variables: Vec<(String, String)>,
    /// The folder they run in, each in a copy of it; none is that of the test, which is the package's.
    pub work_in: Option<PathBuf>,
    /// Whether they run in the folder itself, where the second finds what the first has written.
    pub here: bool,
    /// How long each may run: it is killed then, and the test fails.
    pub time_limit: Option<Duration>,
    /// What they may differ in and are compared all the same.
    pub across: Across,
}

/// Two programs that are to compute and print the same bits.
#[derive(Debug, Clone)]
pub struct Pair {
    commands: [Vec<String>; 2],
    options: Options,
    may_skip: bool,
}

/// A file that `parity record --to` has made of a program, with which others are compared; where they
/// are, no Python has to be.
#[derive(Debug, Clone)]
pub struct Golden {
    path: PathBuf,
    source: Option<Vec<String>>,
    options: Options,
}

impl Pair {
    /// The one that is right, and the one to be compared with it, each as the words of a command.
    pub fn new<A: Into<String>, B: Into<String>>(
        right: impl IntoIterator<Item = A>,
        compared: impl IntoIterator<Item = B>,
    ) -> Self {
        let commands = [words(right), words(compared)];
        Self { commands, options: Options::default(), may_skip: false }
    }

    /// With these options.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Skips the test, with a line on why, where the first program cannot be started, does not find a
    /// module, such as PyTorch, or has another version of libtorch than the second.
    #[must_use]
    pub fn or_skip(self) -> Self {
        Self { may_skip: true, ..self }
    }

    /// Runs both and compares every computing call and all that they print.
    ///
    /// # Panics
    /// With what `parity run` prints, where they are not identical or cannot be compared.
    #[track_caller]
    pub fn assert_identical(&self) {
        match self.compare() {
            Ok(comparison) => assert_is_identical(&comparison, ""),
            Err(Stop::Missing(reason)) if self.may_skip => println!("SKIPPED: {reason}"),
            Err(Stop::Missing(reason)) => panic!("{reason}"),
            Err(Stop::Failed(error)) => panic!("{error}"),
        }
    }

    fn compare(&self) -> std::result::Result<Comparison, Stop> {
        let recorder = self.options.recorder()?;
        let folder = temporary()?;
        let commands = self.commands.each_ref().map(Vec::as_slice);
        let terms = Terms {
            work_in: self.options.work_in.as_deref(),
            across: self.options.across,
            ..Terms::default()
        };
        let comparison = recorder.compare(commands, folder.path(), terms);
        let comparison = comparison.map_err(|Unrecorded { side, error }| match side {
            0 if is_missing(&error) => Stop::Missing(error.to_string()),
            _ => Stop::Failed(error),
        })?;
        let [a, b] = comparison.sides.each_ref().map(|side| &side.environment.libtorch);
        let release = |version: &'_ str| version.split('+').next().map(str::to_owned);
        if self.may_skip && !self.options.across.versions && release(a) != release(b) {
            let [right, compared] = self.commands.each_ref().map(|words| words.join(" "));
            return Err(Stop::Missing(format!("{right} has libtorch {a}, and {compared} {b}")));
        }
        Ok(comparison)
    }
}

impl Golden {
    /// The file at this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), source: None, options: Options::default() }
    }

    /// With these options.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Where the file does not exist yet, has it recorded of the program with these words: it is to be
    /// committed. `parity record --update` records it anew.
    #[must_use]
    pub fn or_record<W: Into<String>>(self, words_of_it: impl IntoIterator<Item = W>) -> Self {
        Self { source: Some(words(words_of_it)), ..self }
    }

    /// Runs the program with these words and compares every computing call and all that it prints.
    ///
    /// # Panics
    /// With what `parity check` prints, where it is not identical or cannot be compared.
    #[track_caller]
    pub fn assert_identical<W: Into<String>>(&self, program: impl IntoIterator<Item = W>) {
        match self.compare(&words(program)) {
            Ok(comparison) => {
                let to_keep = comparison.to_keep(false).iter().any(|calls| !calls.is_empty());
                assert_is_identical(&comparison, if to_keep { Self::ADVICE } else { "" });
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// A golden has the elements of the smallest tensors only.
    pub const ADVICE: &str = "\nto see them, compare the two programs with `parity run`";

    fn compare(&self, program: &[String]) -> Result<Comparison> {
        if let (Some(source), false) = (&self.source, self.path.exists()) {
            let recorder = self.options.recorder()?;
            let (_folder, recording) = self.options.record(&recorder, source)?;
            recording.write_golden(&self.path)?;
            println!("recorded {}, which is to be committed", self.path.display());
        }
        let golden = Recording::read(&self.path)?;
        let recorder = self.options.with_environment(Recorder::like(&golden, say)?);
        let (_folder, recording) = self.options.record(&recorder, program)?;
        Ok(Comparison::across(&golden, &recording, self.options.across))
    }
}

impl Options {
    fn recorder(&self) -> Result<Recorder> {
        let recorder = Recorder::with_arithmetic(self.arithmetic, say)?.threads(self.threads);
        Ok(self.with_environment(recorder))
    }

    fn with_environment(&self, recorder: Recorder) -> Recorder {
        recorder
            .variables(self.variables.clone())
            .time_limit(self.time_limit)
            .own_folder(!self.here)
    }

    /// The folder holds the elements.
    fn record(&self, recorder: &Recorder, words: &[String]) -> Result<(TempDir, Recording)> {
        let folder = temporary()?;
        recorder.record(words, folder.path(), Output::Kept, &[], self.work_in.as_deref())?;
        let recording = Recording::read(folder.path())?;
        Ok((folder, recording))
    }
}

fn temporary() -> Result<TempDir> {
    let failed =
        |source| Error::System { what: "make a folder in", path: std::env::temp_dir(), source };
    tempfile::tempdir().map_err(failed)
}

/// Why nothing was compared.
enum Stop {
    /// The first program is not to be had here.
    Missing(String),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn is_missing(error: &Error) -> bool {
    match error {
        Error::System { what, .. } => *what == "start",
        Error::NothingRecorded { reason, .. } => reason.contains("ModuleNotFoundError: "),
        _ => false,
    }
}

#[track_caller]
fn assert_is_identical(comparison: &Comparison, advice: &str) {
    assert!(comparison.verdict == Verdict::Identical, "{comparison}{advice}");
    println!("{comparison}");
}

fn words<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Vec<String> {
    words.into_iter().map(Into::into).collect()
}

fn say(what: &str) {
    eprintln!("parity: {what}");
}
