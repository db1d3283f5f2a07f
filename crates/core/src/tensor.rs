//! `torch.tensor`.

use tch::kind::Element;
use tch::{Kind, Tensor};

use crate::{Error, Result};

/// A tensor of numbers, with the dtype that Python gives them: `torch.tensor(data)`.
///
/// | data | dtype |
/// | --- | --- |
/// | `i64`, `i32`: Python's int | int64 |
/// | `f64`, `f32`: Python's float | float32 |
/// | `bool` | bool |
///
/// tch's `from_slice` takes the width from the Rust type: `from_slice(&[1, 2, 3])` is int32, and
/// `from_slice(&[0.5])` float64.
///
/// # Shapes
/// A number `-> []`; arrays, slices and `Vec`s of them `-> [n]`; those of these `-> [m, n]`, and so
/// on.
///
/// ```
/// use tch::Kind;
/// use torch_exact::tensor;
///
/// # fn main() -> torch_exact::Result<()> {
/// assert_eq!(tensor([1, 2, 3])?.kind(), Kind::Int64);
/// assert_eq!(tensor([[0.5, 1.0], [1.5, 2.0]])?.kind(), Kind::Float);
/// assert!(tensor(0.5)?.size().is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Shape`] for `Vec`s or slices of different lengths side by side.
pub fn tensor<D: Data>(data: D) -> Result<Tensor> {
    let (numbers, size) = flat(&data)?;
    let numbers: Vec<_> = numbers.into_iter().map(Scalar::in_default_dtype).collect();
    Ok(Tensor::f_from_slice(&numbers)?.f_view(size.as_slice())?)
}

/// A tensor of numbers in a dtype: `torch.tensor(data, dtype=dtype)`.
///
/// # Errors
/// As [`tensor`].
pub fn tensor_with<D: Data>(data: D, dtype: Kind) -> Result<Tensor> {
    let (numbers, size) = flat(&data)?;
    Ok(Tensor::f_from_slice(&numbers)?.f_to_kind(dtype)?.f_view(size.as_slice())?)
}

fn flat<D: Data>(data: &D) -> Result<(Vec<D::Scalar>, Vec<i64>)> {
    let (mut numbers, size) = (vec![], data.size());
    data.append(&size, 0, &mut numbers)?;
    Ok((numbers, size))
}

/// What [`tensor`] takes: numbers, and arrays, slices and `Vec`s of what it takes.
pub trait Data {
    /// The numbers inside.
    type Scalar: Scalar;

    /// The shape, as the first of each length tells it.
    fn size(&self) -> Vec<i64>;

    /// Appends the numbers in order, and refuses what has not the shape `size` from `dim` on.
    ///
    /// # Errors
    /// [`Error::Shape`].
    fn append(&self, size: &[i64], dim: usize, numbers: &mut Vec<Self::Scalar>) -> Result<()>;
}

/// A number of Python: an int, a float or a bool.
pub trait Scalar: Element + Copy {
    /// The type of PyTorch's dtype for it.
    type Default: Element;

    /// The number in that type.
    fn in_default_dtype(self) -> Self::Default;
}

macro_rules! numbers {
    ($($number:ty => $default:ty),+) => {$(
        impl Scalar for $number {
            type Default = $default;

            fn in_default_dtype(self) -> $default {
                self as $default
            }
        }

        impl Data for $number {
            type Scalar = Self;

            fn size(&self) -> Vec<i64> {
                vec![]
            }

            fn append(&self, _: &[i64], _: usize, numbers: &mut Vec<Self>) -> Result<()> {
                numbers.push(*self);
                Ok(())
            }
        }
    )+};
}
numbers!(i64 => i64, i32 => i64, f64 => f32, f32 => f32, bool => bool);

impl<D: Data> Data for [D] {
    type Scalar = D::Scalar;

    fn size(&self) -> Vec<i64> {
        let inside = self.first().map(Data::size).unwrap_or_default();
        [vec![self.len() as i64], inside].concat()
    }

    fn append(&self, size: &[i64], dim: usize, numbers: &mut Vec<D::Scalar>) -> Result<()> {
        if size.get(dim) != Some(&(self.len() as i64)) {
            return Err(Error::Shape {
                operation: "tensor",
                expected: format!("{} items at dim {dim}", size.get(dim).unwrap_or(&0)),
                found: self.len().to_string(),
            });
        }
        self.iter().try_for_each(|item| item.append(size, dim + 1, numbers))
    }
}

macro_rules! as_slices {
    ($([$($generics:tt)*] $holder:ty => $inside:ty),+) => {$(
        impl<$($generics)*> Data for $holder {
            type Scalar = <$inside as Data>::Scalar;

            fn size(&self) -> Vec<i64> {
                <$inside>::size(self)
            }

            fn append(&self, size: &[i64], dim: usize, numbers: &mut Vec<Self::Scalar>) -> Result<()> {
                <$inside>::append(self, size, dim, numbers)
            }
        }
    )+};
}
as_slices!([D: Data, const N: usize] [D; N] => [D], [D: Data] Vec<D> => [D], [D: Data + ?Sized] &D => D);
