//! Files that are written whole or not at all.

#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file, whole or not at all: first under another name in the same folder, then renamed.
///
/// A link is followed, and a device such as `/dev/null` is written to, since it cannot be replaced.
/// `body` writes to the file, or to its [path](NamedTempFile::path), which has the ending of `path`.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use std::io::{Error, Write};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("loss.csv");
/// atomic_file::write(&path, |file| file.write_all(b"0.5\n"))?;
/// let failed = atomic_file::write(&path, |file| {
///     file.write_all(b"0.")?;
///     Err(Error::other("stopped in between"))
/// });
/// assert!(failed.is_err());
/// assert_eq!(std::fs::read(&path)?, b"0.5\n");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Whatever `body` or the operating system returns. What stood there before stays then.
pub fn write<E: From<io::Error>>(
    path: impl AsRef<Path>,
    body: impl FnOnce(&mut NamedTempFile) -> Result<(), E>,
) -> Result<(), E> {
    let path = path.as_ref();
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("part");
    let ending = format!(".{ending}");
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(&ending);
    if fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
        let mut whole = builder.tempfile()?;
        body(&mut whole)?;
        whole.rewind()?;
        io::copy(&mut whole, &mut File::create(&path)?)?;
        return Ok(());
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::metadata(folder)?;
    // The permissions that `File::create` gives; a temporary file's own are stricter.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut part = builder.tempfile_in(folder)?;
    body(&mut part)?;
    part.as_file().sync_all()?;
    part.persist(&path).map_err(|error| error.error)?;
    Ok(())
}
