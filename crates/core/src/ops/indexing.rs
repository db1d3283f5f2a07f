//! `x[…]` and `x[…] = value`, as `torch/csrc/autograd/python_variable_indexing.cpp` and
//! `ATen/TensorIndexing.h` do them: numbers, slices and what makes a dimension are views, tensors and
//! lists are collected for one `index` or `index_put_`.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use tch::{Device, Kind, Tensor};

use super::Operand;
use crate::number::Number;
use crate::{Error, Result};

/// One index between the brackets, made by `into`.
///
/// | Python | here |
/// | --- | --- |
/// | `x[1]`, `x[-1]` | `1`, `-1` |
/// | `x[1:3]`, `x[:-1]`, `x[:]` | `1..3`, `..-1`, `..` |
/// | `x[::2]`, `x[1:9:3]` | `Index::slice(None, None, 2)`, `Index::slice(1, 9, 3)` |
/// | `x[...]`, `x[None]` | `Index::Ellipsis`, `Index::NewAxis` |
/// | `x[rows]`, `x[mask]`, `x[[0, 2]]` | `&rows`, `&mask`, `[0, 2]` |
#[derive(Debug)]
pub enum Index {
    /// One position, from the end if it is negative.
    At(i64),
    /// `start:stop:step`.
    Slice(Option<i64>, Option<i64>, i64),
    /// `...`: as many whole dimensions as the others leave.
    Ellipsis,
    /// `None`: a new dimension of one.
    NewAxis,
    /// Positions (int64 or another int), or which to take (bool).
    Tensor(Tensor),
}

impl Index {
    /// `start:stop:step`.
    pub fn slice(start: impl Into<Option<i64>>, stop: impl Into<Option<i64>>, step: i64) -> Self {
        Self::Slice(start.into(), stop.into(), step)
    }
}

impl From<i64> for Index {
    fn from(index: i64) -> Self {
        Self::At(index)
    }
}

impl From<&Tensor> for Index {
    fn from(indices: &Tensor) -> Self {
        Self::Tensor(indices.shallow_clone())
    }
}

impl From<Tensor> for Index {
    fn from(indices: Tensor) -> Self {
        Self::Tensor(indices)
    }
}

impl From<Vec<i64>> for Index {
    fn from(indices: Vec<i64>) -> Self {
        Self::Tensor(Tensor::from_slice(&indices))
    }
}

impl<const N: usize> From<[i64; N]> for Index {
    fn from(indices: [i64; N]) -> Self {
        Self::from(indices.to_vec())
    }
}

/// What comes after an end that is included; `-1` is followed by nothing.
fn after(end: i64) -> Option<i64> {
    if end == -1 { None } else { Some(end.saturating_add(1)) }
}

macro_rules! ranges {
    ($($range:ty: $it:ident => $start:expr, $stop:expr;)+) => {$(
        impl From<$range> for Index {
            fn from($it: $range) -> Self {
                Self::Slice($start, $stop, 1)
            }
        }
    )+};
}
ranges! {
    Range<i64>: it => Some(it.start), Some(it.end);
    RangeFrom<i64>: it => Some(it.start), None;
    RangeTo<i64>: it => None, Some(it.end);
    RangeFull: _it => None, None;
    RangeInclusive<i64>: it => Some(*it.start()), after(*it.end());
    RangeToInclusive<i64>: it => None, after(it.end);
}

/// What is between the brackets: an [`Index`], a tuple of up to four, or a `Vec` of any number.
pub trait Indices {
    /// The indices in order.
    fn into_indices(self) -> Vec<Index>;
}

impl<I: Into<Index>> Indices for I {
    fn into_indices(self) -> Vec<Index> {
        vec![self.into()]
    }
}

impl Indices for Vec<Index> {
    fn into_indices(self) -> Vec<Index> {
        self
    }
}

macro_rules! tuples {
    ($($($part:ident)+;)+) => {$(
        impl<$($part: Into<Index>),+> Indices for ($($part,)+) {
            fn into_indices(self) -> Vec<Index> {
                #[expect(non_snake_case, reason = "a part is named as its type")]
                let ($($part,)+) = self;
                vec![$($part.into()),+]
            }
        }
    )+};
}
tuples! { A B; A B C; A B C D; }

