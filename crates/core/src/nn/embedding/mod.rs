//! `torch/nn/modules/sparse.py`.

mod bag;

use tch::{Device, Kind, Tensor, no_grad};

pub use bag::{BagMode, EmbeddingBag, EmbeddingBagOptions};

use super::aten::aten;
use super::{Module, Parameter, init};
use crate::{Error, Result, parts, repr};

/// What [`Embedding::with_options`] takes beyond the sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmbeddingOptions {
    /// A row that begins as zeros and has no gradient; negative ones count from the end.
    pub padding_idx: Option<i64>,
    /// The largest norm of a row: those that are looked up are scaled down to it, in place.
    pub max_norm: Option<f64>,
    /// Which norm; 2 by default.
    pub norm_type: f64,
    /// Whether gradients are divided by how often a row was looked up.
    pub scale_grad_by_freq: bool,
    /// Whether the gradient is sparse.
    pub sparse: bool,
    /// The weight's dtype, in which it is drawn.
    pub dtype: Kind,
}

impl Default for EmbeddingOptions {
    fn default() -> Self {
        Self {
            padding_idx: None,
            max_norm: None,
            norm_type: 2.,
            scale_grad_by_freq: false,
            sparse: false,
            dtype: Kind::Float,
        }
    }
}

/// `torch.nn.Embedding`: rows of a table, drawn from a standard normal distribution.
///
/// # Shapes
/// `[*]` of int64 or int32 `-> [*, embedding_dim]`; weight `[num_embeddings, embedding_dim]`.
///
/// ```
/// use torch_exact::nn::{Embedding, Module};
/// use torch_exact::tensor;
///
/// # fn main() -> torch_exact::Result<()> {
/// let embedding = Embedding::new(10, 3)?;
/// assert_eq!(embedding.forward(&tensor([1, 9])?)?.size(), [2, 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Embedding {
    /// The table.
    pub weight: Parameter,
    options: EmbeddingOptions,
}

impl Embedding {
    /// `nn.Embedding(num_embeddings, embedding_dim)`.
    ///
    /// # Errors
    /// A negative size, or one that memory does not hold.
    pub fn new(num_embeddings: i64, embedding_dim: i64) -> Result<Self> {
        Self::with_options(num_embeddings, embedding_dim, EmbeddingOptions::default())
    }

    /// `nn.Embedding(num_embeddings, embedding_dim, padding_idx=…, …)`.
    ///
    /// # Errors
    /// As [`new`](Self::new), [`Error::Argument`] for a `padding_idx` that there is not, and a dtype
    /// that is not floating point.
    pub fn with_options(
        num_embeddings: i64,
        embedding_dim: i64,
        options: EmbeddingOptions,
    ) -> Result<Self> {
        let padding_idx = at_row(options.padding_idx, num_embeddings)?;
        let weight = drawn([num_embeddings, embedding_dim], padding_idx, options.dtype)?;
        Ok(Self { weight, options: EmbeddingOptions { padding_idx, ..options } })
    }

    /// A table of these values, which it shares: `nn.Embedding.from_pretrained(embeddings, freeze, …)`.
    /// The dtype is theirs. With `freeze`, Python's default, it is not learned.
    ///
    /// # Errors
    /// [`Error::Shape`] for values of other than two dimensions, and as
    /// [`with_options`](Self::with_options).
    pub fn from_pretrained(
        embeddings: Tensor,
        freeze: bool,
        options: EmbeddingOptions,
    ) -> Result<Self> {
        let (weight, rows) = table("Embedding.from_pretrained", embeddings, freeze)?;
        let (padding_idx, dtype) = (at_row(options.padding_idx, rows)?, weight.kind());
        Ok(Self { weight, options: EmbeddingOptions { padding_idx, dtype, ..options } })
    }
}

/// A row that counts from the start.
fn at_row(row: Option<i64>, rows: i64) -> Result<Option<i64>> {
    let Some(row) = row else { return Ok(None) };
    if row >= rows.max(1) || row < -rows {
        let accepted = "padding_idx must be within num_embeddings";
        return Err(Error::argument("padding_idx", row, accepted));
    }
    Ok(Some(if row < 0 { row + rows } else { row }))
}

/// A table as it is drawn.
fn drawn(size: [i64; 2], padding_idx: Option<i64>, dtype: Kind) -> Result<Parameter> {
    let weight = Tensor::f_empty(size, (dtype, Device::Cpu))?;
    init::normal_(&weight, 0., 1.)?;
    if let Some(row) = padding_idx {
        init::constant_(&no_grad(|| weight.f_select(0, row))?, 0.)?;
    }
    Parameter::new(weight)
}

/// A table of values that are there, and how many rows it has.
fn table(operation: &'static str, values: Tensor, freeze: bool) -> Result<(Parameter, i64)> {
    let &[rows, _] = values.size().as_slice() else {
        return Err(Error::Shape {
            operation,
            expected: "values of two dimensions".to_owned(),
            found: format!("{:?}", values.size()),
        });
    };
    let weight = if freeze { Parameter::frozen(values)? } else { Parameter::new(values)? };
    Ok((weight, rows))
}

/// Scales the rows that are looked up down to the largest norm.
fn renormalize(weight: &Tensor, input: &Tensor, max_norm: f64, norm_type: f64) -> Result<()> {
    let weight = weight.f_detach()?;
    no_grad(|| {
        let arguments = [(&weight).into(), input.into(), max_norm.into(), norm_type.into()];
        aten("aten::embedding_renorm_", &arguments).map(drop)
    })
}

impl Module for Embedding {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let EmbeddingOptions {
            padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, ..
        } = self.options;
        let mut input = input.shallow_clone();
        if let Some(max_norm) = max_norm {
            input = input.f_contiguous()?;
            renormalize(&self.weight, &input, max_norm, norm_type)?;
        }
        let (weight, row) = (&self.weight, padding_idx.unwrap_or(-1));
        Ok(Tensor::f_embedding(weight, &input, row, scale_grad_by_freq, sparse)?)
    }

    fn extra_repr(&self) -> String {
        let size = self.weight.size();
        let mut text = format!("{}, {}", size[0], size[1]);
        if let Some(row) = self.options.padding_idx {
            text.push_str(&format!(", padding_idx={row}"));
        }
        if let Some(norm) = self.options.max_norm {
            text.push_str(&format!(", max_norm={}", repr::float(norm)));
        }
        if self.options.norm_type != 2. {
            text.push_str(&format!(", norm_type={}", repr::float(self.options.norm_type)));
        }
        if self.options.scale_grad_by_freq {
            text.push_str(", scale_grad_by_freq=True");
        }
        if self.options.sparse {
            text.push_str(", sparse=True");
        }
        text
    }

    parts!(weight);
}
