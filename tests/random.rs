//! Random tensors have PyTorch's bits, from the default generator and from one's own, and leave it
//! where PyTorch leaves it; seeded code keeps its draws while other threads draw.

use std::thread;

use anyhow::{Context as _, Result, bail, ensure};
use common::golden::live_and_golden;
use serde::Deserialize;
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};
use torch_exact::random::{self, Generator, Moment};

#[derive(Deserialize)]
struct Call {
    name: String,
    args: Vec<Value>,
    seed: u64,
    own: bool,
    dtype: String,
    drawn: Value,
    after: i64,
}

fn float(bits: &Value) -> Result<f64> {
    Ok(f64::from_bits(u64::from_str_radix(bits.as_str().context("a float's bits")?, 16)?))
}

fn size(value: &Value) -> Result<Vec<i64>> {
    Ok(Vec::deserialize(value)?)
}

/// A number or a tensor of them.
fn moment(value: &Value, dtype: Kind) -> Result<(Option<Tensor>, f64)> {
    match value.as_array() {
        None => Ok((None, float(value)?)),
        Some(each) => {
            let each = each.iter().map(float).collect::<Result<Vec<_>>>()?;
            Ok((Some(Tensor::from_slice(&each).to_kind(dtype)), 0.))
        }
    }
}

/// What the call draws; the inner error is a refusal.
fn draw(call: &Call, own: &Generator) -> Result<Result<Tensor>> {
    let dtype = match call.dtype.as_str() {
        "float32" => Kind::Float,
        "float64" => Kind::Double,
        "float16" => Kind::Half,
        "bfloat16" => Kind::BFloat16,
        "int64" => Kind::Int64,
        other => bail!("dtype {other}"),
    };
    let integer = |value: &Value| value.as_i64().context("an integer");
    type Fill<'a> = &'a dyn Fn(&mut Tensor) -> torch_exact::Result<()>;
    let filled = |at: &Value, fill: Fill<'_>| -> Result<Result<Tensor>> {
        let mut tensor = Tensor::f_empty(size(at)?, (dtype, Device::Cpu))?;
        Ok(fill(&mut tensor).map(|()| tensor).map_err(Into::into))
    };
    Ok(match (call.name.as_str(), call.own, call.args.as_slice()) {
        ("rand", true, [at]) => own.rand(size(at)?, dtype).map_err(Into::into),
        ("rand", false, [at]) => random::rand(size(at)?).map_err(Into::into),
        ("randn", true, [at]) => own.randn(size(at)?, dtype).map_err(Into::into),
        ("randn", false, [at]) => random::randn(size(at)?).map_err(Into::into),
        ("normal", true, [mean, std, at]) => {
            own.normal(float(mean)?, float(std)?, size(at)?, dtype).map_err(Into::into)
        }
        ("normal", false, [mean, std, at]) => {
            random::normal(float(mean)?, float(std)?, size(at)?).map_err(Into::into)
        }
        ("normal_each", is_own, [mean, std]) => {
            let ((means, mean), (stds, std)) = (moment(mean, dtype)?, moment(std, dtype)?);
            let mean = means.as_ref().map_or(Moment::Number(mean), Moment::Tensor);
            let std = stds.as_ref().map_or(Moment::Number(std), Moment::Tensor);
            match is_own {
                true => own.normal_each(mean, std).map_err(Into::into),
                false => random::normal_each(mean, std).map_err(Into::into),
            }
        }
        ("randint", true, [low, high, at]) => {
            own.randint(integer(low)?, integer(high)?, size(at)?, dtype).map_err(Into::into)
        }
        ("randint", false, [low, high, at]) => {
            random::randint(integer(low)?, integer(high)?, size(at)?, dtype).map_err(Into::into)
        }
        ("randperm", true, [n]) => own.randperm(integer(n)?).map_err(Into::into),
        ("randperm", false, [n]) => random::randperm(integer(n)?).map_err(Into::into),
        ("uniform_", true, [at, low, high]) => {
            let (low, high) = (float(low)?, float(high)?);
            filled(at, &|tensor| own.uniform_(tensor, low, high))?
        }
        ("normal_", true, [at, mean, std]) => {
            let (mean, std) = (float(mean)?, float(std)?);
            filled(at, &|tensor| own.normal_(tensor, mean, std))?
        }
        (name, own, args) => bail!("{name} with {args:?}, own: {own}, is of no case"),
    })
}

