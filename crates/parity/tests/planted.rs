//! Ten mistakes planted in a port, each named by its line on both sides.

mod common;

use common::{compared, python};
use serde_json::Value;

const SCRIPT: &str = "tests/programs/planted.py";

/// The mistake, and what stands in the first line that differs: in Python, in Rust.
const MISTAKES: [(&str, &str, &str); 10] = [
    ("draw order", "x = torch.rand(22, 3)", "noise = random::randn([22, 1])?;"),
    ("initial bound", "layer1 = nn.Linear(3, 3)", ".uniform_(-of_weight, of_weight)"),
    ("C++ Adam", "optimizer.step()", "cpp.step()?;"),
    ("sum for mean", "loss = error.mean()", "error.sum(Kind::Float)"),
    ("dropped last batch", "for batch, target in loader:", "for batch in &loader {"),
    ("learning rate", "optimizer.step()", "optimizer.step()?;"),
    ("float64", "error = (prediction - target).square()", "prediction.to_kind(Kind::Double)"),
    ("transposed weight", "hidden = torch.tanh(layer1(batch))", "&layer1.weight.tr()"),
    ("step before backward", "loss.backward()", "optimizer.step()?;"),
    ("one ULP", "for batch, target in loader:", "element.fill_("),
];

/// The text of the line that `first_difference` names on a side, or of the call that comes next
/// there.
fn line(found: &Value, side: usize) -> &str {
    let first = &found["calls"][side][0];
    let call = if first.is_null() { &found["next"][side] } else { first };
    call["line"]["text"].as_str().unwrap_or_else(|| panic!("no line of side {side}: {found:#}"))
}

#[test]
fn the_port_without_a_mistake_is_identical() {
    let Some(python) = python() else { return };
    let (code, text) = compared(&python, SCRIPT, "planted", &[], &[]);
    assert_eq!(code, 0, "{text}");
    // A loader's order is an `arange` there.
    assert!(text.contains("identical: 12,817 of 12,817 and 12,867 of 12,867"), "{text}");
    // The slice, and a number in each `Adam`'s state of four parameters.
    assert!(text.contains("(5 more are zeros that data is put into)"), "{text}");
}

#[test]
fn each_mistake_is_named_by_its_lines() {
    let Some(python) = python() else { return };
    for (mistake, in_python, in_rust) in MISTAKES {
        let (code, text) = compared(&python, SCRIPT, "planted", &[mistake], &["--json"]);
        assert_eq!(code, 1, "{mistake}: {text}");
        let outcome: Value = serde_json::from_str(&text).unwrap();
        let found = &outcome["comparison"]["first_difference"];
        assert!(line(found, 0).contains(in_python), "{mistake}: {found:#}");
        assert!(line(found, 1).contains(in_rust), "{mistake}: {found:#}");
    }
}

#[test]
fn the_report_shows_numbers_values_and_distance() {
    let Some(python) = python() else { return };
    let (code, text) = compared(&python, SCRIPT, "planted", &["learning rate"], &[]);
    assert_eq!(code, 1, "{text}");
    for part in [
        "operator   aten::addcdiv_",
        "inputs     the same bits",
        "output     float32 [3, 3]: 9 of 9 elements differ, the first [0, 0]: ",
        " ULP, at most ",
        "planted.py:24  optimizer.step()",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
