//! What a file is, by its first bytes.

use std::io::{Read, Seek, SeekFrom};

use crate::fault::Fault;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Content {
    TorchSave,
    Safetensors,
}

/// Refuses a file of another format, naming what it is, and goes back to its start.
pub(crate) fn expect(wanted: Content, file: &mut (impl Read + Seek)) -> Result<(), Fault> {
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut start = Vec::new();
    file.take(16).read_to_end(&mut start)?;
    file.rewind()?;
    let (expected, other) = match wanted {
        Content::TorchSave => (
            "a file of torch.save",
            "a safetensors file; read it with `checkpoint::safetensors::load_file`",
        ),
        Content::Safetensors => {
            ("a safetensors file", "a file of torch.save; read it with `checkpoint::load`")
        }
    };
    let fault = |found| Err(Fault::Format { expected, found });
    match kind_of(&start, length) {
        Ok(content) if content == wanted => Ok(()),
        Ok(_) => fault(other),
        Err(found) => fault(found),
    }
}

fn kind_of(start: &[u8], length: u64) -> Result<Content, &'static str> {
    if start.is_empty() {
        return Err("an empty file");
    }
    if start.starts_with(b"PK\x03\x04") {
        return Ok(Content::TorchSave);
    }
    if start.starts_with(b"PK") {
        return Err("an empty or split zip archive");
    }
    if start.starts_with(b"\x80\x02\x8a\x0a") {
        return Err(
            "a file of torch.save in PyTorch's format before its zip files; load it in Python and save it \
             anew without `_use_new_zipfile_serialization=False`",
        );
    }
    if start.first() == Some(&0x80) {
        return Err("a pickle that torch.save did not write");
    }
    let header = start.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    match (header, start.get(8)) {
        (Some(header), Some(b'{')) if header <= length => Ok(Content::Safetensors),
        (_, Some(b'{')) => Err("a safetensors file whose header is cut off or damaged"),
        _ => Err("a file of neither format"),
    }
}
