//! Choices made from a seed.

use torch_exact::numpy::RandomState;

/// Choices that follow from a seed, the same on every machine and in every version.
pub struct Draw(RandomState);

impl Draw {
    /// Choices that follow from `seed`.
    pub fn new(seed: u32) -> Self {
        Self(RandomState::new(seed))
    }

    /// A number in 0..1.
    fn unit(&mut self) -> f64 {
        self.0.rand(1).first().copied().unwrap_or_default()
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: u8) -> bool {
        self.unit() * 100.0 < f64::from(chance)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        // The span is small, so the product's floor is below it.
        low + (self.unit() * (high - low + 1) as f64) as i64
    }

    /// One of `choices`, which are not none.
    pub fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        let index = self.between(0, choices.len() as i64 - 1);
        choices[index as usize].clone()
    }

    /// A number in `low..high`, all magnitudes alike, of four significant digits.
    pub fn magnitude(&mut self, low: f64, high: f64) -> f64 {
        let value = low * (high / low).powf(self.unit());
        // Written with few digits, a number is the same when read back, here and in Python.
        format!("{value:.3e}").parse().unwrap_or(value)
    }

    /// As [`Draw::magnitude`] in half of all cases, else 0.
    pub fn maybe(&mut self, low: f64, high: f64) -> f64 {
        if self.percent(50) { self.magnitude(low, high) } else { 0.0 }
    }

    /// So many numbers of a standard normal distribution.
    pub fn normal(&mut self, n: usize) -> Vec<f64> {
        self.0.randn(n)
    }

    /// So many bytes.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        self.0.rand(n).into_iter().map(|x| (x * 256.0) as u8).collect()
    }
}
