//! Recordings: what is in one, and what is said of those that cannot be compared.

mod common;

use std::fs;
use std::os::unix::fs::symlink;
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
    assert!(compared(&empty, &a).1.contains("is not a recording: it has no calls.jsonl"));
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

/// This libtorch under another version: the same libraries, and beside them a file that says so.
fn libtorch_of_version(version: &str, folder: &Path) -> PathBuf {
    let ours = fs::canonicalize(checkout().join(".libtorch")).unwrap();
    let other = folder.join("torch");
    fs::create_dir_all(other.join("lib")).unwrap();
    for file in fs::read_dir(ours.join("lib")).unwrap() {
        let path = file.unwrap().path();
        symlink(&path, other.join("lib").join(path.file_name().unwrap())).unwrap();
    }
    // CUDA's libraries are looked for from there.
    let packages = ours.parent().unwrap().join("nvidia");
    if packages.exists() {
        symlink(packages, folder.join("nvidia")).unwrap();
    }
    fs::write(other.join("version.py"), format!("__version__ = '{version}'\n")).unwrap();
    other.join("lib")
}

#[test]
fn another_version_of_libtorch_is_refused_and_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let version = "9.9.9";
    let lib = libtorch_of_version(version, folder.path());
    let program = example("guide");
    let on_it = format!("LD_LIBRARY_PATH={}", lib.display());
    let words = ["env", &on_it, program.to_str().unwrap()];
    let refused = folder.path().join("refused");
    let output = record(&refused, &words);
    assert!(output.status.success(), "the program itself goes on: {}", stderr(&output));
    let reason = format!(
        "nothing was recorded: it runs on libtorch {version}, and this recorder is for {}",
        shim::versions::PYTORCH
    );
    assert!(stderr(&output).contains(&reason), "{}", stderr(&output));

    // By a recorder of that version.
    let (ours, other) = (guide(folder.path(), "ours"), folder.path().join("other"));
    let output = record(&other, &[&["env", "PARITY_LIBTORCH=9.9.9"], &words[1..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let (code, text) = compared(&ours, &other);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("rust on 9.9.9; bits are compared on one version"), "{text}");
}

#[test]
fn another_version_of_pytorch_is_refused_in_python() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let other = "PARITY_LIBTORCH=9.9.9";
    let words = ["env", other, python.to_str().unwrap(), "-c", "import torch; torch.ones(2)"];
    let output = record(&folder.path().join("a"), &words);
    assert!(stderr(&output).contains("and this recorder is for 9.9.9"), "{}", stderr(&output));
}

#[test]
fn python_that_does_not_look_for_the_recorder_says_so() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let words = [python.to_str().unwrap(), "-I", "-c", "import torch; torch.ones(2)"];
    let output = record(&folder.path().join("a"), &words);
    assert!(stderr(&output).contains("its Python ignores PYTHONPATH"), "{}", stderr(&output));
}

/// A recording of these lines of Python.
fn python_lines(python: &Path, folder: &Path, name: &str, lines: &str) -> PathBuf {
    let script = folder.join(format!("{name}.py"));
    fs::write(&script, format!("import torch\n{lines}\n")).unwrap();
    let out = folder.join(name);
    let output = record(&out, &[python.to_str().unwrap(), script.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    out
}

#[test]
fn two_devices_are_not_comparable() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let on = |device: &str| {
        let line = format!("torch.ones(3, device='{device}') + 1");
        python_lines(&python, folder.path(), device, &line)
    };
    let (code, text) = compared(&on("cpu"), &on("meta"));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("computed on cpu, second python on meta"), "{text}");
}

/// Calls that each look as if a program could do without them.
#[test]
fn no_computing_call_of_one_side_is_passed_over() {
    let python = python_or_skip!();
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
            let (code, text) = compared(a, b);
            assert_eq!(code, 1, "{name}: {text}");
            assert!(text.contains(operator) && text.contains(&format!("{name}.py:4  ")), "{text}");
            assert!(text.contains("in all     1 of 4 computing calls differ"), "{text}");
        }
    }
}

