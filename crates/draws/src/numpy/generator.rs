use rand_pcg::Lcg128Xsl64;
use rand_pcg::rand_core::Rng as _;

use super::seed_sequence::generate_state;
use super::ziggurat::{TAIL, TAIL_RECIPROCAL, ZIGGURAT};
use super::{Error, deviation, span, width};

/// A generator seeded as [`numpy.random.default_rng(seed)`].
///
/// [`numpy.random.default_rng(seed)`]: https://numpy.org/doc/stable/reference/random/generator.html
///
/// ```
/// let mut rng = draws::numpy::default_rng(42);
/// assert_eq!(rng.integers(0, 10, 5)?, [0, 7, 6, 4, 4]);
/// # Ok::<(), draws::numpy::Error>(())
/// ```
#[must_use]
pub fn default_rng(seed: u128) -> Generator {
    let [state_high, state_low, stream_high, stream_low] = generate_state(seed).map(u128::from);
    let words = Lcg128Xsl64::new(state_high << 64 | state_low, stream_high << 64 | stream_low);
    Generator { words, half: None }
}

/// NumPy's generator, [`numpy.random.Generator`] over PCG64; [`default_rng`] makes one.
///
/// The same calls in the same order give the bits of NumPy 2.4, call sizes included: draws of
/// 32 bits keep the other half of their word for the next of them. The logarithm and exponential
/// that one normal in a hundred takes are the C library's, as in NumPy.
///
/// The words are the `rand_pcg` crate's, whose seeding is PCG's own, as NumPy's is.
///
/// [`numpy.random.Generator`]: https://numpy.org/doc/stable/reference/random/generator.html
#[derive(Debug, Clone)]
pub struct Generator {
    words: Lcg128Xsl64,
    /// The upper half of a word whose lower half was drawn.
    half: Option<u32>,
}

impl Generator {
    /// A generator that starts anywhere: `numpy.random.default_rng()`.
    ///
    /// # Errors
    /// [`Error::Entropy`] where the operating system gives no random bits.
    pub fn from_entropy() -> Result<Self, Error> {
        Ok(default_rng(u128::from(getrandom::u64()?) << 64 | u128::from(getrandom::u64()?)))
    }

    /// `n` values of 53 random bits, uniform in `[0, 1)`: `[n]`, float64. `Generator.random`.
    pub fn random(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.next_f64()).collect()
    }

    /// `n` values uniform between `low` (included) and `high`: `[n]`, float64.
    /// `Generator.uniform`.
    ///
    /// # Errors
    /// [`Error::Bounds`] where `high - low` is negative, infinite or NaN.
    pub fn uniform(&mut self, low: f64, high: f64, n: usize) -> Result<Vec<f64>, Error> {
        let width = width(low, high, false)?;
        Ok((0..n).map(|_| low + width * self.next_f64()).collect())
    }

    /// `n` values of the standard normal distribution: `[n]`, float64.
    /// `Generator.standard_normal`, by the ziggurat method.
    pub fn standard_normal(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.next_normal()).collect()
    }

    /// `n` normal values with mean `loc` and standard deviation `scale`: `[n]`, float64.
    /// `Generator.normal`.
    ///
    /// # Errors
    /// [`Error::NegativeScale`] where `scale` carries a minus sign, -0.0 included, unless NaN.
    pub fn normal(&mut self, loc: f64, scale: f64, n: usize) -> Result<Vec<f64>, Error> {
        let scale = deviation(scale)?;
        Ok((0..n).map(|_| loc + scale * self.next_normal()).collect())
    }

    /// `n` integers uniform from `low` (included) to `high` (excluded): `[n]`, int64.
    /// `Generator.integers`, by Lemire's method.
    ///
    /// # Errors
    /// [`Error::EmptyRange`] where `low >= high`, unless `n` is 0, which NumPy lets pass.
    pub fn integers(&mut self, low: i64, high: i64, n: usize) -> Result<Vec<i64>, Error> {
        if n == 0 {
            return Ok(Vec::new());
        }
        let max = span(low, high)?;
        Ok((0..n).map(|_| low.wrapping_add_unsigned(self.at_most(max))).collect())
    }

    /// The integers from 0 to `n - 1` in random order: `[n]`, int64. `Generator.permutation`.
    pub fn permutation(&mut self, n: usize) -> Vec<i64> {
        let mut order: Vec<i64> = (0i64..).take(n).collect();
        self.shuffle(&mut order);
        order
    }

    /// Puts `items` in random order, in place. `Generator.shuffle`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            // By masked rejection, unlike all other integers here.
            let mask = u64::MAX >> (i as u64).leading_zeros();
            let j = loop {
                let word = match u32::try_from(i) {
                    Ok(_) => u64::from(self.next_u32()),
                    Err(_) => self.words.next_u64(),
                };
                if word & mask <= i as u64 {
                    break word & mask;
                }
            };
            items.swap(i, j as usize);
        }
    }

    /// An integer in `[0, max]`; draws nothing where `max` is 0.
    pub(super) fn at_most(&mut self, max: u64) -> u64 {
        match (u32::try_from(max), max.checked_add(1)) {
            (Ok(0), _) => 0,
            (Ok(u32::MAX), _) => u64::from(self.next_u32()),
            (Ok(_), Some(count)) => {
                let product = |word: u32| u64::from(word) * count;
                let threshold = (1 << 32) % count;
                loop {
                    let value = product(self.next_u32());
                    if value & u64::from(u32::MAX) >= threshold {
                        return value >> 32;
                    }
                }
            }
            (Err(_), Some(count)) => {
                let threshold = (u64::MAX - max) % count;
                loop {
                    let value = u128::from(self.words.next_u64()) * u128::from(count);
                    if value as u64 >= threshold {
                        return (value >> 64) as u64;
                    }
                }
            }
            (_, None) => self.words.next_u64(),
        }
    }

    fn next_u32(&mut self) -> u32 {
        self.half.take().unwrap_or_else(|| {
            let word = self.words.next_u64();
            self.half = Some((word >> 32) as u32);
            word as u32
        })
    }

    fn next_f64(&mut self) -> f64 {
        (self.words.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next_normal(&mut self) -> f64 {
        let tables = &*ZIGGURAT;
        loop {
            let word = self.words.next_u64();
            let layer = (word & 0xff) as usize;
            let mantissa = (word >> 9) & ((1 << 52) - 1);
            let x = mantissa as f64 * tables.width[layer];
            let x = if word & 0x100 == 0 { x } else { -x };
            if mantissa < tables.inside[layer] {
                return x;
            }
            if layer == 0 {
                return self.normal_tail(mantissa & 0x100 != 0);
            }
            let (above, below) = (tables.density[layer - 1], tables.density[layer]);
            if (above - below) * self.next_f64() + below < (-0.5 * x * x).exp() {
                return x;
            }
        }
    }

    fn normal_tail(&mut self, negative: bool) -> f64 {
        loop {
            let beyond = -TAIL_RECIPROCAL * (-self.next_f64()).ln_1p();
            let y = -(-self.next_f64()).ln_1p();
            if y + y > beyond * beyond {
                return if negative { -(TAIL + beyond) } else { TAIL + beyond };
            }
        }
    }
}
