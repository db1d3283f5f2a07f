//! Evidence as cheap tests on single words of the generator, for the search's inner loop.
//!
//! A test never rejects words that draw the evidence; it may let others pass, which the full
//! verification then rejects. Words are counted from the sequence's start.

use std::sync::Arc;

use super::joint::{Joint, ceil_u32, floor_u32, radius_word};
use super::{possible, weigh};
use crate::draw::{Draw, Dtype, Kind, torch};
use crate::error::{Error, Result};
use crate::grammar::{Item, Printed};

/// A test on one or two words, counted from the sequence's start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// `(word << shift) - low <= width`, around the end if need be.
    Range {
        at: u64,
        shift: u32,
        low: u32,
        width: u32,
    },
    /// `word % range == value`, as a multiplication by the inverse of the range's odd part.
    Modulo {
        at: u64,
        value: u32,
        inverse: u32,
        rotate: u32,
        bound: u32,
    },
    /// A normal of unknown partner; both words are shifted left before the look-up.
    Joint {
        angle: u64,
        radius: u64,
        shift: u32,
        table: Arc<Joint>,
    },
}

/// Where the sequence's first word may lie before the tested one: NumPy's polar method may have
/// thrown pairs away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// How many starts are tried.
    pub count: u64,
    /// The words between them.
    pub step: u64,
}

impl Attempts {
    const ONE: Self = Self { count: 1, step: 1 };
    /// A pair is thrown away with probability 0.2146; 24 times in a row once in 10^16.
    const POLAR: Self = Self { count: 24, step: 4 };
}

impl Test {
    /// The first word the test reads.
    pub(crate) fn first(&self) -> u64 {
        match *self {
            Self::Range { at, .. } | Self::Modulo { at, .. } => at,
            Self::Joint { angle, radius, .. } => angle.min(radius),
        }
    }

    /// The last word the test reads.
    pub(crate) fn last(&self) -> u64 {
        match *self {
            Self::Range { at, .. } | Self::Modulo { at, .. } => at,
            Self::Joint { angle, radius, .. } => angle.max(radius),
        }
    }

    /// How many bits of evidence the test holds.
    pub(crate) fn bits(&self) -> f64 {
        let whole = 2.0_f64.powi(32);
        let probability = match self {
            Self::Range { shift, width, .. } => {
                let step = f64::from(1_u32 << shift);
                ((f64::from(*width) / step).floor() + 1.0) * step / whole
            }
            Self::Modulo { bound, .. } => (f64::from(*bound) + 1.0) / whole,
            Self::Joint { table, .. } => table.probability(),
        };
        -probability.log2()
    }

    /// The same test with every word counted from `start`.
    pub(crate) fn from(&self, start: u64) -> Self {
        let mut test = self.clone();
        match &mut test {
            Self::Range { at, .. } | Self::Modulo { at, .. } => *at -= start,
            Self::Joint { angle, radius, .. } => {
                *angle -= start;
                *radius -= start;
            }
        }
        test
    }
}

/// The tests of a sequence, in the order of their words, up to the first draw whose words cannot
/// be placed.
pub(super) fn compile(items: &[Item]) -> Result<(Vec<Test>, Attempts)> {
    let mut compiler = Compiler {
        at: 0,
        half: None,
        tests: Vec::new(),
    };
    let mut attempts = Attempts::ONE;
    for item in items {
        let placed = match item {
            Item::SkippedWords(count) => {
                compiler.at += count;
                true
            }
            Item::Skipped(draw) => compiler.draw(draw, None)?,
            Item::Printed(draw, values) => {
                let fresh = compiler.tests.is_empty() && compiler.half.is_none();
                if fresh && matches!(draw.kind, Kind::NpRandn | Kind::NpNormal { .. }) {
                    compiler.polar(draw, values);
                    attempts = Attempts::POLAR;
                    false
                } else {
                    compiler.draw(draw, Some(values))?
                }
            }
        };
        if !placed {
            break;
        }
    }
    compiler.finish_pair();
    compiler.tests.sort_by_key(Test::first);
    Ok((compiler.tests, attempts))
}

/// A pair of normals of which only the first has been met.
struct Half {
    at: u64,
    cosine: Option<(f64, f64)>,
}

