//! Python's pickle, protocol 2, as far as `torch.save` uses it.
//!
//! The reader is a machine with a closed list of globals: it builds values and calls nothing. The
//! pickle crates know neither persistent ids nor a function that builds a tensor, which is all that
//! such a file consists of.

mod globals;
mod machine;
mod node;
mod read;
mod rebuild;
mod write;

pub use read::read;
pub use write::write;
