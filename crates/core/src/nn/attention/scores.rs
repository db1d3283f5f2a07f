use tch::Tensor;

use super::{Attend, Inputs, MultiheadAttention};
use crate::{Error, Result, ops};

/// The masks of keys and of pairs, of floats.
type Masks = (Option<Tensor>, Option<Tensor>);

impl MultiheadAttention {
    /// `multi_head_attention_forward`.
    pub(super) fn attend(
        &self,
        inputs: Inputs,
        (mut keys_mask, mut mask): Masks,
        attend: Attend,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let Attend { need_weights, mut is_causal, .. } = attend;
        let batched = inputs.check([keys_mask.as_ref(), mask.as_ref()], self.num_heads)?;
        let inputs = if batched { inputs } else { inputs.batched()? };
        if !batched {
            keys_mask = keys_mask.map(|mask| mask.f_unsqueeze(0)).transpose()?;
        }
        if is_causal && mask.is_none() {
            let accepted = "it needs an attn_mask";
            return Err(Error::argument("is_causal", "True", accepted));
        }
        if is_causal && keys_mask.is_none() && !need_weights {
            mask = None;
        } else {
            is_causal &= keys_mask.is_none();
        }
        let shape = self.fits(&inputs)?;
        let [q, mut k, mut v] = self.projection.apply(&inputs, self.in_proj_bias.as_deref())?;
        let mut mask = shape.pairs(mask)?;
        let longer = |mask: Option<Tensor>| mask.map(|mask| mask.f_pad([0, 1], "constant", None));
        if let (Some(bias_k), Some(bias_v)) = (&self.bias_k, &self.bias_v) {
            k = Tensor::f_cat(&[k, bias_k.f_repeat([1, shape.batch, 1])?], 0)?;
            v = Tensor::f_cat(&[v, bias_v.f_repeat([1, shape.batch, 1])?], 0)?;
            (mask, keys_mask) = (longer(mask).transpose()?, longer(keys_mask).transpose()?);
        }
        let q = shape.heads(&q, shape.length)?;
        let [mut k, mut v] = [shape.heads(&k, k.size()[0])?, shape.heads(&v, v.size()[0])?];
        if self.options.add_zero_attn {
            let size = [shape.batch * shape.heads, 1, shape.features];
            let zeros = |of: &Tensor| Tensor::f_zeros(size, (of.kind(), of.device()));
            k = Tensor::f_cat(&[k.shallow_clone(), zeros(&k)?], 1)?;
            v = Tensor::f_cat(&[v.shallow_clone(), zeros(&v)?], 1)?;
            (mask, keys_mask) = (longer(mask).transpose()?, longer(keys_mask).transpose()?);
        }
        let mask = shape.both(mask, keys_mask, k.size()[1])?;
        let dropout = if self.training.get() { self.options.dropout } else { 0. };
        let (output, weights) = if need_weights {
            let (output, weights) = shape.weighted([&q, &k, &v], mask.as_ref(), dropout)?;
            let weights = match attend.average_attn_weights {
                true => weights.f_mean_dim(1, false, None)?,
                false => weights,
            };
            (output, Some(weights))
        } else {
            (shape.fused([&q, &k, &v], mask, dropout, is_causal)?, None)
        };
        let output = output
            .f_linear(&self.out_proj.0.weight, self.out_proj.0.bias().ok().map(|bias| &**bias))?;
        let output = output.f_view([shape.length, shape.batch, output.size()[1]])?;
        if batched {
            return Ok((output, weights));
        }
        let weights = weights.map(|weights| weights.f_squeeze_dim(0)).transpose()?;
        Ok((output.f_squeeze_dim(1)?, weights))
    }

    /// The sizes of inputs that fit the layer and each other.
    fn fits(&self, inputs: &Inputs) -> Result<Shape> {
        let (query, key, value) = (inputs.query.size(), inputs.key.size(), inputs.value.size());
        let apart = self.projection.packed().is_none();
        let refused = |expected: &str, found: &[i64]| {
            Err(Error::Shape {
                operation: "multi_head_attention_forward",
                expected: expected.to_owned(),
                found: format!("{found:?}"),
            })
        };
        if query[2] != self.embed_dim {
            return refused("a query of embed_dim features", &query);
        }
        if key[..2] != value[..2] || (!apart && key != value) {
            return refused("values of the keys' shape", &value);
        }
        let features = self.embed_dim / self.num_heads;
        let (length, batch, heads) = (query[0], query[1], self.num_heads);
        Ok(Shape { length, keys: key[0], batch, heads, features })
    }
}

