//! The numbers that the documents print stand in the transcripts of a default run on the CPU.
//!
//! `tests/published/NAME.txt` holds what a document prints, block by block under `## title`. A line
//! `! A -> B: reason` right under the title names a number that comes out otherwise: A in the
//! document, B where the document's arithmetic cannot be had. It is counted as not matched there.

use std::fs;
use std::ops::Range;

use anyhow::{Context as _, Result, bail, ensure};
use common::examples::transcript;
use common::python::{repo_root, skipped};
use torch_exact::arithmetic::{self, Arithmetic};

/// One printed block and the numbers in it that differ here.
struct Block<'a> {
    title: &'a str,
    text: String,
    differing: Vec<(&'a str, &'a str)>,
}

fn blocks(text: &str) -> Result<Vec<Block<'_>>> {
    let mut blocks: Vec<Block> = vec![];
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            blocks.push(Block { title, text: String::new(), differing: vec![] });
            continue;
        }
        let block = blocks.last_mut().context("a line before the first `## title`")?;
        match line.strip_prefix("! ") {
            None => block.text.extend([line, "\n"]),
            Some(difference) => {
                let (numbers, reason) = difference.split_once(": ").context("no `: reason`")?;
                ensure!(!reason.is_empty(), "{}: a difference without a reason", block.title);
                block.differing.push(numbers.split_once(" -> ").context("no `A -> B`")?);
            }
        }
    }
    for block in &mut blocks {
        block.text.truncate(block.text.trim_end().len());
        block.text.push('\n');
    }
    Ok(blocks)
}

/// The block as it comes out here: each differing number replaced where it stands.
fn as_printed_here(block: &Block) -> Result<String> {
    let mut text = block.text.clone();
    for &(there, here) in &block.differing {
        ensure!(there != here, "{}: {there} does not differ", block.title);
        let place = numbers(&text).find(|place| &text[place.clone()] == there);
        let place = place.with_context(|| format!("{}: no number {there}", block.title))?;
        text.replace_range(place, here);
    }
    Ok(text)
}

/// Where the numbers of a text stand.
fn numbers(text: &str) -> impl Iterator<Item = Range<usize>> {
    let inside = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text[from..].find(inside)?;
            let len = text[start..].find(|c| !inside(c)).unwrap_or(text.len() - start);
            from = start + len;
            if text[start..from].contains(|c: char| c.is_ascii_digit()) {
                return Some(start..from);
            }
        }
    })
}

/// How many numbers a document prints, and how many of them come out otherwise here.
fn check(name: &str) -> Result<(usize, usize)> {
    let path = repo_root().join(format!("tests/published/{name}.txt"));
    let published = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let transcript = transcript(name, &["--device", "cpu", "--quiet"])?;
    let (mut rest, mut total, mut differing) = (transcript.as_str(), 0, 0);
    for mut block in blocks(&published)? {
        if arithmetic::missing_instructions(Arithmetic::Avx512).is_none() {
            block.differing.clear();
        }
        let here = as_printed_here(&block)?;
        let Some(place) = rest.find(&here) else {
            bail!(
                "{name}, {} ({} kernels): not in the transcript, in order:\n{here}",
                block.title,
                shim::cpu_capability()?
            );
        };
        let starts_a_line = place == 0 || rest[..place].ends_with('\n');
        ensure!(starts_a_line, "{name}, {}: not at the start of a line", block.title);
        rest = &rest[place + here.len()..];
        total += numbers(&block.text).count();
        differing += block.differing.len();
    }
    println!("published numbers matched: {} of {total} ({name})", total - differing);
    Ok((total, differing))
}

#[test]
fn every_published_number_comes_out() -> Result<()> {
    let mut all = 0;
    for name in ["creating_a_model", "generated_data", "hello_pytorch"] {
        let (total, differing) = check(name)?;
        ensure!(differing == 0, "{differing} numbers of {name} are named as differing");
        all += total;
    }
    let (total, differing) = check("gradient_descent")?;
    all += total;
    let missing = arithmetic::missing_instructions(Arithmetic::Avx512);
    // Of an Intel processor with AVX-512, as its author's was.
    ensure!(differing == if missing.is_some() { 11 } else { 0 }, "{differing} differ");
    println!("published numbers matched: {} of {all}", all - differing);
    if let Some(instructions) = missing {
        skipped(&format!(
            "{differing} numbers of gradient_descent come out in the arithmetic avx512 alone, and this \
             processor does not have {instructions}"
        ));
    }
    Ok(())
}
