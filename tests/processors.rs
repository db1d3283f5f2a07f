//! That portable arithmetic has the same bits on every processor: Python computes, as on others that this machine can
//! run as, over a hundred operations in both dtypes, with their gradients.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, ensure};
use common::disassembly::{Kind, search_code};
use common::emulated::{PROCESSORS, emulated};
use common::examples::{example, example_path, parity_program, transcript_of};
use common::python::{python_with, repo_root, skipped};
use serde::Deserialize;
use test_support::EXAMPLES;
use test_support::environment::scrubbed;

/// A line of what `tests/python/processors.py` prints.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Chosen { branch: i32, wrong_roots: usize, capability: String },
    Operation { operation: String, bits: String },
    View { view: String, differ: Vec<usize> },
}

/// What a run printed, and which instructions of which libraries it reached.
#[derive(Default)]
struct Outcome {
    branch: i32,
    wrong_roots: usize,
    capability: String,
    bits: BTreeMap<String, String>,
    views: BTreeMap<String, Vec<usize>>,
    /// Lines of the emulator: kind, address, library, function.
    reached: Vec<[String; 4]>,
}

impl Outcome {
    fn differing(&self, from: &Outcome) -> Vec<&str> {
        let differing = self.bits.iter().filter(|(name, bits)| from.bits.get(*name) != Some(*bits));
        differing.map(|(name, _)| name.as_str()).collect()
    }

    fn approximated(&self) -> BTreeSet<&str> {
        let lines = self.reached.iter().filter(|line| line[0] == "approximate");
        lines.map(|line| line[3].as_str()).collect()
    }

    fn answered(&self, library: &str) -> usize {
        self.reached.iter().filter(|line| line[0] == "cpuid" && line[2] == library).count()
    }
}

fn command(python: &Path, words: &[&str]) -> Command {
    let mut command = scrubbed(python);
    command.arg(repo_root().join("tests/python/processors.py")).args(words);
    command
}

/// `None`, and a word on it, where this machine cannot run as that processor.
fn run(python: &Path, processor: &str, words: &[&str]) -> Result<Option<Outcome>> {
    let folder = tempfile::tempdir()?;
    let mut command = command(python, words);
    command.env("TORCH_EXACT_REACHED", folder.path().join("reached"));
    if !emulated(&mut command, processor)? {
        return Ok(None);
    }
    let mut outcome = Outcome::default();
    for line in transcript_of(&mut command)?.lines() {
        match serde_json::from_str(line).with_context(|| line.to_owned())? {
            Line::Chosen { branch, wrong_roots, capability } => {
                (outcome.branch, outcome.wrong_roots) = (branch, wrong_roots);
                outcome.capability = capability;
            }
            Line::Operation { operation, bits } => {
                ensure!(
                    outcome.bits.insert(operation.clone(), bits).is_none(),
                    "{operation} twice"
                );
            }
            Line::View { view, differ } => drop(outcome.views.insert(view, differ)),
        }
    }
    let reached = fs::read_to_string(folder.path().join("reached")).unwrap_or_default();
    for line in reached.lines() {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        outcome.reached.push(words.try_into().ok().with_context(|| line.to_owned())?);
    }
    Ok(Some(outcome))
}

/// What was recorded on real processors, by their names, is what this one computes.
fn check_recorded(portable: &Outcome) -> Result<()> {
    let mut recordings = 0;
    for entry in fs::read_dir(repo_root().join("tests/processors"))? {
        let path = entry?.path();
        let name = path.file_stem().context("a processor")?.display().to_string();
        let mut recorded = Outcome::default();
        for line in fs::read_to_string(&path)?.lines() {
            if let Line::Operation { operation, bits } = serde_json::from_str(line)? {
                recorded.bits.insert(operation, bits);
            }
        }
        let (differing, all) = (recorded.differing(portable), recorded.bits.len());
        println!("same bits as recorded on {name}: {} of {all}", all - differing.len());
        ensure!(differing.is_empty() && all == portable.bits.len(), "{name}: {differing:?}");
        recordings += 1;
    }
    ensure!(recordings > 0, "nothing was recorded");
    Ok(())
}

/// In portable arithmetic and in the machine's own, at the same time; of this everything, or only what is chosen by.
fn both(python: &Path, processor: &str, whole: bool) -> Result<Option<(Outcome, Outcome)>> {
    if !emulated(&mut Command::new("true"), processor)? {
        return Ok(None);
    }
    thread::scope(|scope| {
        let words = if whole { &["native"][..] } else { &["native", "--chosen"] };
        let native = scope.spawn(|| run(python, processor, words));
        let portable = run(python, processor, &["portable"])?;
        Ok(portable.zip(native.join().expect("a run")?))
    })
}

