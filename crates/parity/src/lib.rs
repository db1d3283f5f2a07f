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
//! the same bytes, 1 where something differs, 2 where the two cannot be compared, and 3 where both
//! failed, and did and printed the same until then. Of a difference it prints both lines, the
//! operators, whether what they were given differed already, and the first element that differs with
//! its distance in ULPs. Where to look then:
//!
//! | first difference | usual cause |
//! | --- | --- |
//! | `uniform_`, `normal_`, `randperm` | something was drawn in another order, or from another seed |
//! | another operator, the same inputs | the port says it otherwise: `sum` for `mean`, a product and a sum for `addmm` |
//! | the same operator, other numbers | an option: a learning rate, a `dim`, a reduction |
//! | the same operator and numbers, other inputs made by no recorded call | the data |
//! | in the line of `optimizer.step()` | the optimizer's arithmetic: see `torch_exact::optim` |
//! | calls that one side does not make | a batch in another order, or one that was left out |
//! | a few ULPs on some machines only | the notes: another arithmetic (`--arithmetic portable` gives both one) or other `threads` |
//!
//! All statements that differ are listed below it, in the order of their first difference: first
//! those that are not caused by another, which can be looked into in one go, then those that are given
//! what an earlier one made, or that draw after the two sides have drawn differently. `--json` has all
//! of them, with the largest distance of each.
//!
//! # Files
//! Each of the two runs in a copy of this folder, at the same path, so that a port that forgets to save
//! does not find what Python saved; nothing of either is left here. Builds (`CACHEDIR.TAG`),
//! environments (`pyvenv.cfg`), `.git` and files of more than 64 MiB are links in it, and so is what lies
//! beside the folder and above it; files named by absolute paths are the real ones. A file that both
//! write is compared: by its bytes, or, where those differ, by what it holds if `torch.save` or
//! safetensors wrote it. One that differs makes the two different; pictures are not compared, and what
//! one side alone wrote is said. With `--here` both run in this folder itself, as they do, with a note,
//! where it has more than 20,000 files or a gigabyte.
//!
//! # Other readers
//! `--html FILE` writes one page that needs nothing else: both sources at the first difference, the
//! tensors side by side, the distance of every call drawn over the calls, the statements that differ,
//! and what each program ran with. `--junit FILE` writes JUnit XML, and `--annotations` prints each
//! fault as a workflow command of GitHub Actions, which shows it at its line.
//!
//! # Near
//! What two processors, two versions or the CPU and a GPU compute is at best near. `--ulps N` says
//! whether every computing call is within `N` ULPs of its counterpart, the first that is not, and how
//! many calls and elements are how far apart. Integers that differ, NaNs with other bits and calls that
//! one side alone makes are beyond any number. Elements that were not kept are recorded anew, up to a
//! gigabyte; `compare` cannot, and says of how many calls the distance is not known. None of this is
//! called identical, and the exit status stays 1, unless `--accept-within` asks for 0 where all are
//! within, whatever is printed.
//!
//! # What counts
//! Compared are the operators that autograd sees, composites opened and kernels left whole:
//! `linear` shows as `t` and `addmm`, and the calls of the backward pass like any other. Each that
//! computes is matched with one of the other side, in order, or is a difference: independent
//! statements that change places differ too. Matched means the same operator and overload, dtypes,
//! shapes and bits, or the same bits by other operators, which is counted and shown with its lines:
//!
//! | in Python | in a port | |
//! | --- | --- | --- |
//! | `mul.Tensor`, `add.Tensor` | `mul.Scalar`, `add.Scalar` | `0.7 * x` with tch's own operators |
//! | `stack` | `index_select`, after an `arange` without shuffling | a batch of `torch_exact::data::DataLoader` |
//! | `normal.float_float` | `normal_` | `torch.normal` of two numbers, which tch lacks |
//!
//! Of the tutorials only gradient_descent has any: its 3,002 batches.
//!
//! Calls that make no values are recorded but not compared: a view, `empty`, a `to` that changes no
//! bits, a value that the program reads. Their effect shows in the calls that use them. So does that
//! of data that a program brings along. tch makes a tensor of a slice by `zeros`, in which it then puts the
//! slice, and Python's `torch.tensor` makes no such call: these `zeros` are counted apart, by the
//! function that makes them (a program stripped of its symbols has them among its computing calls).
//! What formats a tensor for print is not recorded, in Python and in `torch_exact::repr`.
//!
//! Threads that compute at once are compared one by one, those of each side in the order in which they
//! were started. A sparse tensor is compared by its indices and values. What has no bits to read, being
//! captured in a CUDA graph, quantized or the like, is matched by operator, numbers, dtype and shape,
//! with a note that says why. Memory that an operator returns for its own backward pass (the workspace of
//! an LSTM) is in part never filled and is not compared: what the backward pass makes of it is.
//! What `torch.compile` calls to compile is left out, and so are calls under `FakeTensorMode`. Of what
//! was compiled the operators count that libtorch runs, in the line that calls it; kernels that were
//! generated are not seen, and show in the calls that use what they compute. A further
//! process, such as a loader's worker, is compared with the other side's, those that
//! `torchrun` starts by their rank and others in the order in which they started; if there is none
//! there, the two cannot be compared. What several print may come in another order of lines. A signal that ends `parity run` ends the program, too. Python, and programs that link libtorch
//! or open it later, are recorded; for any other, a sentence says why not.
//!
//! `parity record FOLDER -- COMMAND …` makes one recording ([`recording`] says what is in it),
//! `parity compare FOLDER FOLDER` compares two that were made, on different machines perhaps, and
//! needs nothing of the programs. Of a distributed program on several machines each makes one; a folder
//! with those of one side in it is compared with that of the other, rank by rank. What the CPU and a GPU compute need not have the same bits: with
//! `--any-device` the two are compared, and the first difference is the first operator whose kernels
//! differ.
//!
//! # Without Python
//! Where there is no Python, such as in a test that is run for every change, a program is compared with
//! what Python computed once. `--to` writes that into one file, a [golden](recording::golden), which is
//! committed:
//!
//! ```text
//! $ parity record --arithmetic portable --threads 1 --to script.parity -- python script.py
//! $ parity check script.parity 'target/release/examples/port'
//! ```
//!
//! The program that is checked is given the golden's arithmetic and threads. In portable arithmetic the
//! golden holds on every x86-64 processor with AVX2. `--update` records it anew, and shows what is
//! other before it replaces the file.
//!
//! # As a test
//! The crate is a dev-dependency that needs neither libtorch nor torch-exact. `parity new` writes a
//! package with both tests:
//!
//! ```no_run
//! use parity::{Arithmetic, Golden, Options, Pair};
//!
//! # macro_rules! env { ($name:literal) => { "target/release/mine" } }
//! # fn main() {
//! let port = env!("CARGO_BIN_EXE_mine");
//! Pair::new(["python", "mine.py"], [port]).or_skip().assert_identical();
//!
//! let options =
//!     Options { arithmetic: Arithmetic::Portable, threads: Some(1), ..Options::default() };
//! let golden = Golden::new("tests/mine.parity").with(options);
//! golden.or_record(["python", "mine.py"]).assert_identical([port]);
//! # }
//! ```
//!
//! A test that fails prints what `parity run` does. [`Pair::or_skip`] has it skipped where there is no
//! such Python, and [`Golden`] needs none.
//!
//! # Fuzzing
//! `parity fuzz`, which starts the program `parity-fuzz`, compares random trainings, and with `--repr`
//! the printing of random tensors.
#![forbid(unsafe_code)]

mod align;
mod assert;
mod both;
mod comparison;
mod departure;
mod distance;
mod element;
mod elements;
mod files;
mod nearness;
mod places;
mod printed;
pub mod python;
mod questions;
pub mod recorder;
pub mod recording;
pub mod report;
mod saved;
mod side;
mod text;
mod verdict;

pub use arithmetic::Arithmetic;
pub use assert::{Golden, Options, Pair};
pub use comparison::{Comparison, OtherWay};
pub use departure::{CallAt, Departure, Inputs, OutputDifference};
pub use distance::{Bin, CallDistance, Distances};
pub use elements::{ElementDifference, Elements};
pub use files::{FilePair, Likeness};
pub use nearness::{Nearness, Within};
pub use places::Place;
pub use printed::Printed;
pub use side::{Across, Environment, Side};
pub use verdict::Verdict;
