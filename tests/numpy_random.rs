//! NumPy's generators and `linspace`: same calls, same bits, generator state included.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use torch_exact::numpy::{ChoiceOptions, Error, Generator, RandomState, default_rng, linspace};

#[test]
fn draws_equal_numpy_bit_for_bit() -> Result<()> {
    let (live, golden) = common::golden::live_and_golden("numpy_random", "numpy")?;
    compare(&golden)?;
    if let Some(live) = live {
        let (calls, values) = compare(&live)?;
        for generator in ["RandomState", "default_rng"] {
            let seeds = live.iter().filter(|call| call.to_string().contains(generator)).count();
            ensure!(seeds >= 200, "only {seeds} seeds of {generator}");
        }
        println!("calls with NumPy's bits: {calls} of {calls} ({values} values)");
    }
    Ok(())
}

/// One of NumPy's generators, the last that was made.
enum Rng {
    Legacy(Box<RandomState>),
    Default(Box<Generator>),
}

/// Repeats every recorded call, on one generator after another as the lines say; returns how many
/// calls there were, and values drawn.
fn compare(calls: &[Value]) -> Result<(usize, usize)> {
    let mut rng = Rng::Legacy(Box::new(RandomState::new(0)));
    let (mut seed, mut values) = (Value::Null, 0);
    for (at, expected) in calls.iter().enumerate() {
        let name = expected["call"].as_str().context("a call's name")?;
        let args = expected["args"].as_array().context("a call's arguments")?;
        let line = at + 1;
        if let Some(new) = started(name, args)? {
            rng = new;
            seed = args[0].clone();
        } else {
            let result =
                repeat(&mut rng, name, args).with_context(|| format!("line {line}: {name}"))?;
            let found = result.unwrap_or_else(|_: Error| json!("error"));
            let difference = first_difference(&found, &expected["result"]);
            ensure!(
                difference.is_none(),
                "line {line}, seed {seed}: {name} {args:?}: {difference:?}"
            );
            values += found.as_array().map_or(0, Vec::len);
        }
        let (found, expected) = (after(&rng)?, &expected["after"]);
        ensure!(
            &found == expected,
            "line {line}, seed {seed}: after {name} {found}, NumPy {expected}"
        );
    }
    Ok((calls.len(), values))
}

fn first_difference(found: &Value, expected: &Value) -> Option<String> {
    let (Some(ours), Some(theirs)) = (found.as_array(), expected.as_array()) else {
        return (found != expected).then(|| format!("{found}, NumPy {expected}"));
    };
    if ours.len() != theirs.len() {
        return Some(format!("{} values, NumPy {}", ours.len(), theirs.len()));
    }
    let at = (0..ours.len()).find(|&i| ours[i] != theirs[i])?;
    Some(format!("value {at} is {}, NumPy's {}", ours[at], theirs[at]))
}

/// The generator that the call starts, if it starts one.
fn started(name: &str, args: &[Value]) -> Result<Option<Rng>> {
    Ok(match (name, args) {
        ("RandomState", [seed]) => Some(Rng::Legacy(Box::new(RandomState::new(integer(seed)?)))),
        ("default_rng", [Value::String(seed)]) => {
            Some(Rng::Default(Box::new(default_rng(seed.parse()?))))
        }
        _ => None,
    })
}

