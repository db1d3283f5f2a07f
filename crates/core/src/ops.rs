//! Operators as Python has them, where tch takes another overload.
//!
//! In Python `x * 0.7` multiplies by a *wrapped number*: an operand that takes no part in the choice
//! of the result's dtype, and that is not rounded to it first. tch's own operators on a Rust number
//! call ATen's `Scalar` overloads. These are other calls: they print as `MulBackward1` where Python
//! prints `MulBackward0`, have other bits in half precision, and `1.0 - x` and `3.0 / x` have other
//! bits in every dtype. So a line of Python with a number in it is written with a [`number`]:
//!
//! | Python | here, as an operator | here, with an error |
//! | --- | --- | --- |
//! | `0.7 * x + 0.3` | `number(0.7) * &x + number(0.3)` | `add(&mul(&x, 0.7)?, 0.3)?` |
//! | `x / 10` | `&x / number(10)` | `div(&x, 10)?` |
//! | `1 - x` | `number(1) - &x` | `rsub(&x, 1)?` |
//! | `3 / x` | `number(3) / &x` | `rdiv(&x, 3)?` |
//! | `x.mul_(0.9)` | | `mul_(&x, 0.9)?` |
//! | `x.norm()` | | `norm(&x)?` |
//! | `x[indices]` | | `index(&x, &[&indices])?` |
//! | `sum(losses)` | | `sum(losses)?` |
//! | `x.clone()` | | `clone(&x)?` |
//! | `x.add_(y)`, `x *= 0.9` | | `x.add_(&y)?`, `x.mul_(0.9)?`, of [`TensorExt`] |
//! | `x[i]`, `x[i] = y`, `x[i] += 1` | | `x.at(i)?`, `x.set_at(i, &y)?`, `x.at(i)?.add_(1)?`: see [`Index`] |
//! | `x.add_(g, alpha=-0.1)` | | `add_alpha_(&x, &g, -0.1)?` |
//! | `x.addcmul_(a, b, value=0.5)` | | `addcmul_(&x, &a, &b, 0.5)?` |
//! | `x.addcdiv_(a, b, value=0.5)` | | `addcdiv_(&x, &a, &b, 0.5)?` |
//!
//! ```
//! use torch_exact::ops::{add_alpha_, addcdiv_, addcmul_};
//! use torch_exact::tensor;
//!
//! # fn main() -> torch_exact::Result<()> {
//! let (x, y) = (tensor([1., 2.])?, tensor([4., 8.])?);
//! add_alpha_(&x, &y, -0.5)?;
//! addcmul_(&x, &y, &y, 0.25)?;
//! addcdiv_(&x, &y, &y, 2.)?;
//! assert_eq!(x, tensor([5., 16.])?);
//! # Ok(())
//! # }
//! ```
//!
//! Operators also take a [`Parameter`] on either side: `&self.weight * x + &self.bias`.
//!
//! # Panics
//! As tch's own, operators panic where the operands do not fit each other; the functions return an
//! error.

mod indexing;
mod operand;

use std::ops::{Add, Div, Mul, Neg, Sub};

use tch::{Kind, Tensor};

use crate::nn::Parameter;
pub use crate::number::{Number, number};
use crate::repr::Size;
use crate::{Error, Result};
pub use indexing::{Index, Indices};
pub use operand::Operand;

macro_rules! with_number {
    ($($python:literal $name:ident $apply:ident, $in_place_python:literal $in_place:ident $f:ident;)+) => {$(
        #[doc = concat!("`", $python, "`, a new tensor; `other` is a number or a tensor.")]
        ///
        /// # Errors
        /// Whatever libtorch refuses.
        pub fn $name<'a>(input: &Tensor, other: impl Into<Operand<'a>>) -> Result<Tensor> {
            other.into().with(|other| Ok(input.$apply(other)?))
        }

        #[doc = concat!("`", $in_place_python, "`, in place; `other` is a number or a tensor.")]
        ///
        /// # Errors
        /// A leaf that requires grad outside `no_grad`, and a result that the dtype does not hold.
        pub fn $in_place<'a>(input: &Tensor, other: impl Into<Operand<'a>>) -> Result<()> {
            other.into().with(|other| Ok(input.shallow_clone().$f(other).map(drop)?))
        }
    )+};
}

