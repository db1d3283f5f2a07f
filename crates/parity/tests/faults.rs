//! Scripts that were once said to differ from themselves, or of which something untrue was said.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{parity, python, stderr, stdout};
use parity::recording::Recording;

/// Where the scripts are.
const FAULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults");

/// One of them as a command.
fn script(python: &Path, name: &str) -> String {
    format!("'{}' '{FAULTS}/{name}'", python.display())
}

/// What `parity run` says of two commands.
fn compared(a: &str, b: &str) -> (i32, String) {
    let output = parity(["run", a, b]);
    (output.status.code().unwrap(), stdout(&output) + &stderr(&output))
}

#[test]
fn threads_that_compute_at_once_are_compared_one_by_one() {
    let Some(python) = python() else { return };
    let threads = script(&python, "threads.py");
    let (code, text) = compared(&threads, &threads);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("identical: 1,605 of 1,605 computing calls"), "{text}");
    // By a golden, too, whose threads computed in another order.
    let folder = tempfile::tempdir().unwrap();
    let golden = folder.path().join("threads.parity").display().to_string();
    let words = [python.to_str().unwrap(), &format!("{FAULTS}/threads.py")];
    let output = parity(["record", "--to", &golden, "--"].into_iter().chain(words));
    assert!(output.status.success(), "{}", stderr(&output));
    let output = parity(["check", &golden, &threads]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let (code, text) = compared(&format!("{threads} 2"), &format!("{threads} 3"));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("threads.py:16  y = y * 2"), "{text}");
    assert!(text.contains("1 of 1,606 computing calls differ"), "{text}");
}

/// What is compiled by the first is found by the second.
#[test]
fn what_compiling_calls_is_left_out() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let compile = format!(
        "env TORCHINDUCTOR_CACHE_DIR='{}' {}",
        folder.path().display(),
        script(&python, "compile.py")
    );
    let kept = folder.path().join("kept");
    let output = parity(["run", "--keep", kept.to_str().unwrap(), &compile, &compile]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
    assert!(text.contains("note: the kernels that torch.compile generates are not seen"), "{text}");
    assert!(!text.contains("cannot be read"), "{text}");
    // What was compiled has the line that calls it.
    let recording = Recording::read(kept.join("first")).unwrap();
    let products = recording.calls().iter().filter(|call| call.op.starts_with("aten::mm"));
    let lines = products.map(|call| call.line.as_ref().unwrap().line);
    assert_eq!(lines.collect::<BTreeSet<_>>(), [13].into());
}

#[test]
fn why_bits_cannot_be_read_is_said_once_for_both() {
    let Some(python) = python() else { return };
    let unreadable = script(&python, "unreadable.py");
    let (code, text) = compared(&unreadable, &unreadable);
    assert_eq!(code, 0, "{text}");
    let notes: Vec<_> = text.lines().filter(|line| line.starts_with("note: ")).collect();
    let cannot = "note: computing calls of both have outputs whose bits cannot be read";
    let reasons = [
        format!("{cannot} (quantized): 1, the first aten::quantize_per_tensor"),
        format!("{cannot} (wrapped by torch.func): 3, the first aten::sin"),
    ];
    assert_eq!(notes, reasons, "{text}");
}
