//! Two programs, one libtorch, the same bits: tensors recorded under names, and their comparison.
//!
//! A [`Trace`] records the tensors of a run, `scripts/reference/tensor_trace.py` does the same in Python,
//! and `parity compare` (or [`compare()`]) names the first tensor that differs, by how much, and
//! where. What follows takes a small PyTorch script to a Rust port that is compared this way.
//!
//! # 1. The script
//! ```python
#![doc = include_str!("../guide/script.py")]
//! ```
//!
//! # 2. The script, recorded
//! Record what is drawn before what is computed from it, and each value under one name an epoch:
//! the first name that differs is then the first thing that went wrong. A gradient is recorded
//! after `backward()`, a parameter after `step()`.
//!
//! ```python
#![doc = include_str!("../guide/recorded.py")]
//! ```
//!
//! # 3. The port
//! The same statements in the same order, since each draw moves the generator for all that follow.
//! `torch_exact` stands in for `torch` where tch draws or computes otherwise than Python.
//!
//! ```
//! # mod port {
#![doc = include_str!("../guide/port.rs")]
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("rust.safetensors");
//! # port::run(path.to_str().unwrap())?;
//! # assert_eq!(parity::TraceFile::read(path)?.order().len(), 3 + 100 * 5);
//! # Ok(())
//! # }
//! ```
//!
//! # 4. The comparison
//! ```text
//! python recorded.py --trace python.safetensors
//! port --trace rust.safetensors
//! parity compare rust.safetensors python.safetensors
//! ```
//! Its exit status is 0 where every bit is the same, 1 where one is not, and 2 where the traces
//! cannot be compared. Of a difference it prints the tensor, the first element that differs, both
//! values in decimal and as bits, and their distance in ULPs. Where to look then:
//!
//! | first divergence | usual cause |
//! | --- | --- |
//! | an input or an initial parameter | something was drawn in another order, or from another seed |
//! | a prediction or a loss | another operation: `addmm` for a product and a sum, `sum` for `mean` |
//! | a gradient | a graph that differs from Python's, though its values agree |
//! | a parameter after a step | the optimizer's arithmetic: see [`torch_exact::optim`] |
//! | all from one epoch on | a batch in another order, or one that was left out |
//! | a few ULPs on some machines only | the manifest: another `cpu_capability` or other `threads` |
//!
//! `parity run NAME` does all of this for a pair of programs that take the same flags and
//! `--trace FILE`, and compares what they print as well.
#![forbid(unsafe_code)]

mod compare;
mod element;
mod error;
mod file;
mod kind;
mod manifest;
mod report;
mod step;
mod trace;

pub use compare::{
    Comparison, ElementDifference, ManifestDifference, OrderDifference, TensorDifference,
    Unmatched, Verdict, compare,
};
pub use error::{Error, Result};
pub use file::TraceFile;
pub use manifest::Manifest;
pub use report::Table;
pub use step::Step;
pub use trace::Trace;
