//! A data loader yields PyTorch's batches and leaves its generator where PyTorch leaves it.

mod common;

use anyhow::{Context as _, Result, ensure};
use common::generator_alone;
use common::python::calls_live_and_golden;
use shim::Generator;
use tch::{Kind, Tensor};
use torch_exact::data::{DataLoader, DataLoaderOptions, TensorDataset};
use torch_exact::random;

const SCRIPT: &str = "tests/python/loader.py";
const GOLDEN: &str = "tests/golden/loader.txt";

/// The next two numbers that the default generator would draw.
fn peek() -> Result<String> {
    let state = random::get_rng_state()?;
    let mut generator = Generator::default_cpu()?;
    let numbers = (generator.random_int64()?, generator.random_int64()?);
    random::set_rng_state(&state)?;
    Ok(format!("{} {}", numbers.0, numbers.1))
}

/// One iteration, left after `stop` batches, in the script's words.
fn iteration(loader: &DataLoader<2>, stop: i64) -> Result<String> {
    let mut batches: Vec<String> = vec![];
    let mut iterator = loader.iter()?;
    while batches.len() as i64 != stop {
        let Some((indices, [xb, yb])) = iterator.next_with_indices()? else {
            break;
        };
        ensure!((&xb * 10) == yb && indices == xb, "rows that do not belong together");
        let rows = Vec::<i64>::try_from(&xb)?;
        batches.push(rows.iter().map(i64::to_string).collect::<Vec<_>>().join(" "));
    }
    Ok(format!("{} / {}", batches.join("|"), peek()?))
}

fn compare(lines: &[String]) -> Result<usize> {
    let mut lines = lines.iter();
    let mut iterations = 0;
    while let Some(heading) = lines.next() {
        let numbers = heading.strip_prefix("loader ").context("`loader …`")?.split(' ');
        let numbers = numbers.map(str::parse).collect::<Result<Vec<i64>, _>>()?;
        let [seed, rows, batch_size, shuffle, drop_last, own, ref stops @ ..] = numbers[..] else {
            anyhow::bail!("{heading}: too short");
        };
        random::manual_seed(seed as u64);
        let mut generator = None;
        if own == 1 {
            generator.insert(Generator::new()?).manual_seed(seed as u64 + 1)?;
        }
        let x = Tensor::arange(rows, (Kind::Int64, tch::Device::Cpu));
        let options = DataLoaderOptions {
            batch_size,
            shuffle: shuffle == 1,
            drop_last: drop_last == 1,
            generator,
        };
        let loader = DataLoader::new(TensorDataset::new([&x, &(&x * 10)])?, options)?;
        for &stop in stops {
            let expected = lines.next().context("a line for each iteration")?;
            let here = iteration(&loader, stop)?;
            ensure!(here == *expected, "{heading}:\n  here   {here}\n  Python {expected}");
            iterations += 1;
        }
    }
    Ok(iterations)
}

#[test]
fn batches_and_draws_are_pytorchs() -> Result<()> {
    let _alone = generator_alone();
    let (live, golden) = calls_live_and_golden("torch", SCRIPT, GOLDEN)?;
    compare(&golden)?;
    if let Some(live) = live {
        let iterations = compare(&live)?;
        println!("loader iterations equal to PyTorch's: {iterations} of {iterations}");
    }
    Ok(())
}

#[test]
fn what_python_refuses_is_refused() -> Result<()> {
    let x = Tensor::arange(3, (Kind::Int64, tch::Device::Cpu));
    let dataset = || TensorDataset::new([&x]);
    let options = |batch_size| DataLoaderOptions { batch_size, ..Default::default() };
    for batch_size in [0, -1] {
        let error = DataLoader::new(dataset()?, options(batch_size)).unwrap_err().to_string();
        assert!(error.contains("batch_size") && error.contains("1 or above"), "{error}");
    }
    let empty = TensorDataset::new([&x.narrow(0, 0, 0)])?;
    let shuffled = DataLoaderOptions { shuffle: true, ..Default::default() };
    assert!(DataLoader::new(empty, shuffled).is_err());
    let two = Tensor::zeros([2, 1], (Kind::Float, tch::Device::Cpu));
    let error = TensorDataset::new([&x, &two]).unwrap_err().to_string();
    assert!(error.contains("3 rows") && error.contains("[2, 1]"), "{error}");
    assert!(dataset()?.get(3).is_err() && dataset()?.get(-4).is_err());
    Ok(())
}

#[test]
fn rows_are_taken_as_python_takes_them() -> Result<()> {
    let x = Tensor::arange(5, (Kind::Int64, tch::Device::Cpu));
    let dataset = TensorDataset::new([&x])?;
    let rows = |[t]: [Tensor; 1]| Vec::<i64>::try_from(t);
    assert_eq!(i64::try_from(&dataset.get(-1)?[0])?, 4);
    assert_eq!(rows(dataset.slice(1..3)?)?, [1, 2]);
    assert_eq!(rows(dataset.slice(-2..)?)?, [3, 4]);
    assert_eq!(rows(dataset.slice(3..99)?)?, [3, 4]);
    let (start, end) = (4, 2);
    assert_eq!(rows(dataset.slice(start..end)?)?, [0i64; 0]);
    assert_eq!(rows(dataset.slice(..=1)?)?, [0, 1]);
    assert_eq!(rows(dataset.slice(-2..=-1)?)?, [3, 4]);
    let options = DataLoaderOptions { batch_size: i64::MAX, ..Default::default() };
    assert_eq!(DataLoader::new(dataset, options)?.len(), 1);
    Ok(())
}
