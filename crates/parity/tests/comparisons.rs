//! What two recordings are compared by, and what keeps them from being compared.

mod common;

use std::fs;

use common::{compared_recordings, parity, python, python_lines, stderr, stdout};
use parity::Comparison;
use parity::recording::Recording;

#[test]
fn two_devices_are_not_comparable() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let on = |device: &str| {
        let line = format!("torch.ones(3, device='{device}') + 1");
        python_lines(&python, folder.path(), device, &line)
    };
    let (code, text) = compared_recordings(&on("cpu"), &on("meta"));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("computed on cpu, second python on meta"), "{text}");
}

/// `convolution_backward` leaves out the gradient that nobody asked for.
#[test]
fn an_output_that_is_no_tensor_is_on_no_device() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let lines = "w = torch.ones(1, 1, 2, requires_grad=True)\ntorch.conv1d(torch.ones(1, 1, 3), w).sum().backward()";
    let undefined = python_lines(&python, folder.path(), "undefined", lines);
    let without = python_lines(&python, folder.path(), "without", "torch.ones(3) + 1");
    let (code, text) = compared_recordings(&undefined, &without);
    assert_eq!(code, 1, "{text}");
}

/// Calls that each look as if a program could do without them.
#[test]
fn no_computing_call_of_one_side_is_passed_over() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let lines = |between: &str| {
        format!("x = torch.arange(3.)\nstep = torch.tensor(0.)\n{between}\n(x * 2).sum()")
    };
    let without = python_lines(&python, folder.path(), "without", &lines(""));
    for (name, line, operator) in [
        ("counter", "step += 1; step.item()", "aten::add_.Tensor"),
        ("stack", "torch.stack([torch.tensor(1.), torch.tensor(2.)])", "aten::stack"),
        ("zeros", "torch.zeros(2)", "aten::zeros"),
        ("zeros_like", "torch.zeros_like(step)", "aten::zeros_like"),
        ("wider", "x.double()", "aten::_to_copy"),
        ("clone", "x.clone()", "aten::clone"),
    ] {
        let with = python_lines(&python, folder.path(), name, &lines(line));
        for (a, b) in [(&without, &with), (&with, &without)] {
            let (code, text) = compared_recordings(a, b);
            assert_eq!(code, 1, "{name}: {text}");
            assert!(text.contains(operator) && text.contains(&format!("{name}.py:4  ")), "{text}");
            assert!(text.contains("in all     1 of 4 computing calls differ"), "{text}");
        }
    }
    // Each side makes one that the other does not: never more than there are.
    let earlier = python_lines(&python, folder.path(), "earlier", &lines("x.abs()"));
    let later = python_lines(&python, folder.path(), "later", &(lines("") + "\nx.neg()"));
    let (_, text) = compared_recordings(&earlier, &later);
    assert!(text.contains("in all     1 of 4 computing calls differ"), "{text}");
}

#[test]
fn sparse_tensors_are_compared_by_their_indices_and_values() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let recorded = |name: &str, lines: &str| python_lines(&python, folder.path(), name, lines);
    // The values differ in nothing but their place.
    let of = |order: &str| {
        format!("x = torch.eye(3)[{order}]\nx.to_sparse(), x.to_sparse_csr(), x.to_sparse_csc()")
    };
    let a = recorded("a", &of("[0, 1, 2]"));
    let (b, c) = (recorded("b", &of("[0, 1, 2]")), recorded("c", &of("[0, 2, 1]")));
    let (code, text) = compared_recordings(&a, &b);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("identical: 5 of 5") && !text.contains("note"), "{text}");
    let values = recorded("values", "torch.eye(3)[[0, 1, 2]].to_sparse() * 2");
    let other = recorded("other", "torch.eye(3)[[0, 1, 2]].to_sparse() * 3");
    let (code, text) = compared_recordings(&values, &other);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("output     float32 [3, 3]: other bits\n"), "{text}");
    assert!(!text.contains("--keep"), "{text}");
    let [a, c] = [a, c].map(|folder| Recording::read(folder).unwrap());
    let difference = Comparison::new(&a, &c);
    assert_eq!(difference.differing, 4, "{difference}");
}

/// A loader with this many workers, whose batches are put together in the worker.
fn loading(workers: u32) -> String {
    format!(
        "from torch.utils.data import DataLoader\n\
         torch.manual_seed(0)\n\
         x = torch.arange(6.)\n\
         for batch in DataLoader(x, batch_size=2, num_workers={workers}): batch * 2"
    )
}