/// A view by the indices that are no tensors, and the tensors at the dimensions they are for.
fn apply(
    input: &Tensor,
    indices: Vec<Index>,
    keeps_whole_slices: bool,
) -> Result<(Tensor, Vec<Option<Tensor>>)> {
    let specified: usize = indices.iter().map(dimensions).sum();
    let (mut view, mut dim) = (input.shallow_clone(), 0);
    let mut tensors: Vec<Option<Tensor>> = vec![];
    for index in indices {
        // How many dimensions it leaves as they are.
        let mut whole = 1;
        match index {
            Index::At(index) => {
                view = select(&view, dim, index)?;
                whole = 0;
            }
            Index::Slice(start, stop, step) => {
                view = slice(&view, dim, (start, stop, step), keeps_whole_slices)?;
            }
            Index::Ellipsis => whole = input.dim().saturating_sub(specified),
            Index::NewAxis => view = view.f_unsqueeze(dim as i64)?,
            Index::Tensor(index) if index.dim() == 0 && is_integer(&index) => {
                view = select(&view, dim, index.f_int64_value(&[])?)?;
                whole = 0;
            }
            Index::Tensor(mut index) => {
                whole = 0;
                if index.dim() == 0 {
                    // One bool takes all of a new dimension of one, or nothing of it.
                    view = view.f_unsqueeze(dim as i64)?;
                    index = index.f_unsqueeze(0)?;
                }
                if tensors.is_empty() {
                    tensors.resize_with(dim, || None);
                }
                dim += if is_mask(&index) { index.dim() } else { 1 };
                tensors.push(Some(index.f_to_device(view.device())?));
            }
        }
        dim += whole;
        if !tensors.is_empty() {
            tensors.resize_with(tensors.len() + whole, || None);
        }
    }
    Ok((view, tensors))
}

fn is_mask(index: &Tensor) -> bool {
    matches!(index.kind(), Kind::Bool | Kind::Uint8)
}

/// Of how many dimensions an index disposes.
fn dimensions(index: &Index) -> usize {
    match index {
        Index::At(_) | Index::Slice(..) => 1,
        Index::Ellipsis | Index::NewAxis => 0,
        Index::Tensor(mask) if is_mask(mask) => mask.dim(),
        Index::Tensor(_) => 1,
    }
}

fn is_integer(index: &Tensor) -> bool {
    matches!(index.kind(), Kind::Int8 | Kind::Int16 | Kind::Int | Kind::Int64)
}

fn too_many(view: &Tensor) -> Error {
    Error::argument(
        "too many indices",
        format!("a tensor of dimension {}", view.dim()),
        "each needs one",
    )
}

fn select(view: &Tensor, dim: usize, index: i64) -> Result<Tensor> {
    let size = view.size();
    let Some(&length) = size.get(dim) else {
        return Err(too_many(view));
    };
    if !(-length..length).contains(&index) {
        return Err(Error::Shape {
            operation: "index",
            expected: format!("an index of dimension {dim}, of size {length}"),
            found: index.to_string(),
        });
    }
    Ok(view.f_select(dim as i64, index)?)
}

fn slice(
    view: &Tensor,
    dim: usize,
    (start, stop, step): (Option<i64>, Option<i64>, i64),
    keeps_whole: bool,
) -> Result<Tensor> {
    if step <= 0 {
        return Err(Error::argument("step", step, "a slice's step must be greater than zero"));
    }
    let size = view.size();
    let Some(&length) = size.get(dim) else {
        return Err(too_many(view));
    };
    let (start, stop) = (start.unwrap_or(0), stop.unwrap_or(i64::MAX));
    if keeps_whole && start == 0 && length <= stop && step == 1 {
        return Ok(view.shallow_clone());
    }
    Ok(view.f_slice(dim as i64, start, stop, step)?)
}

/// `input[indices]`.
pub(super) fn get(input: &Tensor, indices: Vec<Index>) -> Result<Tensor> {
    // A slice that is the only index is made though it be the whole.
    let several = indices.len() > 1;
    let (view, tensors) = apply(input, indices, several)?;
    match tensors.is_empty() {
        true if shim::identity(&view) == shim::identity(input) => Ok(view.f_alias()?),
        true => Ok(view),
        false => Ok(view.f_index(&tensors)?),
    }
}

/// `input[indices] = value`.
pub(super) fn set(input: &Tensor, indices: Vec<Index>, value: &Operand<'_>) -> Result<()> {
    let (mut view, tensors) = apply(input, indices, true)?;
    let value = match value {
        Operand::Tensor(value) => value.shallow_clone(),
        Operand::Made(value) => value.shallow_clone(),
        Operand::Number(number) => scalar(*number, &view)?,
    };
    let size = value.size();
    let leading = size.iter().take_while(|&&length| length == 1).count();
    let without = || match leading {
        0 => Ok(value.shallow_clone()),
        _ => value.f_view(&size[leading..]),
    };
    if !tensors.is_empty() {
        let _ = view.f_index_put_(&tensors, &without()?, false)?;
    } else if view.size() == size {
        view.f_copy_(&value)?;
    } else if size.is_empty() && value.device() == Device::Cpu {
        let _ = view.f_fill_tensor_(&value)?;
    } else {
        view.f_copy_(&without()?)?;
    }
    Ok(())
}

/// A number in the dtype of what it is put into.
fn scalar(number: Number, view: &Tensor) -> Result<Tensor> {
    Ok(match number {
        Number::Bool(value) => shim::scalar_i64(value.into(), view)?,
        Number::Int(value) => shim::scalar_i64(value, view)?,
        Number::Float(value) => shim::scalar_f64(value, view)?,
    })
}