with_number! {
    "input + other" add f_add, "input.add_(other)" add_ f_add_;
    "input - other" sub f_sub, "input.sub_(other)" sub_ f_sub_;
    "input * other" mul f_mul, "input.mul_(other)" mul_ f_mul_;
    "input / other" div f_div, "input.div_(other)" div_ f_div_;
}

macro_rules! with_factor {
    ($($python:literal $name:ident $(($second:ident))? $function:ident -> $result:ty;)+) => {$(
        #[doc = concat!("`", $python, "`.")]
        ///
        /// # Errors
        /// Shapes that do not broadcast, and a result that the dtype does not hold; in place also a
        /// leaf that requires grad outside `no_grad`.
        pub fn $name(
            input: &Tensor,
            first: &Tensor,
            $($second: &Tensor,)?
            factor: f64,
        ) -> Result<$result> {
            Ok(shim::$function(input, first, $($second,)? factor)?)
        }
    )+};
}

with_factor! {
    "input.add(first, alpha=factor)" add_alpha add -> Tensor;
    "input.add_(first, alpha=factor)" add_alpha_ add_ -> ();
    "input.addcmul(first, second, value=factor)" addcmul (second) addcmul -> Tensor;
    "input.addcmul_(first, second, value=factor)" addcmul_ (second) addcmul_ -> ();
    "input.addcdiv_(first, second, value=factor)" addcdiv_ (second) addcdiv_ -> ();
}

/// `number - input`, a new tensor.
///
/// # Errors
/// Whatever libtorch refuses.
pub fn rsub(input: &Tensor, number: impl Into<Number>) -> Result<Tensor> {
    let number = number.into();
    Ok(match number {
        Number::Int(number) => shim::rsub_i64(input, number),
        Number::Float(number) => shim::rsub_f64(input, number),
        Number::Bool(_) => return Ok(number.operand()?.f_sub(input)?),
    }?)
}

/// `number / input`, a new tensor: the reciprocal times the number, as Python does it.
///
/// # Errors
/// Whatever libtorch refuses.
pub fn rdiv(input: &Tensor, number: impl Into<Number>) -> Result<Tensor> {
    mul(&input.f_reciprocal()?, number.into())
}

/// `input.norm()`, the 2-norm of all elements.
///
/// # Shapes
/// `[*] -> []`.
///
/// # Errors
/// A dtype that is not a floating-point one.
pub fn norm(input: &Tensor) -> Result<Tensor> {
    Ok(shim::vector_norm(input, 2.)?)
}

/// `input.clone()`, a new tensor of the same values; tch's `copy` is recorded as another operation.
///
/// # Errors
/// Whatever libtorch throws, for want of memory for example.
pub fn clone(input: &Tensor) -> Result<Tensor> {
    Ok(shim::clone(input)?)
}

/// `input[indices]`: elements picked by tensors of int64 or bool, one for each leading dimension.
///
/// # Errors
/// An index out of range, and tensors that are no indices.
pub fn index(input: &Tensor, indices: &[&Tensor]) -> Result<Tensor> {
    let indices: Vec<_> = indices.iter().map(|index| Some(index.shallow_clone())).collect();
    Ok(input.f_index(&indices)?)
}

