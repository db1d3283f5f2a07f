//! A data loader yields PyTorch's batches and leaves its generator where PyTorch leaves it;
//! `random_split`, `Subset`, a dataset of one's own and `default_collate` likewise.

use anyhow::{Context as _, Result, ensure};
use common::golden::live_and_golden;
use serde::Deserialize;
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};
use torch_exact::data::{
    Batch, Collate, DataLoader, DataLoaderOptions, Dataset, Lengths, Subset, TensorDataset,
    random_split,
};
use torch_exact::grad_fn_name;
use torch_exact::random::{self, Generator};

#[derive(Deserialize)]
struct Settings {
    kind: String,
    seed: u64,
    rows: i64,
    batch_size: i64,
    shuffle: bool,
    drop_last: bool,
    own: Option<u64>,
    stops: Vec<usize>,
}

/// The next two numbers that a generator would draw.
fn peek(generator: &Generator) -> Result<[i64; 2]> {
    let state = generator.get_state()?;
    let numbers = [generator.random_int64()?, generator.random_int64()?];
    generator.set_state(&state)?;
    Ok(numbers)
}

/// A dataset of one's own, which gives a tuple.
struct Numbers(usize);

impl Dataset for Numbers {
    type Item = (i64, f64, Tensor);

    fn len(&self) -> usize {
        self.0
    }

    fn get(&self, index: i64) -> torch_exact::Result<Self::Item> {
        let tensor = Tensor::f_full([2], index as f64, (Kind::Float, Device::Cpu))?;
        Ok((index, index as f64 / 7., tensor))
    }
}

fn integers(tensor: &Tensor) -> Result<Vec<i64>> {
    Ok(Vec::try_from(tensor)?)
}

fn pairs(rows: i64) -> Result<TensorDataset<2>> {
    let x = Tensor::arange(rows, (Kind::Int64, Device::Cpu));
    Ok(TensorDataset::new([&x, &(&x * 10)])?)
}

fn rows_of_pair([x, y]: [Tensor; 2]) -> Result<Vec<i64>> {
    ensure!(&x * 10 == y, "rows that do not belong together");
    integers(&x)
}

/// The iterations that the settings ask for, in the script's words.
fn iterations<D: Dataset>(
    settings: &Settings,
    dataset: D,
    rows_of: impl Fn(Batch<D>) -> Result<Vec<i64>>,
) -> Result<Value> {
    random::manual_seed(settings.seed);
    let own = match settings.own {
        Some(seed) => {
            let generator = Generator::new()?;
            generator.manual_seed(seed)?;
            Some(generator)
        }
        None => None,
    };
    let options = DataLoaderOptions {
        batch_size: settings.batch_size,
        shuffle: settings.shuffle,
        drop_last: settings.drop_last,
        generator: own.clone(),
        ..Default::default()
    };
    let loader = DataLoader::new(dataset, options)?;
    let mut iterations = vec![];
    for &stop in &settings.stops {
        let batches = loader.iter().take(stop);
        let batches: Vec<_> = batches.map(|batch| rows_of(batch?)).collect::<Result<_>>()?;
        let mut after = peek(&Generator::default_cpu()?)?.to_vec();
        if let Some(own) = &own {
            after.extend(peek(own)?);
        }
        iterations.push(json!({"batches": batches, "after": after}));
    }
    Ok(iterations.into())
}

fn loader(case: &Value) -> Result<Value> {
    let mut case = case.clone();
    // -1 is never.
    for stop in case["stops"].as_array_mut().context("stops")? {
        *stop = json!(stop.as_u64().unwrap_or(u64::from(u32::MAX)));
    }
    let settings: Settings = serde_json::from_value(case)?;
    match settings.kind.as_str() {
        "numbers" => {
            iterations(&settings, Numbers(settings.rows as usize), |(index, seventh, tensor)| {
                ensure!(seventh == index.to_kind(Kind::Double) / 7., "another item's");
                ensure!(tensor.size() == [index.size()[0], 2] && tensor.kind() == Kind::Float);
                integers(&index)
            })
        }
        "subset" => {
            let even: Vec<i64> = (0..settings.rows).step_by(2).collect();
            let even =
                Subset::new(pairs(settings.rows)?, &even.into_iter().rev().collect::<Vec<_>>())?;
            let most: Vec<i64> = (2..even.len() as i64).collect();
            iterations(&settings, Subset::new(even, &most)?, rows_of_pair)
        }
        _ => iterations(&settings, pairs(settings.rows)?, rows_of_pair),
    }
}

