//! Datasets and loaders, as [`torch.utils.data`](https://docs.pytorch.org/docs/2.11/data.html), and
//! scikit-learn's `train_test_split`.

mod collate;
mod collate_with;
mod combined;
mod dataset;
pub mod datasets;
pub mod files;
mod iterable;
mod loader;
mod rows;
mod sampler;
pub mod split;
mod subset;

pub use collate::Collate;
pub use collate_with::{CollateFn, CollateWith, DefaultCollate};
pub use combined::{ConcatDataset, Stack, StackDataset};
pub use dataset::{Batch, Dataset, TensorDataset};
pub use iterable::{ChainDataset, IterableBatches, IterableDataset, IterableLoader};
pub use loader::{Batches, DataLoader, DataLoaderOptions};
pub use rows::Rows;
pub use sampler::{
    BatchSampler, RandomSampler, RandomSamplerOptions, Sampler, SequentialSampler,
    SubsetRandomSampler, WeightedRandomSampler, WeightedRandomSamplerOptions, Weights,
};
pub use split::{SplitOptions, SplitSize, train_test_split};
pub use subset::{Lengths, Subset, random_split};
