//! Recordings: what is in one, and what is said of those that cannot be compared.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{checkout, example, parity, python_or_skip, stderr, stdout};
use parity::recording::{Extent, Recording};
use parity::{Comparison, Verdict};

/// Records a command, and says how `parity` ended.
fn record(out: &Path, command: &[&str]) -> Output {
    let words = ["record", out.to_str().unwrap(), "--"];
    parity(words.iter().chain(command))
}

/// A recording of the port of the crate's page.
fn guide(folder: &Path, name: &str) -> PathBuf {
    let out = folder.join(name);
    let output = record(&out, &[example("guide").to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    out
}

fn compared(a: &Path, b: &Path) -> (i32, String) {
    let output = parity(["compare".as_ref(), a.as_os_str(), b.as_os_str()]);
    (output.status.code().unwrap(), stdout(&output) + &stderr(&output))
}

/// Replaces text in a recording's calls.
fn edit(recording: &Path, from: &str, to: &str) {
    let path = recording.join("calls.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "no {from}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn the_same_program_twice_is_identical_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (guide(folder.path(), "a"), guide(folder.path(), "b"));
    let (code, text) = compared(&a, &b);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("identical: 1,003 of 1,003 computing calls"), "{text}");
    let recording = Recording::read(&a).unwrap();
    assert_eq!((recording.extent(), recording.language()), (Extent::Whole, "rust"));
    // Reading a tensor for print is not recorded, and every tensor's elements were kept.
    let outputs =
        || recording.calls().iter().filter(|call| call.counts).flat_map(|call| &call.outputs);
    assert!(outputs().all(|value| recording.bytes(value).is_some()));
}

#[test]
fn the_commands_exit_status_is_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let output = record(&folder.path().join("a"), &["sh", "-c", "exit 7"]);
    assert_eq!(output.status.code(), Some(7));
    let output = record(&folder.path().join("b"), &["sh", "-c", "kill -9 $$"]);
    assert_eq!(output.status.code(), Some(128 + 9));
    assert!(stderr(&output).contains("was killed by signal 9"), "{}", stderr(&output));
}

#[test]
fn a_folder_that_holds_something_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x"), "").unwrap();
    let output = record(folder.path(), &["true"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("is not empty"), "{}", stderr(&output));
}

#[test]
fn a_command_without_libtorch_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = record(&folder.path().join("a"), &["true"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "parity: true: nothing was recorded: it never loaded libtorch\n");
    let (code, text) = compared(&folder.path().join("a"), &folder.path().join("a"));
    assert_eq!(code, 2);
    assert!(text.contains("it never loaded libtorch"), "{text}");
}

#[test]
fn a_static_program_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("x.c"), folder.path().join("x"));
    fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let built = Command::new("cc").arg("-static").arg(&source).arg("-o").arg(&program).status();
    if !built.is_ok_and(|status| status.success()) {
        println!("SKIPPED: no compiler links statically here");
        return;
    }
    let output = record(&folder.path().join("a"), &[program.to_str().unwrap()]);
    assert!(stderr(&output).contains("it is linked statically"), "{}", stderr(&output));
}

#[test]
fn a_recording_is_readable_to_its_last_whole_call() {
    let folder = tempfile::tempdir().unwrap();
    let whole = guide(folder.path(), "whole");
    let cut = guide(folder.path(), "cut");
    let text = fs::read(cut.join("calls.jsonl")).unwrap();
    fs::write(cut.join("calls.jsonl"), &text[..text.len() / 2]).unwrap();
    fs::remove_file(cut.join("command.json")).unwrap();
    let recording = Recording::read(&cut).unwrap();
    let calls = recording.calls().len();
    assert!(calls > 100 && calls < Recording::read(&whole).unwrap().calls().len());
    let (code, text) = compared(&whole, &cut);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains(&format!("after {calls} calls, and nothing tells how")), "{text}");
    assert!(text.contains("computing calls before are identical"), "{text}");
}

#[test]
fn a_difference_before_the_cut_is_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (guide(folder.path(), "whole"), guide(folder.path(), "cut"));
    let path = cut.join("calls.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.contains("aten::mse_loss\"")).unwrap();
    // Another last digit of the output's fingerprint.
    let digit = line.rfind("\",\"kept\"").unwrap() - 1;
    let other = if &line[digit..=digit] == "0" { "1" } else { "0" };
    let changed = format!("{}{other}{}", &line[..digit], &line[digit + 1..]);
    fs::write(path, &text.replacen(line, &changed, 1)[..text.len() / 2]).unwrap();
    fs::remove_file(cut.join("command.json")).unwrap();
    let (code, text) = compared(&whole, &cut);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("aten::mse_loss"), "{text}");
}

#[test]
fn what_the_recorder_did_not_write_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let a = guide(folder.path(), "a");
    edit(&a, "{\"call\":5,", "{\"call\":6,");
    let (code, text) = compared(&a, &a);
    assert_eq!(code, 2);
    assert!(text.contains("call 6 stands where call 5 should"), "{text}");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(compared(&empty, &a).1.contains("is no recording: it has no calls.jsonl"));
}

