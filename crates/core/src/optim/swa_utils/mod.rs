//! Averages of weights, as
//! [`torch.optim.swa_utils`](https://docs.pytorch.org/docs/2.11/optim.html#weight-averaging-swa-and-ema).

mod averaged_model;
mod avg_fn;
mod swalr;
mod update_bn;

pub use averaged_model::{AveragedModel, AveragedModelOptions};
pub use avg_fn::{
    AvgFn, MultiAvgFn, get_ema_avg_fn, get_ema_multi_avg_fn, get_swa_avg_fn, get_swa_multi_avg_fn,
};
pub use swalr::{SWALR, SWALROptions};
pub use update_bn::{FirstTensor, update_bn, update_bn_on};