/// `input.item()`: the value of a tensor of one element, as the Python number that it is.
///
/// ```
/// use torch_exact::ops::item;
/// use torch_exact::tensor;
///
/// # fn main() -> torch_exact::Result<()> {
/// let loss = item(&tensor(0.1)?)?;
/// assert_eq!(format!("{loss} {loss:.4}"), "0.10000000149011612 0.1000");
/// assert_eq!(item(&tensor([[true]])?)?.to_string(), "True");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Shape`] for another number of elements, [`Error::Argument`] for a complex one.
pub fn item(input: &Tensor) -> Result<Number> {
    if input.numel() != 1 {
        return Err(Error::Shape {
            operation: "item",
            expected: "a tensor of one element".to_owned(),
            found: format!("{:?}", input.size()),
        });
    }
    let first = vec![0; input.dim()];
    Ok(match input.f_kind()? {
        Kind::Bool => Number::Bool(input.f_int64_value(&first)? != 0),
        Kind::Uint8 | Kind::Int8 | Kind::Int16 | Kind::Int | Kind::Int64 => {
            Number::Int(input.f_int64_value(&first)?)
        }
        Kind::ComplexHalf | Kind::ComplexFloat | Kind::ComplexDouble => {
            let accepted = "it must be real: take the item of its real and of its imaginary part";
            return Err(Error::argument("item", "a complex number", accepted));
        }
        _ => Number::Float(input.f_double_value(&first)?),
    })
}

/// `sum(tensors)`, of Python's own `sum`, which starts from 0: `0 + first + second + …`.
///
/// # Errors
/// The first error among `tensors`, and shapes that do not broadcast.
pub fn sum(tensors: impl IntoIterator<Item = Result<Tensor>>) -> Result<Tensor> {
    let mut total: Option<Tensor> = None;
    for tensor in tensors {
        total = Some(match total {
            Some(total) => total.f_add(&tensor?)?,
            None => add(&tensor?, 0)?,
        });
    }
    total.map_or_else(|| Number::Int(0).operand(), Ok)
}

macro_rules! tensor_ext {
    ($($in_place:ident $python:literal;)+) => {
        /// What a tensor has in Python, and not in tch or under another name.
        ///
        /// Other operators in place are tch's own, `x.zero_()`, `x.clamp_(0., 1.)`, `x.copy_(&y)`: they
        /// take `&mut self`, panic where Python raises, and with `f_` before the name return an error.
        pub trait TensorExt {
            $(
                #[doc = concat!("`", $python, "`, in place, of a tensor or a number; returns the tensor.")]
                ///
                /// # Errors
                /// A leaf that requires grad outside `no_grad`, and a result that the dtype does not hold.
                fn $in_place<'a>(&self, other: impl Into<Operand<'a>>) -> Result<&Self>;
            )+

            /// `tensor[indices]`: see [`Index`]. By numbers and slices it is a view.
            ///
            /// ```
            /// use torch_exact::prelude::*;
            ///
            /// # fn main() -> Result<()> {
            /// let x = tensor([[1, 2, 3], [4, 5, 6]])?;
            /// assert_eq!(x.at((1, ..99))?, tensor([4, 5, 6])?);
            /// assert_eq!(x.at((.., [2, 0]))?, tensor([[3, 1], [6, 4]])?);
            /// x.at((0, 1))?.add_(10)?;
            /// x.set_at(&x.gt(4), 0)?;
            /// assert_eq!(x, tensor([[1, 0, 3], [4, 0, 0]])?);
            /// # Ok(())
            /// # }
            /// ```
            ///
            /// # Errors
            /// An index out of range, too many of them, and tensors that are no indices.
            fn at(&self, indices: impl Indices) -> Result<Tensor>;

            /// `tensor[indices] = value`, of a tensor or a number.
            ///
            /// # Errors
            /// As [`at`](Self::at), a value of another shape, and a leaf that requires grad outside `no_grad`.
            fn set_at<'a>(&self, indices: impl Indices, value: impl Into<Operand<'a>>) -> Result<()>;

            /// `tensor.item()`; see [`item`].
            ///
            /// # Errors
            /// As [`item`].
            fn item(&self) -> Result<Number>;

            /// `tensor.shape`, which prints as Python prints it.
            fn shape(&self) -> Size;

            /// `tensor.grad = None`.
            ///
            /// # Errors
            /// Whatever libtorch throws.
            fn clear_grad(&self) -> Result<()>;

            /// `tensor.dtype`, which prints as Python prints it with [`repr::dtype`](crate::repr::dtype).
            fn dtype(&self) -> Kind;
        }

        impl TensorExt for Tensor {
            $(
                fn $in_place<'a>(&self, other: impl Into<Operand<'a>>) -> Result<&Self> {
                    $in_place(self, other)?;
                    Ok(self)
                }
            )+

            fn at(&self, indices: impl Indices) -> Result<Tensor> {
                indexing::get(self, indices.into_indices())
            }

            fn set_at<'a>(&self, indices: impl Indices, value: impl Into<Operand<'a>>) -> Result<()> {
                indexing::set(self, indices.into_indices(), &value.into())
            }

            fn item(&self) -> Result<Number> {
                item(self)
            }

            fn shape(&self) -> Size {
                self.size().into()
            }

            fn clear_grad(&self) -> Result<()> {
                Ok(shim::clear_grad(self)?)
            }

            fn dtype(&self) -> Kind {
                self.kind()
            }
        }
    };
}