#[test]
fn a_mixture_of_two_recordings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (guide(folder.path(), "a"), guide(folder.path(), "b"));
    fs::copy(a.join("bits"), b.join("bits")).unwrap();
    let (code, text) = compared(&a, &b);
    assert_eq!(code, 2);
    assert!(text.contains("mixes two recordings"), "{text}");
}

#[test]
fn two_versions_and_two_devices_are_not_comparable() {
    let folder = tempfile::tempdir().unwrap();
    let a = guide(folder.path(), "a");
    let other = guide(folder.path(), "version");
    let pinned = format!("\"libtorch\":\"{}", shim::versions::PYTORCH);
    edit(&other, &pinned, "\"libtorch\":\"9.9.9");
    let (code, text) = compared(&a, &other);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("bits are compared on one version"), "{text}");
    let other = guide(folder.path(), "device");
    edit(&other, "\"device\":\"cpu\"", "\"device\":\"cuda:0\"");
    let (code, text) = compared(&a, &other);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("computed on cpu") && text.contains("on cuda"), "{text}");
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_program() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a");
    // Python ignores the signal that a file beyond the limit raises, and sees an error.
    let script = "import torch\nfor i in range(40000): torch.ones(2) + i\nprint('done')";
    let limited = format!("ulimit -f 5000; exec '{}' -c \"$0\"", python.display());
    let output = record(&out, &["bash", "-c", &limited, script]);
    assert_eq!(stdout(&output), "done\n", "{}", stderr(&output));
    let Extent::Cut(reason) = Recording::read(&out).unwrap().extent() else { panic!() };
    assert!(reason.contains("could not be written on: File too large"), "{reason}");
}

#[test]
fn a_killed_program_and_a_child_process_leave_recordings() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let killed = folder.path().join("killed");
    let script = "import os, torch\nx = torch.ones(2) + 1\nos.kill(os.getpid(), 9)";
    let output = record(&killed, &[python.to_str().unwrap(), "-c", script]);
    assert_eq!(output.status.code(), Some(128 + 9));
    let recording = Recording::read(&killed).unwrap();
    assert_eq!(recording.computing().len(), 2);
    let Extent::Cut(reason) = recording.extent() else { panic!() };
    assert!(reason.contains("was killed by signal 9"), "{reason}");

    let forked = folder.path().join("forked");
    let script = "import os, torch\nx = torch.ones(2)\nif os.fork() == 0:\n    x + 1\n    os._exit(0)\n\
                  os.wait()\nx + 2";
    assert!(record(&forked, &[python.to_str().unwrap(), "-c", script]).status.success());
    let recording = Recording::read(&forked).unwrap();
    assert_eq!((recording.computing().len(), recording.processes().len()), (2, 1));
    assert_eq!(Recording::read(&recording.processes()[0]).unwrap().computing().len(), 1);
}

#[test]
fn printing_is_not_recorded_and_large_tensors_are_looked_at_again() {
    let python = python_or_skip!();
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
fn a_cpp_program_is_recorded_with_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let libtorch = fs::canonicalize(checkout().join(".libtorch")).unwrap();
    let program = folder.path().join("hello");
    let lib = libtorch.join("lib");
    let built = Command::new("c++")
        .args(["-std=c++17", "-O1", "-g1", "-o"])
        .arg(&program)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/hello.cpp"))
        .arg(format!("-I{}", libtorch.join("include").display()))
        .arg(format!("-L{}", lib.display()))
        .arg(format!("-Wl,-rpath,{}", lib.display()))
        .args(["-ltorch_cpu", "-lc10"])
        .status()
        .unwrap();
    assert!(built.success());
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    for (out, factor) in [(&a, "2"), (&b, "3")] {
        let output = record(out, &[program.to_str().unwrap(), factor]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let (a, b) = (Recording::read(a).unwrap(), Recording::read(b).unwrap());
    assert_eq!(a.language(), "c++");
    let comparison = Comparison::of(&a, &b);
    assert_eq!(comparison.verdict, Verdict::Different);
    let found = comparison.first_difference.unwrap();
    let line = found.calls[0][0].line.as_ref().unwrap();
    assert!(line.file.ends_with("tests/programs/hello.cpp"), "{line:?}");
    assert_eq!(line.text.as_deref(), Some("at::Tensor y = x.mul(factor);"));
}

#[test]
fn every_reference_is_run_and_an_example_that_is_missing_is_named() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let words = ["run", "--all", "--python", python.to_str().unwrap(), "--examples"];
    let output = parity(words.iter().copied().chain([folder.path().to_str().unwrap()]));
    assert_eq!(output.status.code(), Some(2));
    let first = folder.path().join("creating_a_model");
    assert_eq!(
        stderr(&output),
        format!(
            "parity: there is no {}; build it with `cargo build --release --example \
             creating_a_model`\n",
            first.canonicalize().unwrap_or(first).display()
        )
    );
}
