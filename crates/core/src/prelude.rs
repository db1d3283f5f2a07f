//! What a program usually needs, by `use torch_exact::prelude::*;`.

pub use tch::{Device, IndexOp, Kind, Tensor, no_grad, no_grad_guard};

pub use crate::checkpoint;
pub use crate::data::{self, DataLoader, DataLoaderOptions, Dataset, TensorDataset};
pub use crate::nn::{self, Module, Parameter, functional as F};
pub use crate::ops::{self, Number, TensorExt, number};
pub use crate::optim::{self, Optimizer};
pub use crate::repr::Repr;
pub use crate::{Result, inference_mode, numpy, parts, random, repr, tensor, tensor_with};
