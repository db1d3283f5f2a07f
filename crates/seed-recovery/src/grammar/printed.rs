//! A number as it was printed, and the values that print so.

/// A printed number: its text and the closed interval of the values that print so.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    /// The digits as given.
    pub text: String,
    /// The smallest value that rounds to these digits.
    pub low: f64,
    /// The largest value that rounds to these digits.
    pub high: f64,
    /// The number itself, if it is an integer, as a float tensor of integers prints it too (`3.`).
    pub integer: Option<i64>,
}

impl Printed {
    /// Reads a decimal number; its precision is half a unit of its last digit.
    ///
    /// The bounds are themselves rounded correctly to float64, so a value that was printed with its
    /// full precision lies between them. Returns `None` for anything but a finite decimal number.
    ///
    /// ```
    /// use seed_recovery::Printed;
    /// let printed = Printed::parse("-1.1931").unwrap();
    /// assert_eq!((printed.low, printed.high), (-1.19315, -1.19305));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.parse::<i32>().ok().filter(|e| e.abs() < 400)?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || all.len() > 30 || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let magnitude: i128 = all.parse().ok()?;
        let units = if negative { -magnitude } else { magnitude };
        // One decimal place beyond the last printed one.
        let place = exponent - i32::try_from(fraction.len()).ok()? - 1;
        let at = |tenths: i128| format!("{tenths}e{place}").parse::<f64>().ok();
        Some(Self {
            text: text.to_owned(),
            low: at(units * 10 - 5)?,
            high: at(units * 10 + 5)?,
            integer: integer(units, fraction, exponent),
        })
    }

    /// Whether a value prints as this number.
    #[must_use]
    pub fn admits(&self, value: crate::Scalar) -> bool {
        match (value, self.integer) {
            (crate::Scalar::I64(v), Some(printed)) => v == printed,
            _ => (self.low..=self.high).contains(&value.to_f64()),
        }
    }
}

fn integer(units: i128, fraction: &str, exponent: i32) -> Option<i64> {
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    if exponent == 0 && units % scale == 0 { i64::try_from(units / scale).ok() } else { None }
}