fn split(case: &Value) -> Result<(Value, Value)> {
    let seed = case["seed"].as_u64().context("seed")?;
    random::manual_seed(seed);
    let own = Generator::new()?;
    own.manual_seed(seed + 1)?;
    let own = if case["own"] == true { Some(own) } else { None };
    let lengths = match <[i64; 3]>::deserialize(&case["lengths"]) {
        Ok(counts) => Lengths::from(counts),
        Err(_) => Lengths::from(
            <[String; 3]>::deserialize(&case["lengths"])?
                .map(|bits| u64::from_str_radix(&bits, 16).map_or(f64::NAN, f64::from_bits)),
        ),
    };
    let rows = case["rows"].as_i64().context("rows")?;
    let x = Tensor::arange(rows, (Kind::Int64, Device::Cpu));
    let dataset = TensorDataset::new([&x])?;
    let parts = match random_split(&dataset, lengths, own.as_ref()) {
        Err(_) => json!("error"),
        Ok(parts) => {
            let rows = |part: &Subset<&TensorDataset<1>>| -> Result<Vec<i64>> {
                let rows = (0..).take(part.len()).map(|i| -> Result<i64> {
                    let [row] = part.get(i)?;
                    Ok(i64::try_from(row)?)
                });
                let rows = rows.collect::<Result<Vec<_>>>()?;
                ensure!(rows == part.indices()?);
                Ok(rows)
            };
            json!(parts.iter().map(rows).collect::<Result<Vec<_>>>()?)
        }
    };
    Ok((parts, json!(peek(&own.map_or_else(Generator::default_cpu, Ok)?)?)))
}

/// A batch in the script's words.
trait Described {
    fn described(&self) -> Result<Value>;
}

impl Described for Tensor {
    fn described(&self) -> Result<Value> {
        let dtype = torch_exact::dtype::name(self.kind());
        let values = Vec::<f64>::try_from(self.detach().to_kind(Kind::Double).flatten(0, -1))?;
        let bits: Vec<_> = values.iter().map(|v| format!("{:016x}", v.to_bits())).collect();
        Ok(json!({"dtype": dtype, "shape": self.size(), "values": bits}))
    }
}

impl Described for String {
    fn described(&self) -> Result<Value> {
        Ok(json!(self))
    }
}

impl<T: Described> Described for Vec<T> {
    fn described(&self) -> Result<Value> {
        self.iter().map(T::described).collect()
    }
}

macro_rules! described_tuples {
    ($($($part:ident)+;)*) => {$(
        impl<$($part: Described),+> Described for ($($part,)+) {
            fn described(&self) -> Result<Value> {
                #[expect(non_snake_case)]
                let ($($part,)+) = self;
                Ok(json!([$($part.described()?),+]))
            }
        }
    )*};
}
described_tuples! { A B; A B C; A B C D; }

fn collated<T: Collate<Batch: Described>>(items: Vec<T>) -> Result<Value> {
    match T::collate(items) {
        Ok(batch) => batch.described(),
        Err(error) => Ok(json!({"error": error.to_string()})),
    }
}

fn collate(name: &str) -> Result<Value> {
    let floats = |values: &[f32]| Tensor::from_slice(values);
    let zeros = |size: &[i64]| Tensor::zeros(size, (Kind::Float, Device::Cpu));
    let scalar = |value: f32| Tensor::from(value);
    let text = str::to_owned;
    match name {
        "ints" => collated(vec![3, -1, 1_i64 << 62]),
        "floats" => collated(vec![0.1, -0.0, 5.0]),
        "bools" => collated(vec![true, false]),
        "strings" => collated(vec![text("a"), text("bc")]),
        "tensors" => collated(vec![floats(&[1.5, 2.0]), floats(&[0.1, -3.0])]),
        "scalars" => collated(vec![Tensor::from(7_i64), Tensor::from(-2_i64)]),
        "dtypes" => {
            collated(vec![Tensor::from_slice(&[1_i64, 2]), Tensor::from_slice(&[0.5_f64, 1.5])])
        }
        "empty" => collated(vec![zeros(&[0, 3]), zeros(&[0, 3])]),
        "pair" => collated(vec![(floats(&[1.0]), 4_i64), (floats(&[2.0]), 5)]),
        "nested" => collated(vec![
            ((1_i64, 2.5_f64), text("x"), vec![scalar(1.0), scalar(2.0)]),
            ((3, 4.5), text("y"), vec![scalar(3.0), scalar(4.0)]),
        ]),
        "four" => collated(vec![(1_i64, 2.0_f64, true, text("s")), (5, 6.0, false, text("t"))]),
        "lists" => collated(vec![vec![1_i64, 2, 3], vec![4, 5, 6]]),
        "ragged lists" => collated(vec![vec![1_i64, 2], vec![4]]),
        "ragged tensors" => collated(vec![floats(&[1.0]), floats(&[1.0, 2.0])]),
        "ragged in a pair" => collated(vec![(1_i64, zeros(&[2, 3])), (2, zeros(&[2, 2]))]),
        "ragged dimensions" => collated(vec![zeros(&[2]), zeros(&[2, 1])]),
        other => anyhow::bail!("{other:?} is unknown to this test"),
    }
}

