//! The programs printed with a hit draw what was printed.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use seed_recovery::{Arithmetic, Generator, Hit, Item, Library, Values, parse_items, reproduce};
use tch::Tensor;
use torch_exact::random;

use super::{bits, bits_of, bytes, hex};
use common::python::{python_with, run_script, skipped};

const CASES: &[(&str, Library)] = &[
    ("rand(3);rand(2,2,dtype=float64);skip 7;uniform(-1.5,2.5,3)", Library::Torch),
    ("randn(3);skip randn(2);randn(2);randn(17);normal(1.5,0.25,20);randn(())", Library::Torch),
    (
        "skip randint(-10,11,50);linear(2,3);linear(3,1,bias=False);linear(1,1,dtype=float64)",
        Library::Torch,
    ),
    ("randint(0,9,(2,3));randperm(7);skip 1;skip 2;rand(1)", Library::Torch),
    (
        "np.rand(3);skip 7;np.uniform(-1.5,2.5,3);np.randn(3);skip np.randn(2);np.randn(2)",
        Library::NumPy,
    ),
    (
        "skip np.randint(-10,11,50);np.normal(1.5,0.25,(2,2));np.randint(0,9,4);np.permutation(7)",
        Library::NumPy,
    ),
    (
        "embedding(4,3);conv2d(2,3,2);lstm(2,3);bernoulli_(0.25,5);dropout(0.5,4);exponential(1.5,3)",
        Library::Torch,
    ),
    (
        "dataloader(9,shuffle=True);skip dataloader(7);dataloader(9,shuffle=True,version=1.8);\
         dataloader(9,shuffle=True,version=1.6);skip dataloader(5,shuffle=True,version=1.8);rand(1)",
        Library::Torch,
    ),
    (
        "random.random(3);skip 3;random.uniform(-1.5,2.5,3);skip random.shuffle(4);\
         random.randint(0,9,4);random.shuffle(7)",
        Library::Python,
    ),
];

/// Every call of PyTorch once.
const TORCH_HIT: &str = "rand(3);\
    rand(2,2,dtype=float64);\
    skip 7;\
    uniform(-1.5,2.5,3);\
    skip randn(2);\
    randn(17);\
    normal(1.5,0.25,20);\
    randn(());\
    skip randint(-10,11,50);\
    linear(2,3);\
    linear(3,1,bias=False);\
    linear(1,1,dtype=float64);\
    randint(0,9,(2,3));\
    randperm(7)";

const HIT: Hit = Hit { seed: 3_809_636_297, offset: 668, arithmetic: Arithmetic::Avx2, target: 0 };

/// The steps of a case; every draw that is not skipped has something printed of it.
fn items(case: &str) -> Result<Vec<Item>> {
    let mut all = vec![];
    for step in case.split(';') {
        let skipped = format!("skip {}", step.trim_start_matches("skip "));
        all.extend(parse_items(&[skipped], None)?.into_iter().map(|item| match item {
            Item::Skipped(draw) if !step.starts_with("skip") => {
                let unknown = vec![None; draw.len()];
                Item::Printed(draw, unknown)
            }
            item => item,
        }));
    }
    Ok(all)
}

/// What the case's draws that are not skipped draw.
fn drawn(case: &str, hit: &Hit) -> Result<Vec<Values>> {
    let words = super::library_of(case).words(hit.seed, hit.offset);
    let mut generator = Generator::new(words, hit.arithmetic);
    let mut values = vec![];
    for item in items(case)? {
        match item {
            Item::SkippedWords(words) => generator.skip(words),
            Item::Skipped(draw) => drop(generator.draw(&draw)),
            Item::Printed(draw, _) => values.push(generator.draw(&draw)),
        }
    }
    Ok(values)
}

/// The hit is one of ATen's AVX2 kernels.
fn has_avx2() -> Result<bool> {
    let has = shim::cpu_capability()? != "DEFAULT";
    if !has {
        skipped("the hit is one of ATen's AVX2 kernels, which this processor has not");
    }
    Ok(has)
}

#[test]
fn the_python_draws_the_same() -> Result<()> {
    let Some(python) = python_with("torch, numpy") else {
        return Ok(());
    };
    if !has_avx2()? {
        return Ok(());
    }
    for (case, library) in CASES {
        let program = reproduce(&items(case)?, *library, &HIT).python;
        let print = "\nimport numpy\nfor d in drawn: print(numpy.asarray(d.detach() if hasattr(d, 'detach') else d).tobytes().hex(), end='')\n";
        let script = tempfile::NamedTempFile::new()?;
        fs::write(&script, program.clone() + print)?;
        let script = script.path().to_str().context("UTF-8")?;
        let (theirs, ours) = (run_script(&python, script, &[], "")?, drawn(case, &HIT)?);
        ensure!(theirs == hex(&ours.iter().flat_map(bytes).collect::<Vec<_>>()), "{program}");
    }
    Ok(())
}

#[test]
fn the_rust_for_pytorch_draws_the_same() -> Result<()> {
    let program = reproduce(&items(TORCH_HIT)?, Library::Torch, &HIT).rust;
    let names: Vec<String> =
        (1..=program.matches("let drawn_").count()).map(|i| format!("drawn_{i}")).collect();
    ensure!(
        format!("{{\n{program}\nvec![{}]\n}}\n", names.join(", ")) == include_str!("torch_hit.rs")
    );
    if !has_avx2()? {
        return Ok(());
    }
    let _seeded = random::with_seed(0)?;
    let tensors: Vec<Tensor> = include!("torch_hit.rs");
    let theirs = tensors.iter().map(bits).collect::<Result<Vec<_>>>()?.concat();
    let ours: Vec<u64> = drawn(TORCH_HIT, &HIT)?.iter().flat_map(bits_of).collect();
    ensure!(theirs.len() > 60 && theirs == ours, "the printed Rust draws something else");
    Ok(())
}

#[test]
fn the_rust_for_numpy_draws_the_same() -> Result<()> {
    let case = "skip np.randint(-10,11,50);np.normal(1.5,0.25,(2,2));skip 3;np.permutation(7)";
    let program = reproduce(&items(case)?, Library::NumPy, &HIT).rust;
    ensure!(format!("{{\n{program}\n[drawn_1, drawn_2]\n}}\n") == include_str!("numpy_hit.rs"));
    let values: [Values; 2] = include!("numpy_hit.rs");
    ensure!(values.to_vec() == drawn(case, &HIT)?);
    Ok(())
}

#[test]
fn the_python_says_which_kernels_drew() -> Result<()> {
    let python = |arithmetic| {
        Ok::<_, anyhow::Error>(
            reproduce(&items("rand(3)")?, Library::Torch, &Hit { arithmetic, ..HIT }).python,
        )
    };
    ensure!(python(Arithmetic::Avx2)?.starts_with("import torch\n"));
    ensure!(python(Arithmetic::Default)?.contains("without AVX2"));
    ensure!(python(Arithmetic::DefaultFused)?.contains("version 2.13"));
    Ok(())
}
