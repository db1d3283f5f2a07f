use std::cell::{OnceCell, RefCell};

use tch::{Device, Tensor};

use crate::{Error, Result};

/// The order that one iteration of a loader takes a dataset's rows in.
#[derive(Debug)]
pub(super) struct Order {
    /// `int64`, `[n]`, on the CPU.
    indices: Tensor,
    /// Whether one may count from the end, as a sampler's may.
    signed: bool,
    /// Its copies on other devices, made when a batch is first gathered there.
    copies: RefCell<Vec<(Device, Tensor)>>,
    /// The same order in the terms of the dataset that this one is a subset of.
    within: OnceCell<Box<Order>>,
}

impl Order {
    pub(super) fn new(indices: Tensor) -> Self {
        Self { indices, signed: false, copies: RefCell::default(), within: OnceCell::new() }
    }

    /// Of indices that somebody else made.
    pub(super) fn given(indices: &[i64]) -> Result<Self> {
        let signed = indices.iter().any(|&index| index < 0);
        Ok(Self { signed, ..Self::new(Tensor::f_from_slice(indices)?) })
    }

    pub(super) fn rows(&self, start: i64, len: i64) -> Rows<'_> {
        Rows { order: self, start, len }
    }
}

/// The rows of one batch, in its order: what [`Dataset::batch`](super::Dataset::batch) gathers.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    order: &'a Order,
    start: i64,
    len: i64,
}

impl<'a> Rows<'a> {
    /// The rows' indices.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn indices(&self) -> Result<Vec<i64>> {
        Ok(Vec::try_from(self.on(Device::Cpu)?)?)
    }

    /// The rows' indices as a tensor of `device`, `int64`, `[m]`.
    ///
    /// The order of the whole iteration is copied there once, and this is a part of it.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn on(&self, device: Device) -> Result<Tensor> {
        self.with_order(device, |order| Ok(order.f_narrow(0, self.start, self.len)?))
    }

    /// These rows of each tensor, in one call. `None` where the tensors are on several devices, where
    /// one's rows do not lie one after the other, where their gradients are recorded, or where an index counts
    /// from the end.
    pub(super) fn gather<const N: usize>(
        &self,
        tensors: [&Tensor; N],
    ) -> Result<Option<[Tensor; N]>> {
        if self.order.signed {
            return Ok(None);
        }
        let device = tensors.first().map_or(Device::Cpu, |tensor| tensor.device());
        self.with_order(device, |order| {
            Ok(shim::gather_rows(tensors, order, self.start, self.len)?)
        })
    }

    /// Gives the order of the whole iteration as a tensor of `device`.
    fn with_order<T>(&self, device: Device, body: impl FnOnce(&Tensor) -> Result<T>) -> Result<T> {
        if device == Device::Cpu {
            return body(&self.order.indices);
        }
        let mut copies = self.order.copies.borrow_mut();
        if let Some((_, copy)) = copies.iter().find(|(there, _)| *there == device) {
            return body(copy);
        }
        let copy = self.order.indices.f_to_device(device)?;
        let result = body(&copy);
        copies.push((device, copy));
        result
    }

    /// The rows that these are in the dataset of a subset with these `indices`.
    pub(super) fn within(&self, indices: &Tensor) -> Result<Rows<'a>> {
        let Self { order, start, len } = *self;
        if order.within.get().is_none() {
            let from_start = match order.signed {
                true => order.indices.f_where_self(
                    &order.indices.f_ge(0)?,
                    &(order.indices.f_add_scalar(indices.size()[0])?),
                )?,
                false => order.indices.shallow_clone(),
            };
            let within = Order::new(indices.f_index_select(0, &from_start)?);
            // It was empty, so there is room.
            let _ = order.within.set(Box::new(within));
        }
        let lost = || Error::Torch("an order changed while it was read".to_owned());
        Ok(Rows { order: order.within.get().ok_or_else(lost)?, start, len })
    }
}
