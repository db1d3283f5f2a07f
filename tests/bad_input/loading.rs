//! Samplers, loaders with samplers, datasets of datasets, and files that Python refuses.

use torch_exact::data::files::{LoadtxtOptions, loadtxt, read_sn3_pascalvincent_tensor};
use torch_exact::data::*;
use torch_exact::prelude::*;

use super::super::{Case, Outcome};
use super::data::rows;

fn weighted(weights: impl Into<Weights>, number: i64, replacement: bool) -> Outcome {
    let options = WeightedRandomSamplerOptions { replacement, ..Default::default() };
    let sampler = WeightedRandomSampler::new(weights, number, options)?;
    sampler.iter().try_for_each(|index| index.map(drop))
}

fn loaded(options: DataLoaderOptions) -> Outcome {
    let loader = DataLoader::new(rows(3)?, options)?;
    loader.iter().try_for_each(|batch| batch.map(drop))
}

fn sampled(rows: usize) -> DataLoaderOptions {
    let sampler = SequentialSampler::new(rows);
    DataLoaderOptions { sampler: Some(Box::new(sampler)), ..Default::default() }
}

fn by_batches() -> torch_exact::Result<DataLoaderOptions> {
    let sampler = BatchSampler::new(SequentialSampler::new(1), 1, false)?;
    Ok(DataLoaderOptions { batch_sampler: Some(Box::new(sampler)), ..Default::default() })
}

/// Reads a file of its own with this content.
fn file(
    content: &[u8],
    read: impl FnOnce(&std::path::Path) -> torch_exact::Result<Tensor>,
) -> Outcome {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), content).expect("a written file");
    read(file.path()).map(drop)
}

fn table(text: &str, options: LoadtxtOptions) -> Outcome {
    file(text.as_bytes(), |path| loadtxt(path, options))
}

fn idx(content: &[u8]) -> Outcome {
    file(content, |path| read_sn3_pascalvincent_tensor(path))
}

pub const LOADING: &[Case] = &[
    ("sampler number", "num_samples is 0", || {
        let options = RandomSamplerOptions { num_samples: Some(0), ..Default::default() };
        RandomSampler::new(3, options).map(drop)
    }),
    ("sampler of none", "num_samples is 0, but it should be a positive integer value", || {
        RandomSampler::new(0, RandomSamplerOptions::default()).map(drop)
    }),
    ("weighted number", "num_samples is 0", || weighted([1., 2.], 0, true)),
    ("weighted negative", "invalid multinomial distribution (encountering probability", || {
        weighted([1., -2.], 2, true)
    }),
    ("weighted zeros", "invalid multinomial distribution (sum of probabilities <= 0)", || {
        weighted([0., 0.], 2, true)
    }),
    (
        "weighted without replacement",
        "cannot sample n_sample > prob_dist.size(-1) samples without",
        || weighted([1., 2.], 3, false),
    ),
    ("weighted table", "expected weights of one dimension, found [1, 2]", || {
        weighted(&random::rand([1, 2])?, 1, true)
    }),
    ("batch sampler size", "batch_size is 0", || {
        BatchSampler::new(SequentialSampler::new(3), 0, false).map(drop)
    }),
    ("sampler with shuffle", "shuffle", || {
        loaded(DataLoaderOptions { shuffle: true, ..sampled(3) })
    }),
    ("batch sampler with size", "batch_size", || {
        loaded(DataLoaderOptions { batch_size: 2, ..by_batches()? })
    }),
    ("batch sampler with shuffle", "shuffle", || {
        loaded(DataLoaderOptions { shuffle: true, ..by_batches()? })
    }),
    ("batch sampler with drop", "drop_last", || {
        loaded(DataLoaderOptions { drop_last: true, ..by_batches()? })
    }),
    ("sampled row", "index out of range", || loaded(sampled(4))),
    ("workers", "num_workers is -1", || {
        loaded(DataLoaderOptions { num_workers: -1, ..Default::default() })
    }),
    ("no datasets", "datasets", || ConcatDataset::<TensorDataset<1>>::new([]).map(drop)),
    ("row of both", "index is -5", || ConcatDataset::new([rows(2)?, rows(2)?])?.get(-5).map(drop)),
    ("unequal datasets", "StackDataset: expected 2 rows in each dataset, found [2, 3]", || {
        StackDataset::new((rows(2)?, rows(3)?)).map(drop)
    }),
    ("table word", ", line 2: `four` is no number", || table("1,2\n3,four", ','.into())),
    ("table ragged", ", line 2: expected 2 columns, found 1", || table("1,2\n3", ','.into())),
    ("table column", ", line 1: column 2 is not among its 2", || {
        table("1,2", LoadtxtOptions { usecols: Some(vec![2]), ..','.into() })
    }),
    ("table empty field", ", line 1: `` is no number", || table("1,,2", ','.into())),
    ("table dimensions", "ndmin is 3, but it must be 0, 1 or 2", || {
        table("1", LoadtxtOptions { ndmin: 3, ..','.into() })
    }),
    ("table delimiter", "delimiter is Some('\\n')", || table("1", '\n'.into())),
    ("table missing", "cannot read /nowhere/table.csv: No such file", || {
        loadtxt("/nowhere/table.csv", ',').map(drop)
    }),
    ("idx type", "10 is no type", || idx(&[0, 0, 10, 1, 0, 0, 0, 1, 5])),
    ("idx dimensions", "no beginning of an IDX file", || idx(&[0, 0, 8, 4, 0, 0, 0, 1, 5])),
    ("idx short", "[2] are its sizes, but it has fewer numbers", || {
        idx(&[0, 0, 8, 1, 0, 0, 0, 2, 5])
    }),
    ("idx long", "[1] are its sizes, but it has more numbers", || {
        idx(&[0, 0, 8, 1, 0, 0, 0, 1, 5, 5])
    }),
    ("idx empty", "[0] are its sizes, but it has no numbers", || idx(&[0, 0, 8, 1, 0, 0, 0, 0])),
    ("idx sizes", "but it has fewer numbers", || {
        idx(&[&[0, 0, 14, 3][..], &[255; 12], &[0; 8]].concat())
    }),
];
