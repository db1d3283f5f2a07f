//! NumPy's legacy generator, and its draws over any source of words.

use super::{Error, deviation, span, width};
use crate::mt19937::{self, Mt19937, Words};

/// NumPy's legacy generator, [`numpy.random.RandomState`], seeded with one integer.
///
/// The same calls in the same order give the same bits as NumPy, call sizes included: the
/// second value of a normal pair is kept for the next call. NumPy froze these streams in
/// version 1.17, so they hold for every later version. Checked on x86-64, where NumPy's build
/// rounds a product before it adds. The logarithm in the normal draws is the C library's, as
/// in NumPy: equal on one machine, but glibc's may differ in the last place between processors
/// with and without fused multiply-add.
///
/// [`numpy.random.RandomState`]: https://numpy.org/doc/stable/reference/random/legacy.html
///
/// ```
/// use draws::numpy::RandomState;
///
/// let mut rng = RandomState::new(42);
/// assert_eq!(rng.permutation(10), [8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
/// ```
#[derive(Debug, Clone)]
pub struct RandomState {
    words: Mt19937,
    gauss: Option<f64>,
}

/// Where a generator stands, in the terms of NumPy's `RandomState.get_state()`.
///
/// The 624 key words are left out: equal seed and equal number of words drawn make them equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Words taken from the current block of 624; 624 right after seeding.
    pub pos: usize,
    /// Whether the second value of a normal pair waits for the next call.
    pub has_gauss: bool,
    /// That value, and 0.0 where there is none.
    pub cached_gaussian: f64,
}

impl RandomState {
    /// A generator seeded as `numpy.random.RandomState(seed)` or `numpy.random.seed(seed)`.
    pub fn new(seed: u32) -> Self {
        Self { words: Mt19937::new(seed), gauss: None }
    }

    /// A generator that starts anywhere: `numpy.random.RandomState()`.
    ///
    /// # Errors
    /// [`Error::Entropy`] where the operating system gives no random bits.
    pub fn from_entropy() -> Result<Self, Error> {
        let mut bytes = [0; 4 * mt19937::N];
        getrandom::fill(&mut bytes)?;
        let mut key = [0; mt19937::N];
        for (word, bytes) in key.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word = u32::from_ne_bytes(*bytes);
        }
        // As NumPy: of the first word only the highest bit counts, and the state must not be 0.
        key[0] = 1 << 31;
        Ok(Self { words: Mt19937::from_key(key), gauss: None })
    }

    /// Where the generator stands: NumPy's `get_state()` without its key words.
    pub fn state(&self) -> State {
        State {
            pos: self.words.position(),
            has_gauss: self.gauss.is_some(),
            cached_gaussian: self.gauss.unwrap_or(0.0),
        }
    }

    /// `n` values of 53 random bits, uniform in `[0, 1)`: `[n]`, float64, two words each.
    ///
    /// Mirrors `RandomState.random_sample`.
    pub fn random_sample(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| unit(&mut self.words)).collect()
    }

    /// `RandomState.rand(n)`, NumPy's other name for [`random_sample`](Self::random_sample).
    pub fn rand(&mut self, n: usize) -> Vec<f64> {
        self.random_sample(n)
    }

    /// `n` values uniform between `low` (included) and `high`: `[n]`, float64.
    ///
    /// Mirrors `RandomState.uniform`; as there, `high` may lie below `low`.
    ///
    /// # Errors
    /// [`Error::Bounds`] where `high - low` is infinite or NaN.
    pub fn uniform(&mut self, low: f64, high: f64, n: usize) -> Result<Vec<f64>, Error> {
        let width = width(low, high, true)?;
        Ok((0..n).map(|_| low + width * unit(&mut self.words)).collect())
    }

    /// `n` values of the standard normal distribution: `[n]`, float64.
    ///
    /// Mirrors `RandomState.standard_normal`: Marsaglia's polar method, which makes values in
    /// pairs and keeps the second for the next value asked of this generator, in this call or
    /// a later one.
    pub fn standard_normal(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.next_normal()).collect()
    }

    /// `RandomState.randn(n)`, NumPy's other name for
    /// [`standard_normal`](Self::standard_normal).
    pub fn randn(&mut self, n: usize) -> Vec<f64> {
        self.standard_normal(n)
    }

    /// `n` normal values with mean `loc` and standard deviation `scale`: `[n]`, float64.
    ///
    /// Mirrors `RandomState.normal`.
    ///
    /// # Errors
    /// [`Error::NegativeScale`] where `scale` carries a minus sign, -0.0 included, unless NaN.
    pub fn normal(&mut self, loc: f64, scale: f64, n: usize) -> Result<Vec<f64>, Error> {
        let scale = deviation(scale)?;
        Ok((0..n).map(|_| loc + scale * self.next_normal()).collect())
    }

    /// `n` integers uniform from `low` (included) to `high` (excluded): `[n]`, int64.
    ///
    /// Mirrors `RandomState.randint` with `dtype=numpy.int64`: values above the range are
    /// drawn again after masking; a width up to 2^32 takes one word a try, a greater one two,
    /// and a width of 1 takes none. (`randint`'s default `dtype=int` is int64 except on
    /// Windows before NumPy 2.)
    ///
    /// # Errors
    /// [`Error::EmptyRange`] where `low >= high`, unless `n` is 0, which NumPy lets pass.
    pub fn randint(&mut self, low: i64, high: i64, n: usize) -> Result<Vec<i64>, Error> {
        if n == 0 {
            return Ok(Vec::new());
        }
        let max = span(low, high)?;
        Ok((0..n).map(|_| low.wrapping_add_unsigned(at_most(&mut self.words, max))).collect())
    }

    /// The integers from 0 to `n - 1` in random order: `[n]`, int64.
    ///
    /// Mirrors `RandomState.permutation(n)`.
    pub fn permutation(&mut self, n: usize) -> Vec<i64> {
        let mut order: Vec<i64> = (0i64..).take(n).collect();
        self.shuffle(&mut order);
        order
    }

    /// Puts `items` in random order, in place.
    ///
    /// Mirrors `RandomState.shuffle`: each place from the last to the second trades with one
    /// drawn at or below it.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = at_most(&mut self.words, i as u64);
            // `j <= i`, so it fits wherever `i` did.
            items.swap(i, j as usize);
        }
    }

    fn next_normal(&mut self) -> f64 {
        polar(&mut self.words, &mut self.gauss)
    }
}

