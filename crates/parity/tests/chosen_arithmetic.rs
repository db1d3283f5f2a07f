//! The arithmetic that is asked for is what any program computes in.

mod common;

use std::fs;
use std::path::Path;

use common::{compared_recordings, example, parity, python, stderr};
use parity::recording::Recording;

/// What MKL computed with, of a recording.
fn mkl(recording: &Path) -> String {
    Recording::read(recording).unwrap().arithmetic().get("MKL").cloned().unwrap_or_default()
}

/// Whatever a program is written in, and though it asks for nothing itself.
#[test]
fn a_program_computes_in_the_arithmetic_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let program = example("planted");
    let portable = ["--arithmetic", "portable"];
    let (native, chosen) = (folder.path().join("native"), folder.path().join("portable"));
    for (out, flags) in [(&native, &[][..]), (&chosen, &portable)] {
        let words = [&["record"], flags, &[out.to_str().unwrap(), "--", program.to_str().unwrap()]];
        let output = parity(words.concat());
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert!(mkl(&native).starts_with("native"), "{}", mkl(&native));
    let strict = "AVX2, STRICT, no approximate instructions; ";
    assert!(mkl(&chosen).starts_with(strict), "{}", mkl(&chosen));
    // The first thing said of two that differ in it.
    let (_, text) = compared_recordings(&native, &chosen);
    let note = text.lines().find(|line| line.starts_with("note: ")).unwrap();
    assert!(note.starts_with("note: MKL computes otherwise: (native"), "{text}");

    let Some(python) = python() else { return };
    let script = "import torch; print((torch.rand(9, 9) @ torch.rand(9, 9)).exp().sum())";
    let out = folder.path().join("python");
    let words = [out.to_str().unwrap(), "--", python.to_str().unwrap(), "-c", script];
    let output = parity([&["record"], &portable[..], &words].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(mkl(&out).starts_with(strict), "{}", mkl(&out));

    let output = parity(["record", "--arithmetic", "nonsense", "x", "--", "true"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`nonsense` is not an arithmetic"), "{}", stderr(&output));
}

/// Once MKL has begun, another branch would come too late.
#[test]
fn a_program_that_has_computed_before_is_refused_an_arithmetic() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = "import ctypes, importlib.util, os\n\
                  torch = os.path.dirname(importlib.util.find_spec('torch').origin)\n\
                  ctypes.CDLL(os.path.join(torch, 'lib/libtorch_cpu.so')).mkl_serv_cbwr_get_auto_branch()\n\
                  import torch\n";
    let path = folder.path().join("early.py");
    fs::write(&path, script).unwrap();
    let out = folder.path().join("out");
    let output = parity([
        "record",
        "--arithmetic",
        "portable",
        out.to_str().unwrap(),
        "--",
        python.to_str().unwrap(),
        path.to_str().unwrap(),
    ]);
    assert!(stderr(&output).contains("it had computed before"), "{}", stderr(&output));
}
