//! Samplers, loaders with samplers, workers and collate functions, and datasets made of datasets take
//! PyTorch's rows and leave every generator where PyTorch leaves it; what Python refuses is refused.
//! `tests/python/samplers.py` draws the cases, of every option of the signatures.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use common::generator_alone;
use common::golden::parse;
use common::python::{python_with, run_script, skipped};
use serde::Deserialize;
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};
use torch_exact::data::{
    Batch, BatchSampler, ChainDataset, Collate, ConcatDataset, DataLoader, DataLoaderOptions,
    Dataset, IterableDataset, IterableLoader, RandomSampler, RandomSamplerOptions, Sampler,
    SequentialSampler, StackDataset, Subset, SubsetRandomSampler, TensorDataset,
    WeightedRandomSampler, WeightedRandomSamplerOptions,
};
use torch_exact::random::{self, Generator};

/// So many of each kind.
const CASES: &str = "500";

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct SamplerSpec {
    name: String,
    rows: Option<usize>,
    replacement: Option<bool>,
    num_samples: Option<i64>,
    indices: Option<Vec<i64>>,
    weights: Option<Vec<f64>>,
    generator: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchSamplerSpec {
    sampler: SamplerSpec,
    batch_size: i64,
    drop_last: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    batch_size: i64,
    shuffle: bool,
    drop_last: bool,
    num_workers: i64,
    pin_memory: bool,
    collate_fn: bool,
    generator: Option<u64>,
    sampler: Option<SamplerSpec>,
    batch_sampler: Option<BatchSamplerSpec>,
}

#[derive(Deserialize)]
struct DatasetSpec {
    kind: String,
    rows: usize,
    first: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    seed: u64,
    sampler: Option<SamplerSpec>,
    dataset: Option<DatasetSpec>,
    options: Option<Options>,
    stops: Vec<i64>,
    length: Option<usize>,
    iterations: Option<Value>,
    refused: Option<String>,
}

/// Generators whose next numbers are compared.
#[derive(Default)]
struct Generators(Vec<Generator>);

impl Generators {
    fn make(&mut self, seed: Option<u64>) -> Result<Option<Generator>> {
        let generator = seed.map(Generator::seeded).transpose()?;
        self.0.extend(generator.clone());
        Ok(generator)
    }

    fn peek(&self) -> Result<Vec<i64>> {
        let mut found = vec![];
        for generator in [Generator::default_cpu()?].iter().chain(&self.0) {
            let state = generator.get_state()?;
            found.extend([generator.random_int64()?, generator.random_int64()?]);
            generator.set_state(&state)?;
        }
        Ok(found)
    }

    fn sampler(&mut self, spec: &SamplerSpec) -> Result<Box<dyn Sampler>> {
        let generator = self.make(spec.generator)?;
        let rows = || spec.rows.context("rows");
        Ok(match spec.name.as_str() {
            "SequentialSampler" => Box::new(SequentialSampler::new(rows()?)),
            "RandomSampler" => {
                let replacement = spec.replacement.context("replacement")?;
                let num_samples = spec.num_samples;
                let options = RandomSamplerOptions { replacement, num_samples, generator };
                Box::new(RandomSampler::new(rows()?, options)?)
            }
            "SubsetRandomSampler" => {
                let indices = spec.indices.clone().context("indices")?;
                Box::new(SubsetRandomSampler::new(indices, generator))
            }
            _ => {
                let replacement = spec.replacement.context("replacement")?;
                let options = WeightedRandomSamplerOptions { replacement, generator };
                let weights = spec.weights.clone().context("weights")?;
                let samples = spec.num_samples.context("num_samples")?;
                Box::new(WeightedRandomSampler::new(weights, samples, options)?)
            }
        })
    }

    fn options(&mut self, options: &Options) -> Result<DataLoaderOptions> {
        let &Options { batch_size, shuffle, drop_last, num_workers, pin_memory, .. } = options;
        let generator = self.make(options.generator)?;
        let sampler = options.sampler.as_ref().map(|spec| self.sampler(spec)).transpose()?;
        let batch_sampler = options.batch_sampler.as_ref().map(|spec| -> Result<_> {
            let sampler = Boxed(self.sampler(&spec.sampler)?);
            let sampler = BatchSampler::new(sampler, spec.batch_size, spec.drop_last)?;
            Ok(Box::new(sampler) as Box<dyn Sampler<Vec<i64>>>)
        });
        Ok(DataLoaderOptions {
            batch_size,
            shuffle,
            drop_last,
            generator,
            sampler,
            batch_sampler: batch_sampler.transpose()?,
            num_workers,
            pin_memory,
        })
    }
}

/// A sampler of one's own.
#[derive(Debug)]
struct Boxed(Box<dyn Sampler>);

impl Sampler for Boxed {
    fn iter(&self) -> Box<dyn Iterator<Item = torch_exact::Result<i64>> + '_> {
        self.0.iter()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// Rows with numbers that are drawn when they are taken.
struct Noisy(usize);

impl Dataset for Noisy {
    type Item = (i64, Tensor);

    fn len(&self) -> usize {
        self.0
    }

    fn get(&self, index: i64) -> torch_exact::Result<Self::Item> {
        let rows = self.0 as i64;
        if !(-rows..rows).contains(&index) {
            return Err(torch_exact::Error::Dataset("there is no such row".into()));
        }
        Ok((index, random::rand([2])?))
    }
}

/// Numbers down to 0, with numbers that are drawn.
struct Countdown(usize);

impl IterableDataset for Countdown {
    type Item = (i64, Tensor);

    fn iter(&self) -> Box<dyn Iterator<Item = torch_exact::Result<Self::Item>> + '_> {
        Box::new((0..self.0 as i64).rev().map(|index| Ok((index, random::rand([2])?))))
    }
}

fn tensors(start: usize, rows: usize) -> Result<TensorDataset<2>> {
    let (start, end) = (start as i64, (start + rows) as i64);
    let x = Tensor::f_arange_start(start, end, (Kind::Int64, Device::Cpu))?;
    Ok(TensorDataset::new([&x, &(&x * 10)])?)
}

trait Described {
    fn described(&self) -> Result<Value>;
}

impl Described for Tensor {
    fn described(&self) -> Result<Value> {
        Ok(json!(Vec::<f64>::try_from(self.to_kind(Kind::Double).flatten(0, -1))?))
    }
}

impl<T: Described> Described for [T; 2] {
    fn described(&self) -> Result<Value> {
        self.iter().map(T::described).collect()
    }
}

impl<A: Described, B: Described> Described for (A, B) {
    fn described(&self) -> Result<Value> {
        Ok(json!([self.0.described()?, self.1.described()?]))
    }
}

fn backwards<T: Collate>(mut items: Vec<T>) -> torch_exact::Result<T::Batch> {
    items.reverse();
    T::collate(items)
}

impl Case {
    /// Iterations, each left after so many items.
    fn iterations<'a, T, I: Iterator<Item = torch_exact::Result<T>> + 'a>(
        &self,
        generators: &Generators,
        iter: impl Fn() -> I,
        described: impl Fn(&T) -> Result<Value>,
    ) -> Result<Value> {
        let mut iterations = vec![];
        for &stop in &self.stops {
            let mut batches = vec![];
            let mut iteration = iter();
            while batches.len() as i64 != stop {
                match iteration.next() {
                    Some(batch) => batches.push(described(&batch?)?),
                    None => break,
                }
            }
            iterations.push(json!({"batches": batches, "after": generators.peek()?}));
        }
        Ok(json!(iterations))
    }

    fn of_dataset<D: Dataset<Item: Collate<Batch: Described>>>(&self, dataset: D) -> Result<Value> {
        let (mut generators, spec) =
            (Generators::default(), self.options.as_ref().context("options")?);
        let options = generators.options(spec)?;
        let length = |length: usize| -> Result<()> {
            ensure!(Some(length) == self.length, "{length} batches");
            Ok(())
        };
        if spec.collate_fn {
            let loader = DataLoader::with_collate_fn(dataset, options, backwards)?;
            length(loader.len())?;
            return self.iterations(&generators, || loader.iter(), Batch::<D>::described);
        }
        let loader = DataLoader::new(dataset, options)?;
        length(loader.len())?;
        self.iterations(&generators, || loader.iter(), Batch::<D>::described)
    }

    fn of_iterable<D: IterableDataset<Item: Collate<Batch: Described>>>(
        &self,
        dataset: D,
    ) -> Result<Value> {
        let (mut generators, spec) =
            (Generators::default(), self.options.as_ref().context("options")?);
        let options = generators.options(spec)?;
        if spec.collate_fn {
            let loader = IterableLoader::with_collate_fn(dataset, options, backwards)?;
            return self.iterations(&generators, || loader.iter(), Described::described);
        }
        let loader = IterableLoader::new(dataset, options)?;
        self.iterations(&generators, || loader.iter(), Described::described)
    }

    fn compute(&self) -> Result<Value> {
        random::manual_seed(self.seed);
        if let Some(spec) = &self.sampler {
            let mut generators = Generators::default();
            let sampler = generators.sampler(spec)?;
            ensure!(Some(sampler.len()) == self.length, "{} indices", sampler.len());
            return self.iterations(&generators, || sampler.iter(), |index| Ok(json!(index)));
        }
        let DatasetSpec { kind, rows, first } = self.dataset.as_ref().context("a dataset")?;
        let (rows, first) = (*rows, *first);
        match kind.as_str() {
            "tensors" => self.of_dataset(tensors(0, rows)?),
            "noisy" => self.of_dataset(Noisy(rows)),
            "subset" => {
                let odd: Vec<i64> = (1..2 * rows as i64).step_by(2).collect();
                self.of_dataset(Subset::new(tensors(0, 2 * rows)?, &odd)?)
            }
            "concat" => {
                let datasets = [tensors(0, first)?, tensors(100, rows - first)?, tensors(0, 0)?];
                // Of several types, as one may have them.
                let datasets =
                    datasets.map(|it| Box::new(it) as Box<dyn Dataset<Item = [Tensor; 2]>>);
                self.of_dataset(ConcatDataset::new(datasets)?)
            }
            "stack" => self.of_dataset(StackDataset::new((tensors(0, rows)?, Noisy(rows)))?),
            "uneven" => self.of_dataset(StackDataset::new((tensors(0, rows)?, Noisy(rows + 1)))?),
            "countdown" => self.of_iterable(Countdown(rows)),
            _ => self.of_iterable(ChainDataset::new([
                Countdown(first),
                Countdown(0),
                Countdown(rows - first),
            ])),
        }
    }
}

#[test]
fn samplers_and_loaders_are_pytorchs() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    let Some(python) = python_with("torch, numpy") else {
        skipped("no Python imports torch, so samplers were not compared");
        return Ok(());
    };
    let cases = run_script(&python, "tests/python/samplers.py", &[CASES], "")?;
    let (mut counts, mut faults) = (BTreeMap::<_, [usize; 3]>::new(), vec![]);
    for case in parse::<Case>(&cases)? {
        let count = counts.entry(case.case.clone()).or_default();
        count[usize::from(case.refused.is_some())] += 1;
        let fault = match (case.compute(), &case.refused) {
            (Err(error), None) => format!("refused here: {error:#}"),
            (Ok(_), Some(refused)) => format!("done here, in Python {refused}"),
            (Ok(found), None) if Some(&found) != case.iterations.as_ref() => {
                format!("{found}, in Python {:?}", case.iterations.as_ref().map(Value::to_string))
            }
            _ => continue,
        };
        count[2] += 1;
        faults.push(format!("{} {}: {fault}", case.case, case.seed));
    }
    for (kind, [done, refused, differ]) in &counts {
        println!("{kind}: {done} done, {refused} refused in both, {differ} differ");
    }
    let shown = faults.iter().take(8).cloned().collect::<Vec<_>>().join("\n");
    ensure!(faults.is_empty(), "{} cases differ:\n{shown}", faults.len());
    ensure!(counts.len() == 3 && counts.values().all(|[done, ..]| *done > 350));
    Ok(())
}

#[test]
fn what_is_left_out_is_refused_by_name() -> Result<()> {
    let options = DataLoaderOptions { num_workers: 2, ..Default::default() };
    let error = IterableLoader::new(Countdown(3), options).map(drop).unwrap_err().to_string();
    ensure!(
        error == "num_workers is given, but each worker would have a copy of the dataset",
        "{error}"
    );
    let none: [TensorDataset<1>; 0] = [];
    ensure!(ConcatDataset::new(none).is_err());
    let two = Tensor::zeros([2, 2], (Kind::Float, Device::Cpu));
    ensure!(WeightedRandomSampler::new(&two, 1, WeightedRandomSamplerOptions::default()).is_err());
    Ok(())
}