#[test]
fn sparse_tensors_are_compared_by_their_indices_and_values() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let recorded = |name: &str, lines: &str| python_lines(&python, folder.path(), name, lines);
    // The values differ in nothing but their place.
    let of = |order: &str| {
        format!("x = torch.eye(3)[{order}]\nx.to_sparse(), x.to_sparse_csr(), x.to_sparse_csc()")
    };
    let a = recorded("a", &of("[0, 1, 2]"));
    let (b, c) = (recorded("b", &of("[0, 1, 2]")), recorded("c", &of("[0, 2, 1]")));
    let (code, text) = compared(&a, &b);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("identical: 5 of 5") && !text.contains("note"), "{text}");
    let values = recorded("values", "torch.eye(3)[[0, 1, 2]].to_sparse() * 2");
    let other = recorded("other", "torch.eye(3)[[0, 1, 2]].to_sparse() * 3");
    let (code, text) = compared(&values, &other);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("output     float32 [3, 3]: other bits\n"), "{text}");
    assert!(!text.contains("--keep"), "{text}");
    let [a, c] = [a, c].map(|folder| Recording::read(folder).unwrap());
    let difference = Comparison::of(&a, &c).unwrap();
    assert_eq!(difference.differing, 4, "{difference}");
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
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let recorded = |name: &str, lines: &str| python_lines(&python, folder.path(), name, lines);
    let (a, b) = (recorded("a", &loading(1)), recorded("b", &loading(1)));
    let (code, text) = compared(&a, &b);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("a.py (and 1 other process)\n"), "{text}");
    assert!(text.contains("other process 1:\n"), "{text}");
    assert!(text.ends_with("identical: 3 of 3 computing calls\n"), "{text}");

    // Batches that a worker puts together otherwise.
    let lines = loading(1).replace("x =", "x = -");
    let (code, text) = compared(&a, &recorded("c", &lines));
    assert_eq!(code, 1, "{text}");
    assert!(text.split("other process 1:").nth(1).unwrap().contains("aten::stack"), "{text}");

    let (code, text) = compared(&a, &recorded("none", &loading(0)));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("no such call") && text.contains("aten::stack"), "{text}");
    assert!(text.contains("a.py (and 1 other process)\n"), "{text}");
}

#[test]
fn a_process_without_counterpart_is_not_passed_over() {
    let python = python_or_skip!();
    let folder = tempfile::tempdir().unwrap();
    let forking = |child: &str| {
        let lines = format!(
            "import os\nif os.fork() == 0:\n    {child}\n    os._exit(0)\nos.wait()\ntorch.ones(2)"
        );
        python_lines(&python, folder.path(), child.split('(').next().unwrap(), &lines)
    };
    let (code, text) = compared(&forking("torch.zeros(3)"), &forking("print()"));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("computed in 1 more processes and second python in 0"), "{text}");
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

/// `hello.cpp`, compiled against the wheel: the program, and the same as a library.
fn hello(folder: &Path) -> [PathBuf; 2] {
    let libtorch = fs::canonicalize(checkout().join(".libtorch")).unwrap();
    let lib = libtorch.join("lib");
    let run = |command: &mut Command| assert!(command.status().unwrap().success());
    let object = folder.join("hello.o");
    run(Command::new("c++")
        .args(["-std=c++17", "-O1", "-g1", "-fPIC", "-c", "-o"])
        .arg(&object)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/hello.cpp"))
        .arg(format!("-I{}", libtorch.join("include").display())));
    let link = |name: &str, flags: &[&str]| {
        let path = folder.join(name);
        run(Command::new("c++").args(flags).arg(&object).arg("-o").arg(&path).args([
            format!("-L{}", lib.display()),
            format!("-Wl,-rpath,{}", lib.display()),
            "-ltorch_cpu".into(),
            "-lc10".into(),
        ]));
        path
    };
    [link("hello", &[]), link("libhello.so", &["-shared"])]
}

#[test]
fn a_program_that_opens_libtorch_later_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let [_, library] = hello(folder.path());
    let program = folder.path().join("opens");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/opens.c");
    let built = Command::new("cc").arg(source).arg("-o").arg(&program).arg("-ldl").status();
    assert!(built.unwrap().success());
    let words = [program.to_str().unwrap(), library.to_str().unwrap(), "2"];
    let called = folder.path().join("called");
    let output = record(&called, &words);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(Recording::read(called).unwrap().computing().len(), 3);
    let output = record(&folder.path().join("opened"), &words[..2]);
    assert!(stderr(&output).contains("it opened libtorch and never asked"), "{}", stderr(&output));
}

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
    let (_, text) = compared(&native, &chosen);
    let note = text.lines().find(|line| line.starts_with("note: ")).unwrap();
    assert!(note.starts_with("note: MKL computes otherwise: (native"), "{text}");

    let python = python_or_skip!();
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
    let python = python_or_skip!();
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

#[test]
fn a_cpp_program_is_recorded_with_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let [program, _] = hello(folder.path());
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    for (out, factor) in [(&a, "2"), (&b, "3")] {
        let output = record(out, &[program.to_str().unwrap(), factor]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let (a, b) = (Recording::read(a).unwrap(), Recording::read(b).unwrap());
    assert_eq!(a.language(), "c++");
    let comparison = Comparison::of(&a, &b).unwrap();
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