struct Compiler {
    at: u64,
    half: Option<Half>,
    tests: Vec<Test>,
}

type Known<'a> = Option<&'a Vec<Option<Printed>>>;

impl Compiler {
    /// Adds a draw's tests and steps over its words; `false` where their number is not fixed.
    fn draw(&mut self, draw: &Draw, values: Known) -> Result<bool> {
        let n = draw.len() as u64;
        let wide = draw.kind.dtype() == Dtype::Float64;
        match draw.kind {
            Kind::Randint { low, high } => self.randint(draw, low, high, values),
            Kind::Randperm => self.randperm(n, values),
            Kind::Randn { .. } | Kind::Normal { .. } if draw.len() < torch::BLOCK => {
                self.small_normals(draw, values)?;
            }
            Kind::Randn { .. } | Kind::Normal { .. } => self.block_normals(draw, values)?,
            Kind::NpRandint { low, high } => return Ok(self.np_randint(draw, low, high, values)),
            Kind::NpRandn | Kind::NpNormal { .. } => return Ok(n == 0),
            Kind::NpPermutation => return Ok(n <= 1),
            _ => {
                for (i, printed) in known(values) {
                    self.uniform(draw, i, printed);
                }
                self.at += if wide { 2 * n } else { n };
            }
        }
        Ok(true)
    }

    fn range(&mut self, at: u64, shift: u32, low: u32, high: u32) {
        self.tests.push(Test::Range {
            at,
            shift,
            low,
            width: high.wrapping_sub(low),
        });
    }

    fn uniform(&mut self, draw: &Draw, index: usize, printed: &Printed) {
        let Some((first, last, bits)) = possible::uniforms(draw, index, printed) else {
            return;
        };
        let i = index as u64;
        if bits == possible::BITS_F32 {
            return self.range(self.at + i, 8, (first as u32) << 8, (last as u32) << 8);
        }
        // The high word's part of the 53 bits, and the low word's where the high one is settled.
        let numpy = draw.kind.library() == crate::Library::NumPy;
        let (low_bits, high_shift, low_shift) = if numpy { (26, 5, 6) } else { (32, 11, 0) };
        let at = self.at + 2 * i;
        let part = |k: u64| ((k >> low_bits) as u32) << high_shift;
        let within = if numpy { (1 << high_shift) - 1 } else { 0 };
        let left = if numpy { 0 } else { high_shift };
        self.range(at, left, part(first), part(last) | within);
        if part(first) == part(last) {
            let low = |k: u64| ((k & ((1 << low_bits) - 1)) as u32) << low_shift;
            self.range(at + 1, 0, low(first), low(last) | ((1 << low_shift) - 1));
        }
    }

    fn randint(&mut self, draw: &Draw, low: i64, high: i64, values: Known) {
        let range = high.wrapping_sub(low) as u64;
        let words = if range >= torch::WIDE_RANGE { 2 } else { 1 };
        if words == 1 {
            for (i, printed) in known(values) {
                if let Some(v) = printed.integer {
                    self.modulo(self.at + i as u64, range as u32, v.wrapping_sub(low) as u32);
                }
            }
        }
        self.at += words * draw.len() as u64;
    }

