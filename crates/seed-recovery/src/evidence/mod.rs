//! What was printed, checked and weighed.

mod angle_bounds;
mod box_muller_table;
mod compiler;
mod information;
mod normals;
mod slice_words;
mod uniform_preimage;
mod word_filter;

use slice_words::SliceWords;
pub(crate) use word_filter::{Attempts, WordFilter};

use crate::draw::{Arithmetic, Generator, Library};
use crate::error::{Error, Result};
use crate::grammar::Item;
use draws::{Mt19937, Words};

/// A sequence of draws with what was printed of them.
#[derive(Clone, Debug)]
pub struct Evidence {
    items: Vec<Item>,
    library: Library,
    bits: f64,
    bits_per_digit: f64,
    pub(crate) filters: Vec<WordFilter>,
    pub(crate) attempts: Attempts,
}

impl Evidence {
    /// Checks that the draws can have been printed so, and weighs them.
    ///
    /// # Errors
    /// [`Error::Empty`] without a printed value, [`Error::OutOfRange`] for a value its call never
    /// draws, [`Error::Contradiction`] for values that cannot stand together and for draws of
    /// PyTorch and NumPy in one sequence.
    pub fn new(items: Vec<Item>) -> Result<Self> {
        let library = library_of(&items)?;
        let information = information::of(&items)?;
        let (filters, attempts) = compiler::compile(&items)?;
        Ok(Self {
            items,
            library,
            bits: information.bits,
            bits_per_digit: information.bits_per_digit,
            filters,
            attempts,
        })
    }

    /// The sequence.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Whose generator drew.
    #[must_use]
    pub fn library(&self) -> Library {
        self.library
    }

    /// How many bits the evidence holds: a random generator prints the same once in 2 to this power.
    #[must_use]
    pub fn bits(&self) -> f64 {
        self.bits
    }

    /// How many bits one more printed digit of every known value would add; 0 for integers.
    #[must_use]
    pub fn bits_per_digit(&self) -> f64 {
        self.bits_per_digit
    }

    /// How many values are known.
    #[must_use]
    pub fn known_values(&self) -> usize {
        let known = |item: &Item| match item {
            Item::Printed(_, values) => values.iter().flatten().count(),
            _ => 0,
        };
        self.items.iter().map(known).sum()
    }

    /// How many 32-bit words the sequence takes: exactly for PyTorch, and where NumPy throws words
    /// away, as many as from seed 0.
    #[must_use]
    pub fn words(&self) -> u64 {
        let words = Counted { words: self.library.words(0, 0), drawn: 0 };
        let mut generator = Generator::new(words, Arithmetic::Default);
        for item in &self.items {
            match item {
                Item::SkippedWords(count) => generator.words.drawn += count,
                Item::Skipped(draw) | Item::Printed(draw, _) => {
                    draw.visit(&mut generator, &mut |_, _| true);
                }
            }
        }
        generator.words.drawn
    }

    /// Draws the whole sequence from `seed` and `offset` and compares all of it with what was printed.
    ///
    /// Returns the build of libtorch's kernels whose values print so, if one's do.
    #[must_use]
    pub fn verify(&self, seed: u32, offset: u64) -> Option<Arithmetic> {
        let generator = self.library.words(seed, offset);
        self.arithmetics()
            .iter()
            .copied()
            .find(|&arithmetic| self.matches(&mut Generator::new(generator.clone(), arithmetic)))
    }

    /// Whether the words may print so; `true` where they end before that is known.
    pub(crate) fn may_match(&self, words: &[u32]) -> bool {
        self.arithmetics().iter().any(|&arithmetic| {
            let mut generator = Generator::new(SliceWords::new(words), arithmetic);
            self.matches(&mut generator) || generator.words.exhausted()
        })
    }

    fn arithmetics(&self) -> &'static [Arithmetic] {
        match self.library {
            Library::Torch => &Arithmetic::ALL,
            Library::NumPy | Library::Python => &[Arithmetic::Default],
        }
    }

    fn matches<W: Words>(&self, generator: &mut Generator<W>) -> bool {
        self.items.iter().all(|item| match item {
            Item::SkippedWords(count) => {
                generator.words.skip(*count);
                true
            }
            Item::Skipped(draw) => {
                generator.pass(draw);
                true
            }
            Item::Printed(draw, printed) => draw.visit(generator, &mut |i, value| {
                printed[i].as_ref().is_none_or(|printed| printed.admits(value))
            }),
        })
    }
}

fn library_of(items: &[Item]) -> Result<Library> {
    let mut libraries = items.iter().filter_map(|item| match item {
        Item::Printed(draw, _) | Item::Skipped(draw) => Some(draw.kind.library()),
        Item::SkippedWords(_) => None,
    });
    let first = libraries.next();
    if libraries.any(|library| Some(library) != first) {
        return Err(Error::Contradiction {
            reason: "it mixes draws of PyTorch and of NumPy or Python, which have a generator each; search for them one at a time".into(),
        });
    }
    match first {
        Some(library) if items.iter().any(|item| matches!(item, Item::Printed(..))) => Ok(library),
        _ => Err(Error::Empty { draw: "the search".into() }),
    }
}

/// A generator that counts its words.
struct Counted {
    words: Mt19937,
    drawn: u64,
}

impl Words for Counted {
    fn word(&mut self) -> u32 {
        self.drawn += 1;
        self.words.word()
    }
}
