//! A file of `torch.save`, or one pickle: neither ends in a panic, and what was read can be written
//! and is read again as the same.

#![no_main]
#![allow(dead_code, unused_imports)]

use std::io::{Cursor, Read, Seek};

use libfuzzer_sys::fuzz_target;

/// The crate's own modules, those of the reader that know nothing of tch.
#[path = "../../src/checkpoint"]
mod checkpoint {
    pub mod archive;
    pub mod content;
    pub mod dtype;
    pub mod fault;
    pub mod pickle;
    pub mod tree;
}

use checkpoint::archive::Archive;
use checkpoint::content::{self, Content};
use checkpoint::fault::Fault;
use checkpoint::pickle::{self, View};
use checkpoint::tree::{Place, Tree};

/// Reads all that a file holds, as `checkpoint::load` does before it makes tensors.
fn file(bytes: &[u8]) -> Result<(), Fault> {
    let mut cursor = Cursor::new(bytes);
    content::expect(Content::TorchSave, &mut cursor)?;
    let mut archive = Archive::open(cursor)?;
    let tree = values(&archive.read("data.pkl")?)?;
    let read = tree.try_map(&mut Place::default(), &mut |view: &View, _| {
        archive.read(&format!("data/{}", view.storage.key)).map(|bytes| bytes.len())
    });
    read.map(|_| ())
}

fn values(bytes: &[u8]) -> Result<Tree<View>, Fault> {
    let (tree, length) = pickle::read(bytes)?;
    assert!(length <= bytes.len());
    if let Ok(written) = pickle::write(&tree) {
        let (again, length) = pickle::read(&written).expect("what was written is read");
        assert_eq!(length, written.len());
        assert_eq!(pickle::write(&again).expect("it is written again"), written);
    }
    Ok(tree)
}

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = file(bytes) {
        // Sentences stay sentences, whatever the file calls its keys.
        assert!(error.to_string().len() < 1 << 20);
    }
    let _ = values(bytes);
});