fn graph(case: &Value) -> Result<(Value, Value)> {
    let number = |name: &str| case[name].as_i64().with_context(|| name.to_owned());
    random::manual_seed(number("seed")? as u64);
    let rows = number("rows")?;
    let by_row = case["layout"] == "rows";
    let x = random::randn(if by_row { [rows, 3] } else { [3, rows] })?.set_requires_grad(true);
    let data = if by_row { x.shallow_clone() } else { x.tr() };
    let options = DataLoaderOptions {
        batch_size: number("batch_size")?,
        shuffle: true,
        ..Default::default()
    };
    let mut batches = vec![];
    for batch in &DataLoader::new(TensorDataset::new([&data])?, options)? {
        let [xb] = batch?;
        (&xb * &xb).sum(Kind::Float).backward();
        let (node, batch) = (grad_fn_name(&xb)?, xb.described()?);
        batches.push(json!({"node": node, "strides": xb.stride(), "batch": batch}));
    }
    Ok((batches.into(), x.grad().described()?))
}

fn compare(cases: &[Value]) -> Result<usize> {
    let mut compared = 0;
    for (at, case) in cases.iter().enumerate() {
        let here = match case["case"].as_str() {
            Some("loader") => {
                compared += case["stops"].as_array().map_or(0, Vec::len);
                json!({"iterations": loader(case)?})
            }
            Some("split") => {
                compared += 1;
                let (result, after) = split(case)?;
                json!({"result": result, "after": after})
            }
            Some("collate") => {
                compared += 1;
                let mut result = collate(case["name"].as_str().context("name")?)?;
                if let (Some(ours), Some(theirs)) =
                    (result["error"].as_str(), case["result"]["error"].as_str())
                    && ours.starts_with(theirs)
                {
                    // Python's words, and then our own.
                    result = case["result"].clone();
                }
                json!({"result": result})
            }
            Some("graph") => {
                compared += 1;
                let (batches, grad) = graph(case)?;
                json!({"batches": batches, "grad": grad})
            }
            _ => anyhow::bail!("line {}: a case unknown to this test", at + 1),
        };
        for (name, here) in here.as_object().into_iter().flatten() {
            let theirs = &case[name];
            ensure!(here == theirs, "line {}: {name}\n  here   {here}\n  Python {theirs}", at + 1);
        }
    }
    Ok(compared)
}

#[test]
fn batches_and_draws_are_pytorchs() -> Result<()> {
    let _seeded = random::with_seed(0)?;
    let (live, golden) = live_and_golden("loader", "torch")?;
    compare(&golden)?;
    if let Some(live) = live {
        let compared = compare(&live)?;
        println!(
            "loader iterations, splits and batches equal to PyTorch's: {compared} of {compared}"
        );
    }
    Ok(())
}

#[test]
fn what_python_refuses_is_refused() -> Result<()> {
    let x = Tensor::arange(3, (Kind::Int64, Device::Cpu));
    let dataset = || TensorDataset::new([&x]);
    let options = |batch_size| DataLoaderOptions { batch_size, ..Default::default() };
    for batch_size in [0, -1] {
        let error = DataLoader::new(dataset()?, options(batch_size)).unwrap_err().to_string();
        assert!(error.contains("batch_size") && error.contains("1 or above"), "{error}");
    }
    let empty = TensorDataset::new([&x.narrow(0, 0, 0)])?;
    let shuffled = DataLoaderOptions { shuffle: true, ..Default::default() };
    assert!(DataLoader::new(empty, shuffled).is_err());
    let two = Tensor::zeros([2, 1], (Kind::Float, Device::Cpu));
    let error = TensorDataset::new([&x, &two]).unwrap_err().to_string();
    assert!(error.contains("3 rows") && error.contains("[2, 1]"), "{error}");
    assert!(dataset()?.get(3).is_err() && dataset()?.get(-4).is_err());
    assert!(Subset::new(dataset()?, &[3]).is_err() && Subset::new(dataset()?, &[-4]).is_err());
    let subset = Subset::new(dataset()?, &[-1, 0])?;
    assert_eq!(subset.indices()?, [2, 0]);
    assert!(subset.get(2).is_err() && subset.get(-3).is_err());
    assert_eq!(i64::try_from(&subset.get(-1)?[0])?, 0);
    assert!(random_split(&subset, [-1, 3], None).is_err());
    Ok(())
}

/// Fails at its third item.
struct Faulty;

impl Dataset for Faulty {
    type Item = i64;

    fn len(&self) -> usize {
        4
    }

    fn get(&self, index: i64) -> torch_exact::Result<i64> {
        match index {
            2 => Err(torch_exact::Error::Dataset("row 2 has no label".into())),
            _ => Ok(index),
        }
    }
}

#[test]
fn a_datasets_own_error_comes_through_and_the_loader_goes_on() -> Result<()> {
    let loader = DataLoader::new(Faulty, DataLoaderOptions::default())?;
    let batches: Vec<_> = loader.iter().collect();
    let error = batches[2].as_ref().unwrap_err().to_string();
    assert_eq!(error, "dataset: row 2 has no label");
    assert_eq!(batches.iter().filter(|batch| batch.is_ok()).count(), 3);
    Ok(())
}

#[test]
fn rows_are_taken_as_python_takes_them() -> Result<()> {
    let x = Tensor::arange(5, (Kind::Int64, Device::Cpu));
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
