//! `train_test_split` puts the same rows in the same places as scikit-learn.

mod common;

use anyhow::{Context as _, Result, bail};
use torch_exact::data::split::{SplitError, TestSize, train_test_split_indices};

#[test]
fn splits_equal_scikit_learn() -> Result<()> {
    let (live, golden) = common::python::calls_live_and_golden(
        "numpy, sklearn",
        "tests/python/split.py",
        "tests/golden/split.txt",
    )?;
    compare(&golden)?;
    if let Some(live) = live {
        for n in 2..=500 {
            let start = format!("{n} ");
            let count = live.iter().filter(|call| call.starts_with(&start)).count();
            assert!(count >= 10, "only {count} splits of {n} samples");
        }
        compare(&live)?;
    }
    Ok(())
}

fn compare(calls: &[String]) -> Result<()> {
    for (at, line) in calls.iter().enumerate() {
        let (call, expected) = line.split_once(" = ").context("a line without a result")?;
        let found = repeat(call).with_context(|| format!("line {}: {call}", at + 1))?;
        if found != expected {
            bail!("line {}: {call}\n  Rust          {found}\n  scikit-learn  {expected}", at + 1);
        }
    }
    Ok(())
}

/// Makes one split and describes the result as the Python script does.
fn repeat(call: &str) -> Result<String> {
    let [n, size, seed] = call.split(' ').collect::<Vec<_>>()[..] else {
        bail!("not a call of three words");
    };
    let size = match size.split_at(1) {
        ("f", bits) => TestSize::Fraction(f64::from_bits(u64::from_str_radix(bits, 16)?)),
        ("c", count) => TestSize::Count(count.parse()?),
        _ => bail!("a test size unknown to this test"),
    };
    Ok(match train_test_split_indices(n.parse()?, size, seed.parse()?) {
        Ok((train, test)) => format!("{} | {}", rows(&train), rows(&test)),
        Err(SplitError::Fraction { .. }) => "error fraction".to_owned(),
        Err(SplitError::Count { .. }) => "error count".to_owned(),
        Err(SplitError::EmptyTrainSet { .. }) => "error empty".to_owned(),
        Err(other) => bail!("an error unknown to this test: {other}"),
    })
}

fn rows(numbers: &[i64]) -> String {
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")
}