/// A float64 uniform in `[0, 1)`, of two words: `random_sample`.
pub fn unit(words: &mut impl Words) -> f64 {
    let high = u64::from(words.word() >> 5);
    let low = u64::from(words.word() >> 6);
    (high << 26 | low) as f64 / (1_u64 << 53) as f64
}

/// A standard normal by the polar method; the second of each pair is kept for the next call:
/// `legacy_gauss`.
pub fn polar(words: &mut impl Words, kept: &mut Option<f64>) -> f64 {
    if let Some(kept) = kept.take() {
        return kept;
    }
    loop {
        let x1 = 2.0 * unit(words) - 1.0;
        let x2 = 2.0 * unit(words) - 1.0;
        let r2 = x1 * x1 + x2 * x2;
        if r2 < 1.0 && r2 != 0.0 {
            let factor = (-2.0 * r2.ln() / r2).sqrt();
            *kept = Some(factor * x1);
            return factor * x2;
        }
    }
}

/// An integer in `[0, max]` by masked rejection, of no word where `max` is 0: `random_interval`.
pub fn at_most(words: &mut impl Words, max: u64) -> u64 {
    if max == 0 {
        return 0;
    }
    let mask = u64::MAX >> max.leading_zeros();
    loop {
        let mut value = u64::from(words.word());
        if max > u64::from(u32::MAX) {
            value = value << 32 | u64::from(words.word());
        }
        if value & mask <= max {
            return value & mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, RandomState};

    #[test]
    fn a_call_may_be_cut_anywhere() {
        let whole = RandomState::new(7).randn(12);
        let mut rng = RandomState::new(7);
        let mut parts = rng.randn(5);
        assert!(rng.state().has_gauss);
        parts.extend(rng.randn(7));
        assert_eq!(whole, parts);
        assert!(!rng.state().has_gauss);
    }

    #[test]
    fn an_empty_range_is_refused_and_draws_nothing() {
        let mut rng = RandomState::new(1);
        let before = rng.state();
        assert_eq!(rng.randint(3, 3, 1), Err(Error::EmptyRange { low: 3, high: 3 }));
        assert_eq!(rng.randint(3, 3, 0), Ok(vec![]));
        assert_eq!(rng.randint(3, 4, 2), Ok(vec![3, 3]));
        assert_eq!(rng.state(), before);
    }

    #[test]
    fn the_widest_range_does_not_overflow() {
        let drawn = RandomState::new(1).randint(i64::MIN, i64::MAX, 100);
        let drawn = drawn.expect("a range of 2^64 - 1 values");
        assert!(drawn.iter().any(|&v| v < 0) && drawn.iter().any(|&v| v > 0));
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let mut rng = RandomState::new(1);
        for scale in [-1.0, -0.0, f64::NEG_INFINITY] {
            assert!(matches!(rng.normal(0.0, scale, 1), Err(Error::NegativeScale { .. })));
        }
        for (low, high) in [(0.0, f64::INFINITY), (f64::MIN, f64::MAX), (f64::NAN, 1.0)] {
            assert!(matches!(rng.uniform(low, high, 1), Err(Error::Bounds { .. })));
        }
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let mut rng = RandomState::new(3);
        let mut order = rng.permutation(1000);
        assert_ne!(order, (0..1000).collect::<Vec<i64>>());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<i64>>());
        assert!(rng.permutation(0).is_empty());
    }
}
