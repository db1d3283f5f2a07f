use tch::Tensor;

use crate::{Error, Result};

/// What [`MultiheadAttention::forward`](super::MultiheadAttention::forward) takes beyond its inputs, with
/// Python's names and defaults.
#[derive(Debug, Clone, Copy)]
pub struct Attend<'a> {
    /// Keys that do not count, `[n, s]`, or `[s]` without a batch: bool, true for those, or what is added to
    /// their scores.
    pub key_padding_mask: Option<&'a Tensor>,
    /// Whether the weights are returned; true by default.
    pub need_weights: bool,
    /// Pairs that do not count, `[l, s]` or `[n · heads, l, s]`: bool, true for those, or what is added to
    /// their scores.
    pub attn_mask: Option<&'a Tensor>,
    /// Whether the weights are the mean of all heads; true by default.
    pub average_attn_weights: bool,
    /// That `attn_mask` is the one of a sequence that does not see what comes.
    pub is_causal: bool,
}

impl Default for Attend<'_> {
    fn default() -> Self {
        Self {
            key_padding_mask: None,
            need_weights: true,
            attn_mask: None,
            average_attn_weights: true,
            is_causal: false,
        }
    }
}

/// Whether two handles are on one tensor: Python's `a is b`.
pub(super) fn same(a: &Tensor, b: &Tensor) -> bool {
    shim::identity(a) == shim::identity(b)
}

/// Query, key and value, and which of them are one tensor.
pub(super) struct Inputs {
    pub(super) query: Tensor,
    pub(super) key: Tensor,
    pub(super) value: Tensor,
    pub(super) key_is_value: bool,
    pub(super) query_is_key: bool,
}

impl Inputs {
    pub(super) fn new(query: &Tensor, key: &Tensor, value: &Tensor) -> Self {
        let [query, key, value] = [query, key, value].map(Tensor::shallow_clone);
        let (key_is_value, query_is_key) = (same(&key, &value), same(&query, &key));
        Self { query, key, value, key_is_value, query_is_key }
    }

    /// What `change` makes of them, once of those that are one.
    pub(super) fn each(self, change: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Self> {
        let query = change(&self.query)?;
        let shared = self.query_is_key && self.key_is_value;
        let key = if shared { query.shallow_clone() } else { change(&self.key)? };
        let value = if self.key_is_value { key.shallow_clone() } else { change(&self.value)? };
        Ok(Self { query, key, value, query_is_key: shared, ..self })
    }

    /// With a batch of one, each its own tensor.
    pub(super) fn batched(self) -> Result<Self> {
        let [query, key, value] = [&self.query, &self.key, &self.value].map(|x| x.f_unsqueeze(1));
        let (query_is_key, key_is_value) = (false, false);
        Ok(Self { query: query?, key: key?, value: value?, key_is_value, query_is_key })
    }

    /// `_mha_shape_check`: whether there is a batch.
    pub(super) fn check(&self, masks: [Option<&Tensor>; 2], heads: i64) -> Result<bool> {
        let refused = |expected: &str, found: &Tensor| {
            Err(Error::Shape {
                operation: "multi_head_attention_forward",
                expected: expected.to_owned(),
                found: format!("{:?}", found.size()),
            })
        };
        let dims = self.query.dim();
        if dims != 2 && dims != 3 {
            return refused("a query of two dimensions, or of three with a batch", &self.query);
        }
        for input in [&self.key, &self.value] {
            if input.dim() != dims {
                return refused("keys and values of as many dimensions as the query", input);
            }
        }
        let [key_padding_mask, attn_mask] = masks;
        if let Some(mask) = key_padding_mask.filter(|mask| mask.dim() != dims - 1) {
            return refused("a key_padding_mask of one dimension fewer than the query", mask);
        }
        if let Some(mask) = attn_mask.filter(|mask| mask.dim() != 2 && mask.dim() != 3) {
            return refused("an attn_mask of two or three dimensions", mask);
        }
        let expected = || [heads, self.query.size()[0], self.key.size()[0]];
        if let Some(mask) =
            attn_mask.filter(|mask| dims == 2 && mask.dim() == 3 && mask.size() != expected())
        {
            return refused("an attn_mask of [heads, l, s]", mask);
        }
        Ok(dims == 3)
    }
}
