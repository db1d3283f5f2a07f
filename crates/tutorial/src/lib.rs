//! What every example shares and no reader needs to read: flags, the device line, standard output
//! that fails politely, the figures' folder, exit codes.
//!
//! An example is a `fn run(run: &Run) -> anyhow::Result<()>` behind
//!
//! ```no_run
//! # use tutorial::{About, Run, Seeds};
//! # fn run(_: &Run) -> anyhow::Result<()> { Ok(()) }
//! # const ABOUT: About = About { name: "", title: "", author: "", seed: 42, seeds: Seeds::Torch, epochs: 1, lr: 0.1, cuda_graph: false };
//! fn main() {
//!     tutorial::main(&ABOUT, run)
//! }
//! ```
//!
//! Standard output carries what Python prints and nothing else. Everything about the run itself
//! goes to standard error, and `--quiet` silences it. Figures go to files.

#![forbid(unsafe_code)]

mod figures;
mod flags;
mod output;
mod run;

pub use figures::numpy;
pub use flags::{About, Seeds};
pub use output::{display, print, print_each, print_line};
pub use run::{Run, Timer, TrainingStep, main};
