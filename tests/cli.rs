//! The examples' command lines: what is refused and how, and what becomes of standard output.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Read as _;
use std::process::{Output, Stdio};

use anyhow::{Context as _, Result};
use common::examples::{example, example_path, scratch, transcript};
use common::python::{python_with, repo_root, skipped};
use test_support::EXAMPLES;
use test_support::environment::scrubbed;
use torch_exact::arithmetic::{Arithmetic, missing_instructions};

fn run(name: &str, args: &[&str]) -> Result<Output> {
    Ok(example(name)?.args(args).output()?)
}

/// One sentence on standard error that holds each of `words`, nothing on standard output, code 2.
#[track_caller]
fn refused(name: &str, args: &[&str], words: &[&str]) {
    let output = run(name, args).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{name} {args:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{name} {args:?} says more than a sentence: {said}");
    assert!(said.starts_with("error: "), "{said}");
    for word in words {
        assert!(said.contains(word), "{name} {args:?} does not name `{word}`: {said}");
    }
    assert!(output.stdout.is_empty(), "{name} {args:?} printed before it refused");
}

#[test]
fn what_cannot_be_had_is_refused_in_a_sentence() {
    for name in EXAMPLES {
        refused(name, &["--frobnicate"], &["--frobnicate", "--epochs", "--device"]);
        refused(name, &["--lr", "nan"], &["nan", "--lr", "finite", "0 or above"]);
        refused(name, &["--device", "cuda:x"], &["cuda:x", "auto, cpu, cuda and cuda:N"]);
    }
    let name = "hello_pytorch";
    refused(name, &["stray"], &["stray"]);
    refused(name, &["--lr"], &["--lr"]);
    refused(name, &["--epochs", "1", "--epochs", "2"], &["--epochs"]);
    for epochs in ["-1", "many", "1.5", "1000000001"] {
        refused(name, &["--epochs", epochs], &[epochs, "--epochs", "0 to 1000000000"]);
    }
    for lr in ["-0.1", "inf", "-inf", "fast"] {
        refused(name, &["--lr", lr], &[lr, "--lr", "finite", "0 or above"]);
    }
    for threads in ["0", "-2", "1025"] {
        refused(name, &["--threads", threads], &[threads, "--threads", "1 to 1024"]);
    }
    for seed in ["18446744073709551616", "-9223372036854775809", "lucky"] {
        refused(name, &["--seed", seed], &[seed, "--seed", "whole number"]);
    }
    for device in ["gpu", "cuda:", "cuda:-1", ""] {
        refused(name, &["--device", device], &[device, "auto, cpu, cuda and cuda:N"]);
    }
}

#[test]
fn a_numpy_seed_has_32_bits() {
    for seed in ["4294967296", "-1"] {
        refused("simple_linear_regression", &["--seed", seed], &[seed, "0 to 4294967295"]);
    }
}

#[test]
fn a_negative_seed_is_the_number_with_its_bits() -> Result<()> {
    let seeded = |seed| transcript("creating_a_model", &["--device", "cpu", "--seed", seed]);
    assert_eq!(seeded("-1")?, seeded("18446744073709551615")?);
    assert_ne!(seeded("-1")?, seeded("1")?);
    Ok(())
}

#[test]
fn help_names_the_tutorial() -> Result<()> {
    for name in EXAMPLES {
        let help = transcript(name, &["--help"])?;
        for word in [
            "PyTorch",
            "--device",
            "--arithmetic",
            "--seed",
            "--epochs",
            "--lr",
            "--threads",
            "--figures",
            "--no-figures",
            "--quiet",
        ] {
            // One document does not name PyTorch in its title.
            let optional = word == "PyTorch" && name == "generated_data";
            assert!(optional || help.contains(word), "{name} --help lacks {word}:\n{help}");
        }
    }
    Ok(())
}

#[test]
fn no_epochs_is_no_training() -> Result<()> {
    for name in EXAMPLES {
        let printed = transcript(name, &["--epochs", "0", "--device", "cpu"])?;
        assert!(!printed.to_lowercase().contains("epoch"), "{name}:\n{printed}");
    }
    Ok(())
}

#[test]
fn standard_error_has_the_device_and_quiet_silences_it() -> Result<()> {
    let loud = run("creating_a_model", &["--device", "cpu", "--no-figures"])?;
    let portable = "arithmetic: portable: the same on every x86-64 processor with AVX2";
    assert_eq!(String::from_utf8(loud.stderr)?, format!("device: cpu\n{portable}\n"));
    let quiet = run("creating_a_model", &["--device", "cpu", "--quiet"])?;
    assert!(quiet.stderr.is_empty());
    assert_eq!(quiet.stdout, loud.stdout);
    Ok(())
}

/// The document's where the processor has it, what was asked for, or what the environment asks for.
#[test]
fn standard_error_says_which_arithmetic_and_why() -> Result<()> {
    let has_avx512 = missing_instructions(Arithmetic::Avx512).is_none();
    let of_document = match has_avx512 {
        true => "avx512, the document's",
        false => {
            "compatible, since the document's cannot be had (avx512: this processor does not have AVX-512)"
        }
    };
    let overruled =
        "the environment's (portable: the environment has MKL_CBWR=SSE2, and that stands)";
    type Case<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case; 6] = [
        ("gradient_descent", &[], &[], of_document),
        ("generated_data", &["--arithmetic", "document"], &[], "compatible, the document's"),
        ("generated_data", &["--arithmetic", "portable"], &[], "portable, as asked"),
        ("hello_pytorch", &["--arithmetic", "native"], &[], "native, as asked"),
        ("hello_pytorch", &["--arithmetic", "avx2"], &[], "avx2, as asked"),
        ("hello_pytorch", &[], &[("MKL_CBWR", "SSE2")], overruled),
    ];
    for (name, flags, variables, said) in cases {
        let mut command = example(name)?;
        command.args(["--epochs", "1", "--device", "cpu", "--no-figures"]).args(flags);
        let output = command.envs(variables.iter().copied()).output()?;
        let stderr = String::from_utf8(output.stderr)?;
        assert!(output.status.success(), "{name} {flags:?}: {stderr}");
        assert_eq!(stderr, format!("device: cpu\narithmetic: {said}\n"), "{name} {flags:?}");
    }
    let names = "native, portable, compatible, avx2, avx512, and document";
    refused("hello_pytorch", &["--arithmetic", "fast"], &["`fast`", "--arithmetic", names]);
    if !has_avx512 {
        let words = ["avx512", "does not have AVX-512", "ask for native"];
        refused("hello_pytorch", &["--arithmetic", "avx512"], &words);
    }
    Ok(())
}

