//! Files that appear whole or not at all.

use std::fs;
use std::path::Path;

use crate::error::PlotError;

/// Creates the folder of `path`, lets `write` fill a file beside it, and moves that file into place.
///
/// # Errors
/// [`PlotError::Io`] when a step is refused, or what `write` returns; nothing is left behind.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), PlotError>,
) -> Result<(), PlotError> {
    let refused =
        |action, path: &Path, source| PlotError::Io { action, path: path.to_owned(), source };
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or_else(|| PlotError::Format(path.to_owned()))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| refused("create the folder", folder, e))?;
    // The ending stays last: plotters chooses the format by it.
    let temporary = folder.join(format!(".{}.{name}", std::process::id()));
    let outcome = fs::File::create(&temporary)
        .map_err(|e| refused("write", path, e))
        .and_then(|_| write(&temporary))
        .and_then(|()| fs::rename(&temporary, path).map_err(|e| refused("write", path, e)));
    if outcome.is_err() {
        // The first error is the one worth telling; the file may not even exist.
        let _ = fs::remove_file(&temporary);
    }
    outcome
}
