use tch::{Kind, Tensor};

use super::Moment;
use crate::Result;

/// A generator of the CPU: Python's `torch.Generator()`, or a handle on the default one.
///
/// A clone is another handle on the same generator, as a second name is in Python: what one draws
/// the other does not draw again.
#[derive(Debug, Clone)]
pub struct Generator(shim::Generator);

impl Generator {
    /// A generator of its own, seeded with PyTorch's default seed, 67280421310721.
    ///
    /// # Errors
    /// Whatever libtorch throws, for want of memory for example.
    pub fn new() -> Result<Self> {
        Ok(Self(shim::Generator::new()?))
    }

    /// One that was seeded: `torch.Generator().manual_seed(seed)`.
    ///
    /// # Errors
    /// As [`Generator::new`].
    pub fn seeded(seed: u64) -> Result<Self> {
        Ok(Self(shim::Generator::seeded(seed)?))
    }

    /// The generator that `torch.rand` and its like draw from: `torch.default_generator`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn default_cpu() -> Result<Self> {
        Ok(Self(shim::Generator::default_cpu()?))
    }

    /// Seeds the generator: `generator.manual_seed(seed)`. MT19937 takes the lower 32 bits.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn manual_seed(&self, seed: u64) -> Result<()> {
        Ok(self.0.manual_seed(seed)?)
    }

    /// Seeds the generator from the system and returns the seed: `generator.seed()`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn seed(&self) -> Result<u64> {
        Ok(self.0.seed()?)
    }

    /// The seed it was last given: `generator.initial_seed()`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn initial_seed(&self) -> Result<u64> {
        Ok(self.0.initial_seed()?)
    }

    /// The whole state as bytes, a `uint8` tensor of shape `[5056]`: `generator.get_state()`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn get_state(&self) -> Result<Tensor> {
        Ok(self.0.get_state()?)
    }

    /// Goes back to a state that [`Generator::get_state`] gave: `generator.set_state(state)`.
    ///
    /// # Errors
    /// A state of another length or dtype, or one that MT19937 cannot be in.
    pub fn set_state(&self, state: &Tensor) -> Result<()> {
        Ok(self.0.set_state(state)?)
    }

    /// One `int64` over the whole range from 0, two words of the stream:
    /// `torch.empty((), dtype=torch.int64).random_(generator=generator)`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn random_int64(&self) -> Result<i64> {
        Ok(self.0.random_int64()?)
    }

    /// A permutation of `0..n`, `int64`, shape `[n]`: `torch.randperm(n, generator=generator)`.
    ///
    /// # Errors
    /// A negative `n`, or one that memory does not hold.
    pub fn randperm(&self, n: i64) -> Result<Tensor> {
        Ok(self.0.randperm(n)?)
    }

    /// Uniform in [0, 1): `torch.rand(size, dtype=dtype, generator=generator)`.
    ///
    /// # Errors
    /// A size that is negative or that memory does not hold, or a dtype that is not floating.
    pub fn rand(&self, size: impl AsRef<[i64]>, dtype: Kind) -> Result<Tensor> {
        Ok(self.0.rand(size, dtype)?)
    }

    /// Standard normal: `torch.randn(size, dtype=dtype, generator=generator)`.
    ///
    /// # Errors
    /// As [`Generator::rand`].
    pub fn randn(&self, size: impl AsRef<[i64]>, dtype: Kind) -> Result<Tensor> {
        Ok(self.0.randn(size, dtype)?)
    }

    /// Normal: `torch.normal(mean, std, size, dtype=dtype, generator=generator)`.
    ///
    /// # Errors
    /// As [`Generator::rand`], and a negative `std`.
    pub fn normal(
        &self,
        mean: f64,
        std: f64,
        size: impl AsRef<[i64]>,
        dtype: Kind,
    ) -> Result<Tensor> {
        Ok(self.0.normal(mean, std, size, dtype)?)
    }

    /// Normal, each element with a mean and a standard deviation of its own:
    /// `torch.normal(mean, std, generator=generator)`, of which at least one is a tensor.
    ///
    /// # Errors
    /// Two numbers, shapes that do not broadcast, or a negative deviation.
    pub fn normal_each<'a>(
        &self,
        mean: impl Into<Moment<'a>>,
        std: impl Into<Moment<'a>>,
    ) -> Result<Tensor> {
        Ok(self.0.normal_each(mean, std)?)
    }

    /// Whole numbers in `low..high`:
    /// `torch.randint(low, high, size, dtype=dtype, generator=generator)`.
    ///
    /// # Errors
    /// An empty range, one that `dtype` does not hold, or a size that memory does not hold.
    pub fn randint(
        &self,
        low: i64,
        high: i64,
        size: impl AsRef<[i64]>,
        dtype: Kind,
    ) -> Result<Tensor> {
        Ok(self.0.randint(low, high, size, dtype)?)
    }

    /// Fills a tensor of the CPU: `tensor.uniform_(from, to, generator=generator)`.
    ///
    /// # Errors
    /// Whatever libtorch throws, at `to` below `from` for example.
    pub fn uniform_(&self, tensor: &mut Tensor, from: f64, to: f64) -> Result<()> {
        Ok(self.0.uniform_(tensor, from, to)?)
    }

    /// Fills a tensor of the CPU: `tensor.normal_(mean, std, generator=generator)`.
    ///
    /// # Errors
    /// Whatever libtorch throws, at a negative `std` for example.
    pub fn normal_(&self, tensor: &mut Tensor, mean: f64, std: f64) -> Result<()> {
        Ok(self.0.normal_(tensor, mean, std)?)
    }
}
