//! `numpy.random.SeedSequence`: from a seed of any size to the state of a generator.

/// The pool's hash: each value is combined with a multiplier that moves on.
struct Hash {
    multiplier: u32,
    step: u32,
}

impl Hash {
    fn next(&mut self, value: u32) -> u32 {
        let value = value ^ self.multiplier;
        self.multiplier = self.multiplier.wrapping_mul(self.step);
        let value = value.wrapping_mul(self.multiplier);
        value ^ (value >> 16)
    }
}

fn mix(x: u32, y: u32) -> u32 {
    let value = x.wrapping_mul(0xca01_f9dd).wrapping_sub(y.wrapping_mul(0x4973_f715));
    value ^ (value >> 16)
}

/// `SeedSequence(seed).generate_state(4, numpy.uint64)` for a seed of at most 128 bits, which
/// fills the pool of four words and no more.
pub(super) fn generate_state(seed: u128) -> [u64; 4] {
    let mut hash = Hash { multiplier: 0x43b0_d7e5, step: 0x931e_8875 };
    let mut pool = [0, 32, 64, 96].map(|shift| hash.next((seed >> shift) as u32));
    for from in 0..pool.len() {
        for to in 0..pool.len() {
            if from != to {
                pool[to] = mix(pool[to], hash.next(pool[from]));
            }
        }
    }
    let mut hash = Hash { multiplier: 0x8b51_f9dd, step: 0x58f3_8ded };
    let mut words = pool.into_iter().cycle().map(|word| u64::from(hash.next(word)));
    std::array::from_fn(|_| {
        let low = words.next().unwrap_or_default();
        words.next().unwrap_or_default() << 32 | low
    })
}
