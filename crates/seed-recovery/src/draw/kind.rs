//! The calls that can be searched for.

use std::fmt;

use super::layer::Layer;
use super::loader::LoaderEpoch;

/// Whose generator a call draws from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// PyTorch's default CPU generator.
    Torch,
    /// NumPy's legacy generator: `np.random.*` and `RandomState`.
    NumPy,
    /// The generator of Python's module `random`.
    Python,
}

/// The type of the values drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// 32-bit floating point, PyTorch's default.
    Float32,
    /// 64-bit floating point, NumPy's default.
    Float64,
    /// 64-bit integers.
    Int64,
}

/// A call that draws, with its parameters; the shape is in [`super::Draw`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// [`torch.rand`](https://docs.pytorch.org/docs/stable/generated/torch.rand.html): uniform on `[0, 1)`.
    Rand {
        /// float32 (24 random bits) or float64 (53).
        dtype: Dtype,
    },
    /// [`Tensor.uniform_`](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html).
    Uniform {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
        /// float32 or float64.
        dtype: Dtype,
    },
    /// [`torch.randn`](https://docs.pytorch.org/docs/stable/generated/torch.randn.html).
    Randn {
        /// float32 or float64.
        dtype: Dtype,
    },
    /// [`Tensor.normal_`](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.normal_.html).
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        std: f64,
        /// float32 or float64.
        dtype: Dtype,
    },
    /// [`torch.randint`](https://docs.pytorch.org/docs/stable/generated/torch.randint.html).
    Randint {
        /// Lowest value.
        low: i64,
        /// One above the highest value.
        high: i64,
    },
    /// [`torch.randperm`](https://docs.pytorch.org/docs/stable/generated/torch.randperm.html).
    Randperm,
    /// The initial parameters of [`torch.nn.Linear`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html):
    /// the weight row by row, then the bias.
    Linear {
        /// `in_features`.
        inputs: usize,
        /// `out_features`.
        outputs: usize,
        /// Whether there is a bias.
        bias: bool,
        /// float32 or float64.
        dtype: Dtype,
    },
    /// The rows of [`torch.nn.Embedding`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html).
    Embedding {
        /// float32 or float64.
        dtype: Dtype,
    },
    /// The initial parameters of another layer, in the order of `parameters()`.
    Layer {
        /// Which one.
        layer: Layer,
        /// float32 or float64.
        dtype: Dtype,
    },
    /// [`Tensor.bernoulli_`](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html)
    /// of a number, times `scale`: with a scale of `1 / p`, what dropout multiplies by.
    Bernoulli {
        /// The probability of a value that is not 0.
        p: f64,
        /// That value.
        scale: f64,
        /// Whether MKL drew on an Intel processor, from a seed of one word; `None` where that is not known.
        intel: Option<bool>,
    },
    /// [`Tensor.exponential_`](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html).
    Exponential {
        /// `lambd`, the rate.
        rate: f64,
        /// float32 or float64.
        dtype: Dtype,
    },
    /// The order in which one pass of a [`DataLoader`](https://docs.pytorch.org/docs/stable/data.html) serves its rows.
    Loader {
        /// Whether it shuffles; otherwise the order is that of the data.
        shuffle: bool,
        /// The versions of PyTorch; `None` where they are not known.
        epoch: Option<LoaderEpoch>,
    },
    /// `np.random.rand`.
    NpRand,
    /// `np.random.uniform`.
    NpUniform {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// `np.random.randn`.
    NpRandn,
    /// `np.random.normal`.
    NpNormal {
        /// Mean.
        loc: f64,
        /// Standard deviation.
        scale: f64,
    },
    /// `np.random.randint` (int64).
    NpRandint {
        /// Lowest value.
        low: i64,
        /// One above the highest value.
        high: i64,
    },
    /// `np.random.permutation` of a number.
    NpPermutation,
    /// `random.random`, called once for each value.
    PyRandom,
    /// `random.uniform`, called once for each value.
    PyUniform {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// `random.randint`, called once for each value.
    PyRandint {
        /// Lowest value.
        low: i64,
        /// Highest value.
        high: i64,
    },
    /// `random.shuffle` of the numbers from 0 on.
    PyShuffle,
}

impl Kind {
    /// Whose generator the call draws from.
    #[must_use]
    pub fn library(&self) -> Library {
        match self {
            Self::Rand { .. }
            | Self::Uniform { .. }
            | Self::Randn { .. }
            | Self::Normal { .. }
            | Self::Randint { .. }
            | Self::Randperm
            | Self::Embedding { .. }
            | Self::Layer { .. }
            | Self::Bernoulli { .. }
            | Self::Exponential { .. }
            | Self::Loader { .. }
            | Self::Linear { .. } => Library::Torch,
            Self::NpRand
            | Self::NpUniform { .. }
            | Self::NpRandn
            | Self::NpNormal { .. }
            | Self::NpRandint { .. }
            | Self::NpPermutation => Library::NumPy,
            Self::PyRandom | Self::PyUniform { .. } | Self::PyRandint { .. } | Self::PyShuffle => {
                Library::Python
            }
        }
    }

    /// The type of the values.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        match *self {
            Self::Rand { dtype }
            | Self::Uniform { dtype, .. }
            | Self::Randn { dtype }
            | Self::Normal { dtype, .. }
            | Self::Embedding { dtype }
            | Self::Layer { dtype, .. }
            | Self::Exponential { dtype, .. }
            | Self::Linear { dtype, .. } => dtype,
            Self::Bernoulli { .. } => Dtype::Float32,
            Self::NpRand
            | Self::NpUniform { .. }
            | Self::NpRandn
            | Self::NpNormal { .. }
            | Self::PyRandom
            | Self::PyUniform { .. } => Dtype::Float64,
            Self::Randint { .. }
            | Self::Randperm
            | Self::Loader { .. }
            | Self::PyRandint { .. }
            | Self::PyShuffle
            | Self::NpRandint { .. }
            | Self::NpPermutation => Dtype::Int64,
        }
    }

    /// Mean and standard deviation, if the call draws normals.
    pub(crate) fn normal(&self) -> Option<(f64, f64)> {
        match *self {
            Self::Randn { .. } | Self::Embedding { .. } | Self::NpRandn => Some((0.0, 1.0)),
            Self::Normal { mean, std, .. } => Some((mean, std)),
            Self::NpNormal { loc, scale } => Some((loc, scale)),
            _ => None,
        }
    }

    /// Whether its values are an order of the numbers from 0 on.
    pub(crate) fn is_order(&self) -> bool {
        matches!(self, Self::Randperm | Self::Loader { .. } | Self::NpPermutation | Self::PyShuffle)
    }

    /// Whether the call says by itself how many values there are.
    pub(crate) fn is_layer(&self) -> bool {
        matches!(self, Self::Linear { .. } | Self::Layer { .. })
    }

    /// The bounds, if the call draws uniforms; those of value `index` for a layer.
    pub(crate) fn uniform(&self, index: usize) -> Option<(f64, f64)> {
        match *self {
            Self::Rand { .. } | Self::NpRand | Self::PyRandom => Some((0.0, 1.0)),
            Self::Uniform { low, high, .. }
            | Self::NpUniform { low, high }
            | Self::PyUniform { low, high } => Some((low, high)),
            Self::Layer { layer, .. } => Some(layer.bounds(index)),
            Self::Linear { inputs, outputs, .. } => {
                let (weight, bias) = draws::linear_bounds(inputs);
                let bound = if index < inputs * outputs { weight } else { bias };
                Some((-bound, bound))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Int64 => "int64",
        })
    }
}
