//! What is known of a program's source, looked up when its command has ended.
//!
//! A comparison needs the program no more: it may be built anew or be gone, and the recording may be
//! read on another machine.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::symbols::{Module, Symbols, made_by_rustc};
use super::{Call, Header, Location};

/// A line of a program's source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// The file.
    pub file: PathBuf,
    /// Counted from 1; 0 where only the function is known.
    pub line: u32,
    /// What stands there, where the file was at hand.
    pub text: Option<String>,
}

/// The file `program.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Program {
    pub language: String,
    /// Why its lines are not known.
    pub complaint: Option<String>,
    /// By the numbers of the lists of return addresses.
    pub stacks: BTreeMap<usize, Stack>,
    /// The text of every file in which a call was made.
    pub sources: BTreeMap<String, String>,
    /// What paths begin with that are those of a copy.
    pub copy: Option<PathBuf>,
}

/// What a list of return addresses leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stack {
    /// File and line.
    pub line: Option<(String, u32)>,
    /// Whether it lies in the function by which tch makes a tensor of a slice.
    pub of_data: bool,
}

/// The function by which tch makes a tensor of a slice.
const FROM_DATA: &str = "at_tensor_of_data";

impl Program {
    /// Looks everything up in the program and its sources, as they are now.
    pub(super) fn look_up(
        header: &Header,
        locations: &[Location],
        frames: &HashMap<usize, Vec<(usize, u64)>>,
        modules: &HashMap<usize, Module>,
        copy: Option<&Path>,
    ) -> Self {
        let symbols = Symbols::new(modules);
        let stacks: BTreeMap<_, _> = frames
            .iter()
            .map(|(&number, frames)| {
                let line = symbols.line(frames);
                let line = line.map(|(file, line)| (file.to_string_lossy().into_owned(), line));
                (number, Stack { line, of_data: symbols.is_in(frames, FROM_DATA) })
            })
            .collect();
        let language = match (header.python, made_by_rustc(&header.program)) {
            (true, _) => "python",
            (false, true) => "rust",
            (false, false) => "c++",
        };
        let mut program = Self {
            language: language.into(),
            stacks,
            copy: copy.map(Path::to_path_buf),
            ..Self::default()
        };
        let locations: BTreeSet<_> = locations.iter().collect();
        let lines: Vec<_> = locations.iter().filter_map(|at| program.place(at)).collect();
        program.complaint = symbols.complaint(&header.program, !lines.is_empty());
        let files: BTreeSet<_> = lines.into_iter().map(|(file, _)| file).collect();
        let text = |file: String| {
            let bytes = fs::read(program.of_copy(&file)).ok()?;
            Some((file, String::from_utf8_lossy(&bytes).into_owned()))
        };
        let sources = files.into_iter().filter_map(text).collect();
        Self { sources, ..program }
    }

    /// Sets the line of every call.
    pub(super) fn locate(&self, calls: &mut [Call], locations: &[Location]) {
        let texts: HashMap<_, Vec<_>> =
            self.sources.iter().map(|(file, text)| (file, text.lines().collect())).collect();
        let mut known: HashMap<&Location, Option<Rc<Line>>> = HashMap::new();
        for (call, location) in calls.iter_mut().zip(locations) {
            let line = known.entry(location).or_insert_with(|| {
                let (file, line) = self.place(location)?;
                let of_file = texts.get(&file);
                let text = of_file.and_then(|text| text.get((line as usize).checked_sub(1)?));
                let text = text.map(|text| text.trim().to_owned());
                Some(Rc::new(Line { file: file.into(), line, text }))
            });
            call.line.clone_from(line);
        }
    }

    /// Whether a call there makes memory that tch puts data into.
    pub(super) fn is_of_data(&self, location: &Location) -> bool {
        let Location::Stack(number) = location else { return false };
        self.stacks.get(number).is_some_and(|stack| stack.of_data)
    }

    fn place(&self, location: &Location) -> Option<(String, u32)> {
        match location {
            Location::Unknown => None,
            Location::Line(at) => {
                let (file, line) = at.rsplit_once(':')?;
                Some((self.without_copy(file), line.parse().ok()?))
            }
            Location::Stack(number) => {
                let (file, line) = self.stacks.get(number)?.line.as_ref()?;
                Some((self.without_copy(file), *line))
            }
        }
    }

    /// The path of the file that a program found in a copy of its folder.
    fn without_copy(&self, file: &str) -> String {
        let below = self.copy.as_ref().and_then(|copy| Path::new(file).strip_prefix(copy).ok());
        below.map_or_else(|| file.to_owned(), |below| format!("/{}", below.display()))
    }

    /// Where that file is while the copy is there.
    fn of_copy(&self, file: &str) -> PathBuf {
        let copied = self.copy.as_ref().map(|copy| copy.join(file.trim_start_matches('/')));
        copied.filter(|path| path.is_file()).unwrap_or_else(|| file.into())
    }
}
