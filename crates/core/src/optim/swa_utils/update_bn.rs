use tch::{Device, Tensor, no_grad};

use crate::nn::{Module, batch_norms};
use crate::{Error, Result};

/// A batch of which a model takes the first tensor: a tensor, or an array, a `Vec` or a tuple that begins
/// with one.
pub trait FirstTensor {
    /// That tensor.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is none.
    fn first_tensor(self) -> Result<Tensor>;
}

impl FirstTensor for Tensor {
    fn first_tensor(self) -> Result<Tensor> {
        Ok(self)
    }
}

impl<const N: usize> FirstTensor for [Tensor; N] {
    fn first_tensor(self) -> Result<Tensor> {
        Vec::from(self).first_tensor()
    }
}

impl FirstTensor for Vec<Tensor> {
    fn first_tensor(self) -> Result<Tensor> {
        let empty = || Error::argument("a batch", "empty", "its first tensor is the model's input");
        self.into_iter().next().ok_or_else(empty)
    }
}

macro_rules! tuples {
    ($(($($others:ident)*))+) => {$(
        impl<$($others),*> FirstTensor for (Tensor, $($others,)*) {
            fn first_tensor(self) -> Result<Tensor> {
                Ok(self.0)
            }
        }
    )+};
}
tuples!(() (B) (B C) (B C D));

/// Computes the running statistics of a model's batch norms anew, as the means of all batches:
/// `torch.optim.swa_utils.update_bn(loader, model)`. A model without batch norms is left as it is.
///
/// The model is called in training mode and without gradients. Afterwards all modules inside are in the mode in
/// which [`training`](Module::training) found the model, an [`AveragedModel`](super::AveragedModel)
/// in its own. Python reads a mode that every module has, also one that does not use it.
///
/// ```
/// use torch_exact::data::{DataLoader, TensorDataset};
/// use torch_exact::nn::{BatchNorm1d, Linear, Sequential};
/// use torch_exact::optim::swa_utils::{AveragedModel, update_bn};
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let data = TensorDataset::new([&random::rand([32, 3])?, &random::rand([32, 1])?])?;
/// let loader = DataLoader::new(data, 8)?;
/// let model = Sequential::new().add(BatchNorm1d::new(3)?).add(Linear::new(3, 1)?);
/// let averaged = AveragedModel::new(&model)?;
/// averaged.update_parameters(&model)?;
/// update_bn(&loader, &averaged)?;
/// assert_eq!(averaged.module.get::<BatchNorm1d>(0)?.momentum(), Some(0.1));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The first of the loader or of the model, which leaves the model as it is then, as in Python: in
/// training mode and without momentum.
pub fn update_bn<B: FirstTensor>(
    loader: impl IntoIterator<Item = Result<B>>,
    model: &dyn Module,
) -> Result<()> {
    update(loader, model, None)
}

/// The same with batches that are moved first: `update_bn(loader, model, device)`.
///
/// # Errors
/// As [`update_bn`].
pub fn update_bn_on<B: FirstTensor>(
    loader: impl IntoIterator<Item = Result<B>>,
    model: &dyn Module,
    device: Device,
) -> Result<()> {
    update(loader, model, Some(device))
}

fn update<B: FirstTensor>(
    loader: impl IntoIterator<Item = Result<B>>,
    model: &dyn Module,
    device: Option<Device>,
) -> Result<()> {
    let norms = batch_norms(model);
    if norms.is_empty() {
        return Ok(());
    }
    no_grad(|| {
        norms.iter().try_for_each(|norm| norm.reset_running_stats())?;
        let momenta: Vec<_> = norms.iter().map(|norm| norm.momentum()).collect();
        let was_training = model.training();
        model.train();
        norms.iter().for_each(|norm| norm.set_momentum(None));
        for batch in loader {
            let mut input = batch?.first_tensor()?;
            if let Some(device) = device {
                input = input.f_to(device)?;
            }
            let _ = model.forward(&input)?;
        }
        norms.iter().zip(momenta).for_each(|(norm, momentum)| norm.set_momentum(momentum));
        model.set_training(was_training.unwrap_or(true));
        Ok(())
    })
}
