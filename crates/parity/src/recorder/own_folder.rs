//! A copy of the folder that a program runs in, so that it finds nothing that another has written.

use std::collections::HashMap;
use std::fs::{self, FileTimes, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

/// A larger file is a link to the one that it would be a copy of.
const MAX_FILE: u64 = 64 << 20;

/// A folder of more bytes or more entries is not copied.
const MAX_BYTES: u64 = 1 << 30;
const MAX_ENTRIES: usize = 20_000;

/// A copy of a folder at its own path below another root: `ROOT/home/me/project`. What lies beside it
/// and above it is there, too, as links, so that `../data` leads to the same files.
pub(super) struct OwnFolder {
    root: PathBuf,
    path: PathBuf,
    copied: HashMap<PathBuf, State>,
    bytes: u64,
}

/// What tells a file from what it is after it was written to.
#[derive(PartialEq, Eq)]
struct State {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl OwnFolder {
    /// The copy of `original`, an absolute path, below `root`, which must not exist; none where it is
    /// too large.
    pub(super) fn copy(original: &Path, root: &Path) -> io::Result<Option<Self>> {
        if original.parent().is_none() {
            return Ok(None);
        }
        let below = original.strip_prefix("/").unwrap_or(original);
        let (root, path) = (root.to_path_buf(), root.join(below));
        let mut own = Self { root, path, copied: HashMap::new(), bytes: 0 };
        let result = own.link_above(original).and_then(|()| own.copy_folder(original));
        match result {
            Ok(true) => Ok(Some(own)),
            Ok(false) => own.remove().map(|()| None),
            Err(error) => own.remove().and(Err(error)),
        }
    }

    /// Where the copy is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where a path of a program that ran in the copy leads without this prefix.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Removes all of it.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.root)
    }

    /// Every folder above the copy, with links to all else that is in it.
    fn link_above(&self, original: &Path) -> io::Result<()> {
        for above in original.ancestors().skip(1) {
            let here = self.root.join(above.strip_prefix("/").unwrap_or(above));
            fs::create_dir_all(&here)?;
            // What cannot be listed is not looked for either.
            for entry in fs::read_dir(above).into_iter().flatten().flatten() {
                if !original.starts_with(entry.path()) {
                    symlink(entry.path(), here.join(entry.file_name()))?;
                }
            }
        }
        Ok(())
    }

    /// Whether the folder and all that is in it could be copied.
    fn copy_folder(&mut self, original: &Path) -> io::Result<bool> {
        let mut folders = vec![original.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let copy = self.of(&folder);
            fs::create_dir_all(&copy)?;
            // Neither can the program list what is not to be listed.
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let entry = entry?.path();
                let copy = copy.join(entry.file_name().unwrap_or_default());
                // What another program has just removed.
                let Ok(metadata) = entry.symlink_metadata() else { continue };
                if metadata.is_symlink() {
                    self.copy_link(&entry, &copy)?;
                } else if metadata.is_dir() && !is_made_by_a_tool(&entry) {
                    folders.push(entry);
                } else if metadata.is_dir() || metadata.len() > MAX_FILE {
                    symlink(&entry, &copy)?;
                } else if metadata.is_file() {
                    self.copy_file(&entry, copy, &metadata)?;
                }
                if self.bytes > MAX_BYTES || self.copied.len() + folders.len() > MAX_ENTRIES {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn of(&self, original: &Path) -> PathBuf {
        self.root.join(original.strip_prefix("/").unwrap_or(original))
    }

    fn copy_file(&mut self, from: &Path, to: PathBuf, metadata: &Metadata) -> io::Result<()> {
        if let Err(error) = fs::copy(from, &to) {
            // One that is not to be read can be looked at all the same.
            let is_closed = error.kind() == io::ErrorKind::PermissionDenied;
            return if is_closed { symlink(from, to) } else { Err(error) };
        }
        let file = fs::File::options().read(true).open(&to)?;
        let times = FileTimes::new().set_accessed(metadata.accessed()?);
        file.set_times(times.set_modified(metadata.modified()?))?;
        self.bytes += metadata.len();
        let state = State::of(&to.symlink_metadata()?);
        self.copied.insert(to, state);
        Ok(())
    }

    /// One that leads to something in the folder leads to its copy.
    fn copy_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let target = fs::read_link(from)?;
        let target = match target.is_absolute() && target.starts_with(self.original()) {
            true => self.of(&target),
            false => target,
        };
        symlink(target, to)
    }

    fn original(&self) -> PathBuf {
        Path::new("/").join(self.path.strip_prefix(&self.root).unwrap_or(&self.path))
    }

    /// The files that a program has written or changed, with their paths relative to its folder, in
    /// order; what Python compiles of its modules is not among them.
    pub(super) fn written(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                let metadata = path.symlink_metadata()?;
                if metadata.is_dir() && path.file_name().is_some_and(|name| name != "__pycache__") {
                    folders.push(path);
                } else if metadata.is_file()
                    && self.copied.get(&path) != Some(&State::of(&metadata))
                {
                    found.push((self.relative(&path), path));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// As the program would name it.
    fn relative(&self, path: &Path) -> String {
        let above = self.path.ancestors().enumerate();
        let found = above.filter_map(|(up, folder)| Some((up, path.strip_prefix(folder).ok()?)));
        let (up, below) = found.min_by_key(|(up, _)| *up).unwrap_or((0, path));
        // A name stands in one line.
        "../".repeat(up) + &below.to_string_lossy().replace(char::is_control, "\u{fffd}")
    }
}

impl State {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Builds, environments, recordings and repositories, which programs read and do not write.
fn is_made_by_a_tool(folder: &Path) -> bool {
    ["CACHEDIR.TAG", "pyvenv.cfg", "calls.jsonl"].iter().any(|name| folder.join(name).is_file())
        || folder.ends_with(".git")
}
