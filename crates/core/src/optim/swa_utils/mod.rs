//! Averages of weights, as
//! [`torch.optim.swa_utils`](https://docs.pytorch.org/docs/2.11/optim.html#weight-averaging-swa-and-ema).

mod swalr;

pub use swalr::{SWALR, SWALROptions};
