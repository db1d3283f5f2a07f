//! How the two programs are run: what is said of words that are no two commands, what ends with
//! `parity`, and programs of several processes.

mod common;

use std::fs;
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
