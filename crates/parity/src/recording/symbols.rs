//! From return addresses to lines of source and functions, by what the compiler and the linker left.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use addr2line::Loader;
use object::{Object as _, ObjectSection as _};

/// A program or library in which calls were made.
#[derive(Debug, Clone)]
pub(super) struct Module {
    pub path: PathBuf,
    pub size: u64,
    pub modified: i64,
}

/// The modules of one process, each opened once.
pub(super) struct Symbols<'a> {
    modules: &'a HashMap<usize, Module>,
    loaders: RefCell<HashMap<usize, Option<Rc<Loader>>>>,
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

impl<'a> Symbols<'a> {
    pub(super) fn new(modules: &'a HashMap<usize, Module>) -> Self {
        Self { modules, loaders: RefCell::default() }
    }

    /// Why the lines of `program` are not known, if they are not; `any` tells whether one is.
    pub(super) fn complaint(&self, program: &Path, any: bool) -> Option<String> {
        let program = self.modules.values().find(|module| module.path == program)?;
        let path = program.path.display();
        match fs::metadata(&program.path) {
            Err(error) => Some(format!("its lines are not known: {path}: {error}")),
            Ok(found) if !program.is(&found) => {
                Some(format!("its lines are not known: {path} was built anew since"))
            }
            Ok(_) if any => None,
            Ok(_) => Some(format!(
                "its lines are not known: {path} has no line tables; build it with `debug = \
                 \"line-tables-only\"` in its Cargo profile, or with `-g1`"
            )),
        }
    }

    /// Whether an address is within a function of this name, which the linker knows.
    pub(super) fn is_in(&self, frames: &[(usize, u64)], function: &str) -> bool {
        frames.iter().any(|&(module, address)| {
            self.loader(module).is_some_and(|found| found.find_symbol(address) == Some(function))
        })
    }

    /// The innermost line of the program's own sources: those in the folder of the outermost one,
    /// which is where the program begins.
    pub(super) fn line(&self, frames: &[(usize, u64)]) -> Option<(PathBuf, u32)> {
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
            let module = self.modules.get(&module)?;
            // Addresses are of the program that ran.
            let is_it = fs::metadata(&module.path).is_ok_and(|found| module.is(&found));
            is_it.then(|| Loader::new(&module.path).ok().map(Rc::new))?
        };
        loaders.entry(module).or_insert_with(load).clone()
    }
}

impl Module {
    fn is(&self, found: &fs::Metadata) -> bool {
        found.len() == self.size && found.mtime() == self.modified
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
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            part => result.push(part),
        }
    }
    result
}
