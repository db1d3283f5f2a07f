//! Python's format specifiers for a `float`.

use super::fixed;
use super::number::{float, non_finite, scientific};
use crate::{Error, Result};

/// Python's `format(value, spec)`, which is `f"{value:spec}"` and, with another sign, `"%spec"`.
///
/// `spec` is `[[fill]align][sign][0][width][,|_][.precision][type]` with the types `f`, `F`, `e`,
/// `E`, `g`, `G`, `%` and none.
///
/// ```
/// use torch_exact::repr::formatted;
///
/// assert_eq!(formatted(3.14159, ">10.3f")?, "     3.142");
/// assert_eq!(formatted(3.14159, "+.2f")?, "+3.14");
/// assert_eq!(formatted(1234567.0, ",.1f")?, "1,234,567.0");
/// assert_eq!(formatted(0.0000123, "g")?, "1.23e-05");
/// # Ok::<(), torch_exact::Error>(())
/// ```
///
/// # Errors
/// [`Error::FormatSpec`] for what is not such a specifier.
pub fn formatted(value: impl Into<f64>, spec: &str) -> Result<String> {
    let value = value.into();
    let spec = Spec::parse(spec).ok_or_else(|| Error::FormatSpec(spec.to_owned()))?;
    let digits = spec.digits(value.abs());
    let sign = match (value.is_sign_negative() && !value.is_nan(), spec.sign) {
        (true, _) => "-",
        (false, '+') => "+",
        (false, ' ') => " ",
        (false, _) => "",
    };
    Ok(spec.padded(sign, &digits))
}

struct Spec {
    fill: char,
    align: char,
    sign: char,
    width: usize,
    separator: Option<char>,
    precision: Option<u16>,
    kind: Option<char>,
}

impl Spec {
    fn parse(text: &str) -> Option<Self> {
        let chars: Vec<char> = text.chars().collect();
        let is_align = |c: Option<&char>| c.copied().filter(|c| "<>=^".contains(*c));
        let (aligned, mut rest) = match (is_align(chars.get(1)), is_align(chars.first())) {
            (Some(align), _) => (Some((chars[0], align)), &chars[2..]),
            (None, Some(align)) => (Some((' ', align)), &chars[1..]),
            (None, None) => (None, &chars[..]),
        };
        let sign = take(&mut rest, "+- ").unwrap_or('-');
        let zero = take(&mut rest, "0").is_some();
        let width = number(&mut rest)?.unwrap_or(0);
        let separator = take(&mut rest, ",_");
        let precision = match take(&mut rest, ".") {
            None => None,
            Some(_) => Some(u16::try_from(number(&mut rest)??).ok()?),
        };
        let kind = take(&mut rest, "fFeEgG%");
        let (fill, align) = match aligned {
            // An explicit alignment keeps its own fill, unless it names none.
            Some((' ', align)) if zero && chars[0] == align => ('0', align),
            Some(aligned) => aligned,
            None if zero => ('0', '='),
            None => (' ', '>'),
        };
        let spec = Self { fill, align, sign, width, separator, precision, kind };
        rest.is_empty().then_some(spec)
    }

    /// The digits of a number that is not negative.
    fn digits(&self, value: f64) -> String {
        let precision = self.precision.unwrap_or(6);
        let digits = match self.kind {
            Some('f' | 'F') => fixed(value, precision),
            Some('e' | 'E') => scientific(value, precision),
            Some('%') => fixed(value * 100., precision) + "%",
            Some(_) => general(value, precision.max(1), false),
            None => match self.precision {
                Some(precision) => general(value, precision.max(1), true),
                None => float(value),
            },
        };
        if matches!(self.kind, Some('F' | 'E' | 'G')) { digits.to_uppercase() } else { digits }
    }

    fn padded(&self, sign: &str, digits: &str) -> String {
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (mut whole, rest) = (digits[..end].to_owned(), &digits[end..]);
        let mut body = self.grouped(&whole) + rest;
        let length = |body: &str| sign.len() + body.chars().count();
        if self.fill == '0' && self.align == '=' && self.separator.is_some() && !whole.is_empty() {
            // Zeros are grouped like the digits before which they stand.
            while length(&body) < self.width {
                whole.insert(0, '0');
                body = self.grouped(&whole) + rest;
            }
        }
        let missing = self.width.saturating_sub(length(&body));
        let fill = |n: usize| self.fill.to_string().repeat(n);
        match self.align {
            '<' => format!("{sign}{body}{}", fill(missing)),
            '=' => format!("{sign}{}{body}", fill(missing)),
            '^' => format!("{}{sign}{body}{}", fill(missing / 2), fill(missing - missing / 2)),
            _ => format!("{}{sign}{body}", fill(missing)),
        }
    }

    fn grouped(&self, whole: &str) -> String {
        let Some(separator) = self.separator else {
            return whole.to_owned();
        };
        let mut out = String::new();
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(digit);
        }
        out
    }
}

/// `g`: so many significant digits, without the zeros at the end. `pointed` keeps one digit after the
/// point, as a specifier without a type does.
fn general(value: f64, precision: u16, pointed: bool) -> String {
    if !value.is_finite() {
        return non_finite(value);
    }
    let rounded = scientific(value, precision - 1);
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if power < -4 || power >= i32::from(precision) - i32::from(pointed) {
        return format!("{}e{exponent}", trimmed(mantissa));
    }
    let decimals = u16::try_from(i32::from(precision) - 1 - power).unwrap_or(0);
    let digits = trimmed(&fixed(value, decimals));
    if pointed && !digits.contains('.') { digits + ".0" } else { digits }
}

/// The next character if it is one of `accepted`.
fn take(rest: &mut &[char], accepted: &str) -> Option<char> {
    let (first, others) = rest.split_first().filter(|(first, _)| accepted.contains(**first))?;
    *rest = others;
    Some(*first)
}

/// A whole number, if one comes next; none for one that is too large.
fn number(rest: &mut &[char]) -> Option<Option<usize>> {
    let end = rest.iter().position(|c| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, others) = rest.split_at(end);
    *rest = others;
    match digits {
        [] => Some(None),
        _ => digits.iter().collect::<String>().parse().ok().map(Some),
    }
}
