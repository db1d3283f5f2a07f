//! The transcripts in `examples/*.md`, recorded from Python, are what the examples print.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use common::examples::{example, transcript, transcript_of};
use common::python::{python_with, repo_root, skipped};
use test_support::EXAMPLES;
use test_support::environment::scrubbed;

/// The commands of a page's console fences and what stands under them.
fn fences(name: &str) -> Result<Vec<(Vec<String>, String)>> {
    let page = fs::read_to_string(repo_root().join(format!("examples/{name}.md")))?;
    let mut fences = vec![];
    for fence in page.split("```console\n").skip(1) {
        let fence = fence.split("```").next().context("the fence's end")?;
        let (command, text) = fence.split_once('\n').context("a command")?;
        let command =
            command.strip_prefix("$ scripts/tutorial ").context("`$ scripts/tutorial`")?;
        fences.push((command.split_whitespace().map(str::to_owned).collect(), text.to_owned()));
    }
    Ok(fences)
}

/// Whether goldens recorded with AVX2 or AVX-512, which give the same bits, hold here.
fn same_capability() -> bool {
    std::is_x86_feature_detected!("avx2")
}

#[test]
fn pages_show_what_the_examples_print() -> Result<()> {
    let mut replayed = 0;
    for name in EXAMPLES {
        let fences = fences(name)?;
        ensure!(!fences.is_empty(), "examples/{name}.md has no transcript");
        for (command, recorded) in fences {
            let (program, flags) = command.split_first().context("a name")?;
            ensure!(program == name, "examples/{name}.md shows {program}");
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            let printed =
                transcript(name, &[&["--device", "cpu", "--quiet"], &flags[..]].concat())?;
            if same_capability() {
                let parted = printed.lines().zip(recorded.lines()).find(|(a, b)| a != b);
                ensure!(
                    printed == recorded,
                    "{name} {flags:?}: the page and the program part at {parted:?}"
                );
            } else {
                let distance = distance(&printed, &recorded).context(name)?;
                println!("{name} without AVX2: at most {distance} units in the last printed place");
                ensure!(distance <= BOUND, "{name}: {distance} units");
            }
            replayed += 1;
        }
    }
    println!("transcripts replayed: {replayed} of {replayed}");
    Ok(())
}

/// The README shows lines of a transcript.
#[test]
fn the_readme_shows_what_an_example_prints() -> Result<()> {
    let readme = fs::read_to_string(repo_root().join("README.md"))?;
    let (_, fence) = readme.split_once("```text\n").context("a fence")?;
    let (shown, _) = fence.split_once("…\n").context("an ellipsis")?;
    let printed = transcript("creating_a_model", &["--device", "cpu", "--quiet", "--no-figures"])?;
    ensure!(shown.lines().count() == 3 && printed.contains(shown), "the README shows\n{shown}");
    Ok(())
}

/// How far a run without AVX2 may be from the recorded one, in units of a number's last printed
/// place.
const BOUND: f64 = 64.;

/// The largest distance of two transcripts' numbers, in units of the place printed last; an error
/// where anything else differs.
fn distance(a: &str, b: &str) -> Result<f64> {
    let number = |c: char| c.is_ascii_digit() || "+-.e".contains(c);
    let texts = |text: &str| text.split(number).collect::<Vec<_>>().concat();
    ensure!(texts(a).replace(' ', "") == texts(b).replace(' ', ""), "other words");
    let words = |text: &'_ str| {
        text.split(|c| !number(c)).filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (a, b) = (words(a), words(b));
    ensure!(a.len() == b.len(), "{} numbers against {}", a.len(), b.len());
    let mut largest = 0f64;
    for (a, b) in a.iter().zip(&b).filter(|(a, b)| a != b) {
        let (x, y): (f64, f64) = (a.parse()?, b.parse()?);
        // A float32 printed in full counts by its own units, not by the 17th digit's.
        let ulp = f64::from(f32::EPSILON) * x.abs().max(y.abs());
        let place = a.split_once('.').map_or(1., |(_, digits)| 10f64.powi(-(digits.len() as i32)));
        largest = largest.max((x - y).abs() / place.max(ulp));
    }
    Ok(largest)
}

#[test]
fn without_avx2_the_distance_is_bounded() -> Result<()> {
    let mut largest = 0f64;
    for name in EXAMPLES {
        let plain = transcript_of(
            example(name)?
                .args(["--device", "cpu", "--quiet"])
                .env("ATEN_CPU_CAPABILITY", "default"),
        )?;
        let distance =
            distance(&plain, &transcript(name, &["--device", "cpu", "--quiet"])?).context(name)?;
        println!(
            "{name} with ATEN_CPU_CAPABILITY=default: at most {distance:.1} units in the last printed place"
        );
        largest = largest.max(distance);
    }
    ensure!(largest <= BOUND, "{largest} units in the last printed place");
    Ok(())
}

#[test]
fn avx2_and_avx512_print_the_same() -> Result<()> {
    if !std::is_x86_feature_detected!("avx512f") {
        skipped("this processor has no AVX-512 to compare AVX2 with");
        return Ok(());
    }
    for name in EXAMPLES {
        let run = |capability| {
            transcript_of(
                example(name)?
                    .args(["--device", "cpu", "--quiet"])
                    .env("ATEN_CPU_CAPABILITY", capability),
            )
        };
        ensure!(run("avx2")? == run("avx512")?, "{name} differs between AVX2 and AVX-512");
    }
    Ok(())
}

#[test]
fn pages_are_what_python_prints() -> Result<()> {
    let Some(python) = python_with("torch, numpy, sklearn, safetensors") else {
        return Ok(());
    };
    let output = scrubbed(&python)
        .arg(repo_root().join("scripts/record"))
        .args(["--check", "transcripts", "--python"])
        .arg(&python)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    Ok(())
}
