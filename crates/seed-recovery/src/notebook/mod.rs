//! From a notebook to the evidence in it, and to the searches that it is worth.
//!
//! [`Notebook`] reads the file, [`Understanding`] follows its program without running it, [`attempts`]
//! proposes searches, the cheapest first, and [`describe`] says all this to a person.

mod agreement;
mod describe;
mod event_words;
mod evidence_file;
mod format;
mod plan;
mod python;
mod run;
mod understand;

pub use agreement::{Agreement, agreement};
pub use describe::describe;
pub use evidence_file::write as evidence_text;
pub use format::{Cell, Notebook};
pub use plan::{Attempt, attempts};
pub use run::{Event, Given, Place, Print, Trace, What};
pub use understand::Understanding;
