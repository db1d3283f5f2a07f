//! What a notebook can have drawn, and the arithmetic that draws it again.

mod kind;
mod layer;
mod loader;
mod normal_fill;
pub(crate) mod numpy;
mod order;
mod python;
pub(crate) mod torch;
mod words;

pub use kind::{Dtype, Kind, Library};
pub use layer::Layer;
pub use loader::LoaderEpoch;

use draws::{Mt19937, Words};

/// Which of libtorch's random kernels drew the values.
///
/// libtorch picks those of the processor when it starts. They differ in the last bit of some
/// values, never in the words they read. NumPy has one arithmetic and ignores this.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Arithmetic {
    /// Processors with AVX2 or AVX-512: multiplications and additions are fused.
    #[default]
    Avx2,
    /// All others, and `ATEN_CPU_CAPABILITY=default`: they are not.
    Default,
    /// As [`Default`](Self::Default), from version 2.13 on: `normal` of 16 or more values fuses.
    DefaultFused,
}

impl Arithmetic {
    /// All of them, the common one first.
    pub const ALL: [Self; 3] = [Self::Avx2, Self::Default, Self::DefaultFused];

    /// Whether they are those of a processor without AVX2.
    #[must_use]
    pub fn is_default(self) -> bool {
        self != Self::Avx2
    }

    pub(crate) fn mul_add_f32(self, x: f32, factor: f32, term: f32) -> f32 {
        match self {
            Self::Avx2 => x.mul_add(factor, term),
            Self::Default | Self::DefaultFused => x * factor + term,
        }
    }

    pub(crate) fn mul_add_f64(self, x: f64, factor: f64, term: f64) -> f64 {
        match self {
            Self::Avx2 => x.mul_add(factor, term),
            Self::Default | Self::DefaultFused => x * factor + term,
        }
    }
}

/// One value drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A float32.
    F32(f32),
    /// A float64.
    F64(f64),
    /// An int64.
    I64(i64),
}

impl Scalar {
    /// The value as a float64: exact for both float types, and for integers below 2^53.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        match self {
            Self::F32(v) => f64::from(v),
            Self::F64(v) => v,
            Self::I64(v) => v as f64,
        }
    }
}

/// The values of one draw, in memory order.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Values of a float32 tensor.
    F32(Vec<f32>),
    /// Values of a float64 tensor or array.
    F64(Vec<f64>),
    /// Values of an int64 tensor or array.
    I64(Vec<i64>),
}

impl Values {
    /// The values one by one.
    pub fn iter(&self) -> Box<dyn Iterator<Item = Scalar> + '_> {
        match self {
            Self::F32(v) => Box::new(v.iter().map(|&v| Scalar::F32(v))),
            Self::F64(v) => Box::new(v.iter().map(|&v| Scalar::F64(v))),
            Self::I64(v) => Box::new(v.iter().map(|&v| Scalar::I64(v))),
        }
    }
}

/// One call that draws: what it draws, and how many values.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// The call and its parameters.
    pub kind: Kind,
    /// The shape asked for; empty for one value. For a layer the shape is not used.
    pub shape: Vec<usize>,
}

impl Draw {
    /// How many values the call yields; for a layer all its parameters' together.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.kind {
            Kind::Linear { inputs, outputs, bias, .. } => outputs * (inputs + usize::from(bias)),
            Kind::Layer { layer, .. } => layer.len(),
            _ => self.shape.iter().product(),
        }
    }

    /// Whether the call yields nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Draws every value, handing each with its index to `sink` until that returns `false`.
    ///
    /// Returns whether `sink` accepted them all. NumPy's and Python's shuffles hand their values
    /// over from the last to the first, the order in which they settle them.
    pub(crate) fn visit<W: Words>(
        &self,
        generator: &mut Generator<W>,
        sink: &mut impl FnMut(usize, Scalar) -> bool,
    ) -> bool {
        match self.kind.library() {
            Library::Torch => torch::visit(self, generator, sink),
            Library::NumPy => numpy::visit(self, generator, sink),
            Library::Python => python::visit(self, generator, sink),
        }
    }
}

/// A generator with what it keeps between draws: its words and the second normal of a pair.
pub struct Generator<W: Words> {
    pub(crate) words: W,
    pub(crate) cached_normal: Option<f64>,
    pub(crate) arithmetic: Arithmetic,
}

impl<W: Words> Generator<W> {
    /// A generator over `words` that keeps no normal, as one just seeded.
    pub fn new(words: W, arithmetic: Arithmetic) -> Self {
        Self { words, cached_normal: None, arithmetic }
    }

    /// Passes over `count` words.
    pub fn skip(&mut self, count: u64) {
        self.words.skip(count);
    }

    /// Passes over `draw`'s words.
    pub fn pass(&mut self, draw: &Draw) {
        match (draw.kind, draw.words()) {
            // Its order is drawn by a generator of its own, which takes long to seed.
            (Kind::Loader { .. }, Some(words)) => self.words.skip(words),
            _ => {
                draw.visit(self, &mut |_, _| true);
            }
        }
    }

    /// From here on a normal is kept, of unknown value, as after an odd number of normals.
    pub(crate) fn keep_unknown_normal(&mut self) {
        self.cached_normal = Some(f64::NAN);
    }

    /// Draws every value of `draw`.
    pub fn draw(&mut self, draw: &Draw) -> Values {
        let n = draw.len();
        let mut values = match draw.kind.dtype() {
            Dtype::Float32 => Values::F32(vec![0.0; n]),
            Dtype::Float64 => Values::F64(vec![0.0; n]),
            Dtype::Int64 => Values::I64(vec![0; n]),
        };
        draw.visit(self, &mut |i, value| {
            match (&mut values, value) {
                (Values::F32(to), Scalar::F32(v)) => to[i] = v,
                (Values::F64(to), Scalar::F64(v)) => to[i] = v,
                (Values::I64(to), Scalar::I64(v)) => to[i] = v,
                // `Kind::dtype` and the arithmetic of the same kind agree by construction.
                _ => {}
            }
            true
        });
        values
    }
}

/// What `draw` yields from a generator seeded with `seed` after `offset` 32-bit words were drawn.
///
/// ```
/// use seed_recovery::{Arithmetic, Draw, Dtype, Kind, Values, draw_values};
/// let rand = Draw { kind: Kind::Rand { dtype: Dtype::Float32 }, shape: vec![2] };
/// let values = draw_values(42, 0, &rand, Arithmetic::Avx2);
/// assert_eq!(values, Values::F32(vec![0.882_269_26, 0.915_003_96])); // torch.manual_seed(42)
/// ```
#[must_use]
pub fn draw_values(seed: u32, offset: u64, draw: &Draw, arithmetic: Arithmetic) -> Values {
    Generator::new(draw.kind.library().words(seed, offset), arithmetic).draw(draw)
}

impl Library {
    /// The library's generator, seeded with `seed`, after `offset` words were drawn.
    #[must_use]
    pub fn words(self, seed: u32, offset: u64) -> Mt19937 {
        let mut words = match self {
            Self::Torch | Self::NumPy => Mt19937::new(seed),
            Self::Python => Mt19937::from_array(&[seed]),
        };
        words.skip(offset);
        words
    }
}
