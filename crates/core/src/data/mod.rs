//! Datasets and loaders, as [`torch.utils.data`](https://docs.pytorch.org/docs/2.11/data.html).

mod dataset;
mod loader;
pub mod split;

pub use dataset::TensorDataset;
pub use loader::{Batches, DataLoader, DataLoaderOptions};
pub use split::{TestSize, train_test_split};
