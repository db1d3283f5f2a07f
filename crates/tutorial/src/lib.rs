//! What every example shares and no reader needs to read: flags, the device line, standard output
//! that fails politely, the figures' folder, exit codes.
//!
//! ```no_run
//! use tutorial::{Run, Tutorial};
//!
//! fn main() {
//!     Tutorial::new("A title", "its author and date").seed(42).epochs(100).lr(0.01).run(run)
//! }
//!
//! fn run(run: &Run) -> tutorial::Result {
//!     tutorial::println!("{} epochs", run.epochs)?;
//!     Ok(())
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
mod tutorial;

pub use output::{display, print, print_line};
pub use run::Run;
pub use torch_exact::arithmetic::Arithmetic;
pub use tutorial::Tutorial;

/// What an example's functions return.
pub type Result<T = ()> = anyhow::Result<T>;
