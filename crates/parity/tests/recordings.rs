//! What is in a recording, and what is said of one that is cut short, altered or none.

mod common;

use std::fs;
use std::path::Path;

use common::{compared_recordings, example, guide, parity, python, record, stderr, stdout};
use parity::recording::{Extent, Recording};

/// Replaces text in the calls of a recording whose command did not end.
fn edit(recording: &Path, from: &str, to: &str) {
    fs::remove_file(recording.join("command.json")).unwrap();
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
fn a_failed_recording_leaves_its_folder_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for (command, said) in [
        ("/nowhere/program", "parity: cannot start /nowhere/program: No such file or directory"),
        ("false", "parity: false: nothing was recorded: failed with exit status 1"),
    ] {
        let output = record(&out, &[command]);
        assert!(!output.status.success());
        assert!(stderr(&output).starts_with(said), "{}", stderr(&output));
        assert!(!out.exists(), "{command}");
    }
    let keep = out.to_str().unwrap();
    let output = parity(["run", "--keep", keep, "/nowhere/program", "false"]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    let program = example("guide").display().to_string();
    let output = parity(["run", "--keep", keep, &program, &program]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
}

/// Its lines, and which of its calls of `zeros` only made memory for data, are told by the program.
#[test]
fn a_kept_recording_needs_nothing_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let built = folder.path().join("planted");
    fs::copy(example("planted"), &built).unwrap();
    let recorded = |name: &str, words: &[&str]| {
        let out = folder.path().join(name);
        let output = record(&out, &[&[built.to_str().unwrap()], words].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        out
    };
    let (a, b) = (recorded("a", &[]), recorded("b", &["sum for mean"]));
    let before = compared_recordings(&a, &b);
    assert_eq!(before.0, 1, "{}", before.1);
    assert!(before.1.contains("error.sum(Kind::Float)"), "{}", before.1);
    assert!(before.1.contains("(5 more are zeros that data is put into)"), "{}", before.1);
    fs::remove_file(&built).unwrap();
    assert_eq!(compared_recordings(&a, &b), before);
    assert_eq!(Recording::read(&a).unwrap().language(), "rust");
    // Of one whose command did not end, the program is looked at as it is now.
    fs::remove_file(a.join("command.json")).unwrap();
    let (_, after) = compared_recordings(&a, &b);
    assert!(after.contains("its lines are not known"), "{after}");
}

#[test]
fn a_file_that_was_cut_or_altered_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (guide(folder.path(), "a"), guide(folder.path(), "b"));
    for name in ["calls.jsonl", "bits", "stdout", "program.json"] {
        let path = a.join(name);
        let whole = fs::read(&path).unwrap();
        let last_line = whole[..whole.len() - 1].iter().rposition(|&byte| byte == b'\n');
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        let longer = [&whole[..], b"\n"].concat();
        let cut = &whole[..last_line.map_or(whole.len() - 1, |end| end + 1)];
        for (other, reason) in [
            (Some(cut), "bytes of "),
            (Some(&longer), "bytes of "),
            (Some(&flipped), "its contents are others"),
            (None, "No such file or directory"),
        ] {
            match other {
                Some(other) => fs::write(&path, other).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let (code, text) = compared_recordings(&a, &b);
            let said = format!("parity: {} is not as it was recorded: ", path.display());
            assert_eq!(code, 2, "{name}: {text}");
            assert!(text.starts_with(&said) && text.contains(reason), "{name}: {text}");
            assert_eq!(text.lines().count(), 1, "{text}");
        }
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(compared_recordings(&a, &b).0, 0);
}

#[test]
fn what_two_recorded_programs_printed_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = |name: &str| {
        let out = folder.path().join(name);
        let script = format!("'{}' && echo {name}", example("guide").display());
        let output = record(&out, &["sh", "-c", &script]);
        // It is kept and shown.
        assert!(stdout(&output).ends_with(&format!("{name}\n")), "{}", stderr(&output));
        out
    };
    let (code, text) = compared_recordings(&recorded("one"), &recorded("other"));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("identical: 1,003 of 1,003 computing calls"), "{text}");
    let output = "standard output differs from line 2 on\n  first rust: \"one\\n\"\n";
    assert!(text.contains(output), "{text}");
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
        compared_recordings(&empty, &a)
            .1
            .contains("is not a recording: it is neither a folder with calls.jsonl nor")
    );
}

#[test]
fn a_mixture_of_two_recordings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (guide(folder.path(), "a"), guide(folder.path(), "b"));
    fs::copy(a.join("bits"), b.join("bits")).unwrap();
    fs::remove_file(b.join("command.json")).unwrap();
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
