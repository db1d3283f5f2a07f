//! Values that hang on a tensor's shape, and truncated normal ones.

use tch::{Kind, Tensor, no_grad};

use super::{constant_, fill, normal_, uniform_, zeros_};
use crate::{Error, Result, ops};

/// Refuses a tensor of other than so many dimensions.
fn dimensions(operation: &'static str, tensor: &Tensor, accepted: &[usize]) -> Result<Vec<i64>> {
    let size = tensor.size();
    if accepted.contains(&size.len()) {
        return Ok(size);
    }
    Err(Error::Shape {
        operation,
        expected: format!("a tensor of {accepted:?} dimensions"),
        found: format!("{size:?}"),
    })
}

/// Ones on the diagonal, zeros beside: `nn.init.eye_(tensor)`.
///
/// # Errors
/// [`Error::Shape`] for other than two dimensions.
pub fn eye_(tensor: &Tensor) -> Result<()> {
    let size = dimensions("eye_", tensor, &[2])?;
    fill(tensor, |tensor| Tensor::f_eye_m_out(tensor, size[0], size[1]))
}

/// A convolution's weight that keeps its input, in groups: `nn.init.dirac_(tensor, groups)`; Python's
/// default is 1.
///
/// # Errors
/// [`Error::Shape`] for other than three to five dimensions, [`Error::Argument`] for groups that do not
/// divide the first.
pub fn dirac_(tensor: &Tensor, groups: i64) -> Result<()> {
    let size = dimensions("dirac_", tensor, &[3, 4, 5])?;
    if groups <= 0 || size[0] % groups != 0 {
        return Err(Error::argument("groups", groups, "dim 0 must be divisible by groups"));
    }
    zeros_(tensor)?;
    let outputs = size[0] / groups;
    for group in 0..groups {
        for channel in 0..outputs.min(size[1]) {
            let place = tensor.f_detach()?.f_select(0, group * outputs + channel)?;
            let place = place.f_select(0, channel)?;
            let middle =
                size[2..].iter().try_fold(place, |place, size| place.f_select(0, size / 2));
            constant_(&middle?, 1.)?;
        }
    }
    Ok(())
}

/// Rows or columns that are orthogonal, of length `gain`: `nn.init.orthogonal_(tensor, gain)`; Python's
/// default is 1. Dimensions behind the first count as one.
///
/// # Errors
/// [`Error::Shape`] for fewer than two dimensions, and a dtype that libtorch does not factorize.
pub fn orthogonal_(tensor: &Tensor, gain: f64) -> Result<()> {
    let size = tensor.size();
    if size.len() < 2 {
        return Err(Error::Shape {
            operation: "orthogonal_",
            expected: "a tensor of two or more dimensions".to_owned(),
            found: format!("{size:?}"),
        });
    }
    if tensor.numel() == 0 {
        return Ok(());
    }
    let (rows, columns) = (size[0], tensor.numel() as i64 / size[0]);
    let mut flat = tensor.f_new_empty([rows, columns], (tensor.kind(), tensor.device()))?;
    flat = flat.f_normal_(0., 1.)?;
    if rows < columns {
        flat = flat.f_t_()?;
    }
    let (mut q, r) = Tensor::f_linalg_qr(&flat, "reduced")?;
    q = q.f_mul_(&r.f_diag(0)?.f_sign()?)?;
    if rows < columns {
        q = q.f_t_()?;
    }
    no_grad(|| {
        tensor.f_view_as(&q)?.f_copy_(&q)?;
        ops::mul_(tensor, gain)
    })
}

/// Normal, with a part of each column zero, at rows that are drawn: `nn.init.sparse_(tensor, sparsity, std)`;
/// Python's default deviation is 0.01.
///
/// # Errors
/// [`Error::Shape`] for other than two dimensions.
pub fn sparse_(tensor: &Tensor, sparsity: f64, std: f64) -> Result<()> {
    let size = dimensions("sparse_", tensor, &[2])?;
    let (rows, columns) = (size[0], size[1]);
    let zeros = (sparsity * rows as f64).ceil() as i64;
    // A Python slice to a negative number leaves out so many at the end.
    let zeros = if zeros < 0 { (rows + zeros).max(0) } else { zeros.min(rows) };
    normal_(tensor, 0., std)?;
    for column in 0..columns {
        let order = Tensor::f_randperm(rows, (Kind::Int64, tch::Device::Cpu))?;
        let indices = order.f_narrow(0, 0, zeros)?.f_to_device(tensor.device())?;
        let mut column = tensor.f_detach()?.f_select(1, column)?;
        let _ = column.f_index_fill_(0, &indices, 0.)?;
    }
    Ok(())
}

/// Normal between two bounds: `nn.init.trunc_normal_(tensor, mean, std, a, b)`; Python's defaults are 0, 1,
/// -2 and 2.
///
/// # Errors
/// Bounds in the wrong order, or a dtype that is not a floating-point one.
pub fn trunc_normal_(tensor: &Tensor, mean: f64, std: f64, a: f64, b: f64) -> Result<()> {
    let below = |x: f64| (1. + shim::erf(((x - mean) / std) / 2f64.sqrt())) / 2.;
    let (lower, upper) = (below(a), below(b));
    uniform_(tensor, 2. * lower - 1., 2. * upper - 1.)?;
    fill(tensor, Tensor::f_erfinv_)?;
    no_grad(|| {
        ops::mul_(tensor, std * 2f64.sqrt())?;
        ops::add_(tensor, mean)?;
        Ok(shim::clamp_(tensor, a, b)?)
    })
}