fn bits(tensor: &Tensor) -> Result<Value> {
    let tensor = match tensor.kind() {
        Kind::Float => tensor.view_dtype(Kind::Int),
        Kind::Double => tensor.view_dtype(Kind::Int64),
        Kind::Half | Kind::BFloat16 => tensor.view_dtype(Kind::Int16),
        _ => tensor.shallow_clone(),
    };
    Ok(json!(Vec::<i64>::try_from(tensor.to_kind(Kind::Int64).flatten(0, -1))?))
}

fn compare(calls: &[Value]) -> Result<(usize, usize)> {
    let mut values = 0;
    for line in calls {
        let call = Call::deserialize(line)?;
        random::manual_seed(call.seed);
        let own = Generator::new()?;
        own.manual_seed(call.seed)?;
        let drawn = match draw(&call, &own)? {
            Ok(tensor) => bits(&tensor)?,
            Err(_) => json!("error"),
        };
        ensure!(drawn == call.drawn, "here {drawn}, in Python: {line}");
        let generator = if call.own { own } else { Generator::default_cpu()? };
        let after = generator.random_int64()?;
        ensure!(after == call.after, "then {after}, in Python: {line}");
        values += drawn.as_array().map_or(0, Vec::len);
    }
    Ok((calls.len(), values))
}

#[test]
fn draws_have_pytorchs_bits() -> Result<()> {
    let _seeded = random::with_seed(0)?;
    let (live, golden) = live_and_golden("random_draws", "torch")?;
    compare(&golden)?;
    if let Some(live) = live {
        let (calls, values) = compare(&live)?;
        println!("random calls with PyTorch's bits: {calls} of {calls} ({values} values)");
    }
    Ok(())
}

#[test]
fn seeded_threads_draw_what_they_would_draw_alone() -> Result<()> {
    let draw = |seed: u64| -> Result<Vec<f32>> {
        let _seeded = random::with_seed(seed)?;
        let mut drawn = vec![];
        for _ in 0..50 {
            drawn.push(f32::try_from(random::rand([1])?)?);
            thread::yield_now();
        }
        Ok(drawn)
    };
    let alone = (0..8).map(draw).collect::<Result<Vec<_>>>()?;
    for _ in 0..5 {
        let together: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|seed| scope.spawn(move || draw(seed))).collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        for (drawn, alone) in together.into_iter().zip(&alone) {
            let drawn = drawn.map_err(|_| anyhow::anyhow!("a thread panicked"))??;
            ensure!(&drawn == alone, "{drawn:?}, alone {alone:?}");
        }
    }
    Ok(())
}

#[test]
fn a_guard_puts_the_generator_back_even_from_within_another() -> Result<()> {
    let _outer = random::with_seed(1)?;
    drop(random::rand([5])?);
    let before = random::get_rng_state()?;
    {
        let _inner = random::with_seed(2)?;
        assert_eq!(random::initial_seed()?, 2);
        drop(random::rand([7])?);
    }
    assert_eq!(random::get_rng_state()?, before);
    assert_eq!(random::initial_seed()?, 1);
    let panicked = std::panic::catch_unwind(|| {
        let _inner = random::with_seed(3);
        // As a test that fails does, but without a word.
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(panicked.is_err());
    assert_eq!(random::get_rng_state()?, before);
    Ok(())
}

#[test]
fn a_clone_is_the_same_generator() -> Result<()> {
    let generator = Generator::new()?;
    generator.manual_seed(5)?;
    let first = generator.clone().rand([4], Kind::Float)?;
    let second = generator.rand([4], Kind::Float)?;
    generator.manual_seed(5)?;
    assert_eq!(Tensor::cat(&[first, second], 0), generator.rand([8], Kind::Float)?);
    assert!(generator.normal_each(0., 1.).unwrap_err().to_string().contains("both numbers"));
    Ok(())
}
