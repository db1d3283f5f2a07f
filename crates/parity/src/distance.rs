//! How far apart the calls that differ are.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::both::Both;
use crate::element::{Dtype, distance};
use crate::recording::{Call, Value};

/// How far apart two calls lie: what they made, by the elements that differ most.
///
/// The later of two in this list outweighs the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallDistance {
    /// So many ULPs at most, as [`ElementDifference::ulp`](crate::ElementDifference::ulp) counts them.
    Ulps(u64),
    /// Not known, since the elements were not kept.
    NotKept,
    /// Not known, since the elements cannot be read: those of a sparse or a quantized tensor.
    Unreadable,
    /// Integers or bools differ, of which one is not nearer than another.
    Integers,
    /// An element is not a number on one side, or on both with other bits.
    NotANumber,
    /// The tensors have another dtype or shape, or there are more of them.
    Kind,
    /// Only one side makes the call.
    OneSided,
}

/// The distances of all calls that differ.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Distances {
    /// The calls and elements by their distance, from powers of two to the next, without empty ones.
    pub histogram: Vec<Bin>,
    /// The largest distance that is known.
    pub largest_ulps: Option<u64>,
    /// Calls whose elements were not kept.
    pub not_kept: usize,
    /// Calls whose elements cannot be read.
    pub unreadable: usize,
    /// Calls whose integers or bools differ.
    pub integers: usize,
    /// Calls that made something that is not a number.
    pub not_a_number: usize,
    /// Calls whose tensors have another dtype or shape.
    pub kind: usize,
    /// Calls that only one side makes.
    pub one_sided: usize,
    /// Every call that differs, in order.
    #[serde(skip)]
    pub(crate) points: Vec<Point>,
}

/// Distances from one power of two up to the next.
#[derive(Debug, Clone, Serialize)]
pub struct Bin {
    /// The smallest.
    pub from: u64,
    /// The largest.
    pub to: u64,
    /// Calls whose largest distance is one of these.
    pub calls: usize,
    /// Elements whose distance is one of these.
    pub elements: usize,
}

/// One call that differs.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Where that is among the computing calls of each side, counted from 1.
    pub at: [usize; 2],
    /// The numbers of the calls in the recordings.
    pub calls: [Option<usize>; 2],
    /// How far apart they are.
    pub distance: CallDistance,
    /// Bytes of a side's outputs.
    pub bytes: usize,
    /// Whether it is no consequence of another difference.
    pub independent: bool,
    /// Which of the comparison's places it belongs to.
    pub place: usize,
}

