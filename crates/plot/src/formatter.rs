//! What the ticks say: matplotlib's `ScalarFormatter`.

use crate::number::{floor_div, pow10, round_decimals};

/// Powers of ten at or beyond which labels are written in scientific notation, `axes.formatter.limits`.
const POWER_LIMITS: (i32, i32) = (-5, 6);

/// Digits an offset must save before it is used, `axes.formatter.offset_threshold`.
const OFFSET_THRESHOLD: i32 = 4;

/// The labels of an axis: one text for each tick, and the offset or power written at the axis's end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Labels {
    pub(crate) texts: Vec<String>,
    pub(crate) offset_text: String,
}

/// The labels for `ticks` on an axis that shows `low` to `high`.
///
/// Mirrors `ScalarFormatter.format_ticks` and `get_offset` with matplotlib's default settings.
pub(crate) fn labels(ticks: &[f64], low: f64, high: f64) -> Labels {
    if ticks.is_empty() {
        return Labels { texts: Vec::new(), offset_text: String::new() };
    }
    let visible: Vec<f64> = ticks.iter().copied().filter(|t| (low..=high).contains(t)).collect();
    let offset = offset(&visible);
    let order = order_of_magnitude(&visible, offset, high - low);
    let decimals = decimals(ticks, offset, order, (low, high));
    let unit = pow10(f64::from(order));
    let texts = ticks
        .iter()
        .map(|tick| {
            let scaled = (tick - offset) / unit;
            let scaled = if scaled.abs() < 1e-8 { 0.0 } else { scaled };
            minus(&format!("{scaled:.decimals$}"))
        })
        .collect();
    Labels { texts, offset_text: offset_text(offset, order) }
}

/// The constant taken from all labels when they share many leading digits; 0 for none.
///
/// Mirrors `ScalarFormatter._compute_offset`.
fn offset(visible: &[f64]) -> f64 {
    let low = visible.iter().copied().fold(f64::INFINITY, f64::min);
    let high = visible.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if visible.is_empty() || low == high || (low <= 0.0 && 0.0 <= high) {
        return 0.0;
    }
    let (small, large) = (low.abs().min(high.abs()), low.abs().max(high.abs()));
    // The smallest power of ten at which the two ends still agree. Doubles that differ disagree at some
    // power above -330, so both searches end.
    let first = large.log10().ceil();
    let agree = |differ: &dyn Fn(f64) -> bool| {
        let mut power = first;
        while power > -330.0 && !differ(pow10(power)) {
            power -= 1.0;
        }
        power + 1.0
    };
    let mut power = agree(&|unit| floor_div(small, unit) != floor_div(large, unit));
    if (large - small) / pow10(power) <= 1e-2 {
        // The ends straddle a multiple of a large power of ten: let them be one apart.
        power = agree(&|unit| floor_div(large, unit) - floor_div(small, unit) > 1.0);
    }
    let digits = floor_div(large, pow10(power));
    if digits >= pow10(f64::from(OFFSET_THRESHOLD - 1)) {
        1f64.copysign(low) * digits * pow10(power)
    } else {
        0.0
    }
}

/// The power of ten that the labels are divided by; 0 within the limits of plain notation.
///
/// Mirrors `ScalarFormatter._set_order_of_magnitude`.
fn order_of_magnitude(visible: &[f64], offset: f64, span: f64) -> i32 {
    if visible.is_empty() {
        return 0;
    }
    let largest = visible.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    let order = if offset != 0.0 {
        span.log10().floor() as i32
    } else if largest == 0.0 {
        0
    } else {
        largest.log10().floor() as i32
    };
    if order <= POWER_LIMITS.0 || order >= POWER_LIMITS.1 { order } else { 0 }
}

/// How many decimals tell all labels apart.
///
/// Mirrors `ScalarFormatter._set_format`.
fn decimals(ticks: &[f64], offset: f64, order: i32, view: (f64, f64)) -> usize {
    let unit = pow10(f64::from(order));
    let scale = |v: &f64| (v - offset) / unit;
    let mut scaled: Vec<f64> = ticks.iter().map(scale).collect();
    if ticks.len() < 2 {
        scaled.extend([view.0, view.1].iter().map(scale));
    }
    let low = scaled.iter().copied().fold(f64::INFINITY, f64::min);
    let high = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut range = high - low;
    if range == 0.0 {
        range = scaled.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    }
    if range == 0.0 {
        range = 1.0;
    }
    scaled.truncate(ticks.len());
    let range_order = range.log10().floor() as i32;
    let threshold = 1e-3 * pow10(f64::from(range_order));
    let mut digits = (3 - range_order).max(0);
    while digits >= 0 {
        let error =
            scaled.iter().fold(0.0, |a: f64, v| a.max((v - round_decimals(*v, digits)).abs()));
        if error >= threshold {
            break;
        }
        digits -= 1;
    }
    (digits + 1) as usize
}

/// The text at the axis's end, such as `1e−5` or `+1.2e3`.
fn offset_text(offset: f64, order: i32) -> String {
    let mut text = String::new();
    if order != 0 {
        text += &format!("1e{order}");
    }
    if offset != 0.0 {
        if offset > 0.0 {
            text.push('+');
        }
        text += &number(offset);
    }
    minus(&text)
}

/// A number in `d.ddde+x` form without padding, as `ScalarFormatter.format_data` writes it.
fn number(value: f64) -> String {
    let exponent = value.abs().log10().floor() as i32;
    let power = if exponent < 0 { pow10(f64::from(exponent)) } else { exact_power(exponent) };
    let significand = round_decimals(value / power, 10);
    let mut text = if significand % 1.0 == 0.0 {
        format!("{significand:.0}")
    } else {
        general(significand, 10)
    };
    if exponent != 0 {
        text += &format!("e{exponent}");
    }
    text
}

/// Python's integer `10 ** exponent`, as the double nearest to it.
fn exact_power(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::INFINITY)
}

/// C's `%.{precision}g` for magnitudes from 1 to below 10: no exponent, no trailing zeros.
fn general(value: f64, precision: usize) -> String {
    let text = format!("{value:.*}", precision - 1);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The text with typographic minus signs, `Formatter.fix_minus`.
fn minus(text: &str) -> String {
    text.replace('-', "\u{2212}")
}