tensor_ext! {
    add_ "tensor.add_(other)"; sub_ "tensor.sub_(other)"; mul_ "tensor.mul_(other)"; div_ "tensor.div_(other)";
}

/// What an operator returns, which cannot fail as far as Rust knows.
#[track_caller]
fn sure<E: std::fmt::Display>(result: std::result::Result<Tensor, E>) -> Tensor {
    result.unwrap_or_else(|error| panic!("{error}"))
}

macro_rules! operator {
    ($trait:ident, $name:ident, $apply:ident, $by_number:ident, $of_number:ident) => {
        operator!(@tensors $trait, $name, $apply, &Parameter, [&Tensor, Tensor, &Parameter]);
        operator!(@tensors $trait, $name, $apply, &Tensor, [&Parameter]);
        operator!(@tensors $trait, $name, $apply, Tensor, [&Parameter]);
        operator!(@number $trait, $name, $by_number, $of_number, [&Tensor, Tensor, &Parameter]);
    };
    (@tensors $trait:ident, $name:ident, $apply:ident, $left:ty, [$($right:ty),+]) => {$(
        impl $trait<$right> for $left {
            type Output = Tensor;

            #[track_caller]
            fn $name(self, other: $right) -> Tensor {
                sure(self.$apply(&*operand(&other)))
            }
        }
    )+};
    (@number $trait:ident, $name:ident, $by_number:ident, $of_number:ident, [$($tensor:ty),+]) => {$(
        impl $trait<Number> for $tensor {
            type Output = Tensor;

            #[track_caller]
            fn $name(self, number: Number) -> Tensor {
                sure($by_number(operand(&self), number))
            }
        }

        impl $trait<$tensor> for Number {
            type Output = Tensor;

            #[track_caller]
            fn $name(self, tensor: $tensor) -> Tensor {
                sure($of_number(operand(&tensor), self))
            }
        }
    )+};
}

/// The tensor behind each type of operand.
trait Side {
    fn tensor(&self) -> &Tensor;
}

impl Side for Tensor {
    fn tensor(&self) -> &Tensor {
        self
    }
}

impl Side for &Tensor {
    fn tensor(&self) -> &Tensor {
        self
    }
}

impl Side for &Parameter {
    fn tensor(&self) -> &Tensor {
        self
    }
}

fn operand(operand: &impl Side) -> &Tensor {
    operand.tensor()
}

operator!(Add, add, f_add, add, add);
operator!(Sub, sub, f_sub, sub, rsub);
operator!(Mul, mul, f_mul, mul, mul);
operator!(Div, div, f_div, div, rdiv);

impl Neg for &Parameter {
    type Output = Tensor;

    fn neg(self) -> Tensor {
        -&**self
    }
}
