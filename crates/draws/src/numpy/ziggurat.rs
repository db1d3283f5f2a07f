//! The ziggurat of NumPy's `standard_normal`: 256 layers of equal area under the bell.

use std::sync::LazyLock;

/// Where the base layer's tail begins.
pub(super) const TAIL: f64 = 3.654_152_885_361_009;
/// The reciprocal of [`TAIL`] as NumPy has it.
pub(super) const TAIL_RECIPROCAL: f64 = 0.273_661_237_329_758_3;
/// The area of a layer.
const AREA: f64 = 0.004_928_673_233_974_652;
/// The scale of the 52 bits that place a value within its layer.
const SCALE: f64 = (1_u64 << 52) as f64;

pub(super) struct Ziggurat {
    /// Below this many of 2^52 a value lies wholly within its layer.
    pub inside: [u64; 256],
    /// A layer's width, per one of 2^52.
    pub width: [f64; 256],
    /// The density at a layer's right edge.
    pub density: [f64; 256],
}

/// The tables, made by the recursion that NumPy's were made by, from the outermost layer inwards
/// and in float64, so that they have its rounding errors as well.
pub(super) static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(|| {
    let bell = |x: f64| (-0.5 * x * x).exp();
    let mut tables = Ziggurat { inside: [0; 256], width: [0.0; 256], density: [0.0; 256] };
    let Ziggurat { inside, width, density } = &mut tables;
    let parts = |ratio: f64| (ratio * SCALE).round_ties_even() as u64;
    let mut x = TAIL;
    (width[255], density[255]) = (x / SCALE, bell(x));
    for i in (1..255).rev() {
        let next = (-2.0 * (AREA / x + density[i + 1]).ln()).sqrt();
        inside[i + 1] = parts(next / x);
        (width[i], density[i]) = (next / SCALE, bell(next));
        if i == 38 {
            // The one exponential that NumPy's tables do not have correctly rounded.
            density[i] = density[i].next_up();
        }
        x = next;
    }
    inside[0] = parts(TAIL * density[255] / AREA);
    (width[0], density[0]) = (AREA / density[255] / SCALE, 1.0);
    tables
});

#[cfg(test)]
mod tests {
    use super::ZIGGURAT;

    /// Another C library could round an exponential otherwise; the tables must not follow it.
    #[test]
    fn tables_are_numpys() {
        let fnv = |words: &mut dyn Iterator<Item = u64>| {
            words.fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| {
                (hash ^ word).wrapping_mul(0x0100_0000_01b3)
            })
        };
        let bits = |values: &[f64; 256]| fnv(&mut values.iter().map(|v| v.to_bits()));
        assert_eq!(fnv(&mut ZIGGURAT.inside.iter().copied()), 0x7ea1_a7e3_49ac_15b9);
        assert_eq!(bits(&ZIGGURAT.width), 0xd986_c81d_1660_2f41);
        assert_eq!(bits(&ZIGGURAT.density), 0x0f40_29a2_0099_d656);
    }
}
