//! Files of data as tensors: tables of numbers as [`numpy.loadtxt`] reads them, and IDX files, which MNIST comes in, as
//! torchvision's `read_sn3_pascalvincent_tensor` does. Both may be compressed by gzip, which is told by a file's first
//! two bytes.
//!
//! They are a part of `data` without a feature, because they need one crate, `flate2`, which tch brings already. Tables
//! are not read by the crate `csv`, since `loadtxt` knows no quotes: a line is split, and its comment is cut off.
//!
//! ```
//! use torch_exact::data::files::{LoadtxtOptions, loadtxt};
//! use torch_exact::prelude::*;
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("houses.csv");
//! std::fs::write(&path, "rooms,price\n3,140.5\n4,199\n")?;
//! let houses = loadtxt(&path, LoadtxtOptions { skiprows: 1, ..','.into() })?;
//! assert_eq!((houses.size(), houses.kind()), (vec![2, 2], tch::Kind::Double));
//! assert_eq!(houses.double_value(&[1, 1]), 199.);
//! # Ok(())
//! # }
//! ```
//!
//! [`numpy.loadtxt`]: https://numpy.org/doc/stable/reference/generated/numpy.loadtxt.html

mod idx;
mod loadtxt;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

pub use self::idx::read_sn3_pascalvincent_tensor;
pub use self::loadtxt::{LoadtxtOptions, loadtxt};
use crate::Error;

/// What is in a file, decompressed where it begins as gzip's files do.
fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(path)?);
    let compressed = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// Makes an error of what is wrong in a file, and where.
fn fault(path: &Path, line: Option<usize>, reason: impl ToString) -> Error {
    Error::DataFile { path: path.to_owned(), line, reason: reason.to_string() }
}