    fn modulo(&mut self, at: u64, range: u32, value: u32) {
        let rotate = range.trailing_zeros();
        let odd = range >> rotate;
        // Newton's iteration doubles the correct bits of the inverse modulo 2^32, from 3 to 48.
        let inverse = (0..4).fold(odd, |x, _| {
            x.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(x)))
        });
        self.tests.push(Test::Modulo {
            at,
            value,
            inverse,
            rotate,
            bound: (u32::MAX - value) / range,
        });
    }

    /// Each entry of the order tells the word that chose it, as long as all before it are known.
    fn randperm(&mut self, n: u64, values: Known) {
        let words = n.saturating_sub(1);
        let mut order: Vec<i64> = (0..n as i64).collect();
        let printed = values.map(Vec::as_slice).unwrap_or_default();
        for (i, printed) in printed.iter().enumerate().take(words as usize) {
            let chosen = printed.as_ref().and_then(|p| p.integer);
            let Some(ahead) = chosen.and_then(|v| order[i..].iter().position(|&o| o == v)) else {
                break;
            };
            order.swap(i, i + ahead);
            self.modulo(self.at + i as u64, (n - i as u64) as u32, ahead as u32);
        }
        self.at += words;
    }

    /// Four words a pair: the angle's uniform, then the radius's, each with its high word first.
    fn small_normals(&mut self, draw: &Draw, values: Known) -> Result<()> {
        for i in 0..draw.len() {
            let interval = interval(draw, values, i);
            match self.half.take() {
                Some(half) => self.pair(half.at, half.at + 2, 11, half.cosine, interval)?,
                None => {
                    self.half = Some(Half {
                        at: self.at,
                        cosine: interval,
                    });
                    self.at += 4;
                }
            }
        }
        Ok(())
    }

    fn finish_pair(&mut self) {
        if let Some(Half {
            at,
            cosine: Some((low, high)),
        }) = self.half.take()
        {
            self.joint(at, at + 2, 11, low, high, false);
        }
    }

    fn block_normals(&mut self, draw: &Draw, values: Known) -> Result<()> {
        let n = draw.len();
        let (words, shift) = if draw.kind.dtype() == Dtype::Float64 {
            (2, 11)
        } else {
            (1, 8)
        };
        let tail = if n % torch::BLOCK == 0 {
            n
        } else {
            n - torch::BLOCK
        };
        // Values before the tail come from the first filling, the tail's from 16 words drawn after it.
        let starts = (0..n / torch::BLOCK).map(|b| (b * torch::BLOCK, b * torch::BLOCK));
        for (value, word) in starts.chain((tail < n).then_some((tail, n))) {
            for j in 0..8 {
                let overwritten = |i: usize| word < n && i >= tail;
                let side = |i: usize| {
                    if overwritten(i) {
                        None
                    } else {
                        interval(draw, values, i)
                    }
                };
                let radius = self.at + words * (word + j) as u64;
                let (cosine, sine) = (side(value + j), side(value + j + 8));
                self.pair(radius + words * 8, radius, shift, cosine, sine)?;
            }
        }
        let redrawn = if tail < n { torch::BLOCK } else { 0 };
        self.at += words * (n + redrawn) as u64;
        Ok(())
    }

    /// A Box-Muller pair: `radius * cos(angle)` and `radius * sin(angle)` in their intervals.
    fn pair(
        &mut self,
        angle: u64,
        radius: u64,
        shift: u32,
        cosine: Interval,
        sine: Interval,
    ) -> Result<()> {
        match (cosine, sine) {
            (Some(x), Some(y)) => {
                let (least, most) = distances(x, y);
                // A word holds the uniform's high bits only, so it may be a little below the uniform.
                let whole = u32::MAX << shift;
                let low = floor_u32(radius_word(least) - 1e-9) & whole;
                let high = ceil_u32(radius_word(most) + 1e-9);
                if radius_word(least) >= 1.0 {
                    return Err(Error::Contradiction {
                        reason: format!(
                            "the normals {:.4} and {:.4} are one pair, and no pair lies so far out",
                            x.0, y.0
                        ),
                    });
                }
                self.range(radius, shift, low, high);
                if let Some((from, to)) = turns(x, y) {
                    self.range(angle, shift, word(from - 1e-9) & whole, word(to + 1e-9));
                }
            }
            (Some((low, high)), None) => self.joint(angle, radius, shift, low, high, false),
            (None, Some((low, high))) => self.joint(angle, radius, shift, low, high, true),
            (None, None) => {}
        }
        Ok(())
    }

    fn joint(&mut self, angle: u64, radius: u64, shift: u32, low: f64, high: f64, sine: bool) {
        let table = Arc::new(Joint::new(low, high, sine, shift));
        self.tests.push(Test::Joint {
            angle,
            radius,
            shift,
            table,
        });
    }

    /// NumPy's first pair: the first value is `factor * x2`, the second `factor * x1`.
    fn polar(&mut self, draw: &Draw, values: &Vec<Option<Printed>>) {
        let (Some(second), Some(first)) =
            (interval_at(draw, values, 1), interval_at(draw, values, 0))
        else {
            return;
        };
        let (least, most) = distances(first, second);
        // d^2 = v1^2 + v2^2 = -2 ln(r2), so x = v * exp(-d^2 / 4) / d, whose factor falls with d.
        let g = |distance: f64| (-distance * distance / 4.0).exp() / distance.max(1e-12);
        let (g_least, g_most) = (g(most), g(least));
        for (at, (low, high)) in [(0, second), (2, first)] {
            let ends = [low * g_least, low * g_most, high * g_least, high * g_most];
            let least = ends.iter().fold(f64::INFINITY, |a, &b| a.min(b)).max(-1.0);
            let most = ends
                .iter()
                .fold(f64::NEG_INFINITY, |a, &b| a.max(b))
                .min(1.0);
            let low = floor_u32((least + 1.0) / 2.0 - 1e-9);
            let high = ceil_u32((most + 1.0) / 2.0 + 1e-9);
            // The word's low 5 bits are not used: they may be anything.
            self.range(self.at + at, 0, low & !31, high | 31);
        }
    }

    fn np_randint(&mut self, draw: &Draw, low: i64, high: i64, values: Known) -> bool {
        let range = high.wrapping_sub(low) as u64;
        let n = draw.len() as u64;
        if range == 1 || n == 0 {
            return true;
        }
        if !range.is_power_of_two() || range > 1 << 32 {
            return false;
        }
        let shift = 32 - range.trailing_zeros();
        for (i, printed) in known(values) {
            if let Some(v) = printed.integer {
                let value = (v.wrapping_sub(low) as u32) << shift;
                self.range(self.at + i as u64, shift, value, value);
            }
        }
        self.at += n;
        true
    }
}

