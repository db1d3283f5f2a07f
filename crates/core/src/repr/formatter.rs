//! One width and one notation for all numbers of a tensor: `_Formatter` of `torch/_tensor_str.py`.

use super::number::{boolean, fixed, scientific};
use super::options::PrintOptions;
use super::values::Values;

/// The elements as they will be printed, padded to a common width, and the room each takes.
pub(super) struct Cells {
    pub(super) text: Vec<String>,
    /// Characters of one element as line breaking counts them, without the separator.
    pub(super) width: usize,
}

/// Formats every element.
pub(super) fn cells(values: &Values, options: &PrintOptions) -> Cells {
    match values {
        Values::Bools(bools) => plain(bools.iter().map(|&b| boolean(b).to_owned())),
        Values::Integers(integers) => plain(integers.iter().map(i64::to_string)),
        Values::Floats(floats) => {
            let formatter = FloatFormatter::new(floats, options);
            let text = floats.iter().map(|&x| formatter.format(x)).collect();
            Cells { text, width: formatter.max_width }
        }
        Values::Complexes { real, imag } => {
            let (re, im) = (FloatFormatter::new(real, options), FloatFormatter::new(imag, options));
            let text = real.iter().zip(imag).map(|(&a, &b)| join(&re.format(a), &im.format(b)));
            // One more than the two parts, for the `j`; the sign between them is not counted.
            Cells { text: text.collect(), width: re.max_width + im.max_width + 1 }
        }
    }
}

fn plain(items: impl Iterator<Item = String>) -> Cells {
    let text: Vec<String> = items.collect();
    let width = text.iter().map(String::len).fold(1, usize::max);
    Cells { text: text.iter().map(|item| format!("{item:>width$}")).collect(), width }
}

fn join(real: &str, imag: &str) -> String {
    let imag = imag.trim_start();
    let sign = if imag.starts_with(['+', '-']) { "" } else { "+" };
    format!("{real}{sign}{imag}j")
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Notation {
    /// Whole numbers with a bare point: `3.`
    Integral,
    Fixed(u16),
    Scientific(u16),
}

struct FloatFormatter {
    notation: Notation,
    max_width: usize,
}

impl FloatFormatter {
    /// Chooses the notation from the values that are neither zero, infinite nor NaN, and measures
    /// the widest of them; the others are padded to that width or, if longer, stick out.
    fn new(values: &[f64], options: &PrintOptions) -> Self {
        let nonzero_finite = || values.iter().copied().filter(|x| x.is_finite() && *x != 0.0);
        let magnitudes = nonzero_finite().map(f64::abs);
        let Some((min, max)) = magnitudes.fold(None, |range, x| match range {
            None => Some((x, x)),
            Some((min, max)) => Some((x.min(min), x.max(max))),
        }) else {
            return Self { notation: Notation::Integral, max_width: 1 };
        };
        let wide_range = max / min > 1000.0 || max > 1.0e8 || min < 1.0e-4;
        let notation = if options.sci_mode.unwrap_or(wide_range) {
            Notation::Scientific(options.precision)
        } else if nonzero_finite().all(|x| x == x.ceil()) {
            Notation::Integral
        } else {
            Notation::Fixed(options.precision)
        };
        let max_width = nonzero_finite().map(|x| notation.write(x).len()).fold(1, usize::max);
        Self { notation, max_width }
    }

    fn format(&self, value: f64) -> String {
        format!("{:>1$}", self.notation.write(value), self.max_width)
    }
}

impl Notation {
    fn write(self, value: f64) -> String {
        match self {
            Self::Integral if value.is_finite() => fixed(value, 0) + ".",
            Self::Integral => fixed(value, 0),
            Self::Fixed(digits) => fixed(value, digits),
            Self::Scientific(digits) => scientific(value, digits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(values: &[f64], options: PrintOptions) -> Vec<String> {
        cells(&Values::Floats(values.to_vec()), &options).text
    }

    #[test]
    fn whole_numbers_keep_a_bare_point() {
        let default = PrintOptions::default();
        assert_eq!(text(&[1.0, -20.0, 0.0], default), ["  1.", "-20.", "  0."]);
        assert_eq!(text(&[0.0, -0.0, f64::NAN], default), ["0.", "-0.", "nan"]);
    }

    #[test]
    fn the_range_decides_on_an_exponent() {
        let default = PrintOptions::default();
        assert_eq!(text(&[1.5, 1500.0], default), ["   1.5000", "1500.0000"]);
        assert_eq!(text(&[1.5, 1501.0], default), ["1.5000e+00", "1.5010e+03"]);
        assert_eq!(text(&[1e8], default), ["100000000."]);
        assert_eq!(text(&[1.1e8], default), ["1.1000e+08"]);
        assert_eq!(text(&[0.00009, f64::INFINITY], default), ["9.0000e-05", "       inf"]);
    }

    #[test]
    fn sci_mode_can_be_forced_either_way() {
        let never = PrintOptions { sci_mode: Some(false), ..PrintOptions::default() };
        let always = PrintOptions { sci_mode: Some(true), precision: 1, ..PrintOptions::default() };
        assert_eq!(text(&[1e-5, 1e5 + 0.5], never), ["     0.0000", "100000.5000"]);
        assert_eq!(text(&[2.0], always), ["2.0e+00"]);
        assert_eq!(text(&[0.0], always), ["0."]);
    }

    #[test]
    fn complex_parts_have_their_own_notation() {
        let values = Values::Complexes { real: vec![1.0, -20.0], imag: vec![0.5, -0.25] };
        let cells = cells(&values, &PrintOptions::default());
        assert_eq!(cells.text, ["  1.+0.5000j", "-20.-0.2500j"]);
        assert_eq!(cells.width, 4 + 7 + 1);
    }
}
