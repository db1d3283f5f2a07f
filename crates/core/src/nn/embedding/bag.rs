use tch::{Kind, Tensor};

use super::{Module, Parameter, at_row, drawn, renormalize, table};
use crate::{Error, Result, parts, repr};

/// What an [`EmbeddingBag`] makes of the rows of a bag: `mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BagMode {
    /// Their sum: `'sum'`.
    Sum,
    /// Their mean: `'mean'`.
    #[default]
    Mean,
    /// The largest of each column: `'max'`.
    Max,
}

impl BagMode {
    fn name(self) -> &'static str {
        ["sum", "mean", "max"][self as usize]
    }
}

/// What [`EmbeddingBag::with_options`] takes beyond the sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmbeddingBagOptions {
    /// The largest norm of a row: those that are looked up are scaled down to it, in place.
    pub max_norm: Option<f64>,
    /// Which norm; 2 by default.
    pub norm_type: f64,
    /// Whether gradients are divided by how often a row was looked up; not with [`BagMode::Max`].
    pub scale_grad_by_freq: bool,
    /// What becomes of a bag's rows; their mean by default.
    pub mode: BagMode,
    /// Whether the gradient is sparse; not with [`BagMode::Max`].
    pub sparse: bool,
    /// Whether the offsets end with the input's length.
    pub include_last_offset: bool,
    /// A row that begins as zeros, counts in no bag and has no gradient; negative ones count from the end.
    pub padding_idx: Option<i64>,
    /// The weight's dtype, in which it is drawn.
    pub dtype: Kind,
}

impl Default for EmbeddingBagOptions {
    fn default() -> Self {
        Self {
            max_norm: None,
            norm_type: 2.,
            scale_grad_by_freq: false,
            mode: BagMode::Mean,
            sparse: false,
            include_last_offset: false,
            padding_idx: None,
            dtype: Kind::Float,
        }
    }
}

/// `torch.nn.EmbeddingBag`: sums, means or maxima of bags of a table's rows, drawn from a standard normal
/// distribution.
///
/// ```
/// use torch_exact::nn::EmbeddingBag;
/// use torch_exact::tensor;
///
/// # fn main() -> torch_exact::Result<()> {
/// let bag = EmbeddingBag::new(10, 3)?;
/// let bags = bag.forward(&tensor([1, 2, 4, 5])?, Some(&tensor([0, 3])?), None)?;
/// assert_eq!(bags.size(), [2, 3]);
/// # Ok(())
/// # }
/// ```
///
/// # Shapes
/// `[bags, n]` of int64 or int32, or `[*]` with offsets `[bags]`, `-> [bags, embedding_dim]`; weight
/// `[num_embeddings, embedding_dim]`. As a [`Module`] it takes the first.
#[derive(Debug, Clone)]
pub struct EmbeddingBag {
    /// The table.
    pub weight: Parameter,
    options: EmbeddingBagOptions,
}

impl EmbeddingBag {
    /// `nn.EmbeddingBag(num_embeddings, embedding_dim)`.
    ///
    /// # Errors
    /// A negative size, or one that memory does not hold.
    pub fn new(num_embeddings: i64, embedding_dim: i64) -> Result<Self> {
        Self::with_options(num_embeddings, embedding_dim, EmbeddingBagOptions::default())
    }

    /// `nn.EmbeddingBag(num_embeddings, embedding_dim, mode=…, …)`.
    ///
    /// # Errors
    /// As [`new`](Self::new), [`Error::Argument`] for a `padding_idx` that there is not, and a dtype that
    /// is not floating point.
    pub fn with_options(
        num_embeddings: i64,
        embedding_dim: i64,
        options: EmbeddingBagOptions,
    ) -> Result<Self> {
        let padding_idx = at_row(options.padding_idx, num_embeddings)?;
        let weight = drawn([num_embeddings, embedding_dim], padding_idx, options.dtype)?;
        Ok(Self { weight, options: EmbeddingBagOptions { padding_idx, ..options } })
    }

    /// A table of these values, which it shares: `nn.EmbeddingBag.from_pretrained(embeddings, freeze, …)`.
    /// The dtype is theirs. With `freeze`, Python's default, it is not learned.
    ///
    /// # Errors
    /// As [`Embedding::from_pretrained`](super::Embedding::from_pretrained).
    pub fn from_pretrained(
        embeddings: Tensor,
        freeze: bool,
        options: EmbeddingBagOptions,
    ) -> Result<Self> {
        let (weight, rows) = table("EmbeddingBag.from_pretrained", embeddings, freeze)?;
        let padding_idx = at_row(options.padding_idx, rows)?;
        let dtype = weight.kind();
        Ok(Self { weight, options: EmbeddingBagOptions { padding_idx, dtype, ..options } })
    }

