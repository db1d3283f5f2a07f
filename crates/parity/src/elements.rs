//! Two tensors of one dtype and shape, element by element.

use serde::Serialize;

use crate::element::{Dtype, decimal, distance, hex};

/// What differs between two tensors of one dtype and shape.
#[derive(Debug, Clone, Serialize)]
pub struct Elements {
    /// How many elements there are.
    pub elements: usize,
    /// How many of them differ.
    pub differing: usize,
    /// The first that differs, in row-major order.
    pub first: ElementDifference,
    /// The largest distance of any two elements that are numbers.
    pub largest_ulp: u64,
    /// How many of the differing elements are not a number in one of the tensors or in both.
    pub not_a_number: usize,
    /// The elements around the first that differs, equal ones too.
    pub around: Vec<ElementDifference>,
}

/// How many elements are shown before the first that differs, and how many in all.
const BEFORE: usize = 4;
const SHOWN: usize = 24;

/// One element in both tensors.
#[derive(Debug, Clone, Serialize)]
pub struct ElementDifference {
    /// Where in the tensor it stands; empty for a tensor without dimensions.
    pub index: Vec<usize>,
    /// Its value in the first, in the fewest digits that tell it from its neighbours.
    pub a: String,
    /// Its value in the second.
    pub b: String,
    /// Its bits in the first.
    pub a_bits: String,
    /// Its bits in the second.
    pub b_bits: String,
    /// Steps between neighbouring representable numbers from one to the other, -0.0 and 0.0 being
    /// neighbours; none where either is not a number.
    pub ulp: Option<u64>,
    /// `|a - b|`; JSON writes null where that is not finite.
    pub absolute: f64,
    /// `|a - b| / max(|a|, |b|)`; JSON writes null where that is not finite.
    pub relative: f64,
}

impl Elements {
    /// What differs between the bytes `a` and `b`, both of this shape and of the dtype of which
    /// PyTorch has this name; nothing if all bits agree or the elements cannot be told apart.
    ///
    /// Nothing is rounded and nothing forgiven: two NaNs agree only with the same payload, and -0.0
    /// is not 0.0.
    ///
    /// ```
    /// let [a, b] = [1.0_f32, 1.0_f32.next_up()].map(f32::to_le_bytes);
    /// let found = parity::Elements::compare("float32", &[], &a, &b).unwrap();
    /// assert_eq!((found.differing, found.largest_ulp), (1, 1));
    /// ```
    #[must_use]
    pub fn compare(dtype: &str, shape: &[usize], a: &[u8], b: &[u8]) -> Option<Self> {
        if a == b {
            return None;
        }
        let dtype = Dtype::from_name(dtype)?;
        let width = dtype.size();
        let pairs = || a.chunks(width).zip(b.chunks(width));
        let first = pairs().position(|(x, y)| x != y)?;
        let element = |(flat, (x, y))| ElementDifference::new(dtype, unravel(flat, shape), x, y);
        let around =
            pairs().enumerate().skip(first.saturating_sub(BEFORE)).take(SHOWN).map(element);
        let (mut differing, mut not_a_number, mut largest_ulp) = (0, 0, 0);
        for (x, y) in pairs().filter(|(x, y)| x != y) {
            differing += 1;
            match distance(dtype, x, y).ulp {
                Some(ulp) => largest_ulp = largest_ulp.max(ulp),
                None => not_a_number += 1,
            }
        }
        Some(Self {
            elements: a.len() / width,
            differing,
            first: pairs().enumerate().nth(first).map(element)?,
            largest_ulp,
            not_a_number,
            around: around.collect(),
        })
    }
}

impl ElementDifference {
    fn new(dtype: Dtype, index: Vec<usize>, a: &[u8], b: &[u8]) -> Self {
        let apart = distance(dtype, a, b);
        Self {
            index,
            a: decimal(dtype, a),
            b: decimal(dtype, b),
            a_bits: hex(a),
            b_bits: hex(b),
            ulp: apart.ulp,
            absolute: apart.absolute,
            relative: apart.relative,
        }
    }
}

/// The index of the `flat`-th element, in row-major order, of a tensor of this shape.
fn unravel(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut index: Vec<_> = shape
        .iter()
        .rev()
        .map(|&size| {
            let along = flat % size;
            flat /= size;
            along
        })
        .collect();
    index.reverse();
    index
}
