//! MT19937, the generator behind PyTorch's CPU draws and NumPy's legacy ones.
//!
//! Both seed it with Knuth's 32-bit recurrence (`init_genrand`), so a seed is 32 bits whatever the
//! caller passed: PyTorch keeps the low 32 bits of a longer one.
//! Mirrors `ATen/core/MT19937RNGEngine.h` and `numpy/random/src/mt19937`.

/// Words of state.
pub const N: usize = 624;
/// Distance of the recurrence.
pub const M: usize = 397;
/// Multiplier of the seeding recurrence.
pub const SEEDING: u32 = 1_812_433_253;

/// Combines two neighbouring words of state; the new word is this, exclusive-or the word `M` ahead.
#[inline(always)]
pub fn twist(u: u32, v: u32) -> u32 {
    (((u & 0x8000_0000) | (v & 0x7fff_ffff)) >> 1) ^ ((v & 1).wrapping_neg() & 0x9908_b0df)
}

/// Turns a word of state into a word of output.
#[inline(always)]
pub fn temper(mut y: u32) -> u32 {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    y ^ (y >> 18)
}

/// A source of 32-bit words.
pub trait Words {
    /// The next word of the stream.
    fn word(&mut self) -> u32;

    /// Passes over `count` words.
    fn skip(&mut self, count: u64) {
        for _ in 0..count {
            self.word();
        }
    }
}

/// The generator, one word at a time.
///
/// ```
/// use draws::{Mt19937, Words};
/// assert_eq!(Mt19937::new(5489).word(), 3_499_211_612);
/// ```
#[derive(Clone, Debug)]
pub struct Mt19937 {
    state: [u32; N],
    next: usize,
}

impl Mt19937 {
    /// The generator as `torch.manual_seed(seed)` or `np.random.seed(seed)` leaves it.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        let mut state = [0; N];
        state[0] = seed;
        for j in 1..N {
            let before = state[j - 1];
            state[j] = SEEDING.wrapping_mul(before ^ (before >> 30)).wrapping_add(j as u32);
        }
        Self { state, next: N }
    }

    /// The generator seeded with several words, by Matsumoto and Nishimura's `init_by_array`.
    ///
    /// Python's `random.seed(n)` of a whole number seeds so, with the number's 32-bit digits from
    /// the lowest on. Mirrors `Modules/_randommodule.c`; no digits count as the digit 0.
    ///
    /// ```
    /// use draws::{Mt19937, Words};
    /// // random.seed(42); random.getrandbits(32)
    /// assert_eq!(Mt19937::from_array(&[42]).word(), 2_746_317_213);
    /// ```
    #[must_use]
    pub fn from_array(digits: &[u32]) -> Self {
        let digits = if digits.is_empty() { &[0] } else { digits };
        let mut state = Self::new(19_650_218).state;
        let mut i = 1;
        let mut mix = |state: &mut [u32; N], factor: u32, term: &dyn Fn(usize) -> u32| {
            let before = state[i - 1];
            state[i] =
                (state[i] ^ (before ^ (before >> 30)).wrapping_mul(factor)).wrapping_add(term(i));
            i += 1;
            if i == N {
                state[0] = state[N - 1];
                i = 1;
            }
        };
        for step in 0..N.max(digits.len()) {
            let j = step % digits.len();
            mix(&mut state, 1_664_525, &|_| digits[j].wrapping_add(j as u32));
        }
        for _ in 1..N {
            mix(&mut state, 1_566_083_941, &|i| (i as u32).wrapping_neg());
        }
        state[0] = 1 << 31;
        Self { state, next: N }
    }

    /// The generator in a state of one's own, as `set_state(("MT19937", key, 624))` leaves NumPy's.
    /// A key of zeros alone draws nothing but zeros.
    #[must_use]
    pub fn from_key(key: [u32; N]) -> Self {
        Self { state: key, next: N }
    }

    /// How many words of the current block of 624 are drawn: NumPy's `pos`, 624 after seeding.
    #[must_use]
    pub fn position(&self) -> usize {
        self.next
    }

    /// The generator after `offset` words were drawn.
    #[must_use]
    pub fn at(seed: u32, offset: u64) -> Self {
        let mut generator = Self::new(seed);
        generator.skip(offset);
        generator
    }

    fn refill(&mut self) {
        let s = &mut self.state;
        for k in 0..N {
            s[k] = s[(k + M) % N] ^ twist(s[k], s[(k + 1) % N]);
        }
        self.next = 0;
    }
}

impl Words for Mt19937 {
    fn word(&mut self) -> u32 {
        if self.next == N {
            self.refill();
        }
        self.next += 1;
        temper(self.state[self.next - 1])
    }

    fn skip(&mut self, mut count: u64) {
        while count > (N - self.next) as u64 {
            count -= (N - self.next) as u64;
            self.refill();
        }
        self.next += count as usize;
    }
}
