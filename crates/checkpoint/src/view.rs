//! Tensors as views of storages.

use crate::dtype::Dtype;
use crate::fault::Fault;
use crate::key_path::KeyPath;

/// A storage that a tensor is a view of, as the persistent id describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageRef {
    /// The number of its record, `data/KEY`.
    pub key: String,
    /// The element type, none for an untyped storage.
    pub dtype: Option<&'static Dtype>,
    /// `cpu` or `cuda:0`
    pub location: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A tensor as a view of a storage.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The same for all places at which one tensor stands.
    pub identity: usize,
    /// What it is a view of.
    pub storage: StorageRef,
    /// The elements' type.
    pub dtype: &'static Dtype,
    /// Where it begins, in elements.
    pub offset: i64,
    /// Python's `tensor.size()`.
    pub size: Vec<i64>,
    /// Python's `tensor.stride()`, in elements.
    pub stride: Vec<i64>,
    /// Whether autograd is to follow it.
    pub requires_grad: bool,
    /// Whether the values are to be read as their conjugates.
    pub conj: bool,
    /// Whether the values are to be read negated.
    pub neg: bool,
}

impl View {
    /// Refuses a view that does not lie within its storage, or that no tensor could be.
    pub(crate) fn check(&self, path: &KeyPath) -> Result<(), Fault> {
        let fault = |problem| Err(Fault::Tensor { path: path.to_string(), problem });
        let (size, stride) = (&self.size, &self.stride);
        if size.len() != stride.len() || size.len() > 64 {
            return fault(format!("{} sizes and {} strides", size.len(), stride.len()));
        }
        if self.offset < 0 || size.iter().chain(stride).any(|&n| n < 0) {
            return fault(format!(
                "a negative number in offset {}, size {size:?}, stride {stride:?}",
                self.offset
            ));
        }
        // The cap keeps each sum and product below within 128 bits, and bytes within 64.
        const CAP: i128 = i64::MAX as i128 / 16;
        let numel = size.iter().try_fold(1i128, |product, &n| {
            let product = product * i128::from(n);
            (product <= CAP).then_some(product)
        });
        let extent =
            size.iter().zip(stride).try_fold(i128::from(self.offset), |end, (&n, &step)| {
                let end = end + i128::from((n - 1).max(0)) * i128::from(step);
                (end <= CAP).then_some(end)
            });
        let (Some(numel), Some(last)) = (numel, extent) else {
            return fault(format!("size {size:?} with stride {stride:?} exceeds any memory"));
        };
        let needed = (last + 1) * i128::from(self.dtype.width);
        if numel > 0 && needed > i128::from(self.storage.bytes) {
            return fault(format!(
                "size {size:?}, stride {stride:?}, offset {} of {} need {needed} bytes, but its \
                 storage {} holds {}",
                self.offset, self.dtype.name, self.storage.key, self.storage.bytes
            ));
        }
        Ok(())
    }

    /// Whether its elements lie in its storage in the order of its indices, Python's
    /// `tensor.is_contiguous()`.
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        let mut dims = self.size.iter().zip(&self.stride).rev();
        self.size.contains(&0)
            || dims.all(|(&size, &stride)| {
                let is_next = size == 1 || stride == expected;
                expected *= size;
                is_next
            })
    }

    /// Refuses a storage of `held` bytes, where the view needs more.
    ///
    /// # Errors
    /// [`Fault::Record`] with the view's path.
    pub fn check_storage(&self, held: u64, path: &KeyPath) -> Result<(), Fault> {
        if held >= self.storage.bytes {
            return Ok(());
        }
        Err(Fault::Record {
            record: format!("data/{}, of {path}", self.storage.key),
            expected: format!("{} bytes", self.storage.bytes),
            found: held.to_string(),
        })
    }
}
