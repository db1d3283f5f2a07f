//! Numbers are formatted by Python's specifiers as Python formats them.

use anyhow::{Context as _, Result, ensure};
use common::golden::{golden, live};
use serde::Deserialize;
use torch_exact::repr::formatted;

/// A number, a specifier and Python's text, none where Python refuses it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    value: String,
    spec: String,
    text: Option<String>,
}

fn compare(cases: &[Case]) -> Result<()> {
    for Case { value, spec, text } in cases {
        let number: f64 = value.parse().with_context(|| value.clone())?;
        let found = formatted(number, spec).ok();
        ensure!(found == *text, "{value}:{spec} is {found:?} here, {text:?} in Python");
    }
    Ok(())
}

#[test]
fn numbers_are_formatted_as_in_python() -> Result<()> {
    compare(&golden("format_spec")?)?;
    if let Some(live) = live::<Case>("format_spec", "json, random", &[])? {
        compare(&live)?;
        println!("numbers formatted as in Python: {0} of {0}", live.len());
    }
    let error = formatted(1., "q").unwrap_err().to_string();
    assert_eq!(error, "`q` is not a format specifier of a float; one is `>10.3f`");
    Ok(())
}
