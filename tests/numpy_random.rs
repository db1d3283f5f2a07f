//! NumPy's legacy generator and `linspace`: same calls, same bits, generator state included.

mod common;

use anyhow::{Context as _, Result, bail};
use torch_exact::numpy::{RandomState, State, linspace};

#[test]
fn draws_equal_numpy_bit_for_bit() -> Result<()> {
    let (live, golden) = common::python::calls_live_and_golden(
        "numpy",
        "tests/python/numpy_random.py",
        "tests/golden/numpy_random.txt",
    )?;
    compare(&golden)?;
    if let Some(live) = live {
        let seeds = live.iter().filter(|call| call.starts_with("seed ")).count();
        assert!(seeds >= 200, "only {seeds} seeds");
        compare(&live)?;
    }
    Ok(())
}

/// Repeats every recorded call, on one generator after another as the lines say.
fn compare(calls: &[String]) -> Result<()> {
    let mut rng = RandomState::new(0);
    let mut last_seed = "";
    for (at, line) in calls.iter().enumerate() {
        let (call, expected) = line.split_once(" = ").context("a line without a result")?;
        if call.starts_with("seed ") {
            last_seed = call;
        }
        let found = repeat(&mut rng, call).with_context(|| format!("line {}: {call}", at + 1))?;
        if let Some(difference) = first_difference(&found, expected) {
            bail!("line {}, after `{last_seed}`: {call}: {difference}", at + 1);
        }
    }
    Ok(())
}

fn first_difference(found: &str, expected: &str) -> Option<String> {
    let (found, expected): (Vec<_>, Vec<_>) =
        (found.split_whitespace().collect(), expected.split_whitespace().collect());
    if found.len() != expected.len() {
        return Some(format!("{} words, NumPy {}", found.len(), expected.len()));
    }
    let at = (0..found.len()).find(|&i| found[i] != expected[i])?;
    Some(format!("word {at} is {}, NumPy's {}", found[at], expected[at]))
}

/// Carries out one call and describes the result as the Python script does.
fn repeat(rng: &mut RandomState, call: &str) -> Result<String> {
    let words: Vec<&str> = call.split(' ').collect();
    let result = match words[..] {
        ["seed", seed] => {
            *rng = RandomState::new(seed.parse()?);
            String::new()
        }
        ["rand", n] => floats(&rng.rand(n.parse()?)),
        ["random_sample", n] => floats(&rng.random_sample(n.parse()?)),
        ["randn", n] => floats(&rng.randn(n.parse()?)),
        ["standard_normal", n] => floats(&rng.standard_normal(n.parse()?)),
        ["normal", loc, scale, n] => {
            let drawn = rng.normal(float(loc)?, float(scale)?, n.parse()?);
            drawn.map_or("error".into(), |values| floats(&values))
        }
        ["uniform", low, high, n] => {
            let drawn = rng.uniform(float(low)?, float(high)?, n.parse()?);
            drawn.map_or("error".into(), |values| floats(&values))
        }
        ["randint", low, high, n] => {
            let drawn = rng.randint(low.parse()?, high.parse()?, n.parse()?);
            drawn.map_or("error".into(), |values| integers(&values))
        }
        ["permutation", n] => integers(&rng.permutation(n.parse()?)),
        ["shuffle" | "shuffle_list", n] => {
            let mut items: Vec<i64> = (0..n.parse()?).collect();
            rng.shuffle(&mut items);
            integers(&items)
        }
        ["linspace", start, stop, num] => {
            floats(&linspace(float(start)?, float(stop)?, num.parse()?))
        }
        _ => bail!("a call unknown to this test"),
    };
    Ok(format!("{result} | {}", describe(rng.state())))
}

fn describe(state: State) -> String {
    let kept = bits(state.cached_gaussian);
    format!("{} {} {kept}", state.pos, u8::from(state.has_gauss))
}

/// The hexadecimal bits; the sign and payload of a NaN are left open by IEEE 754 and by both
/// languages, so every NaN is the same here.
fn bits(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    format!("{:016x}", value.to_bits())
}

fn float(word: &str) -> Result<f64> {
    if word == "nan" {
        return Ok(f64::NAN);
    }
    Ok(f64::from_bits(u64::from_str_radix(word, 16)?))
}

fn floats(values: &[f64]) -> String {
    values.iter().map(|&v| bits(v)).collect::<Vec<_>>().join(" ")
}

fn integers(values: &[i64]) -> String {
    values.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")
}
