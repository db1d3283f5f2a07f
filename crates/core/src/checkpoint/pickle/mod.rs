//! Python's pickle, protocol 2, as far as `torch.save` uses it.
//!
//! The reader is a machine with a closed list of globals: it builds values and calls nothing. The
//! pickle crates know neither persistent ids nor a function that builds a tensor, which is all that
//! such a file consists of.

mod globals;
mod machine;
mod node;
mod read;
mod rebuild;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

use super::dtype::Dtype;
use super::fault::Fault;
use super::tree::Place;

/// A storage that a tensor is a view of, as the persistent id describes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StorageRef {
    /// The number of its record, `data/KEY`.
    pub(crate) key: String,
    /// The element type, none for an untyped storage.
    pub(crate) dtype: Option<&'static Dtype>,
    /// `cpu` or `cuda:0`
    pub(crate) location: String,
    /// Its length in bytes.
    pub(crate) bytes: u64,
}

/// A tensor as a view of a storage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// The same for all places at which one tensor stands.
    pub(crate) identity: usize,
    pub(crate) storage: StorageRef,
    pub(crate) dtype: &'static Dtype,
    /// In elements, as are the strides.
    pub(crate) offset: i64,
    pub(crate) size: Vec<i64>,
    pub(crate) stride: Vec<i64>,
    pub(crate) requires_grad: bool,
    /// Whether the values are to be read as their conjugates.
    pub(crate) conj: bool,
    /// Whether the values are to be read negated.
    pub(crate) neg: bool,
}

impl View {
    /// Refuses a view that does not lie within its storage, or that no tensor could be.
    pub(crate) fn check(&self, place: &Place) -> Result<(), Fault> {
        let fault = |problem| Err(Fault::Tensor { place: place.to_string(), problem });
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
}
