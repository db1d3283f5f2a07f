use super::{Sampler, positive};
use crate::Result;

/// The indices of another sampler, a batch at a time: `torch.utils.data.BatchSampler`.
#[derive(Debug)]
pub struct BatchSampler {
    sampler: Box<dyn Sampler>,
    batch_size: usize,
    drop_last: bool,
}

impl BatchSampler {
    /// `BatchSampler(sampler, batch_size, drop_last)`.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for a batch size below 1.
    pub fn new(sampler: impl Sampler + 'static, batch_size: i64, drop_last: bool) -> Result<Self> {
        let batch_size = positive("batch_size", batch_size)?;
        Ok(Self { sampler: Box::new(sampler), batch_size, drop_last })
    }
}

impl Sampler<Vec<i64>> for BatchSampler {
    fn iter(&self) -> Box<dyn Iterator<Item = Result<Vec<i64>>> + '_> {
        Box::new(Batched::new(&*self.sampler, self.batch_size, self.drop_last))
    }

    fn len(&self) -> usize {
        batches_of(self.sampler.len(), self.batch_size, self.drop_last)
    }
}

/// How many batches so many rows are.
pub(in crate::data) fn batches_of(rows: usize, batch_size: usize, drop_last: bool) -> usize {
    if drop_last { rows / batch_size } else { rows.div_ceil(batch_size) }
}

/// An iteration of a sampler, a batch at a time. The sampler's own begins with the first batch.
pub(in crate::data) struct Batched<'a> {
    sampler: &'a dyn Sampler,
    indices: Option<Box<dyn Iterator<Item = Result<i64>> + 'a>>,
    batch_size: usize,
    drop_last: bool,
    ended: bool,
}

impl<'a> Batched<'a> {
    pub(in crate::data) fn new(
        sampler: &'a dyn Sampler,
        batch_size: usize,
        drop_last: bool,
    ) -> Self {
        Self { sampler, indices: None, batch_size, drop_last, ended: false }
    }
}

impl Iterator for Batched<'_> {
    type Item = Result<Vec<i64>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let indices = self.indices.get_or_insert_with(|| self.sampler.iter());
        let batch: Result<Vec<i64>> = indices.take(self.batch_size).collect();
        let ends = |batch: &Vec<i64>| match self.drop_last {
            true => batch.len() < self.batch_size,
            false => batch.is_empty(),
        };
        self.ended = batch.as_ref().map_or(true, ends);
        if self.ended && batch.is_ok() { None } else { Some(batch) }
    }
}