#[test]
fn a_loss_that_explodes_prints_as_python_prints_it() -> Result<()> {
    let output = run("generated_data", &["--lr", "1e30", "--device", "cpu"])?;
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout)?;
    assert!(printed.contains("loss:inf,"), "{printed}");
    assert!(printed.contains("loss:nan,weight:nan,bias:nan"), "{printed}");
    Ok(())
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() -> Result<()> {
    for name in EXAMPLES {
        // Enough lines that the program writes on long after its reader has left.
        let mut child = example(name)?
            .args(["--device", "cpu", "--quiet", "--epochs", "2000"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut byte = [0];
        child.stdout.take().context("a pipe")?.read_exact(&mut byte)?;
        let output = child.wait_with_output()?;
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert_eq!(String::from_utf8(output.stderr)?, "", "{name}");
    }
    Ok(())
}

#[test]
fn what_the_system_says_is_said_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // A folder stands where a figure is to be written, and a file where a folder is to be made.
    std::fs::create_dir_all(folder.path().join("fitted_line.png/taken"))?;
    std::fs::write(folder.path().join("file"), "")?;
    for (figures, code) in [(folder.path().to_owned(), 1), (folder.path().join("file/figures"), 2)]
    {
        let mut example = example("generated_data")?;
        example.args(["--device", "cpu", "--quiet", "--epochs", "1", "--figures"]);
        let output = example.arg(figures).output()?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!((said.lines().count(), said.matches("(os error ").count()), (1, 1), "{said}");
    }
    Ok(())
}

/// An argument need not be text.
#[test]
fn a_path_may_be_any_bytes() -> Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(OsStr::from_bytes(b"figures-\xff"));
    let output = scrubbed(example_path("generated_data")?)
        .args(["--device", "cpu", "--quiet", "--epochs", "1", "--figures"])
        .arg(&path)
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(path.exists());
    Ok(())
}

#[test]
fn a_full_standard_output_is_an_error() -> Result<()> {
    let full = OpenOptions::new().write(true).open("/dev/full")?;
    let output = example("hello_pytorch")?.arg("--quiet").stdout(full).output()?;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    Ok(())
}

/// Python prints into nothing then, and so does Rust.
#[test]
fn a_closed_standard_output_is_taken_as_python_takes_it() -> Result<()> {
    let flags = ["--device", "cpu", "--quiet", "--no-figures", "--epochs", "1"];
    let mut programs = vec![vec![example_path("generated_data")?]];
    match python_with("torch, numpy") {
        Some(python) => {
            programs.push(vec![python, repo_root().join("scripts/reference/generated_data.py")]);
        }
        None => skipped("no Python imports PyTorch, so only the example's closed output was tried"),
    }
    for program in programs {
        let output = scrubbed("sh")
            .args(["-c", r#"exec "$@" >&-"#, "sh"])
            .args(&program)
            .args(flags)
            .current_dir(scratch()?)
            .stderr(Stdio::piped())
            .output()?;
        assert_eq!(output.status.code(), Some(0), "{program:?}");
        assert_eq!(String::from_utf8(output.stderr)?, "", "{program:?}");
    }
    Ok(())
}

#[test]
fn the_same_bytes_over_runs_and_threads() -> Result<()> {
    for name in EXAMPLES {
        let first = transcript(name, &["--device", "cpu"])?;
        for args in [&[][..], &["--threads", "1"], &["--threads", "2"]] {
            let args = [&["--device", "cpu", "--quiet"], args].concat();
            assert_eq!(first, transcript(name, &args)?, "{name} {args:?}");
        }
    }
    Ok(())
}
