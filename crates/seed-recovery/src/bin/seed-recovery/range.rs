//! `A..B` of the command line.

use std::ops::Range;

use seed_recovery::Error;

/// Two numbers, `A..B`.
pub fn range(option: &'static str, text: &str) -> Result<Range<u64>, Error> {
    let parsed = text
        .split_once("..")
        .and_then(|(a, b)| Some(a.trim().parse().ok()?..b.trim().parse().ok()?));
    parsed.ok_or_else(|| Error::Option {
        option,
        expected: "A..B, two whole numbers".into(),
        found: text.to_owned(),
    })
}
