//! Sequences of several lengths, as [`torch.nn.utils.rnn`](https://docs.pytorch.org/docs/2.11/nn.html#utilities).

use tch::{Device, Kind, Tensor};

use super::super::aten::aten2;
use crate::{Error, Result};

/// A batch of sequences without padding: all first steps, all second ones, and so on.
#[derive(Debug)]
pub struct PackedSequence {
    /// The steps, `[Σ lengths, *]`.
    pub data: Tensor,
    /// How many sequences have each step, int64 on the CPU, `[longest]`.
    pub batch_sizes: Tensor,
    /// The sequences' order, the longest first; none where they were in that order.
    pub sorted_indices: Option<Tensor>,
    /// What puts them back into the order in which they were given.
    pub unsorted_indices: Option<Tensor>,
}

impl PackedSequence {
    pub(crate) fn with_data(&self, data: Tensor) -> Self {
        let handle = |indices: &Option<Tensor>| indices.as_ref().map(Tensor::shallow_clone);
        Self {
            data,
            batch_sizes: self.batch_sizes.shallow_clone(),
            sorted_indices: handle(&self.sorted_indices),
            unsorted_indices: handle(&self.unsorted_indices),
        }
    }

    pub(crate) fn sorted(&self, tensor: &Tensor, dim: i64) -> Result<Tensor> {
        select(tensor, dim, self.sorted_indices.as_ref())
    }

    pub(crate) fn unsorted(&self, tensor: &Tensor, dim: i64) -> Result<Tensor> {
        select(tensor, dim, self.unsorted_indices.as_ref())
    }
}

fn select(tensor: &Tensor, dim: i64, indices: Option<&Tensor>) -> Result<Tensor> {
    match indices {
        None => Ok(tensor.shallow_clone()),
        Some(indices) => Ok(tensor.f_index_select(dim, indices)?),
    }
}

/// `pack_padded_sequence(input, lengths, batch_first, enforce_sorted)`; Python's defaults are `false`
/// and `true`.
///
/// # Shapes
/// `[longest, n, *]`, or with `batch_first` `[n, longest, *]`; one length for each of the `n`.
///
/// # Errors
/// Lengths that are not positive, too many or too few, or that grow where `enforce_sorted`.
pub fn pack_padded_sequence(
    input: &Tensor,
    lengths: &[i64],
    batch_first: bool,
    enforce_sorted: bool,
) -> Result<PackedSequence> {
    let mut lengths = Tensor::f_from_slice(lengths)?;
    let (mut input, mut sorted_indices) = (input.shallow_clone(), None);
    if !enforce_sorted {
        let (sorted, indices) = lengths.f_sort(-1, true)?;
        let indices = indices.f_to_device(input.device())?;
        input = input.f_index_select(if batch_first { 0 } else { 1 }, &indices)?;
        (lengths, sorted_indices) = (sorted, Some(indices));
    }
    let arguments = [(&input).into(), (&lengths).into(), batch_first.into()];
    let (data, batch_sizes) = aten2("aten::_pack_padded_sequence", &arguments)?;
    let unsorted_indices = sorted_indices.as_ref().map(invert).transpose()?;
    Ok(PackedSequence { data, batch_sizes, sorted_indices, unsorted_indices })
}

/// `invert_permutation`.
fn invert(permutation: &Tensor) -> Result<Tensor> {
    let options = (Kind::Int64, permutation.device());
    let counted = Tensor::f_arange_start(0, permutation.size()[0], options)?;
    Ok(permutation.f_empty_like()?.f_scatter_(0, permutation, &counted)?)
}

/// The sequences with padding, and their lengths:
/// `pad_packed_sequence(sequence, batch_first, padding_value, total_length)`; Python's defaults are
/// `false`, 0 and none.
///
/// # Errors
/// [`Error::Argument`] for a `total_length` that is shorter than the longest.
pub fn pad_packed_sequence(
    sequence: &PackedSequence,
    batch_first: bool,
    padding_value: f64,
    total_length: impl Into<Option<i64>>,
) -> Result<(Tensor, Tensor)> {
    let longest = sequence.batch_sizes.size().first().copied().unwrap_or_default();
    let length = total_length.into().unwrap_or(longest);
    if length < longest {
        let accepted = "it is at least the length of the longest sequence";
        return Err(Error::argument("total_length", length, accepted));
    }
    let (data, sizes) = (&sequence.data, &sequence.batch_sizes);
    let arguments =
        [data.into(), sizes.into(), batch_first.into(), padding_value.into(), length.into()];
    let (padded, lengths) = aten2("aten::_pad_packed_sequence", &arguments)?;
    let indices = sequence.unsorted_indices.as_ref();
    let on_cpu = indices.map(|indices| indices.f_to_device(Device::Cpu)).transpose()?;
    let padded = select(&padded, if batch_first { 0 } else { 1 }, indices)?;
    let lengths = match on_cpu {
        Some(indices) => lengths.f_index(&[Some(indices)])?,
        None => lengths,
    };
    Ok((padded, lengths))
}

/// Sequences of several lengths in one tensor: `pad_sequence(sequences, batch_first, padding_value)`.
///
/// # Shapes
/// `[length, *]` each `-> [longest, n, *]`, or with `batch_first` `[n, longest, *]`.
///
/// # Errors
/// None at all, or shapes that differ beyond the length.
pub fn pad_sequence(sequences: &[Tensor], batch_first: bool, padding_value: f64) -> Result<Tensor> {
    let arguments = [sequences.into(), batch_first.into(), padding_value.into()];
    super::super::aten::aten("aten::pad_sequence", &arguments)
}

/// Sequences of several lengths, packed: `pack_sequence(sequences, enforce_sorted)`.
///
/// # Errors
/// As [`pad_sequence`] and [`pack_padded_sequence`].
pub fn pack_sequence(sequences: &[Tensor], enforce_sorted: bool) -> Result<PackedSequence> {
    let lengths: Vec<_> =
        sequences.iter().map(|s| s.size().first().copied().unwrap_or_default()).collect();
    pack_padded_sequence(&pad_sequence(sequences, false, 0.)?, &lengths, false, enforce_sorted)
}
