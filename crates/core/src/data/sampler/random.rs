use std::cmp::min;

use tch::Kind;

use super::{Chunks, Sampler, positive};
use crate::{Error, Generator, Result};

/// What [`RandomSampler`] takes beyond the dataset, with PyTorch's names and defaults.
#[derive(Debug, Clone, Default)]
pub struct RandomSamplerOptions {
    /// Whether a row may come again.
    pub replacement: bool,
    /// How many indices an iteration has; none: as many as there are rows.
    pub num_samples: Option<i64>,
    /// A generator to draw from; none: each iteration has one of its own, which the default one seeds.
    pub generator: Option<Generator>,
}

/// Rows in random order: `torch.utils.data.RandomSampler`.
///
/// # What is drawn
/// Without a generator, an int64 of the default one, the seed of the iteration's own. From this, with
/// replacement, 32 indices at a time; without, a permutation for each time that all rows are taken and at the
/// end another, of which only the rest is used, be it nothing.
#[derive(Debug, Clone)]
pub struct RandomSampler {
    rows: i64,
    replacement: bool,
    num_samples: usize,
    generator: Option<Generator>,
}

impl RandomSampler {
    /// `RandomSampler(dataset, replacement=…, num_samples=…, generator=…)`, of a dataset of so many rows.
    ///
    /// # Errors
    /// [`Error::Argument`] for no samples.
    pub fn new(rows: usize, options: RandomSamplerOptions) -> Result<Self> {
        let RandomSamplerOptions { replacement, num_samples, generator } = options;
        let rows = rows as i64;
        let num_samples = positive("num_samples", num_samples.unwrap_or(rows))?;
        Ok(Self { rows, replacement, num_samples, generator })
    }

    fn draw(&self, generator: &Generator, start: usize) -> Result<Option<Vec<i64>>> {
        if self.rows == 0 {
            return Err(Error::argument("dataset", "empty", "there is no row to draw"));
        }
        let step = if self.replacement { 32 } else { self.rows as usize };
        let Some(start) = start.checked_mul(step).filter(|&start| start <= self.num_samples) else {
            return Ok(None);
        };
        let rest = min(step, self.num_samples - start);
        let drawn = match self.replacement {
            true => generator.randint(0, self.rows, [rest as i64], Kind::Int64)?,
            false => generator.randperm(self.rows)?.f_narrow(0, 0, rest as i64)?,
        };
        Ok(Some(Vec::try_from(drawn)?))
    }
}

impl Sampler for RandomSampler {
    fn iter(&self) -> Box<dyn Iterator<Item = Result<i64>> + '_> {
        let mut generator = self.generator.clone();
        Box::new(Chunks::new(move |number| {
            let generator = match &generator {
                Some(generator) => generator,
                None => {
                    let seed = Generator::default_cpu()?.random_int64()?;
                    generator.insert(Generator::seeded(seed as u64)?)
                }
            };
            self.draw(generator, number)
        }))
    }

    fn len(&self) -> usize {
        self.num_samples
    }
}

/// Some rows in random order: `torch.utils.data.SubsetRandomSampler`, which draws one permutation.
#[derive(Debug, Clone)]
pub struct SubsetRandomSampler {
    indices: Vec<i64>,
    generator: Option<Generator>,
}

impl SubsetRandomSampler {
    /// `SubsetRandomSampler(indices, generator=generator)`.
    pub fn new(indices: impl Into<Vec<i64>>, generator: Option<Generator>) -> Self {
        Self { indices: indices.into(), generator }
    }
}

impl Sampler for SubsetRandomSampler {
    fn iter(&self) -> Box<dyn Iterator<Item = Result<i64>> + '_> {
        Box::new(Chunks::new(|number| {
            if number > 0 {
                return Ok(None);
            }
            let generator = self.generator.clone().map_or_else(Generator::default_cpu, Ok)?;
            let order = Vec::<i64>::try_from(generator.randperm(self.indices.len() as i64)?)?;
            Ok(Some(order.into_iter().map(|row| self.indices[row as usize]).collect()))
        }))
    }

    fn len(&self) -> usize {
        self.indices.len()
    }
}
