//! Two programs, one libtorch, the same bits: every call recorded, and the first that departs named.
//!
//! `parity run 'python script.py' 'target/release/port'` watches both programs, neither of them
//! changed, in the one place that all of libtorch's users pass: the dispatcher of its operators.
//! It lines up the calls that compute, and says where the first of them makes other bits.
//!
//! # The script
//! ```python
#![doc = include_str!("../guide/script.py")]
//! ```
//!
//! # The port
//! The same statements in the same order, since each draw moves the generator for all that follow.
//! `torch_exact` stands in for `torch` where tch draws or computes otherwise than Python.
//!
//! ```no_run
#![doc = include_str!("../guide/port.rs")]
//! ```
//!
//! Lines of a Rust program are known if it is built with line tables, in its `Cargo.toml`:
//!
//! ```toml
//! [profile.release]
//! debug = "line-tables-only"
//! ```
//!
//! # The comparison
//! ```text
#![doc = include_str!("../guide/run.txt")]
//! ```
//! The exit status is 0 where every computing call has the same bits and the standard outputs are
//! the same bytes, 1 where something differs, and 2 where the two cannot be compared. Of a
//! difference it prints both lines, the operators, whether what they were given differed already,
//! and the first element that differs with its distance in ULPs. Where to look then:
//!
//! | first difference | usual cause |
//! | --- | --- |
//! | `uniform_`, `normal_`, `randperm` | something was drawn in another order, or from another seed |
//! | another operator, the same inputs | the port says it otherwise: `sum` for `mean`, a product and a sum for `addmm` |
//! | the same operator, other numbers | an option: a learning rate, a `dim`, a reduction |
//! | the same operator and numbers, other inputs made by no recorded call | the data |
//! | in the line of `optimizer.step()` | the optimizer's arithmetic: see [`torch_exact::optim`] |
//! | calls that one side does not make | a batch in another order, or one that was left out |
//! | a few ULPs on some machines only | the notes: another `cpu_capability` or other `threads` |
//!
//! # What counts
//! Compared are the operators that autograd sees, composites opened and kernels left whole:
//! `linear` shows as `t` and `addmm`, and the calls of the backward pass like any other. Each that
//! computes is matched with one of the other side or reported. A view, a copy that changes nothing
//! or a value that is read is recorded and not compared: it shows in whoever uses it. What formats
//! a tensor for print is not recorded, in Python and in [`torch_exact::repr`]. A call that comes to
//! the same bits by another operator (`mul.Scalar` for `mul.Tensor`) is counted apart, with its
//! lines.
//!
//! `parity record FOLDER -- COMMAND …` makes one recording ([`recording`] says what is in it),
//! `parity compare FOLDER FOLDER` compares two that were made, on different machines perhaps.
//! `parity fuzz` compares random trainings, and with `--repr` the printing of random tensors.
#![forbid(unsafe_code)]

mod align;
mod comparison;
mod departure;
mod element;
mod elements;
pub mod recording;
mod text;
pub mod trace;
mod verdict;

pub use comparison::{Comparison, OtherWay, Side};
pub use departure::{CallAt, Departure, Inputs, OutputDifference};
pub use elements::{ElementDifference, Elements};
pub use verdict::Verdict;

#[doc(hidden)]
pub use trace::{Manifest, Scope as Step, Trace, TraceFile, compare};
