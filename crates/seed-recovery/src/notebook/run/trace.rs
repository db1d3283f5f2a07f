//! What a notebook did, in the order in which it did it.

use crate::draw::{Draw, Library};
use crate::grammar::Printed;

/// Everything that draws, seeds or prints.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Draws and seedings.
    pub events: Vec<Event>,
    /// What was printed, statement by statement.
    pub prints: Vec<Print>,
    /// What could not be followed, in words.
    pub notes: Vec<String>,
}

/// A place in the notebook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which cell of those with code, from 0.
    pub cell: usize,
    /// The line within the cell, from 1.
    pub line: usize,
}

/// A draw or a seeding.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where it stands.
    pub place: Place,
    /// What it was.
    pub what: What,
    /// How many times in a row; `None` where that is not known.
    pub times: Option<u64>,
    /// What was printed of its values before they changed: one entry a value, all of them or none.
    pub printed: Option<Vec<Option<Printed>>>,
    /// Whether its values have changed since.
    pub changed: bool,
    /// Whether what was printed lies on a CUDA device.
    pub on_cuda: bool,
}

/// What an event is.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The generator was seeded; `None` with a seed that is not known.
    Seed(Library, Option<i64>),
    /// A draw.
    Draw(Draw),
    /// A linear layer of which the sizes are not known, or only one.
    Linear {
        /// `in_features`.
        inputs: Option<usize>,
        /// `out_features`.
        outputs: Option<usize>,
        /// Whether there is a bias.
        bias: bool,
    },
    /// So many words of PyTorch's generator.
    Words(u64),
    /// A draw of which the words are not known, and why.
    Unknown(Library, String),
}

/// What a statement printed.
#[derive(Clone, Debug)]
pub struct Print {
    /// Where it stands.
    pub place: Place,
    /// The printed expression, by its names.
    pub expression: String,
    /// The text.
    pub text: String,
    /// The numbers in it, in order.
    pub numbers: Vec<Printed>,
    /// The draws whose values these are, if any.
    pub draws: Vec<usize>,
}

impl What {
    /// Whose generator it concerns.
    #[must_use]
    pub fn library(&self) -> Library {
        match self {
            Self::Seed(library, _) | Self::Unknown(library, _) => *library,
            Self::Draw(draw) => draw.kind.library(),
            Self::Linear { .. } | Self::Words(_) => Library::Torch,
        }
    }
}
