//! Numbers are formatted by Python's specifiers as Python formats them.

use anyhow::{Context as _, Result, ensure};
use common::golden::{golden, live};
use serde::Deserialize;
use torch_exact::ops::Number;
use torch_exact::repr::formatted;

/// A number, a specifier and Python's text, none where Python refuses it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    value: String,
    spec: String,
    text: Option<String>,
}

/// As Rust's own formatting has it, for some of the specifiers.
fn by_rust(number: Number, spec: &str) -> Option<String> {
    Some(match spec {
        "" => format!("{number}"),
        ".4f" => format!("{number:.4}"),
        ">10.3f" => format!("{number:>10.3}"),
        "+.2f" => format!("{number:+.2}"),
        ".4e" => format!("{number:.4e}"),
        "010.1f" => format!("{number:010.1}"),
        "*^+12.3e" => format!("{number:*^+12.3e}"),
        _ => return None,
    })
}

fn compare(cases: &[Case]) -> Result<()> {
    for Case { value, spec, text } in cases {
        let number: f64 = value.parse().with_context(|| value.clone())?;
        let found = formatted(number, spec).ok();
        ensure!(found == *text, "{value}:{spec} is {found:?} here, {text:?} in Python");
        if let Some(found) = by_rust(Number::Float(number), spec) {
            ensure!(
                Some(&found) == text.as_ref(),
                "{value} by Display: {found}, {text:?} in Python"
            );
        }
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
