//! How the two programs are run: what is said of words that are no two commands, what ends with
//! `parity`, and programs of several processes.

mod common;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{parity, python, stderr, stdout};

#[test]
fn words_that_are_no_two_commands_are_told_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("poly.py"), "").unwrap();
    for (words, sentence) in [
        (&["python poly.py"][..], "\"python poly.py\" is one command; name the other, too"),
        (&["python", "poly.py", "target/release/poly"], "these are 3 words; name two commands"),
        (
            &["python", "poly.py", "--epochs", "3", "target/release/poly"],
            "A command with flags of its own goes in quotes",
        ),
        (&["poly.py", "true"], "poly.py is not a command; write 'python poly.py'"),
        (&["true", "python 'poly.py"], "in \"python 'poly.py\" a quote is opened and not closed"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parity"));
        let output = command.arg("run").args(words).current_dir(&folder).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(sentence), "{}", stderr(&output));
    }
}

/// Whether there is a process of this number that has not ended.
fn is_alive(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_signal_ends_the_recorded_program_too() {
    for (signal, code) in [("TERM", Some(130)), ("INT", Some(130)), ("KILL", None)] {
        let folder = tempfile::tempdir().unwrap();
        let [temporary, process] = ["temporary", "process"].map(|name| folder.path().join(name));
        fs::create_dir(&temporary).unwrap();
        let program = format!("sh -c 'echo $$ > {}; exec sleep 100'", process.display());
        let mut running = Command::new(env!("CARGO_BIN_EXE_parity"))
            .args(["run", &program, &program])
            .env("TMPDIR", &temporary)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let written = || fs::read_to_string(&process).unwrap_or_default().trim().to_owned();
        wait_until("it starts", || !written().is_empty());
        let (recorded, parity) = (written(), running.id().to_string());
        assert!(is_alive(&recorded));
        assert!(Command::new("kill").args(["-s", signal, &parity]).status().unwrap().success());
        assert_eq!(running.wait().unwrap().code(), code, "{signal}");
        wait_until("the recorded program ends", || !is_alive(&recorded));
        if code.is_some() {
            let left = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path());
            assert_eq!(left.collect::<Vec<_>>(), [] as [&Path; 0], "{signal}");
        }
    }
}

#[test]
fn ranks_are_compared_one_by_one() {
    let Some(python) = python() else { return };
    let ranks = |planted: &str| {
        format!(
            "'{}' -m torch.distributed.run --standalone --nproc_per_node 2 \
             '{}/tests/faults/ranks.py' {planted}",
            python.display(),
            env!("CARGO_MANIFEST_DIR")
        )
    };
    let output = parity(["run", &ranks(""), &ranks("")]);
    let text = stdout(&output) + &stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("(and 1 other process)"), "{text}");
    let output = parity(["run", &ranks(""), &ranks("1")]);
    let text = stdout(&output) + &stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let [first, second] = text.split("other process 1:").collect::<Vec<_>>()[..] else {
        panic!("{text}")
    };
    // What the other rank comes to shows in the gradients, and nowhere before.
    assert!(first.contains("ranks.py:17  ") && !first.contains("ranks.py:15"), "{text}");
    assert!(second.contains("ranks.py:15  x = x * 2"), "{text}");
}

#[test]
fn spawned_processes_are_compared_one_by_one() {
    let Some(python) = python() else { return };
    let script = format!("{}/tests/faults/spawn.py", env!("CARGO_MANIFEST_DIR"));
    let spawns = |words: &str| format!("'{}' '{script}' {words}", python.display());
    let compared = |a: &str, b: &str| {
        let output = parity(["run", &spawns(a), &spawns(b)]);
        (output.status.code(), stdout(&output) + &stderr(&output))
    };
    // Who prints first is not the program's to say.
    let (code, text) = compared("2 0", "2 1");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("the same 9 bytes, their lines in another order"), "{text}");
    let (code, text) = compared("2 1", "3 1");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("spawn.py:14  total = (x * number)"), "{text}");
    assert!(text.contains("standard output differs from line 2 on"), "{text}");
}

/// Two machines, each with one of two ranks, whose recordings are brought together in one folder.
#[test]
fn recordings_of_several_machines_are_compared_rank_by_rank() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let record = |side: &str, planted: &str| {
        // A port that is free now.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let machines = [0, 1].map(|machine: u8| {
            let out = folder.path().join(side).join(format!("machine-{machine}"));
            Command::new(env!("CARGO_BIN_EXE_parity"))
                .args(["record", out.to_str().unwrap(), "--"])
                .arg(&python)
                .args(["-m", "torch.distributed.run", "--nnodes", "2", "--nproc_per_node", "1"])
                .args(["--node_rank", &machine.to_string(), "--master_addr", "127.0.0.1"])
                .args(["--master_port", &port.to_string()])
                .arg(format!("{}/tests/faults/ranks.py", env!("CARGO_MANIFEST_DIR")))
                .args((!planted.is_empty()).then_some(planted))
                .stderr(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        });
        for mut machine in machines {
            assert!(machine.wait().unwrap().success(), "{side}");
        }
        folder.path().join(side)
    };
    let [first, same, planted] = [("first", ""), ("same", ""), ("planted", "1")]
        .map(|(side, planted)| record(side, planted));
    let (code, text) = common::compared_recordings(&first, &same);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("(and 1 other process)"), "{text}");
    let (code, text) = common::compared_recordings(&first, &planted);
    assert_eq!(code, 1, "{text}");
    let [of_0, of_1] = text.split("other process 1:").collect::<Vec<_>>()[..] else {
        panic!("{text}")
    };
    assert!(of_0.contains("ranks.py:17  ") && !of_0.contains("ranks.py:15"), "{text}");
    assert!(of_1.contains("ranks.py:15  x = x * 2"), "{text}");
}

/// A line on standard error, where that is a terminal, and nowhere else.
#[test]
fn a_terminal_shows_how_far_a_program_is() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("slow.py");
    let lines =
        "import time, torch\nfor _ in range(30):\n    torch.ones(3) + 1\n    time.sleep(0.1)\n";
    fs::write(&script, lines).unwrap();
    let slow = format!("'{}' '{}'", python.display(), script.display());
    let words = ["run", &slow, &slow];
    let terminal =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let on_terminal = Command::new(&python)
        .args(["-c", terminal, env!("CARGO_BIN_EXE_parity")])
        .args(words)
        .env("TERM", "xterm")
        .output()
        .unwrap();
    let text = stdout(&on_terminal);
    assert_eq!(on_terminal.status.code(), Some(0), "{text}");
    assert!(text.contains("parity: ") && text.contains("slow.py: "), "{text}");
    assert!(text.contains(" calls, "), "{text}");
    let elsewhere = parity(words);
    assert_eq!(elsewhere.status.code(), Some(0));
    assert!(!stderr(&elsewhere).contains("slow.py"), "{}", stderr(&elsewhere));
}
