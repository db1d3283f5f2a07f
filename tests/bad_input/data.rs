//! Datasets, loaders and splits with arguments and items that Python refuses.

use torch_exact::Error;
use torch_exact::data::{Subset, random_split};
use torch_exact::prelude::*;

use super::super::{Case, Outcome};

/// Items of 3, 2, 1 … elements.
struct Ragged;

impl Dataset for Ragged {
    type Item = Tensor;

    fn len(&self) -> usize {
        3
    }

    fn get(&self, index: i64) -> torch_exact::Result<Tensor> {
        random::rand([3 - index])
    }
}

/// Lists of 0, 1, 2 … numbers.
struct RaggedLists;

impl Dataset for RaggedLists {
    type Item = Vec<f64>;

    fn len(&self) -> usize {
        3
    }

    fn get(&self, index: i64) -> torch_exact::Result<Vec<f64>> {
        Ok(vec![0.5; index as usize])
    }
}

/// One whose files are gone.
struct Gone;

impl Dataset for Gone {
    type Item = Tensor;

    fn len(&self) -> usize {
        3
    }

    fn get(&self, index: i64) -> torch_exact::Result<Tensor> {
        let file = format!("/nowhere/{index}");
        std::fs::read(&file).map_err(|error| Error::Dataset(Box::new(error)))?;
        random::rand([1])
    }
}

fn first_batch<D: Dataset>(dataset: D) -> Outcome {
    let loader = DataLoader::new(dataset, 2)?;
    loader.iter().next().transpose().map(drop)
}

pub fn rows(n: i64) -> torch_exact::Result<TensorDataset<1>> {
    TensorDataset::new([&random::rand([n, 2])?])
}

pub const DATA: [Case; 15] = [
    (
        "stack",
        "stack expects each tensor to be equal size, but got [3] at entry 0 and [2] at entry 1",
        || first_batch(Ragged),
    ),
    (
        "lists",
        "each element in list of batch should be of equal size: expected 0, as the first, found 1",
        || first_batch(RaggedLists),
    ),
    ("gone", "dataset: No such file or directory (os error 2)", || first_batch(Gone)),
    ("rows", "TensorDataset: expected 3 rows, as in the first tensor, found [2, 1]", || {
        TensorDataset::new([&random::rand([3, 1])?, &random::rand([2, 1])?]).map(drop)
    }),
    ("no rows", "TensorDataset: expected at least one dimension, found []", || {
        TensorDataset::new([&random::rand([])?]).map(drop)
    }),
    ("row", "index is 3, but the dataset has fewer rows", || rows(3)?.get(3).map(drop)),
    ("row before", "index is -4, but the dataset has fewer rows", || rows(3)?.get(-4).map(drop)),
    ("subset", "index is 9, but the dataset has fewer rows", || {
        first_batch(Subset::new(rows(3)?, &[0, 9])?)
    }),
    ("counts", "lengths is [2, 2], but their sum must be the length of the dataset", || {
        random_split(rows(3)?, [2, 2], None).map(drop)
    }),
    ("fractions", "sum(lengths) is 0.8, but fractions must add up to 1", || {
        random_split(rows(3)?, [0.5, 0.3], None).map(drop)
    }),
    ("negative share", "lengths is 1.5, but a fraction must be between 0 and 1", || {
        random_split(rows(3)?, [1.5, -0.5], None).map(drop)
    }),
    ("negative count", "lengths is -1, but a length must be 0 or above", || {
        random_split(rows(3)?, [4, -1], None).map(drop)
    }),
    ("batch size", "batch_size is 0, but it must be 1 or above", || {
        DataLoader::new(rows(3)?, 0).map(drop)
    }),
    ("negative batch size", "batch_size is -2, but it must be 1 or above", || {
        DataLoader::new(rows(3)?, -2).map(drop)
    }),
    ("empty", "shuffle is true, but an empty dataset has no order", || {
        DataLoader::new(rows(0)?, DataLoaderOptions { shuffle: true, ..Default::default() })
            .map(drop)
    }),
];