type Interval = Option<(f64, f64)>;

fn known<'a>(values: Known<'a>) -> impl Iterator<Item = (usize, &'a Printed)> {
    let values = values.map(Vec::as_slice).unwrap_or_default();
    values
        .iter()
        .enumerate()
        .filter_map(|(i, printed)| printed.as_ref().map(|p| (i, p)))
}

fn interval(draw: &Draw, values: Known, index: usize) -> Interval {
    values.and_then(|values| interval_at(draw, values, index))
}

fn interval_at(draw: &Draw, values: &[Option<Printed>], index: usize) -> Interval {
    let (mean, std) = draw.kind.normal()?;
    let printed = values.get(index)?.as_ref()?;
    Some(weigh::normalised(draw, printed, mean, std))
}

/// The least and the greatest distance of a rectangle from the origin.
fn distances(x: (f64, f64), y: (f64, f64)) -> (f64, f64) {
    let nearest = |(low, high): (f64, f64)| {
        if low > 0.0 {
            low
        } else if high < 0.0 {
            -high
        } else {
            0.0
        }
    };
    let farthest = |(low, high): (f64, f64)| low.abs().max(high.abs());
    (nearest(x).hypot(nearest(y)), farthest(x).hypot(farthest(y)))
}

/// The angles of a rectangle in turns, from the first to the last counter-clockwise; `None` where
/// it holds the origin.
fn turns(x: (f64, f64), y: (f64, f64)) -> Interval {
    if x.0 <= 0.0 && x.1 >= 0.0 && y.0 <= 0.0 && y.1 >= 0.0 {
        return None;
    }
    let centre = f64::midpoint(y.0, y.1).atan2(f64::midpoint(x.0, x.1));
    let corners = [(x.0, y.0), (x.0, y.1), (x.1, y.0), (x.1, y.1)];
    let (mut before, mut after) = (0.0_f64, 0.0_f64);
    for (x, y) in corners {
        let mut apart = y.atan2(x) - centre;
        if apart > std::f64::consts::PI {
            apart -= std::f64::consts::TAU;
        } else if apart < -std::f64::consts::PI {
            apart += std::f64::consts::TAU;
        }
        before = before.min(apart);
        after = after.max(apart);
    }
    Some((
        (centre + before) / std::f64::consts::TAU,
        (centre + after) / std::f64::consts::TAU,
    ))
}

/// A fraction of a turn as a word, around the end.
fn word(turn: f64) -> u32 {
    floor_u32(turn.rem_euclid(1.0))
}