/// The Python to run; `None`, and a word on it, where nothing can be computed portably.
fn python() -> Result<Option<std::path::PathBuf>> {
    if shim::cpu_capability()? == "DEFAULT" {
        skipped("this processor has no AVX2, so it has no portable arithmetic");
        return Ok(None);
    }
    Ok(python_with("torch, numpy"))
}

/// `scripts/test --processor` starts all tests with it.
#[test]
fn the_emulator_is_made() -> Result<()> {
    emulated(&mut Command::new("true"), "host").map(drop)
}

/// Those of which every operation is computed natively, too: one of each vendor's code for AVX2.
const WHOLE: [&str; 2] = ["zen3", "hsw"];

#[test]
fn portable_arithmetic_has_the_same_bits_as_every_processor() -> Result<()> {
    let Some(python) = python()? else { return Ok(()) };
    let Some((portable, native)) = both(&python, "host", true)? else { return Ok(()) };
    ensure!(portable.wrong_roots == 0, "{} roots are not the nearest", portable.wrong_roots);
    check_host(&portable, &native)?;
    check_recorded(&portable)?;
    for processor in PROCESSORS {
        let whole = WHOLE.contains(&processor);
        let Some((theirs, natively)) = both(&python, processor, whole)? else { continue };
        let answered = theirs.answered("libtorch_cpu.so");
        ensure!(answered > 0, "libtorch_cpu did not ask what processor it runs on as {processor}");
        check_native(processor, &natively)?;

        let differing = theirs.differing(&portable);
        let (same, all) = (portable.bits.len() - differing.len(), portable.bits.len());
        println!("same bits in portable arithmetic as {processor}: {same} of {all}");
        ensure!(differing.is_empty() && theirs.bits.len() == all, "{processor}: {differing:?}");
        ensure!(theirs.wrong_roots == portable.wrong_roots, "{processor}: square roots");
        assert_eq!(theirs.views, portable.views, "{processor}");
        if whole {
            let natively = natively.differing(&native).len();
            println!("{natively} of {all} operations have other bits natively as {processor}");
        }
    }
    Ok(())
}

fn check_host(portable: &Outcome, native: &Outcome) -> Result<()> {
    let differing: Vec<_> = portable.views.iter().filter(|(_, at)| !at.is_empty()).collect();
    let (same, all) = (portable.views.len() - differing.len(), portable.views.len());
    println!(
        "views with the bits of a tensor of their own, in portable arithmetic: {same} of {all}"
    );
    ensure!(differing.is_empty(), "{differing:?}");
    let natively = native.views.iter().filter(|(_, at)| !at.is_empty());
    let natively: Vec<_> = natively.map(|(view, _)| view).collect();
    println!("{} of {all} views do not, natively: {natively:?}", natively.len());
    let approximated = portable.approximated();
    println!("approximate functions reached: {} natively", native.approximated().len());
    println!("approximate functions reached in portable arithmetic: {approximated:?}");
    ensure!(approximated.is_empty(), "{approximated:?}");
    Ok(())
}

/// That the emulation is what it is taken for: MKL's branch, and square roots that are exact in its AVX2 code alone.
fn check_native(processor: &str, native: &Outcome) -> Result<()> {
    let (intel, avx512) = match processor {
        "hsw" | "bdw" => (true, false),
        "skx" => (true, true),
        "zen4" => (false, true),
        _ => (false, false),
    };
    let capability = if avx512 { "AVX512" } else { "AVX2" };
    let Outcome { branch, wrong_roots, capability: found, .. } = native;
    println!("natively as {processor}: MKL's branch {branch}, {wrong_roots} roots not the nearest");
    ensure!(found == capability, "ATen takes {processor} for {found}");
    // Nothing is known of what MKL's code for AVX-512 gives.
    match (intel, avx512) {
        (true, false) => ensure!(*branch == 10 && *wrong_roots == 0, "{processor} is not Intel's"),
        (false, false) => ensure!(*branch == 2 && *wrong_roots > 0, "{processor} is not AMD's"),
        _ => {}
    }
    if processor == "hsw" {
        // The operations reach every function that portable arithmetic replaces.
        let python =
            fs::read_to_string(repo_root().join("scripts/reference/tutorial/arithmetic.py"))?;
        let list = python.split_once("\nAPPROXIMATE = \"").context("APPROXIMATE")?.1;
        let list = list.split_once('"').context("APPROXIMATE")?.0.split(' ');
        let kernels = list.map(|function| format!("mkl_vml_kernel_{function}_L9HAynn"));
        let approximated = native.approximated();
        let missed: Vec<_> = kernels.filter(|name| !approximated.contains(name.as_str())).collect();
        ensure!(missed.is_empty(), "no operation reaches {missed:?}");
    }
    Ok(())
}