/// Measures calls one after the other.
pub(crate) struct Meter {
    /// Calls and elements by the number of bits of their distance.
    counts: [(usize, usize); 65],
    distances: Distances,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self { counts: [(0, 0); 65], distances: Distances::default() }
    }

    /// How far apart two calls are, each given by its index among the computing calls of its side.
    pub(crate) fn measure(&mut self, pair: &Both<'_>, calls: [Option<usize>; 2]) -> CallDistance {
        let found = match calls {
            [Some(a), Some(b)] => self.outputs(pair, [pair.call(0, a), pair.call(1, b)]),
            _ => CallDistance::OneSided,
        };
        let all = &mut self.distances;
        match found {
            CallDistance::Ulps(ulps) => {
                all.largest_ulps = all.largest_ulps.max(Some(ulps));
                self.counts[bits(ulps)].0 += 1;
            }
            CallDistance::NotKept => all.not_kept += 1,
            CallDistance::Unreadable => all.unreadable += 1,
            CallDistance::Integers => all.integers += 1,
            CallDistance::NotANumber => all.not_a_number += 1,
            CallDistance::Kind => all.kind += 1,
            CallDistance::OneSided => all.one_sided += 1,
        }
        found
    }

    pub(crate) fn add(&mut self, point: Point) {
        self.distances.points.push(point);
    }

    pub(crate) fn finish(mut self) -> Distances {
        let bins = self.counts.iter().enumerate().filter(|(_, counts)| **counts != (0, 0));
        let bin = |(bits, &(calls, elements)): (usize, &(usize, usize))| {
            let to = u64::MAX.checked_shr(64 - bits as u32).unwrap_or(0);
            Bin { from: to - to / 2, to, calls, elements }
        };
        self.distances.histogram = bins.map(bin).collect();
        self.distances
    }

    fn outputs(&mut self, pair: &Both<'_>, calls: [&Call; 2]) -> CallDistance {
        let [a, b] = calls.map(|call| call.outputs.as_slice());
        let is_alike = |(a, b): (&Value, &Value)| (&a.dtype, &a.shape) == (&b.dtype, &b.shape);
        if a.len() != b.len() || !a.iter().zip(b).all(is_alike) {
            return CallDistance::Kind;
        }
        let differing = a.iter().zip(b).filter(|(a, b)| a.bits.is_none() || a.bits != b.bits);
        let distances = differing.map(|(a, b)| self.tensors(pair, [a, b]));
        distances.max().unwrap_or(CallDistance::Ulps(0))
    }

    fn tensors(&mut self, pair: &Both<'_>, values: [&Value; 2]) -> CallDistance {
        let dtype = Dtype::from_name(&values[0].dtype);
        let Some(dtype) = dtype.filter(|_| values.iter().all(|value| value.bits.is_some())) else {
            return CallDistance::Unreadable;
        };
        if dtype.is_exact() {
            return CallDistance::Integers;
        }
        let kept = |side: usize| pair.recordings[side].bytes(values[side]);
        match (kept(0), kept(1)) {
            _ if values[0].sparse => CallDistance::Unreadable,
            (Some(a), Some(b)) => self.elements(dtype, &a, &b),
            _ => CallDistance::NotKept,
        }
    }

    fn elements(&mut self, dtype: Dtype, a: &[u8], b: &[u8]) -> CallDistance {
        let width = dtype.size();
        let pairs = a.chunks(width).zip(b.chunks(width)).filter(|(x, y)| x != y);
        let distances = pairs.map(|(x, y)| match distance(dtype, x, y).ulp {
            Some(ulps) => {
                self.counts[bits(ulps)].1 += 1;
                CallDistance::Ulps(ulps)
            }
            None => CallDistance::NotANumber,
        });
        distances.max().unwrap_or(CallDistance::Ulps(0))
    }
}

impl Distances {
    /// How many calls differ by no number of ULPs, or by one that is not known, and why.
    pub(crate) fn without_ulps(&self) -> impl Iterator<Item = (usize, CallDistance)> {
        let all = [
            (self.not_kept, CallDistance::NotKept),
            (self.unreadable, CallDistance::Unreadable),
            (self.integers, CallDistance::Integers),
            (self.not_a_number, CallDistance::NotANumber),
            (self.kind, CallDistance::Kind),
            (self.one_sided, CallDistance::OneSided),
        ];
        all.into_iter().filter(|(calls, _)| *calls > 0)
    }
}

impl Bin {
    /// `4-7`, or `2^20-2^21` where that would be long.
    pub(crate) fn range(&self) -> String {
        match (self.from, self.to) {
            (from, to) if from == to => from.to_string(),
            (from, to) if to < 1 << 10 => format!("{from}-{to}"),
            (from, _) => format!("2^{}-2^{}", from.ilog2(), from.ilog2() + 1),
        }
    }
}

impl Display for CallDistance {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ulps(ulps) => return write!(f, "{ulps} ULP"),
            Self::NotKept => "elements not kept",
            Self::Unreadable => "elements that cannot be read",
            Self::Integers => "other integers",
            Self::NotANumber => "not a number",
            Self::Kind => "another dtype or shape",
            Self::OneSided => "no such call on one side",
        })
    }
}

/// How many bits the number has: numbers from a power of two up to the next have as many.
fn bits(ulps: u64) -> usize {
    (u64::BITS - ulps.leading_zeros()) as usize
}
