//! From draws to filters on the words they read.

use super::uniform_preimage;
use super::word_filter::{Attempts, WordFilter};
use crate::draw::{Draw, Dtype, Kind, LoaderEpoch, torch};
use crate::error::Result;
use crate::grammar::{Item, Printed};

/// The filters of a sequence, in the order of their words, up to the first draw whose words cannot
/// be placed.
pub(super) fn compile(items: &[Item]) -> Result<(Vec<WordFilter>, Attempts)> {
    let mut compiler = Compiler { at: 0, half: None, filters: Vec::new() };
    let mut attempts = Attempts::ONE;
    for item in items {
        let placed = match item {
            Item::SkippedWords(count) => {
                compiler.at += count;
                true
            }
            Item::Skipped(draw) => compiler.draw(draw, None)?,
            Item::Printed(draw, values) => {
                let fresh = compiler.filters.is_empty() && compiler.half.is_none();
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
    compiler.filters.sort_by_key(WordFilter::first);
    Ok((compiler.filters, attempts))
}

/// The filters so far, and how far the sequence has come.
pub(super) struct Compiler {
    pub at: u64,
    pub half: Option<Half>,
    pub filters: Vec<WordFilter>,
}

/// A pair of normals of which only the first has been met.
pub(super) struct Half {
    pub at: u64,
    pub cosine: Option<(f64, f64)>,
}

/// What was printed of a draw, if anything was.
pub(super) type Known<'a> = Option<&'a [Option<Printed>]>;

impl Compiler {
    /// Adds a draw's filters and steps over its words; `false` where their number is not fixed.
    fn draw(&mut self, draw: &Draw, values: Known) -> Result<bool> {
        let n = draw.len() as u64;
        let wide = draw.kind.dtype() == Dtype::Float64;
        match draw.kind {
            Kind::Randint { low, high } => self.randint(draw, low, high, values),
            Kind::Randperm => self.randperm(n, values),
            Kind::Loader { shuffle, epoch } => self.loader(n, shuffle, epoch, values),
            Kind::Bernoulli { intel: Some(true), .. } => self.at += 1,
            Kind::Bernoulli { p, .. } => self.bernoulli(n, p, values),
            Kind::Randn { .. } | Kind::Normal { .. } | Kind::Embedding { .. }
                if draw.len() < torch::BLOCK =>
            {
                self.small_normals(draw, values)?;
            }
            Kind::Randn { .. } | Kind::Normal { .. } | Kind::Embedding { .. } => {
                self.block_normals(draw, values)?;
            }
            Kind::NpRandint { low, high } => return Ok(self.np_randint(draw, low, high, values)),
            Kind::NpRandn | Kind::NpNormal { .. } => return Ok(n == 0),
            Kind::NpPermutation => return Ok(n <= 1),
            // Python's seeding is not that of the filters' streams.
            Kind::PyRandom | Kind::PyUniform { .. } | Kind::PyRandint { .. } | Kind::PyShuffle => {
                return Ok(false);
            }
            Kind::Exponential { .. } => {
                for (i, printed) in known(values) {
                    self.uniform(draw, i, printed);
                }
                self.at += 2 * n;
            }
            _ => {
                for (i, printed) in known(values) {
                    self.uniform(draw, i, printed);
                }
                self.at += if wide { 2 * n } else { n };
            }
        }
        Ok(true)
    }

    pub(super) fn range(&mut self, at: u64, shift: u32, low: u32, high: u32) {
        self.filters.push(WordFilter::Range { at, shift, low, width: high.wrapping_sub(low) });
    }

    fn uniform(&mut self, draw: &Draw, index: usize, printed: &Printed) {
        let Some((first, last, bits)) = uniform_preimage::of(draw, index, printed) else {
            return;
        };
        let i = index as u64;
        if bits == uniform_preimage::BITS_F32 {
            return self.range(self.at + i, 8, (first as u32) << 8, (last as u32) << 8);
        }
        // The high word's part of the 53 bits, and the low word's where the high one is settled.
        let numpy = draw.kind.library() != crate::Library::Torch;
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
        let inverse =
            (0..4).fold(odd, |x, _| x.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(x))));
        self.filters.push(WordFilter::Modulo {
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
        let printed = values.unwrap_or_default();
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

    /// Only the older loaders' orders come from the stream's own words.
    fn loader(&mut self, n: u64, shuffle: bool, epoch: Option<LoaderEpoch>, values: Known) {
        match epoch {
            _ if !shuffle => self.at += 2,
            None | Some(LoaderEpoch::From1_9) => self.at += LoaderEpoch::From1_9.words(n),
            Some(epoch) => {
                self.at += epoch.seeds();
                self.randperm(n, values);
            }
        }
    }

    /// Two words a value, whose 53 bits are compared with the probability.
    fn bernoulli(&mut self, n: u64, p: f64, values: Known) {
        for (i, printed) in known(values) {
            let at = self.at + 2 * i as u64;
            let border = (p * 2.0_f64.powi(32)) as u32;
            if printed.high > 0.0 && printed.low > 0.0 {
                self.range(at, 11, 0, border | ((1 << 11) - 1));
            } else {
                self.range(at, 11, border & (u32::MAX << 11), u32::MAX);
            }
        }
        self.at += 2 * n;
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

fn known<'a>(values: Known<'a>) -> impl Iterator<Item = (usize, &'a Printed)> {
    let values = values.unwrap_or_default();
    values.iter().enumerate().filter_map(|(i, printed)| printed.as_ref().map(|p| (i, p)))
}
