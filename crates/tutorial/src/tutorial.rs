//! What an example says of its tutorial.

use torch_exact::arithmetic::Arithmetic;

/// What an example says of its tutorial: where it comes from and what the document used.
#[derive(Debug, Clone, Copy)]
pub struct Tutorial {
    pub(crate) title: &'static str,
    pub(crate) source: &'static str,
    pub(crate) seed: u64,
    /// Whether NumPy's generator takes the seed too, which has 32 bits.
    pub(crate) numpy: bool,
    pub(crate) epochs: i64,
    pub(crate) lr: f64,
    pub(crate) arithmetic: Arithmetic,
}

impl Tutorial {
    /// The document's title, and where it comes from: its author, its date or its series.
    pub fn new(title: &'static str, source: &'static str) -> Self {
        let arithmetic = Arithmetic::Portable;
        Self { title, source, seed: 0, numpy: false, epochs: 1, lr: 1e-3, arithmetic }
    }

    /// The seed whose run the document shows, for PyTorch.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The seed whose run the document shows, for PyTorch and NumPy alike.
    pub fn numpy_seed(self, seed: u32) -> Self {
        Self { seed: seed.into(), numpy: true, ..self }
    }

    /// Passes over the training data.
    pub fn epochs(self, epochs: i64) -> Self {
        Self { epochs, ..self }
    }

    /// Learning rate, per step.
    pub fn lr(self, lr: f64) -> Self {
        Self { lr, ..self }
    }

    /// The arithmetic of the processor that the document's numbers were computed on, where it shows in
    /// them; else the portable one.
    pub fn arithmetic(self, arithmetic: Arithmetic) -> Self {
        Self { arithmetic, ..self }
    }
}