    /// `bag(input, offsets, per_sample_weights)`: where each bag begins in an input of one dimension, and
    /// a factor for each row, of the input's shape and with [`BagMode::Sum`] alone.
    ///
    /// # Errors
    /// [`Error::Argument`] and [`Error::Shape`] for what Python refuses, and what libtorch does.
    pub fn forward(
        &self,
        input: &Tensor,
        offsets: Option<&Tensor>,
        per_sample_weights: Option<&Tensor>,
    ) -> Result<Tensor> {
        let options = self.options;
        if let Some(weights) = per_sample_weights.filter(|given| given.size() != input.size()) {
            return Err(Error::Shape {
                operation: "embedding_bag",
                expected: format!("per_sample_weights of the input's shape {:?}", input.size()),
                found: format!("{:?}", weights.size()),
            });
        }
        let (input, offsets, last) = self.bags(input, offsets)?;
        let per_sample_weights = per_sample_weights.map(|weights| weights.f_reshape([-1]));
        let per_sample_weights = per_sample_weights.transpose()?;
        let wrong = |name, accepted| Err(Error::argument(name, "given", accepted));
        if options.mode == BagMode::Max && options.scale_grad_by_freq {
            return wrong("scale_grad_by_freq", "max mode does not support it");
        }
        if options.mode == BagMode::Max && options.sparse {
            return wrong("sparse", "max mode does not support sparse weights");
        }
        if let Some(max_norm) = options.max_norm {
            renormalize(&self.weight, &input, max_norm, options.norm_type)?;
        }
        if options.mode != BagMode::Sum && per_sample_weights.is_some() {
            return wrong("per_sample_weights", "it is only supported for mode='sum'");
        }
        let made = shim::operator(
            "aten::embedding_bag.padding_idx",
            &[
                (&*self.weight).into(),
                (&input).into(),
                (&offsets).into(),
                options.scale_grad_by_freq.into(),
                (options.mode as i64).into(),
                options.sparse.into(),
                per_sample_weights.as_ref().into(),
                last.into(),
                options.padding_idx.into(),
            ],
        )?;
        let lost = || Error::Torch("embedding_bag returned nothing".to_owned());
        made.into_iter().next().ok_or_else(lost)
    }

    /// The rows of all bags, where each bag begins, and whether the end is there too.
    fn bags(&self, input: &Tensor, offsets: Option<&Tensor>) -> Result<(Tensor, Tensor, bool)> {
        let found = |expected: &str| Error::Shape {
            operation: "embedding_bag",
            expected: expected.to_owned(),
            found: format!("an input of {:?}", input.size()),
        };
        match (input.size().as_slice(), offsets) {
            (&[_, length], None) => {
                let (count, options) = (input.numel() as i64, (input.kind(), input.device()));
                let offsets = Tensor::f_arange_start_step(0, count, length, options)?;
                Ok((input.f_reshape([-1])?, offsets, false))
            }
            ([_, _], Some(_)) => Err(found("no offsets beside bags of one length")),
            ([_], Some(offsets)) if offsets.dim() == 1 => {
                let last = self.options.include_last_offset;
                Ok((input.shallow_clone(), offsets.shallow_clone(), last))
            }
            ([_], _) => Err(found("offsets of one dimension")),
            _ => Err(found("an input of one or two dimensions")),
        }
    }
}

impl Module for EmbeddingBag {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.forward(input, None, None)
    }

    fn extra_repr(&self) -> String {
        let (size, options) = (self.weight.size(), self.options);
        let mut text = format!("{}, {}", size[0], size[1]);
        if let Some(norm) = options.max_norm {
            text.push_str(&format!(", max_norm={}", repr::float(norm)));
        }
        if options.norm_type != 2. {
            text.push_str(&format!(", norm_type={}", repr::float(options.norm_type)));
        }
        if options.scale_grad_by_freq {
            text.push_str(", scale_grad_by_freq=True");
        }
        text.push_str(&format!(", mode='{}'", options.mode.name()));
        if let Some(row) = options.padding_idx {
            text.push_str(&format!(", padding_idx={row}"));
        }
        text
    }

    parts!(weight);
}
