//! The zip archive that `torch.save` writes: records without compression, all in one folder.

use std::io::{Read, Seek, SeekFrom, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::fault::Fault;

pub(crate) struct Archive<R> {
    zip: ZipArchive<R>,
    /// The folder's name with its slash.
    folder: String,
    /// How many bytes may still be read: no honest archive holds more than itself.
    left: u64,
}

impl<R: Read + Seek> Archive<R> {
    pub(crate) fn open(mut reader: R) -> Result<Self, Fault> {
        let left = reader.seek(SeekFrom::End(0))?;
        let zip = ZipArchive::new(reader).map_err(damaged)?;
        let folder = zip
            .file_names()
            .flatten()
            .find_map(|name| name.strip_suffix("/data.pkl").map(|folder| format!("{folder}/")));
        let folder = folder.ok_or(Fault::Format {
            expected: "a file of torch.save",
            found: "another zip archive, one without data.pkl",
        })?;
        if zip.index_for_name(&format!("{folder}constants.pkl")).is_some() {
            return Err(Fault::Format {
                expected: "a file of torch.save",
                found: "a TorchScript program; save its state_dict() with torch.save",
            });
        }
        Ok(Self { zip, folder, left })
    }

    pub(crate) fn has(&self, record: &str) -> bool {
        self.zip.index_for_name(&format!("{}{record}", self.folder)).is_some()
    }

    /// The bytes of a record, checked against its sum.
    pub(crate) fn read(&mut self, record: &str) -> Result<Vec<u8>, Fault> {
        let fault = |expected: String, found: String| Fault::Record {
            record: record.to_owned(),
            expected,
            found,
        };
        if !self.has(record) {
            return Err(fault("a record".to_owned(), "none".to_owned()));
        }
        let file = self.zip.by_name(&format!("{}{record}", self.folder)).map_err(damaged)?;
        if file.compression() != CompressionMethod::Stored {
            return Err(fault("no compression".to_owned(), file.compression().to_string()));
        }
        let size = file.size();
        let left = self.left;
        let enough = left.checked_sub(size).filter(|_| file.compressed_size() == size);
        self.left = enough.ok_or_else(|| {
            fault(format!("at most the {left} bytes that the file has left"), format!("{size}"))
        })?;
        let mut bytes = Vec::with_capacity(size as usize);
        // One more than there is: the sum is compared where the end is met.
        let read = file.take(size + 1).read_to_end(&mut bytes);
        read.map_err(|error| Fault::Damaged(format!("record {record}: {error}")))?;
        if bytes.len() as u64 != size {
            return Err(fault(format!("{size} bytes"), bytes.len().to_string()));
        }
        Ok(bytes)
    }
}

fn damaged(error: zip::result::ZipError) -> Fault {
    Fault::Damaged(format!("a damaged or incomplete zip archive ({error})"))
}

/// Writes an archive's records one after the other.
pub(crate) struct ArchiveWriter<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> ArchiveWriter<W> {
    pub(crate) fn new(file: W) -> Self {
        Self(ZipWriter::new(file))
    }

    /// Adds a record. Its bytes begin at a multiple of 64, as PyTorch's do, so that Python can map
    /// them into memory.
    pub(crate) fn record(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .large_file(bytes.len() as u64 >= u64::from(u32::MAX))
            .with_alignment(64);
        self.0.start_file(format!("archive/{name}"), options).map_err(unwritten)?;
        Ok(self.0.write_all(bytes)?)
    }

    pub(crate) fn finish(self) -> Result<(), Fault> {
        self.0.finish().map_err(unwritten)?;
        Ok(())
    }
}

fn unwritten(error: zip::result::ZipError) -> Fault {
    match error {
        zip::result::ZipError::Io(error) => error.into(),
        other => Fault::Io(other.to_string()),
    }
}
