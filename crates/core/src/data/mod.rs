//! Datasets and loaders, as [`torch.utils.data`](https://docs.pytorch.org/docs/2.11/data.html), and
//! scikit-learn's `train_test_split`.

mod collate;
mod dataset;
mod loader;
mod rows;
pub mod split;
mod subset;

pub use collate::Collate;
pub use dataset::{Batch, Dataset, TensorDataset};
pub use loader::{Batches, DataLoader, DataLoaderOptions};
pub use rows::Rows;
pub use split::{SplitOptions, SplitSize, train_test_split};
pub use subset::{Lengths, Subset, random_split};
