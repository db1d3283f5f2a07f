//! Numbers and strings as Python prints them.
//!
//! Both languages print the shortest decimal that reads back as the same number, and round to a
//! given number of digits half to even on the exact value. They differ in when an exponent is used,
//! in how it is written, in `nan`, and in which of two equally near shortest decimals they take.

use std::fmt::{Display, LowerExp};
use std::str::FromStr;

use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory};

/// Python's `repr` (and `str`) of a `float`: `0.1`, `1.0`, `1e-05`, `1e+16`, `inf`, `nan`.
pub(crate) fn float(value: f64) -> String {
    with_point(repr_digits(value))
}

/// NumPy's `str` of a `float32` scalar: the shortest digits that read back as the same `f32`.
pub(crate) fn float32(value: f32) -> String {
    if !value.is_finite() {
        return non_finite(f64::from(value));
    }
    // Compared in double precision, in which the float32 nearest to 1e-4 lies below it.
    let magnitude = f64::from(value.abs());
    let positional = magnitude == 0.0 || (1e-4..1e6).contains(&magnitude);
    with_point(shortest(value, positional))
}

/// Python's `repr` of a `complex`: `(1+2j)`, `2j`, `(-0-0j)`, `(nan+infj)`.
pub fn complex(real: f64, imag: f64) -> String {
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", repr_digits(imag));
    }
    let sign = if imag.is_nan() || imag.is_sign_positive() { "+" } else { "" };
    format!("({}{sign}{}j)", repr_digits(real), repr_digits(imag))
}

/// Python's `f"{value:.{digits}f}"`.
pub(crate) fn fixed(value: f64, digits: u16) -> String {
    if value.is_finite() { format!("{value:.0$}", usize::from(digits)) } else { non_finite(value) }
}

/// Python's `f"{value:.{digits}e}"`, whose exponent has a sign and at least two digits.
pub(crate) fn scientific(value: f64, digits: u16) -> String {
    if value.is_finite() {
        python_exponent(&format!("{value:.0$e}", usize::from(digits)))
    } else {
        non_finite(value)
    }
}

/// Python's `repr` of a `bool`: `True`, `False`.
pub(crate) fn boolean(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Python's `repr` of a `str`: single quotes unless only double ones avoid an escape.
///
/// Which characters count as printable follows the Unicode table of the `unicode-properties`
/// crate; a character that only one of the two tables knows may be escaped by one side alone.
///
/// ```
/// assert_eq!(torch_exact::repr::string("it's"), "\"it's\"");
/// ```
pub fn string(value: &str) -> String {
    let quote = if value.contains('\'') && !value.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(value.len() + 2);
    out.push(quote);
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&escape(c)),
        }
    }
    out.push(quote);
    out
}

/// `float.__repr__` without the `.0` that marks an integral float: the form inside a `complex`.
fn repr_digits(value: f64) -> String {
    if !value.is_finite() {
        return non_finite(value);
    }
    let positional = value == 0.0 || (1e-4..1e16).contains(&value.abs());
    shortest(value, positional)
}

/// The shortest decimal that reads back as the finite `value`, with an exponent unless `positional`.
///
/// Of two equally near ones Python and NumPy take the one with an even last digit, Rust the upper;
/// rounding the exact value to their number of digits gives the even one. At a power of two, where
/// the next smaller number is closer than the next larger, that may not read back: Rust's stands.
fn shortest<F>(value: F, positional: bool) -> String
where
    F: Copy + Display + FromStr + LowerExp + PartialEq,
{
    let rust = format!("{value:e}");
    let (mantissa, exponent) = rust.split_once('e').unwrap_or((&rust, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, digits)| digits.len());
    let reads_back = |text: &String| text.parse().ok() == Some(value);
    if positional {
        let exponent: isize = exponent.parse().unwrap_or(0);
        let decimals = decimals.saturating_add_signed(-exponent);
        let even = format!("{value:.decimals$}");
        Some(even).filter(reads_back).unwrap_or_else(|| value.to_string())
    } else {
        let even = format!("{value:.decimals$e}");
        python_exponent(&Some(even).filter(reads_back).unwrap_or(rust))
    }
}

/// Appends the `.0` by which Python tells an integral float from an int.
fn with_point(digits: String) -> String {
    if digits.bytes().all(|b| b.is_ascii_digit() || b == b'-') { digits + ".0" } else { digits }
}

/// Rewrites Rust's `1.5e-5` as Python's `1.5e-05`.
fn python_exponent(rust: &str) -> String {
    let Some((mantissa, exponent)) = rust.split_once('e') else {
        return rust.to_owned();
    };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// Python prints every NaN alike, whatever its sign and payload.
pub(super) fn non_finite(value: f64) -> String {
    let text = if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    };
    text.to_owned()
}

/// `str.isprintable` for one character.
fn is_printable(c: char) -> bool {
    c == ' '
        || !matches!(
            c.general_category(),
            Category::Control
                | Category::Format
                | Category::Surrogate
                | Category::PrivateUse
                | Category::Unassigned
                | Category::LineSeparator
                | Category::ParagraphSeparator
                | Category::SpaceSeparator
        )
}

fn escape(c: char) -> String {
    match u32::from(c) {
        code @ ..0x100 => format!("\\x{code:02x}"),
        code @ ..0x10000 => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_switch_to_an_exponent_where_python_does() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.000012345, "1.2345e-05"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            (250442612401.0 + 0.640625, "250442612401.64062"),
            (2f64.powi(-44), "5.684341886080802e-14"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (-f64::NAN, "nan"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn numpy_float32_scalars() {
        for (value, text) in [
            (29.598663_f32, "29.598663"),
            (0.1, "0.1"),
            (999999.94, "999999.94"),
            (1e6, "1e+06"),
            (16777216.0, "1.6777216e+07"),
            (1e-4, "1e-04"),
            (0.00010001, "0.00010001"),
            (1e16, "1e+16"),
            (-0.0, "-0.0"),
            (f32::NAN, "nan"),
            (f32::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float32(value), text);
        }
    }

    #[test]
    fn exact_ties_round_to_even() {
        assert_eq!(fixed(0.5, 0), "0");
        assert_eq!(fixed(1.5, 0), "2");
        assert_eq!(fixed(0.03125, 4), "0.0312");
        assert_eq!(fixed(0.09375, 4), "0.0938");
        assert_eq!(fixed(-0.00001, 2), "-0.00");
        assert_eq!(scientific(2.5, 0), "2e+00");
        assert_eq!(scientific(1e-100, 1), "1.0e-100");
    }

    #[test]
    fn complex_numbers() {
        assert_eq!(complex(1.0, -2.5), "(1-2.5j)");
        assert_eq!(complex(0.0, 1.0), "1j");
        assert_eq!(complex(-0.0, -0.0), "(-0-0j)");
        assert_eq!(complex(f64::NAN, f64::INFINITY), "(nan+infj)");
        assert_eq!(complex(1e20, 1e-7), "(1e+20+1e-07j)");
    }

    #[test]
    fn strings_are_quoted_and_escaped() {
        assert_eq!(string("weight"), "'weight'");
        assert_eq!(string("it's"), "\"it's\"");
        assert_eq!(string("\"it's\""), "'\"it\\'s\"'");
        assert_eq!(string("a\\b\n\t\r\0\x7f"), r"'a\\b\n\t\r\x00\x7f'");
        assert_eq!(
            string("é\u{a0}\u{200b}\u{1f600}\u{e0001}"),
            "'é\\xa0\\u200b\u{1f600}\\U000e0001'"
        );
    }
}
