//! Values to start from, as [`torch.nn.init`](https://docs.pytorch.org/docs/2.11/nn.init.html):
//! each function fills a tensor in place, without a record for autograd, from the default generator.
//!
//! Bounds and deviations are computed in float64 in Python's own order (`torch/nn/init.py`).

mod shaped;

use tch::{Device, Kind, TchError, Tensor, no_grad};

pub use shaped::{dirac_, eye_, orthogonal_, sparse_, trunc_normal_};

use super::Parameter;
use crate::{Error, Result};

/// Which of a weight's two sizes keeps the variance: `mode` of the Kaiming initializers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FanMode {
    /// The inputs of an output: the variance of the forward pass is kept.
    #[default]
    FanIn,
    /// The outputs of an input: the variance of the backward pass is kept.
    FanOut,
}

/// What follows the layer, for [`calculate_gain`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Nonlinearity {
    /// Nothing, or a convolution: gain 1.
    Linear,
    /// Gain 1.
    Sigmoid,
    /// Gain 5/3.
    Tanh,
    /// Gain √2.
    ReLU,
    /// Gain √(2 / (1 + a²)) for a negative slope a; PyTorch's default is 0.01.
    LeakyReLU(f64),
    /// Gain 3/4.
    SELU,
}

/// `nn.init.calculate_gain(nonlinearity, param)`.
pub fn calculate_gain(nonlinearity: Nonlinearity) -> f64 {
    match nonlinearity {
        Nonlinearity::Linear | Nonlinearity::Sigmoid => 1.,
        Nonlinearity::Tanh => 5. / 3.,
        Nonlinearity::ReLU => 2f64.sqrt(),
        Nonlinearity::LeakyReLU(slope) => (2. / (1. + slope.powf(2.))).sqrt(),
        Nonlinearity::SELU => 3. / 4.,
    }
}

/// Uniform in `[a, b)`: `nn.init.uniform_(tensor, a, b)`.
///
/// # Errors
/// `a` above `b`, or a dtype that is not a floating-point one.
pub fn uniform_(tensor: &Tensor, a: f64, b: f64) -> Result<()> {
    fill(tensor, |tensor| tensor.f_uniform_(a, b))
}

/// Normal: `nn.init.normal_(tensor, mean, std)`.
///
/// # Errors
/// A negative deviation, or a dtype that is not a floating-point one.
pub fn normal_(tensor: &Tensor, mean: f64, std: f64) -> Result<()> {
    fill(tensor, |tensor| tensor.f_normal_(mean, std))
}

/// One value: `nn.init.constant_(tensor, value)`.
///
/// # Errors
/// Whatever libtorch says of a value that the dtype does not hold.
pub fn constant_(tensor: &Tensor, value: f64) -> Result<()> {
    Ok(no_grad(|| shim::fill_(tensor, value))?)
}

/// Ones: `nn.init.ones_(tensor)`.
///
/// # Errors
/// Whatever libtorch throws.
pub fn ones_(tensor: &Tensor) -> Result<()> {
    constant_(tensor, 1.)
}

/// Zeros: `nn.init.zeros_(tensor)`.
///
/// # Errors
/// Whatever libtorch throws.
pub fn zeros_(tensor: &Tensor) -> Result<()> {
    fill(tensor, Tensor::f_zero_)
}

/// A parameter that is made empty and then filled, by [`ones_`] or [`zeros_`].
pub(super) fn filled(
    size: &[i64],
    fill: fn(&Tensor) -> Result<()>,
    dtype: Kind,
) -> Result<Parameter> {
    let parameter = Parameter::new(Tensor::f_empty(size, (dtype, Device::Cpu))?)?;
    fill(&parameter)?;
    Ok(parameter)
}

/// Uniform in ±gain · √(6 / (fan_in + fan_out)): `nn.init.xavier_uniform_(tensor, gain)`.
///
/// # Errors
/// [`Error::Shape`] for fewer than two dimensions.
pub fn xavier_uniform_(tensor: &Tensor, gain: f64) -> Result<()> {
    let (fan_in, fan_out) = fans("xavier_uniform_", tensor)?;
    let std = gain * (2. / (fan_in + fan_out)).sqrt();
    let bound = 3f64.sqrt() * std;
    uniform_(tensor, -bound, bound)
}

/// Normal with deviation gain · √(2 / (fan_in + fan_out)): `nn.init.xavier_normal_(tensor, gain)`.
///
/// # Errors
/// [`Error::Shape`] for fewer than two dimensions.
pub fn xavier_normal_(tensor: &Tensor, gain: f64) -> Result<()> {
    let (fan_in, fan_out) = fans("xavier_normal_", tensor)?;
    normal_(tensor, 0., gain * (2. / (fan_in + fan_out)).sqrt())
}

/// Uniform in ±√3 · gain / √fan: `nn.init.kaiming_uniform_(tensor, a, mode, nonlinearity)`.
///
/// Python's default is `FanMode::FanIn` and `Nonlinearity::LeakyReLU(0.)`. A tensor without elements
/// is left alone.
///
/// # Errors
/// [`Error::Shape`] for fewer than two dimensions.
pub fn kaiming_uniform_(tensor: &Tensor, mode: FanMode, nonlinearity: Nonlinearity) -> Result<()> {
    if tensor.size().contains(&0) {
        return Ok(());
    }
    let bound = 3f64.sqrt() * kaiming_std("kaiming_uniform_", tensor, mode, nonlinearity)?;
    uniform_(tensor, -bound, bound)
}

/// Normal with deviation gain / √fan: `nn.init.kaiming_normal_(tensor, a, mode, nonlinearity)`.
///
/// Defaults and empty tensors as with [`kaiming_uniform_`].
///
/// # Errors
/// [`Error::Shape`] for fewer than two dimensions.
pub fn kaiming_normal_(tensor: &Tensor, mode: FanMode, nonlinearity: Nonlinearity) -> Result<()> {
    if tensor.size().contains(&0) {
        return Ok(());
    }
    normal_(tensor, 0., kaiming_std("kaiming_normal_", tensor, mode, nonlinearity)?)
}

fn kaiming_std(
    operation: &'static str,
    tensor: &Tensor,
    mode: FanMode,
    nonlinearity: Nonlinearity,
) -> Result<f64> {
    let (fan_in, fan_out) = fans(operation, tensor)?;
    let fan = if mode == FanMode::FanIn { fan_in } else { fan_out };
    Ok(calculate_gain(nonlinearity) / fan.sqrt())
}

/// How many inputs an output has, and how many outputs an input.
fn fans(operation: &'static str, tensor: &Tensor) -> Result<(f64, f64)> {
    let size = tensor.size();
    let [outputs, inputs, field @ ..] = size.as_slice() else {
        return Err(Error::Shape {
            operation,
            expected: "a tensor of two or more dimensions".to_owned(),
            found: format!("{size:?}"),
        });
    };
    let field: i64 = field.iter().product();
    Ok(((inputs * field) as f64, (outputs * field) as f64))
}

fn fill(
    tensor: &Tensor,
    fill: impl FnOnce(&mut Tensor) -> std::result::Result<Tensor, TchError>,
) -> Result<()> {
    let _ = no_grad(|| fill(&mut tensor.shallow_clone()))?;
    Ok(())
}
