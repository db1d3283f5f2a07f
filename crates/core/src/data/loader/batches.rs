use std::collections::VecDeque;

use tch::{Device, Kind, Tensor};

use super::workers::Workers;
use super::{DataLoader, Plan};
use crate::data::rows::Order;
use crate::data::sampler::Batched;
use crate::data::{CollateWith, Dataset, DefaultCollate};
use crate::{Error, Generator, Result};

/// One iteration of a [`DataLoader`].
pub struct Batches<'a, D, C = DefaultCollate> {
    loader: &'a DataLoader<D, C>,
    /// Of the draw with which the iteration began; the first item then.
    failure: Option<Error>,
    rows: Source<'a>,
    workers: Option<Workers>,
}

/// Where the rows of batches come from.
enum Source<'a> {
    /// The parts of one order of all rows.
    Order(Whole),
    /// What a sampler gives, a batch at a time; with workers some are asked for ahead.
    Listed {
        batches: Box<dyn Iterator<Item = Result<Vec<i64>>> + 'a>,
        ahead: VecDeque<Result<Vec<i64>>>,
    },
}

/// An order of all rows, which is made when the first batch is asked for.
#[derive(Default)]
struct Whole {
    order: Option<Order>,
    generator: Option<Generator>,
    next: usize,
    exhausted: bool,
}

impl<'a, D: Dataset, C: CollateWith<D::Item>> Batches<'a, D, C> {
    pub(super) fn new(loader: &'a DataLoader<D, C>) -> Self {
        let (size, drop_last) = (loader.batch_size, loader.drop_last);
        let listed = |batches| Source::Listed { batches, ahead: VecDeque::new() };
        let rows = match &loader.plan {
            Plan::InOrder | Plan::Shuffled => Source::Order(Whole::default()),
            Plan::Sampled(sampler) => listed(Box::new(Batched::new(&**sampler, size, drop_last))),
            Plan::Batched(sampler) => listed(Box::new(sampler.iter().fuse())),
        };
        let (workers, failure) = match loader.draw_int64() {
            Ok(seed) if loader.num_workers > 0 => {
                (Some(Workers::new(seed, loader.num_workers)), None)
            }
            Ok(_) => (None, None),
            Err(error) => (None, Some(error)),
        };
        let mut this = Self { loader, failure, rows, workers };
        if let (Source::Listed { batches, ahead }, Some(workers)) = (&mut this.rows, &this.workers)
        {
            ahead.extend(batches.take(workers.batches_ahead()));
        }
        this
    }

    fn next_batch(&mut self) -> Result<Option<C::Batch>> {
        if let Some(failure) = self.failure.take() {
            self.rows =
                Source::Order(Whole { next: usize::MAX, exhausted: true, ..Whole::default() });
            return Err(failure);
        }
        let loader = self.loader;
        let order;
        let rows = match &mut self.rows {
            Source::Order(whole) => match whole.next(loader)? {
                Some((start, len)) => match &whole.order {
                    Some(order) => order.rows(start, len),
                    None => return Ok(None),
                },
                None => return Ok(None),
            },
            Source::Listed { batches, ahead } => {
                let batch = ahead.pop_front().or_else(|| batches.next());
                let Some(indices) = batch.transpose()? else {
                    return Ok(None);
                };
                if self.workers.is_some() {
                    ahead.extend(batches.next());
                }
                order = Order::given(&indices)?;
                order.rows(0, indices.len() as i64)
            }
        };
        let make = || loader.collate.rows(&loader.dataset, &rows);
        let batch = match &mut self.workers {
            Some(workers) => workers.run(make)?,
            None => make()?,
        };
        match loader.pin_memory {
            true => loader.collate.pin(batch).map(Some),
            false => Ok(Some(batch)),
        }
    }
}

impl Whole {
    /// Where in the order the next batch begins, and how many rows it has.
    fn next<D: Dataset, C>(&mut self, loader: &DataLoader<D, C>) -> Result<Option<(i64, i64)>> {
        let n = loader.dataset.len();
        if self.order.is_none() && self.next == 0 {
            self.generator = loader.shuffler()?;
            self.order = Some(Order::new(match &self.generator {
                Some(generator) => generator.randperm(n as i64)?,
                None => Tensor::f_arange(n as i64, (Kind::Int64, Device::Cpu))?,
            }));
        }
        let start = self.next.saturating_mul(loader.batch_size);
        let rows = loader.batch_size.min(n.saturating_sub(start));
        if rows < loader.batch_size && !self.exhausted {
            self.exhausted = true;
            // A sampler asked for more rows than there are draws a permutation and uses none of it.
            if let Some(generator) = &self.generator {
                let _unused = generator.randperm(n as i64)?;
            }
        }
        if rows == 0 || (loader.drop_last && rows < loader.batch_size) {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some((start as i64, rows as i64)))
    }
}

impl<D: Dataset, C: CollateWith<D::Item>> Iterator for Batches<'_, D, C> {
    type Item = Result<C::Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}

impl<D: std::fmt::Debug, C: std::fmt::Debug> std::fmt::Debug for Batches<'_, D, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").field("loader", self.loader).finish_non_exhaustive()
    }
}
