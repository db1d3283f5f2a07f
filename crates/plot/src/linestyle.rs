//! Solid, dashed and dotted lines.

use crate::error::{PlotError, check_size};
use crate::geometry::{Point, Polyline};
use crate::stroke::vertices;
use crate::style::{DASHDOT, DASHED, DOTTED};

/// The least length, in points, after which a pattern may repeat: a finer one is a grey line made slowly.
const FINEST: f64 = 1e-3;
const LONGEST: f64 = 1e9;
/// Agg keeps this many lengths of a pattern and forgets the rest.
const MOST_LENGTHS: usize = 32;

/// How a line is drawn: matplotlib's `linestyle`.
///
/// Made from a name, `"--"`, or from an offset with lengths of ink and gap in turn, `(0.0, [5.0, 1.0])`.
#[derive(Clone, Debug, PartialEq)]
pub enum LineStyle {
    /// `-` or `solid`, `--` or `dashed`, `-.` or `dashdot`, `:` or `dotted`, `None` or nothing for no line.
    Named(String),
    /// Ink and gap in turn, in line widths.
    Dashes {
        /// How far into the pattern the line begins.
        offset: f64,
        /// Lengths of ink and gap in turn; an odd number of them is gone through twice.
        lengths: Vec<f64>,
    },
}

impl From<&str> for LineStyle {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<(f64, &[f64])> for LineStyle {
    fn from((offset, lengths): (f64, &[f64])) -> Self {
        Self::Dashes { offset, lengths: lengths.to_vec() }
    }
}

impl<const N: usize> From<(f64, [f64; N])> for LineStyle {
    fn from((offset, lengths): (f64, [f64; N])) -> Self {
        Self::Dashes { offset, lengths: lengths.to_vec() }
    }
}

/// A line style understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pattern {
    Nothing,
    Solid,
    Dashed(Dashes),
}

/// Lengths of ink and gap in turn, an even number of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dashes {
    offset: f64,
    lengths: Vec<f64>,
}

impl LineStyle {
    /// The pattern for a line of `width` points, in points. Mirrors `lines._get_dash_pattern` and
    /// `_scale_dashes`.
    pub(crate) fn pattern(&self, width: f64) -> Result<Pattern, PlotError> {
        let (offset, lengths): (f64, &[f64]) = match self {
            Self::Named(name) => match name.as_str() {
                "-" | "solid" => return Ok(Pattern::Solid),
                "None" | "none" | " " | "" => return Ok(Pattern::Nothing),
                "--" | "dashed" => (0.0, &DASHED),
                "-." | "dashdot" => (0.0, &DASHDOT),
                ":" | "dotted" => (0.0, &DOTTED),
                _ => return Err(PlotError::LineStyle(name.clone())),
            },
            Self::Dashes { offset, lengths } => (*offset, lengths),
        };
        let sum: f64 = lengths.iter().sum();
        if lengths.iter().any(|v| *v < 0.0) || !offset.is_finite() || sum.is_nan() || sum <= 0.0 {
            return Err(PlotError::Dashes { offset, lengths: lengths.to_vec() });
        }
        if width == 0.0 {
            return Ok(Pattern::Nothing);
        }
        check_size("length of a dash pattern in points", sum * width, FINEST, LONGEST)?;
        let twice = if lengths.len() % 2 == 1 { 2 } else { 1 };
        let all = lengths.iter().cycle().take(twice * lengths.len()).take(MOST_LENGTHS);
        let lengths = all.map(|v| v * width).collect();
        Ok(Pattern::Dashed(Dashes {
            offset: crate::number::divmod(offset, sum).1 * width,
            lengths,
        }))
    }
}

impl Dashes {
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        let lengths = self.lengths.iter().map(|v| v * factor).collect();
        Self { offset: self.offset * factor, lengths }
    }

    /// Which length a line begins in, and how much of it is gone.
    fn start(&self) -> (usize, f64) {
        let (mut at, mut rest) = (0, self.offset);
        while rest > self.lengths[at] {
            rest -= self.lengths[at];
            at = (at + 1) % self.lengths.len();
        }
        (at, rest)
    }

    /// The line's parts that have ink, as Agg's `vcgen_dash` cuts them.
    pub(crate) fn cut(&self, line: &Polyline) -> Vec<Polyline> {
        let vertices = vertices(line);
        let (mut at, mut used) = self.start();
        let mut parts: Vec<Vec<Point>> = Vec::new();
        for pair in vertices.windows(2) {
            let (from, to, length) = (pair[0].at, pair[1].at, pair[0].length);
            if parts.is_empty() {
                parts.push(vec![from]);
            }
            let mut rest = length;
            loop {
                let ink = at % 2 == 0;
                let left = self.lengths[at] - used;
                let ends = rest <= left;
                let stop = if ends {
                    used += rest;
                    to
                } else {
                    rest -= left;
                    at = (at + 1) % self.lengths.len();
                    used = 0.0;
                    let back = |from: f64, to: f64| to - (to - from) * rest / length;
                    (back(from.0, to.0), back(from.1, to.1))
                };
                match parts.last_mut() {
                    Some(part) if ink => part.push(stop),
                    _ => parts.push(vec![stop]),
                }
                if ends {
                    break;
                }
            }
        }
        parts.into_iter().map(|points| Polyline { points, closed: false }).collect()
    }
}
