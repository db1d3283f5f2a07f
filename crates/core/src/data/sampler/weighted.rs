use tch::{Kind, Tensor};

use super::{Chunks, Sampler, positive};
use crate::random::drawing_from;
use crate::{Error, Generator, Result};

/// What [`WeightedRandomSampler`] takes beyond weights and a number, with PyTorch's names and defaults.
#[derive(Debug, Clone)]
pub struct WeightedRandomSamplerOptions {
    /// Whether a row may come again; true by default.
    pub replacement: bool,
    /// A generator to draw from in place of the default one.
    pub generator: Option<Generator>,
}

impl Default for WeightedRandomSamplerOptions {
    fn default() -> Self {
        Self { replacement: true, generator: None }
    }
}

/// A weight for each row: a tensor `[rows]`, or floats, which are float64 as Python's are.
#[derive(Debug)]
pub struct Weights(Tensor);

impl From<&Tensor> for Weights {
    fn from(weights: &Tensor) -> Self {
        Self(weights.shallow_clone())
    }
}

impl From<Vec<f64>> for Weights {
    fn from(weights: Vec<f64>) -> Self {
        Self(Tensor::from_slice(&weights))
    }
}

impl<const N: usize> From<[f64; N]> for Weights {
    fn from(weights: [f64; N]) -> Self {
        Self(Tensor::from_slice(&weights))
    }
}

/// Rows with the probabilities that their weights have in the sum: `torch.utils.data.WeightedRandomSampler`,
/// by one `torch.multinomial` an iteration.
#[derive(Debug)]
pub struct WeightedRandomSampler {
    /// float64, `[rows]`.
    weights: Tensor,
    num_samples: usize,
    options: WeightedRandomSamplerOptions,
}

impl WeightedRandomSampler {
    /// `WeightedRandomSampler(weights, num_samples, replacement=…, generator=…)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for no samples, [`Error::Shape`] for weights of other than one dimension. What
    /// cannot be drawn is refused when an iteration draws.
    pub fn new(
        weights: impl Into<Weights>,
        num_samples: i64,
        options: WeightedRandomSamplerOptions,
    ) -> Result<Self> {
        let Weights(weights) = weights.into();
        let num_samples = positive("num_samples", num_samples)?;
        if weights.dim() != 1 {
            return Err(Error::Shape {
                operation: "WeightedRandomSampler",
                expected: "weights of one dimension".to_owned(),
                found: format!("{:?}", weights.size()),
            });
        }
        Ok(Self { weights: weights.f_to_kind(Kind::Double)?, num_samples, options })
    }
}

impl Sampler for WeightedRandomSampler {
    fn iter(&self) -> Box<dyn Iterator<Item = Result<i64>> + '_> {
        Box::new(Chunks::new(|number| {
            if number > 0 {
                return Ok(None);
            }
            let WeightedRandomSamplerOptions { replacement, generator } = &self.options;
            let samples = self.num_samples as i64;
            let drawn = drawing_from(generator.as_ref(), || {
                Ok(self.weights.f_multinomial(samples, *replacement)?)
            })?;
            Ok(Some(Vec::try_from(drawn)?))
        }))
    }

    fn len(&self) -> usize {
        self.num_samples
    }
}