/// Carries out one call and describes its result as the Python script does.
fn repeat(rng: &mut Rng, name: &str, args: &[Value]) -> Result<Result<Value, Error>> {
    if let ("linspace", [start, stop, num]) = (name, args) {
        return Ok(Ok(floats(&linspace(float(start)?, float(stop)?, integer(num)?))));
    }
    let drawn = match (rng, name, args) {
        (Rng::Legacy(rng), "rand", [n]) => Ok(floats(&rng.rand(integer(n)?))),
        (Rng::Legacy(rng), "random_sample", [n]) => Ok(floats(&rng.random_sample(integer(n)?))),
        (Rng::Legacy(rng), "randn", [n]) => Ok(floats(&rng.randn(integer(n)?))),
        (Rng::Legacy(rng), "standard_normal", [n]) => Ok(floats(&rng.standard_normal(integer(n)?))),
        (Rng::Legacy(rng), "normal", [loc, scale, n]) => {
            rng.normal(float(loc)?, float(scale)?, integer(n)?).map(|v| floats(&v))
        }
        (Rng::Legacy(rng), "uniform", [low, high, n]) => {
            rng.uniform(float(low)?, float(high)?, integer(n)?).map(|v| floats(&v))
        }
        (Rng::Legacy(rng), "randint", [low, high, n]) => {
            rng.randint(integer(low)?, integer(high)?, integer(n)?).map(|v| json!(v))
        }
        (Rng::Legacy(rng), "permutation", [n]) => Ok(json!(rng.permutation(integer(n)?))),
        (Rng::Legacy(rng), "shuffle" | "shuffle_list", [n]) => {
            let mut items: Vec<i64> = (0..integer(n)?).collect();
            rng.shuffle(&mut items);
            Ok(json!(items))
        }
        (Rng::Default(rng), "random", [n]) => Ok(floats(&rng.random(integer(n)?))),
        (Rng::Default(rng), "standard_normal", [n]) => {
            Ok(floats(&rng.standard_normal(integer(n)?)))
        }
        (Rng::Default(rng), "normal", [loc, scale, n]) => {
            rng.normal(float(loc)?, float(scale)?, integer(n)?).map(|v| floats(&v))
        }
        (Rng::Default(rng), "uniform", [low, high, n]) => {
            rng.uniform(float(low)?, float(high)?, integer(n)?).map(|v| floats(&v))
        }
        (Rng::Default(rng), "integers", [low, high, n]) => {
            rng.integers(integer(low)?, integer(high)?, integer(n)?).map(|v| json!(v))
        }
        (Rng::Default(rng), "permutation", [n]) => Ok(json!(rng.permutation(integer(n)?))),
        (Rng::Default(rng), "shuffle", [n]) => {
            let mut items: Vec<i64> = (0..integer(n)?).collect();
            rng.shuffle(&mut items);
            Ok(json!(items))
        }
        (Rng::Default(rng), "choice", [population, size, replace, p, shuffle]) => {
            let p: Option<Vec<f64>> =
                p.as_array().map(|p| p.iter().map(float).collect()).transpose()?;
            let options = ChoiceOptions {
                replace: replace == true,
                p: p.as_deref(),
                shuffle: shuffle == true,
            };
            rng.choice_with(integer(population)?, integer(size)?, options).map(|v| json!(v))
        }
        _ => bail!("a call unknown to this test"),
    };
    Ok(drawn)
}

/// Where the generator stands, as the Python script says it.
fn after(rng: &Rng) -> Result<Value> {
    Ok(match rng {
        Rng::Legacy(rng) => {
            let state = rng.state();
            json!([state.pos, u8::from(state.has_gauss), bits(state.cached_gaussian)])
        }
        Rng::Default(rng) => json!(rng.clone().integers(0, 1 << 32, 3)?),
    })
}

fn integer<T: TryFrom<i64>>(value: &Value) -> Result<T> {
    value.as_i64().and_then(|v| T::try_from(v).ok()).with_context(|| format!("{value}"))
}

/// The hexadecimal bits; the sign and payload of a NaN are left open by IEEE 754 and by both
/// languages, so every NaN is the same here.
fn bits(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    format!("{:016x}", value.to_bits())
}

fn float(value: &Value) -> Result<f64> {
    match value.as_str().context("a float's bits")? {
        "nan" => Ok(f64::NAN),
        bits => Ok(f64::from_bits(u64::from_str_radix(bits, 16)?)),
    }
}

fn floats(values: &[f64]) -> Value {
    values.iter().map(|&v| bits(v)).collect()
}
