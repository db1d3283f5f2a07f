//! Every place that differs is listed, faults told from what they cause, and distances are counted.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{compared_recordings, parity, python, python_lines, stderr, stdout};
use serde_json::{Value, json};

/// What `parity run` says of two scripts of these lines.
fn run(python: &Path, flags: &[&str], lines: [&str; 2]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let commands = [0, 1].map(|side| {
        let path: PathBuf = folder.path().join(format!("{}.py", ["a", "b"][side]));
        fs::write(&path, format!("import torch\n{}\n", lines[side])).unwrap();
        format!("'{}' '{}'", python.display(), path.display())
    });
    let words = ["run"].iter().chain(flags).copied();
    let output = parity(words.chain(commands.iter().map(String::as_str)));
    let text = stdout(&output);
    (output.status.code().unwrap(), if text.is_empty() { stderr(&output) } else { text })
}

fn compared_as_json(python: &Path, flags: &[&str], lines: [&str; 2]) -> Value {
    let (code, text) = run(python, &[&["--json"], flags].concat(), lines);
    assert_eq!(code, 1, "{text}");
    serde_json::from_str::<Value>(&text).unwrap()["comparison"].take()
}

/// Line of a.py, calls, and how many of them are faults of their own.
fn places(comparison: &Value) -> Vec<(u64, u64, u64)> {
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{comparison:#}"));
    let places = comparison["places"].as_array().unwrap().iter();
    places
        .map(|place| {
            let line = place["lines"].as_array().unwrap().iter().find(|line| !line.is_null());
            (number(&line.unwrap()["line"]), number(&place["calls"]), number(&place["independent"]))
        })
        .collect()
}

#[test]
fn independent_faults_are_told_from_what_they_cause() {
    let Some(python) = python() else { return };
    let script = |first: &str, second: &str, between: &str| {
        format!(
            "x = torch.arange(6.)
a = x * {first}
for _ in range(3): b = a.view(2, 3).t().exp()
c = x - {second}
d = c[:2].sum()
{between}
e = torch.rand(2)
(x + 1).mean()"
        )
    };
    let [a, b] = [script("2", "1", "pass"), script("3", "4", "torch.randn(3)")];
    let comparison = compared_as_json(&python, &[], [&a, &b]);
    // Views and slices carry a difference on, and so does a draw that only one side makes.
    let found = places(&comparison);
    assert_eq!(found, [(3, 1, 1), (4, 3, 0), (5, 1, 1), (6, 1, 0), (7, 1, 1), (8, 1, 0)]);
    let of_places: u64 = found.iter().map(|place| place.1).sum();
    assert_eq!(comparison["differing"], json!(of_places));
    assert_eq!(comparison["places"][4]["operators"], json!([null, "aten::randn"]));
    assert_eq!(comparison["places"][1]["first"], json!([3, 3]));

    let (code, text) = run(&python, &[], [&a, &b]);
    assert_eq!(code, 1);
    for part in [
        "8 of 11 computing calls differ, in 6 places\nnot caused by another difference: 3\n",
        "1 call   a.py:3 mul.Tensor  and  b.py:3 mul.Tensor, at most ",
        "1 call   no such call  and  b.py:7 randn\n",
        "\ncaused by one before: 3\n       3 calls  a.py:4 exp  and  b.py:4 exp, at most ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_loss_of_the_wrong_scale_is_one_fault_in_a_training() {
    let Some(python) = python() else { return };
    let training = |reduction: &str| {
        format!(
            "torch.manual_seed(1)
x, model = torch.rand(8, 1), torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(5):
    loss = torch.nn.functional.mse_loss(model(x), 2 * x, reduction='{reduction}')
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()"
        )
    };
    let comparison = compared_as_json(&python, &[], [&training("mean"), &training("sum")]);
    let faults = places(&comparison).into_iter().filter(|place| place.2 > 0).collect::<Vec<_>>();
    // The loss itself, once: from then on the model's parameters differ, too. Its gradient is
    // computed from the same tensors with another `reduction`.
    assert_eq!(faults, [(6, 5, 1), (8, 5, 1)], "{comparison:#}");
}

/// Calls that are so many ULPs apart by construction.
fn apart(steps: &[u32]) -> [String; 2] {
    let line = |step: &u32| format!("torch.tensor([1.0, 1 + {step} * 2**-23]) * 1");
    let lines = |steps: &[u32]| steps.iter().map(line).collect::<Vec<_>>().join("\n");
    [lines(&vec![0; steps.len()]), lines(steps)]
}

#[test]
fn distances_are_those_known_by_construction() {
    let Some(python) = python() else { return };
    let [a, b] = apart(&[0, 1, 3, 4, 100, 2]);
    let comparison = compared_as_json(&python, &["--ulps", "4"], [&a, &b]);
    let bin = |from: u64, to: u64, calls: u64| json!({"from": from, "to": to, "calls": calls, "elements": calls});
    let distances = &comparison["distances"];
    assert_eq!(
        distances["histogram"],
        json!([bin(1, 1, 1), bin(2, 3, 2), bin(4, 7, 1), bin(64, 127, 1)])
    );
    assert_eq!(distances["largest_ulps"], 100);
    let nearness = &comparison["nearness"];
    assert_eq!((&nearness["within"], &nearness["beyond"]), (&json!("no"), &json!(1)));
    assert_eq!(nearness["first_beyond"]["position"], json!([5, 5]));
    assert_eq!(nearness["first_beyond"]["distance"], json!({"ulps": 100}));
    assert_eq!(comparison["verdict"], "different");

    // A chain keeps its distance.
    let chain = |first: &str| {
        format!(
            "x, two = torch.tensor({first}), torch.tensor(2.)\nfor _ in range(20): x = torch.nextafter(x, two)"
        )
    };
    let chains = [chain("1."), chain("1 + 32 * 2**-23")];
    let comparison = compared_as_json(&python, &["--ulps", "32"], [&chains[0], &chains[1]]);
    assert_eq!(comparison["distances"]["histogram"], json!([bin(32, 63, 20)]));
    assert_eq!(comparison["nearness"]["within"], "yes");
}

#[test]
fn near_is_never_identical_and_passes_only_when_told_so() {
    let Some(python) = python() else { return };
    let [a, b] = apart(&[0, 5, 8]);
    let run = |flags: &[&str]| run(&python, flags, [&a, &b]);
    let (code, text) = run(&["--ulps", "8"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("\nwithin 8 ULP: yes\n") && !text.contains("identical:"), "{text}");
    assert_eq!(run(&["--ulps", "8", "--accept-within"]).0, 0);
    let (code, text) = run(&["--ulps", "7", "--accept-within"]);
    assert_eq!(code, 1);
    assert!(
        text.contains("within 7 ULP: no; computing calls beyond: 1, the first 3 (8 ULP): "),
        "{text}"
    );
    assert!(run(&["--accept-within"]).1.contains("--ulps"));
}

#[test]
fn what_has_no_distance_is_beyond_every_number_of_ulps() {
    let Some(python) = python() else { return };
    for (a, b, what) in [
        ("torch.arange(3) * 2", "torch.arange(3) * 3", "integers"),
        ("torch.ones(2) * float('nan')", "torch.ones(2) * 2", "not_a_number"),
        ("torch.ones(2) + 1", "torch.ones(2).double() + 1", "kind"),
        ("torch.ones(2)", "torch.ones(2) * 1", "one_sided"),
    ] {
        let comparison = compared_as_json(&python, &["--ulps", "18446744073709551615"], [a, b]);
        assert_eq!(comparison["nearness"]["within"], "no", "{what}: {comparison:#}");
        assert!(comparison["distances"][what].as_u64().unwrap() >= 1, "{what}: {comparison:#}");
    }
}

#[test]
fn elements_that_were_not_kept_are_recorded_anew_and_never_passed_over() {
    let Some(python) = python() else { return };
    let lines = |step: u32| {
        format!("x = torch.full((300, 300), 1 + {step} * 2**-23)\nx * 1\nx * 2\n(x[0] * 4)")
    };
    let [a, b] = [lines(0), lines(3)];
    let comparison = compared_as_json(&python, &["--ulps", "3"], [&a, &b]);
    assert_eq!(comparison["nearness"]["within"], "yes", "{comparison:#}");
    assert_eq!(comparison["distances"]["histogram"][0]["elements"], json!(3 * 90_000 + 300));

    let folder = tempfile::tempdir().unwrap();
    let [a, b] = [("a", &a), ("b", &b)]
        .map(|(name, lines)| python_lines(&python, folder.path(), name, lines));
    let words =
        ["compare", "--ulps", "3", "--accept-within", a.to_str().unwrap(), b.to_str().unwrap()];
    let output = parity(words);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let text = stdout(&output);
    assert!(
        text.contains("within 3 ULP: not known; computing calls whose elements were not kept or cannot be read: 3"),
        "{text}"
    );
    assert!(compared_recordings(&a, &a).1.contains("identical"));
}
