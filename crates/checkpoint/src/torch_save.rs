//! The files that `torch.save` writes.

use std::io::{Read, Seek, Write};

use crate::archive::{Archive, ArchiveWriter};
use crate::content::{self, Content};
use crate::{Fault, StorageRef, Tree, pickle};

/// The storages of a file, to be read one by one.
pub struct Storages<R>(Archive<R>);

/// Reads a file's values, and leaves its storages to be read.
///
/// # Errors
/// A file that cannot be read, is damaged or of another format, or holds what is none of a [`Tree`]'s
/// types.
pub fn read<R: Read + Seek>(mut reader: R) -> Result<(Tree, Storages<R>), Fault> {
    content::expect(Content::TorchSave, &mut reader)?;
    let mut archive = Archive::open(reader)?;
    if archive.has("byteorder") && archive.read("byteorder")? != b"little" {
        let found = "one whose numbers have the most significant byte first";
        return Err(Fault::Damaged(format!(
            "expected a file of a little-endian machine, found {found}"
        )));
    }
    let (tree, _) = pickle::read(&archive.read("data.pkl")?)?;
    Ok((tree, Storages(archive)))
}

impl<R: Read + Seek> Storages<R> {
    /// The bytes of a storage, each of which is read once.
    ///
    /// # Errors
    /// A record that is absent or damaged, or that outgrows the file.
    pub fn read(&mut self, storage: &StorageRef) -> Result<Vec<u8>, Fault> {
        self.0.read(&format!("data/{}", storage.key))
    }
}

/// Writes values, and the storages that their tensors are views of, whose keys count from 0.
///
/// # Errors
/// A key that occurs twice or that Python cannot use as one, what `storages` returns, and whatever
/// `file` does.
pub fn write(
    file: impl Write + Seek,
    tree: &Tree,
    storages: impl IntoIterator<Item = Result<Vec<u8>, Fault>>,
) -> Result<(), Fault> {
    let pickled = pickle::write(tree)?;
    let mut archive = ArchiveWriter::new(file);
    archive.record("data.pkl", &pickled)?;
    archive.record("byteorder", b"little")?;
    for (key, bytes) in storages.into_iter().enumerate() {
        archive.record(&format!("data/{key}"), &bytes?)?;
    }
    archive.record("version", b"3\n")?;
    archive.finish()
}
