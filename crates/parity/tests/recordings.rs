//! What is in a recording, and what is said of one that is cut short, altered or none.

mod common;

use std::fs;
use std::path::Path;

use common::{compared_recordings, guide, python, record, stderr, stdout};
use parity::recording::{Extent, Recording};

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
    let (code, text) = compared_recordings(&a, &b);
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
    let (code, text) = compared_recordings(&whole, &cut);
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
    let (code, text) = compared_recordings(&whole, &cut);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("aten::mse_loss"), "{text}");
}

#[test]
fn what_the_recorder_did_not_write_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let a = guide(folder.path(), "a");
    edit(&a, "{\"call\":5,", "{\"call\":6,");
    let (code, text) = compared_recordings(&a, &a);
    assert_eq!(code, 2);
    assert!(text.contains("call 6 stands where call 5 should"), "{text}");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(
        compared_recordings(&empty, &a).1.contains("is not a recording: it has no calls.jsonl")
    );
}

#[test]
fn a_mixture_of_two_recordings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (guide(folder.path(), "a"), guide(folder.path(), "b"));
    fs::copy(a.join("bits"), b.join("bits")).unwrap();
    let (code, text) = compared_recordings(&a, &b);
    assert_eq!(code, 2);
    assert!(text.contains("mixes two recordings"), "{text}");
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_program() {
    let Some(python) = python() else { return };
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
