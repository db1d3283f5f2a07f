//! From printed random numbers back to the generator's seed.
//!
//! PyTorch's CPU generator and NumPy's legacy one are MT19937 seeded with 32 bits, so all
//! 4,294,967,296 seeds can be tried. This crate reads what a notebook printed, says how much that is
//! worth as evidence, and finds every seed (and place in its stream) that prints the same.
//!
//! * [`draw_values`] draws what PyTorch or NumPy draw, bit for bit;
//! * [`parse_items`] reads draws and printed tensors, [`Evidence`] checks and weighs them;
//! * [`notebook`] reads both from a notebook, [`readings`] lists the ways to read them;
//! * [`Search`] tries the seeds, on every core and with the vector unit;
//! * [`Outcome`] is its result as a file, [`Shard`] a part of it for one of several machines;
//! * [`training`] computes what follows as another processor does, and tells which one printed it;
//! * [`reproduce`] writes the Python and the Rust that draw a hit again.
#![forbid(unsafe_code)]

mod draw;
mod error;
mod evidence;
mod grammar;
pub mod notebook;
mod outcome;
mod readings;
mod reproduce;
mod search;
pub mod training;

pub use draw::{
    Arithmetic, Draw, Dtype, Generator, Kind, Layer, Library, LoaderEpoch, Scalar, Values,
    draw_values,
};
pub use draws::{Mt19937, Words};
pub use error::{Error, Result};
pub use evidence::Evidence;
pub use grammar::{Item, Printed, parse_items};
pub use outcome::{Outcome, Seeds};
pub use readings::{Assumption, Reading, readings};
pub use reproduce::{Reproduction, reproduce};
pub use search::{
    ALL_SEEDS, Hit, OffsetSet, Offsets, Options, Progress, Search, Shard, Simd, StateFile, Target,
};
