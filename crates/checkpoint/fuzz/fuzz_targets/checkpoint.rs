//! A file of `torch.save` or of safetensors, or one pickle: none ends in a panic, and what a pickle
//! held can be written and is read again as the same.

#![no_main]

use std::io::Cursor;

use checkpoint::{Fault, Tree, pickle, safetensors, torch_save};
use libfuzzer_sys::fuzz_target;

/// Reads all that a file holds.
fn file(bytes: &[u8]) -> Result<(), Fault> {
    let (tree, mut storages) = torch_save::read(Cursor::new(bytes))?;
    let mut trees = vec![&tree];
    while let Some(tree) = trees.pop() {
        match tree {
            Tree::Tensor(view) | Tree::Parameter(view) => drop(storages.read(&view.storage)?),
            Tree::List(items) | Tree::Tuple(items) | Tree::Set(items) => trees.extend(items),
            Tree::Dict(items) | Tree::Counter(items) | Tree::OrderedDict { items, .. } => {
                trees.extend(items.iter().flat_map(|(key, value)| [key, value]));
            }
            _ => {}
        }
    }
    Ok(())
}

fn tensors(bytes: &[u8]) -> Result<(), Fault> {
    let file = safetensors::read(Cursor::new(bytes))?;
    safetensors::tensors(&file).map(|_| ())
}

fn values(bytes: &[u8]) -> Result<Tree, Fault> {
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
    for error in [file(bytes), tensors(bytes)].into_iter().filter_map(Result::err) {
        // Sentences stay sentences, whatever the file calls its keys.
        assert!(error.to_string().len() < 1 << 20);
    }
    let _ = values(bytes);
});