#[test]
fn a_loaders_workers_are_compared_or_said() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let recorded = |name: &str, lines: &str| python_lines(&python, folder.path(), name, lines);
    let (a, b) = (recorded("a", &loading(1)), recorded("b", &loading(1)));
    let (code, text) = compared_recordings(&a, &b);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("a.py (and 1 other process)\n"), "{text}");
    assert!(text.contains("other process 1:\n"), "{text}");
    assert!(text.contains("identical: 3 of 3 computing calls\nstandard output"), "{text}");

    // Batches that a worker puts together otherwise.
    let lines = loading(1).replace("x =", "x = -");
    let (code, text) = compared_recordings(&a, &recorded("c", &lines));
    assert_eq!(code, 1, "{text}");
    assert!(text.split("other process 1:").nth(1).unwrap().contains("aten::stack"), "{text}");

    let (code, text) = compared_recordings(&a, &recorded("none", &loading(0)));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("no such call") && text.contains("aten::stack"), "{text}");
    assert!(text.contains("a.py (and 1 other process)\n"), "{text}");
}

#[test]
fn a_process_without_counterpart_is_not_passed_over() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let forking = |child: &str| {
        let lines = format!(
            "import os\nif os.fork() == 0:\n    {child}\n    os._exit(0)\nos.wait()\ntorch.ones(2)"
        );
        python_lines(&python, folder.path(), child.split('(').next().unwrap(), &lines)
    };
    let (code, text) = compared_recordings(&forking("torch.zeros(3)"), &forking("print()"));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("computed in 1 more processes and second python in 0"), "{text}");
}

#[test]
fn printing_is_not_recorded_and_large_tensors_are_looked_at_again() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = |scale: &str| {
        let path = folder.path().join(format!("{scale}.py"));
        let text = format!("import torch\nx = torch.ones(300, 300)\nprint(x)\ny = x * {scale}\n");
        fs::write(&path, text).unwrap();
        format!("'{}' '{}'", python.display(), path.display())
    };
    let output = parity(["run", &script("2"), &script("3")]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}{}", stderr(&output));
    assert!(text.contains(" 2 calls, 2 of them compute   2.py"), "{text}");
    // 360,000 bytes are more than is kept of one tensor.
    assert!(text.contains("90,000 of 90,000 elements differ, the first [0, 0]: 2.0 "), "{text}");
}

#[test]
fn programs_that_both_fail_are_compared_up_to_there() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = |a: &str, b: &str, flags: &[&str]| {
        let commands = [("a", a), ("b", b)].map(|(name, lines)| {
            let script = folder.path().join(format!("{name}.py"));
            fs::write(&script, format!("import sys, torch\nx = torch.ones(3) * 2\n{lines}\n"))
                .unwrap();
            format!("'{}' '{}'", python.display(), script.display())
        });
        let words = ["run"].iter().chain(flags).copied();
        let output = parity(words.chain(commands.each_ref().map(String::as_str)));
        (output.status.code().unwrap(), stdout(&output) + &stderr(&output))
    };
    let fails = "raise RuntimeError('no data')";
    for (a, b, code, line) in [
        (
            fails,
            fails,
            3,
            "failed alike: first python failed with exit status 1: RuntimeError: no data; \
                           second python failed with exit status 1: RuntimeError: no data\n\
                           identical: 2 of 2 computing calls",
        ),
        // A port fails with words and a status of its own.
        (fails, "sys.exit(101)", 3, "second python failed with exit status 101"),
        (fails, "y = x + 1\nsys.exit(1)", 2, "not comparable: the recording of first python stops"),
        (fails, "", 2, "not comparable: the recording of first python stops"),
        (fails, "print(1)\nsys.exit(1)", 1, "standard output differs from line 1 on"),
        (fails, "x = x * 3\nsys.exit(1)", 2, "not comparable"),
        ("y = x + 1\nsys.exit(1)", "y = x + 2\nsys.exit(1)", 1, "first difference"),
    ] {
        let (found, text) = run(a, b, &[]);
        assert_eq!(found, code, "{a}, {b}: {text}");
        assert!(text.contains(line), "{a}, {b}: {text}");
    }
    let (code, text) = run(fails, fails, &["--json", "--ulps", "9", "--accept-within"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("\"verdict\": \"failed_alike\""), "{text}");
}