/// The query's length, the keys', the batch, the heads and the features of one.
struct Shape {
    length: i64,
    keys: i64,
    batch: i64,
    heads: i64,
    features: i64,
}

impl Shape {
    /// A mask of pairs that fits, of three dimensions.
    fn pairs(&self, mask: Option<Tensor>) -> Result<Option<Tensor>> {
        let Some(mask) = mask else { return Ok(None) };
        let size = [self.batch * self.heads, self.length, self.keys];
        match mask.size().as_slice() {
            found if found == &size[1..] => Ok(Some(mask.f_unsqueeze(0)?)),
            found if found == size => Ok(Some(mask)),
            found => Err(Error::Shape {
                operation: "multi_head_attention_forward",
                expected: format!("an attn_mask of {:?} or {size:?}", &size[1..]),
                found: format!("{found:?}"),
            }),
        }
    }

    /// Each head on its own.
    fn heads(&self, x: &Tensor, length: i64) -> Result<Tensor> {
        let size = [length, self.batch * self.heads, self.features];
        Ok(x.f_view(size)?.f_transpose(0, 1)?)
    }

    /// The mask of pairs and that of keys as one.
    fn both(
        &self,
        pairs: Option<Tensor>,
        keys: Option<Tensor>,
        length: i64,
    ) -> Result<Option<Tensor>> {
        let Some(keys) = keys else { return Ok(pairs) };
        let (found, expected) = (keys.size(), [self.batch, length]);
        if found != expected {
            return Err(Error::Shape {
                operation: "multi_head_attention_forward",
                expected: format!("a key_padding_mask of {expected:?}"),
                found: format!("{found:?}"),
            });
        }
        let keys = keys.f_view([self.batch, 1, 1, length])?;
        let keys = keys.f_expand([-1, self.heads, -1, -1], false)?;
        let keys = keys.f_reshape([self.batch * self.heads, 1, length])?;
        Ok(Some(match pairs {
            None => keys,
            Some(pairs) => pairs.f_add(&keys)?,
        }))
    }

    /// The sums, `[length · batch, embed_dim]`, and the weights of each head.
    fn weighted(
        &self,
        [q, k, v]: [&Tensor; 3],
        mask: Option<&Tensor>,
        dropout: f64,
    ) -> Result<(Tensor, Tensor)> {
        let (q, k) = (ops::mul(q, (1. / self.features as f64).sqrt())?, k.f_transpose(-2, -1)?);
        let scores = match mask {
            Some(mask) => mask.f_baddbmm(&q, &k, 1, 1)?,
            None => q.f_bmm(&k)?,
        };
        let mut weights = scores.f_softmax(-1, None)?;
        if dropout > 0. {
            weights = weights.f_dropout(dropout, true)?;
        }
        let (rows, features) = (self.length * self.batch, self.heads * self.features);
        let output = weights.f_bmm(v)?.f_transpose(0, 1)?.f_contiguous()?;
        let output = output.f_view([rows, features])?;
        let weights = weights.f_view([self.batch, self.heads, self.length, v.size()[1]])?;
        Ok((output, weights))
    }

    /// The sums alone, by one operator.
    fn fused(
        &self,
        [q, k, v]: [&Tensor; 3],
        mask: Option<Tensor>,
        dropout: f64,
        is_causal: bool,
    ) -> Result<Tensor> {
        let (batch, heads, features) = (self.batch, self.heads, self.features);
        let keys = k.size()[1];
        let mask = mask.map(|mask| match mask.size()[0] {
            1 => mask.f_unsqueeze(0),
            _ => mask.f_view([batch, heads, -1, keys]),
        });
        let q = q.f_view([batch, heads, self.length, features])?;
        let [k, v] = [k, v].map(|x| x.f_view([batch, heads, keys, features]));
        let (k, v, mask) = (k?, v?, mask.transpose()?);
        let output = Tensor::f_scaled_dot_product_attention(
            &q, &k, &v, mask, dropout, is_causal, None, false,
        )?;
        let output = output.f_permute([2, 0, 1, 3])?.f_contiguous()?;
        Ok(output.f_view([batch * self.length, heads * features])?)
    }
}