/// The tutorials and random trainings in Rust, and what they come to in Python, have one set of bits on every processor.
#[test]
fn programs_print_and_learn_the_same_as_every_processor() -> Result<()> {
    let Some(python) = python()? else { return Ok(()) };
    let tutorials = |processor: &str| -> Result<Option<Vec<String>>> {
        let mut all = vec![];
        for name in EXAMPLES {
            let mut command = example(name)?;
            command.args(["--device", "cpu", "--quiet", "--no-figures", "--threads", "1"]);
            if !emulated(command.args(["--arithmetic", "portable"]), processor)? {
                return Ok(None);
            }
            all.push(transcript_of(&mut command)?);
        }
        Ok(Some(all))
    };
    let trainings = |processor: &str| -> Result<String> {
        let mut command = scrubbed(parity_program()?);
        command.args(["fuzz", "--runs", "200", "--seed", "22", "--json"]);
        command.args(["--arithmetic", "portable", "--python"]).arg(&python);
        emulated(&mut command, processor)?;
        let summary: serde_json::Value = serde_json::from_str(&transcript_of(&mut command)?)?;
        ensure!(summary["identical_runs"] == 200, "{processor}: {summary}");
        Ok(summary["fingerprint"].as_str().context("a fingerprint")?.to_owned())
    };
    let Some(printed) = tutorials("host")? else { return Ok(()) };
    let learned = trainings("host")?;
    for processor in PROCESSORS {
        let Some(theirs) = tutorials(processor)? else { continue };
        for ((name, ours), theirs) in EXAMPLES.iter().zip(&printed).zip(&theirs) {
            ensure!(ours == theirs, "{name} prints something else as {processor}");
        }
        ensure!(trainings(processor)? == learned, "trainings differ as {processor}");
        println!("tutorials and random trainings the same as {processor}: 205 of 205");
    }
    Ok(())
}

/// Recordings made on other machines in portable arithmetic compare as if they were made on one; of those made natively
/// the first thing said is that MKL computed otherwise.
#[test]
fn recordings_of_other_processors_are_identical() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let parity = parity_program()?;
    let record = |processor: &str, arithmetic: &str| -> Result<Option<PathBuf>> {
        let into = folder.path().join(format!("{processor}-{arithmetic}"));
        let mut command = scrubbed(&parity);
        command.args(["record", "--arithmetic", arithmetic]).arg(&into).arg("--");
        command.arg(example_path("hello_pytorch")?);
        command.args([
            "--arithmetic",
            arithmetic,
            "--epochs",
            "40",
            "--no-figures",
            "--device",
            "cpu",
        ]);
        if !emulated(&mut command, processor)? {
            return Ok(None);
        }
        transcript_of(&mut command).map(|_| Some(into))
    };
    let compare = |a: &Path, b: &Path| -> Result<(i32, String)> {
        let output = scrubbed(&parity).arg("compare").args([a, b]).output()?;
        let code = output.status.code().context("an exit status")?;
        Ok((code, String::from_utf8(output.stdout)?))
    };
    let Some(portable) = record("host", "portable")? else { return Ok(()) };
    let native = record("host", "native")?.context("recorded before")?;
    let (mut compared, mut different) = (0, 0);
    for processor in PROCESSORS {
        let Some(theirs) = record(processor, "portable")? else { continue };
        let (code, said) = compare(&portable, &theirs)?;
        ensure!(code == 0, "{processor}: {said}");
        let theirs = record(processor, "native")?.context("recorded before")?;
        let (code, said) = compare(&native, &theirs)?;
        let first =
            said.lines().find(|line| !line.starts_with("first ") && !line.starts_with("second"));
        let says_so = first.is_some_and(|line| line.starts_with("note: MKL computes otherwise: "));
        ensure!(code == 0 || (code == 1 && says_so), "{processor}: {said}");
        (compared, different) = (compared + 1, different + i32::from(code == 1));
    }
    println!(
        "recordings identical in portable arithmetic: {compared} of {compared}; natively {different} differ"
    );
    ensure!(compared == 0 || different > 0, "no emulated processor computes otherwise");
    Ok(())
}

#[test]
fn generated_code_does_not_approximate() -> Result<()> {
    let Some(python) = python()? else { return Ok(()) };
    // oneDNN writes the code that it generates to the current folder, a file for each kernel.
    let folder = tempfile::tempdir()?;
    let mut command = command(&python, &["portable"]);
    transcript_of(command.current_dir(&folder).env("ONEDNN_JIT_DUMP", "1"))?;
    let (mut kernels, mut approximate) = (0, vec![]);
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let found = search_code(&fs::read(&path)?, 0, &[]);
        kernels += 1;
        if found.iter().any(|found| found.kind == Kind::Approximate) {
            approximate.push(path);
        }
    }
    println!(
        "oneDNN's kernels that do not approximate: {} of {kernels}",
        kernels - approximate.len()
    );
    ensure!(kernels > 0, "oneDNN wrote no code");
    ensure!(approximate.is_empty(), "{approximate:?}");
    Ok(())
}
