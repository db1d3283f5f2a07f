//! From where a call was made to a line of source.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use addr2line::Loader;
use object::{Object as _, ObjectSection as _};
use serde::Serialize;

use super::{Location, Module, Recording};

/// A line of a program's source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The file.
    pub file: PathBuf,
    /// Counted from 1; 0 where only the function is known.
    pub line: u32,
    /// What stands there, where the file is at hand.
    pub text: Option<String>,
}

/// The lines of one recording, each looked up once.
pub struct Sources<'a> {
    recording: &'a Recording,
    loaders: RefCell<HashMap<usize, Option<Rc<Loader>>>>,
    lines: RefCell<HashMap<usize, Option<(PathBuf, u32)>>>,
    files: RefCell<HashMap<PathBuf, Option<Rc<Vec<String>>>>>,
}

/// Folders of what is nobody's own program.
const LIBRARIES: [&str; 9] = [
    "/.cargo/registry/",
    "/.cargo/git/",
    "/rustc/",
    "/rustlib/",
    "/usr/include/",
    "/usr/lib/",
    "/torch/include/",
    "/c++/",
    "/csu/",
];

impl<'a> Sources<'a> {
    /// The lines of `recording`.
    #[must_use]
    pub fn new(recording: &'a Recording) -> Self {
        Self {
            recording,
            loaders: RefCell::default(),
            lines: RefCell::default(),
            files: RefCell::default(),
        }
    }

    /// The line of the program's own in which a call was made.
    #[must_use]
    pub fn line(&self, location: &Location) -> Option<Line> {
        let (file, line) = match location {
            Location::Unknown => return None,
            Location::Line(at) => {
                let (file, line) = at.rsplit_once(':')?;
                (PathBuf::from(file), line.parse().ok()?)
            }
            Location::Stack(number) => {
                let known = self.lines.borrow().get(number).cloned();
                known.unwrap_or_else(|| {
                    let found = self.resolve(*number);
                    self.lines.borrow_mut().insert(*number, found.clone());
                    found
                })?
            }
        };
        let text = self.text(&file, line);
        Some(Line { file, line, text })
    }

    /// Why the program's lines are not known, if they are not.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        let modules = &self.recording.modules;
        let program =
            modules.values().find(|module| module.path == self.recording.header.program)?;
        let path = program.path.display();
        match fs::metadata(&program.path) {
            Err(error) => Some(format!("its lines are not known: {path}: {error}")),
            Ok(found) if found.len() != program.size || found.mtime() != program.modified => {
                Some(format!("its lines are not known: {path} was built anew since"))
            }
            Ok(_)
                if self.recording.calls.iter().any(|call| self.line(&call.location).is_some()) =>
            {
                None
            }
            Ok(_) => Some(format!(
                "its lines are not known: {path} has no line tables; build it with `debug = \
                 \"line-tables-only\"` in its Cargo profile, or with `-g1`"
            )),
        }
    }

    /// Whether a call was made within a function of this name, which the linker knows.
    pub(super) fn is_in(&self, location: &Location, function: &str) -> bool {
        let Location::Stack(number) = location else { return false };
        let mut frames = self.recording.stacks.get(number).into_iter().flatten();
        frames.any(|&(module, address)| {
            self.loader(module).is_some_and(|found| found.find_symbol(address) == Some(function))
        })
    }

    /// The innermost line of the program's own sources: those in the folder of the outermost one,
    /// which is where the program begins.
    fn resolve(&self, stack: usize) -> Option<(PathBuf, u32)> {
        let frames = self.recording.stacks.get(&stack)?;
        let lines: Vec<_> =
            frames.iter().flat_map(|&(module, address)| self.frames(module, address)).collect();
        let outermost = lines.iter().rev().find(|(file, _)| !is_library(file))?;
        let mut folder = outermost.0.parent()?;
        // src/bin/x.rs belongs to src.
        if folder.ends_with("src/bin") {
            folder = folder.parent()?;
        }
        lines.iter().find(|(file, _)| file.starts_with(folder) && !is_library(file)).cloned()
    }

    /// The lines an address is part of, an inlined function's before its caller's.
    fn frames(&self, module: usize, address: u64) -> Vec<(PathBuf, u32)> {
        let Some(loader) = self.loader(module) else { return Vec::new() };
        let mut found = Vec::new();
        let Ok(mut frames) = loader.find_frames(address) else { return found };
        while let Ok(Some(frame)) = frames.next() {
            if let Some(location) = frame.location
                && let (Some(file), Some(line)) = (location.file, location.line)
            {
                found.push((normal(Path::new(file)), line));
            }
        }
        found
    }

    fn loader(&self, module: usize) -> Option<Rc<Loader>> {
        let mut loaders = self.loaders.borrow_mut();
        let load = || {
            let module = self.recording.modules.get(&module)?;
            // Addresses are of the program that ran.
            module.is_unchanged().then(|| Loader::new(&module.path).ok().map(Rc::new))?
        };
        loaders.entry(module).or_insert_with(load).clone()
    }

    fn text(&self, file: &Path, line: u32) -> Option<String> {
        let mut files = self.files.borrow_mut();
        let lines = files.entry(file.to_path_buf()).or_insert_with(|| {
            let text = fs::read_to_string(file).ok()?;
            Some(Rc::new(text.lines().map(|line| line.trim().to_owned()).collect()))
        });
        lines.as_ref()?.get((line as usize).checked_sub(1)?).cloned()
    }
}

impl Module {
    fn is_unchanged(&self) -> bool {
        fs::metadata(&self.path)
            .is_ok_and(|found| found.len() == self.size && found.mtime() == self.modified)
    }
}

/// Whether the Rust compiler has left its name in the program.
pub(super) fn made_by_rustc(program: &Path) -> bool {
    let comment = || {
        let bytes = fs::read(program).ok()?;
        let file = object::File::parse(&*bytes).ok()?;
        let text = file.section_by_name(".comment")?.data().ok()?;
        Some(text.windows(5).any(|window| window == b"rustc"))
    };
    comment().unwrap_or(false)
}

fn is_library(file: &Path) -> bool {
    let file = file.to_string_lossy();
    !file.starts_with('/') && !file.contains(".rs") && !file.contains(".c")
        || LIBRARIES.iter().any(|folder| file.contains(folder))
        || file.starts_with("library/")
}

/// The path without `.` and `..`, which a compiler leaves in.
fn normal(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                result.pop();
            }
            part => result.push(part),
        }
    }
    result
}
