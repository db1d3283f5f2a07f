//! Tests on the words of normals.

use std::sync::Arc;

use super::angle_bounds::{Interval, distances, turns, word};
use super::box_muller_table::{BoxMullerTable, ceil_u32, floor_u32, radius_word};
use super::compiler::{Compiler, Half, Known};
use super::information;
use super::word_filter::WordFilter;
use crate::draw::{Draw, Dtype, torch};
use crate::error::{Error, Result};
use crate::grammar::Printed;

impl Compiler {
    /// Four words a pair: the angle's uniform, then the radius's, each with its high word first.
    pub(super) fn small_normals(&mut self, draw: &Draw, values: Known) -> Result<()> {
        for i in 0..draw.len() {
            let interval = interval(draw, values, i);
            match self.half.take() {
                Some(half) => self.pair(half.at, half.at + 2, 11, half.cosine, interval)?,
                None => {
                    self.half = Some(Half { at: self.at, cosine: interval });
                    self.at += 4;
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish_pair(&mut self) {
        if let Some(Half { at, cosine: Some((low, high)) }) = self.half.take() {
            self.box_muller(at, at + 2, 11, low, high, false);
        }
    }

    pub(super) fn block_normals(&mut self, draw: &Draw, values: Known) -> Result<()> {
        let n = draw.len();
        let (words, shift) = if draw.kind.dtype() == Dtype::Float64 { (2, 11) } else { (1, 8) };
        let tail = if n.is_multiple_of(torch::BLOCK) { n } else { n - torch::BLOCK };
        // Values before the tail come from the first filling, the tail's from 16 words drawn after it.
        let starts = (0..n / torch::BLOCK).map(|b| (b * torch::BLOCK, b * torch::BLOCK));
        for (value, word) in starts.chain((tail < n).then_some((tail, n))) {
            for j in 0..8 {
                let overwritten = |i: usize| word < n && i >= tail;
                let side = |i: usize| {
                    if overwritten(i) { None } else { interval(draw, values, i) }
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
            (Some((low, high)), None) => self.box_muller(angle, radius, shift, low, high, false),
            (None, Some((low, high))) => self.box_muller(angle, radius, shift, low, high, true),
            (None, None) => {}
        }
        Ok(())
    }

    fn box_muller(&mut self, angle: u64, radius: u64, shift: u32, low: f64, high: f64, sine: bool) {
        let table = Arc::new(BoxMullerTable::new(low, high, sine, shift));
        self.filters.push(WordFilter::BoxMuller { angle, radius, shift, table });
    }

    /// NumPy's first pair: the first value is `factor * x2`, the second `factor * x1`.
    pub(super) fn polar(&mut self, draw: &Draw, values: &[Option<Printed>]) {
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
            let most = ends.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)).min(1.0);
            let low = floor_u32((least + 1.0) / 2.0 - 1e-9);
            let high = ceil_u32((most + 1.0) / 2.0 + 1e-9);
            // The word's low 5 bits are not used: they may be anything.
            self.range(self.at + at, 0, low & !31, high | 31);
        }
    }
}

fn interval(draw: &Draw, values: Known, index: usize) -> Interval {
    values.and_then(|values| interval_at(draw, values, index))
}

fn interval_at(draw: &Draw, values: &[Option<Printed>], index: usize) -> Interval {
    let (mean, std) = draw.kind.normal()?;
    let printed = values.get(index)?.as_ref()?;
    Some(information::normalised(draw, printed, mean, std))
}
