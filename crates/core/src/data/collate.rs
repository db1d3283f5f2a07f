use tch::{Device, Tensor};

use crate::{Error, Result};

/// What the items of a batch become: `torch.utils.data.default_collate`.
///
/// | items | batch |
/// | --- | --- |
/// | tensors `[*]`, all of one shape | one tensor, `[m, *]` (`torch.stack`) |
/// | `f64`, Python's float | float64, `[m]` |
/// | `i64`, Python's int | int64, `[m]` |
/// | `bool` | bool, `[m]` |
/// | `f32`, NumPy's `float32` | float32, `[m]` |
/// | `String` | the strings |
/// | arrays, tuples of two to four, and `Vec`s of one length | the same, of their parts' batches |
///
/// A type of one's own, in place of Python's dictionary, implements it for its parts.
pub trait Collate: Sized {
    /// What a batch of them is.
    type Batch;

    /// Puts the items of a batch together; there is at least one.
    ///
    /// # Errors
    /// Items that do not go together, in Python's words where it refuses them.
    fn collate(items: Vec<Self>) -> Result<Self::Batch>;

    /// The batch with its tensors in page-locked memory; as it is where that is not said.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    fn pin(batch: Self::Batch) -> Result<Self::Batch> {
        Ok(batch)
    }
}

/// A tensor of the CPU in page-locked memory, which a GPU reads without a copy.
fn pinned(tensor: Tensor) -> Result<Tensor> {
    match tensor.device() {
        Device::Cpu => Ok(tensor.f_pin_memory(Device::Cuda(0))?),
        _ => Ok(tensor),
    }
}

impl Collate for Tensor {
    type Batch = Tensor;

    fn pin(batch: Tensor) -> Result<Tensor> {
        pinned(batch)
    }

    fn collate(items: Vec<Self>) -> Result<Tensor> {
        Ok(Tensor::f_stack(&items, 0)?)
    }
}

impl Collate for String {
    type Batch = Vec<String>;

    fn collate(items: Vec<Self>) -> Result<Vec<String>> {
        Ok(items)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Collate for $number {
            type Batch = Tensor;

            fn collate(items: Vec<Self>) -> Result<Tensor> {
                Ok(Tensor::f_from_slice(&items)?)
            }

            fn pin(batch: Tensor) -> Result<Tensor> {
                pinned(batch)
            }
        }
    )*};
}
numbers!(f64, f32, i64, bool);

impl<T: Collate> Collate for Vec<T> {
    type Batch = Vec<T::Batch>;

    fn collate(items: Vec<Self>) -> Result<Self::Batch> {
        let width = items.first().map_or(0, Vec::len);
        let mut columns: Vec<Vec<T>> = (0..width).map(|_| Vec::new()).collect();
        for item in items {
            if item.len() != width {
                return Err(Error::Shape {
                    operation: "each element in list of batch should be of equal size",
                    expected: format!("{width}, as the first"),
                    found: item.len().to_string(),
                });
            }
            columns.iter_mut().zip(item).for_each(|(column, part)| column.push(part));
        }
        columns.into_iter().map(T::collate).collect()
    }

    fn pin(batch: Self::Batch) -> Result<Self::Batch> {
        batch.into_iter().map(T::pin).collect()
    }
}

impl<T: Collate, const N: usize> Collate for [T; N] {
    type Batch = [T::Batch; N];

    fn collate(items: Vec<Self>) -> Result<Self::Batch> {
        let columns = Vec::collate(items.into_iter().map(Vec::from).collect())?;
        // As many columns as each item has parts, so the conversion cannot fail.
        columns.try_into().map_err(|_| Error::Torch("a batch changed its width".to_owned()))
    }

    fn pin(batch: Self::Batch) -> Result<Self::Batch> {
        let parts = batch.into_iter().map(T::pin).collect::<Result<Vec<_>>>()?;
        parts.try_into().map_err(|_| Error::Torch("a batch changed its width".to_owned()))
    }
}

macro_rules! tuples {
    ($($($part:ident $column:ident),+;)*) => {$(
        impl<$($part: Collate),+> Collate for ($($part,)+) {
            type Batch = ($($part::Batch,)+);

            fn collate(items: Vec<Self>) -> Result<Self::Batch> {
                $(let mut $column = Vec::with_capacity(items.len());)+
                for item in items {
                    #[expect(non_snake_case, reason = "a part is named as its type")]
                    let ($($part,)+) = item;
                    $($column.push($part);)+
                }
                Ok(($($part::collate($column)?,)+))
            }

            fn pin(batch: Self::Batch) -> Result<Self::Batch> {
                let ($($column,)+) = batch;
                Ok(($($part::pin($column)?,)+))
            }
        }
    )*};
}
tuples! {
    A a, B b;
    A a, B b, C c;
    A a, B b, C c, D d;
}
