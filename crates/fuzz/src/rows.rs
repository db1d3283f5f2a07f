//! Which rows a training takes: samplers, and data put together of parts.

use serde::{Deserialize, Serialize};
use tch::Tensor;
use torch_exact::Result;
use torch_exact::data::{
    self, BatchSampler, ConcatDataset, DataLoaderOptions, Dataset, RandomSampler,
    RandomSamplerOptions, Subset, SubsetRandomSampler, TensorDataset, WeightedRandomSampler,
    WeightedRandomSamplerOptions,
};

use crate::draw::Draw;

/// What takes the place of all rows, in order or shuffled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", deny_unknown_fields)]
pub enum Sampler {
    #[serde(rename = "RandomSampler")]
    Random { replacement: bool, num_samples: i64 },
    #[serde(rename = "SubsetRandomSampler")]
    Subset { indices: Vec<i64> },
    #[serde(rename = "WeightedRandomSampler")]
    Weighted { weights: Vec<f64>, num_samples: i64, replacement: bool },
}

impl Sampler {
    pub fn draw(draw: &mut Draw, rows: i64) -> Self {
        let replacement = draw.percent(50);
        match draw.between(0, 2) {
            0 => Self::Random { replacement, num_samples: draw.between(1, 2 * rows) },
            1 => {
                let indices = (0..draw.between(1, rows)).map(|_| draw.between(0, rows - 1));
                Self::Subset { indices: indices.collect() }
            }
            _ => {
                let weights = (0..rows).map(|_| draw.magnitude(1e-2, 10.)).collect();
                let most = if replacement { 2 * rows } else { rows };
                Self::Weighted { weights, num_samples: draw.between(1, most), replacement }
            }
        }
    }

    fn make(&self, rows: usize) -> Result<Box<dyn data::Sampler>> {
        Ok(match self {
            &Self::Random { replacement, num_samples } => {
                let num_samples = Some(num_samples);
                let options = RandomSamplerOptions { replacement, num_samples, generator: None };
                Box::new(RandomSampler::new(rows, options)?)
            }
            Self::Subset { indices } => Box::new(SubsetRandomSampler::new(indices.clone(), None)),
            &Self::Weighted { ref weights, num_samples, replacement } => {
                let options = WeightedRandomSamplerOptions { replacement, generator: None };
                Box::new(WeightedRandomSampler::new(weights.clone(), num_samples, options)?)
            }
        })
    }
}

/// A sampler that a [`BatchSampler`] asks.
#[derive(Debug)]
struct Inner(Box<dyn data::Sampler>);

impl data::Sampler for Inner {
    fn iter(&self) -> Box<dyn Iterator<Item = Result<i64>> + '_> {
        self.0.iter()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// Options that take rows by a sampler, through a `BatchSampler` where `batched`.
pub fn sampled(
    options: DataLoaderOptions,
    sampler: Option<&Sampler>,
    rows: usize,
    batched: bool,
) -> Result<DataLoaderOptions> {
    let Some(sampler) = sampler else {
        return Ok(options);
    };
    let sampler = sampler.make(rows)?;
    if !batched {
        return Ok(DataLoaderOptions { sampler: Some(sampler), ..options });
    }
    let (batch_size, drop_last) = (options.batch_size, options.drop_last);
    let sampler = BatchSampler::new(Inner(sampler), batch_size, drop_last)?;
    Ok(DataLoaderOptions { batch_sampler: Some(Box::new(sampler)), ..Default::default() })
}

/// The rows as they are, or put together of two parts where `concatenated`.
pub fn dataset(
    whole: TensorDataset<3>,
    concatenated: bool,
) -> Result<Box<dyn Dataset<Item = [Tensor; 3]>>> {
    if !concatenated {
        return Ok(Box::new(whole));
    }
    let (rows, half) = (whole.len() as i64, whole.len() as i64 / 2);
    let part = |rows: std::ops::Range<i64>| Subset::new(whole.clone(), &rows.collect::<Vec<_>>());
    Ok(Box::new(ConcatDataset::new([part(0..half)?, part(half..rows)?])?))
}
