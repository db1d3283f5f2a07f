//! Generators of the CPU: MT19937, as `torch.Generator()` and the default one.

use std::ptr;

use tch::{Device, Kind, Tensor};

use crate::{Error, sys};

/// A generator of the CPU: Python's `torch.Generator()`, or a handle on the default one.
///
/// A clone is another handle on the same generator, as a second name is in Python: what one draws
/// the other does not draw again.
#[derive(Debug)]
pub struct Generator {
    raw: *mut sys::RawGenerator,
}

// SAFETY: the handle is a counted reference to a C++ generator whose count is atomic; the shim
// takes the generator's own lock around each use, as ATen's kernels do.
unsafe impl Send for Generator {}
// SAFETY: as above; no method hands out a reference into the C++ generator.
unsafe impl Sync for Generator {}

impl Generator {
    /// A generator of its own, seeded with PyTorch's default seed, 67280421310721.
    ///
    /// # Errors
    /// Whatever libtorch throws, for want of memory for example.
    pub fn new() -> Result<Self, Error> {
        Self::made("Generator", sys::te_generator_new)
    }

    /// One that was seeded: `torch.Generator().manual_seed(seed)`.
    ///
    /// # Errors
    /// As [`Generator::new`].
    pub fn seeded(seed: u64) -> Result<Self, Error> {
        let mut raw = ptr::null_mut();
        // SAFETY: as in `made`.
        sys::call("Generator", |error| unsafe { sys::te_generator_seeded(seed, &mut raw, error) })?;
        Ok(Self { raw })
    }

    /// The generator that `torch.rand` and its like draw from: `torch.default_generator`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn default_cpu() -> Result<Self, Error> {
        Self::made("default_generator", sys::te_generator_default)
    }

    fn made(
        operation: &'static str,
        make: unsafe extern "C" fn(*mut *mut sys::RawGenerator, sys::ErrorOut),
    ) -> Result<Self, Error> {
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` outlives the call; the handle it receives is owned by the new value.
        sys::call(operation, |error| unsafe { make(&mut raw, error) })?;
        Ok(Self { raw })
    }

    /// Seeds the generator: `generator.manual_seed(seed)`. MT19937 takes the lower 32 bits.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn manual_seed(&self, seed: u64) -> Result<(), Error> {
        // SAFETY: `self.raw` is a live handle of this value's own.
        sys::call("manual_seed", |error| unsafe {
            sys::te_generator_manual_seed(self.raw, seed, error);
        })
    }

    /// Seeds the generator from the system and returns the seed: `generator.seed()`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn seed(&self) -> Result<u64, Error> {
        let mut seed = 0;
        // SAFETY: `self.raw` is a live handle; `seed` outlives the call.
        sys::call("seed", |error| unsafe {
            sys::te_generator_seed(self.raw, &mut seed, error);
        })?;
        Ok(seed)
    }

    /// The seed it was last given: `generator.initial_seed()`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn initial_seed(&self) -> Result<u64, Error> {
        let mut seed = 0;
        // SAFETY: `self.raw` is a live handle; `seed` outlives the call.
        sys::call("initial_seed", |error| unsafe {
            sys::te_generator_initial_seed(self.raw, &mut seed, error);
        })?;
        Ok(seed)
    }

    /// The whole state as bytes, a `uint8` tensor of shape `[5056]`: `generator.get_state()`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn get_state(&self) -> Result<Tensor, Error> {
        let mut state = ptr::null_mut();
        // SAFETY: `self.raw` is a live handle; `state` outlives the call and is taken over below.
        sys::call("get_state", |error| unsafe {
            sys::te_generator_get_state(self.raw, &mut state, error);
        })?;
        sys::take_tensor("get_state", state)
    }

    /// Goes back to a state that [`Generator::get_state`] gave: `generator.set_state(state)`.
    ///
    /// # Errors
    /// A state of another length or dtype, or one that MT19937 cannot be in.
    pub fn set_state(&self, state: &Tensor) -> Result<(), Error> {
        // SAFETY: `self.raw` is a live handle; `state` is borrowed for the call and only read.
        sys::call("set_state", |error| unsafe {
            sys::te_generator_set_state(self.raw, sys::raw(state), error);
        })
    }

    /// One `int64` over the whole range from 0, two words of the stream:
    /// `torch.empty((), dtype=torch.int64).random_(generator=generator)`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn random_int64(&self) -> Result<i64, Error> {
        let mut value = 0;
        // SAFETY: `self.raw` is a live handle; `value` outlives the call.
        sys::call("random_", |error| unsafe {
            sys::te_generator_random_int64(self.raw, &mut value, error);
        })?;
        Ok(value)
    }

    /// A permutation of `0..n`, `int64`, shape `[n]`: `torch.randperm(n, generator=generator)`.
    ///
    /// # Errors
    /// A negative `n`, or one that memory does not hold.
    pub fn randperm(&self, n: i64) -> Result<Tensor, Error> {
        let mut out = ptr::null_mut();
        // SAFETY: `self.raw` is a live handle; `out` outlives the call and is taken over below.
        sys::call("randperm", |error| unsafe {
            sys::te_generator_randperm(self.raw, n, &mut out, error);
        })?;
        sys::take_tensor("randperm", out)
    }

    /// Uniform in [0, 1): `torch.rand(size, dtype=dtype, generator=generator)`.
    ///
    /// # Errors
    /// A size that is negative or that memory does not hold, or a dtype that is not floating.
    pub fn rand(&self, size: impl AsRef<[i64]>, dtype: Kind) -> Result<Tensor, Error> {
        let mut tensor = empty("rand", size.as_ref(), dtype)?;
        self.uniform_(&mut tensor, 0., 1.)?;
        Ok(tensor)
    }

    /// Standard normal: `torch.randn(size, dtype=dtype, generator=generator)`.
    ///
    /// # Errors
    /// As [`Generator::rand`].
    pub fn randn(&self, size: impl AsRef<[i64]>, dtype: Kind) -> Result<Tensor, Error> {
        let mut tensor = empty("randn", size.as_ref(), dtype)?;
        self.normal_(&mut tensor, 0., 1.)?;
        Ok(tensor)
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
    ) -> Result<Tensor, Error> {
        let (size, like) = (size.as_ref(), empty("normal", &[0], dtype)?);
        let mut out = ptr::null_mut();
        // SAFETY: `self.raw` is a live handle; `size` is read up to its length, `like` is borrowed
        // for the call; `out` outlives it and is taken over below.
        sys::call("normal", |error| unsafe {
            let (size, dims) = (size.as_ptr(), size.len());
            let like = sys::raw(&like);
            sys::te_generator_normal_size(self.raw, mean, std, size, dims, like, &mut out, error);
        })?;
        sys::take_tensor("normal", out)
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
    ) -> Result<Tensor, Error> {
        let ((means, mean), (stds, std)) = (mean.into().parts(), std.into().parts());
        if means.is_null() && stds.is_null() {
            let message =
                "mean and std are both numbers: give one as a tensor, or a size".to_owned();
            return Err(Error { operation: "normal", message });
        }
        let mut out = ptr::null_mut();
        // SAFETY: `self.raw` is a live handle; the tensors behind `means` and `stds`, of which at
        // most one is null, are borrowed for longer than the call; `out` outlives it and is taken
        // over below.
        sys::call("normal", |error| unsafe {
            sys::te_generator_normal(self.raw, means, mean, stds, std, &mut out, error);
        })?;
        sys::take_tensor("normal", out)
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
    ) -> Result<Tensor, Error> {
        let tensor = empty("randint", size.as_ref(), dtype)?;
        // SAFETY: `self.raw` is a live handle; the tensor is this function's own.
        sys::call("randint", |error| unsafe {
            sys::te_generator_random_(self.raw, sys::raw(&tensor), low, high, error);
        })?;
        Ok(tensor)
    }

    /// Fills a tensor of the CPU: `tensor.uniform_(from, to, generator=generator)`.
    ///
    /// # Errors
    /// Whatever libtorch throws, at `to` below `from` for example.
    pub fn uniform_(&self, tensor: &mut Tensor, from: f64, to: f64) -> Result<(), Error> {
        // SAFETY: `self.raw` is a live handle; the tensor is borrowed for the call.
        sys::call("uniform_", |error| unsafe {
            sys::te_generator_uniform_(self.raw, sys::raw(tensor), from, to, error);
        })
    }

    /// Fills a tensor of the CPU: `tensor.normal_(mean, std, generator=generator)`.
    ///
    /// # Errors
    /// Whatever libtorch throws, at a negative `std` for example.
    pub fn normal_(&self, tensor: &mut Tensor, mean: f64, std: f64) -> Result<(), Error> {
        // SAFETY: as in `uniform_`.
        sys::call("normal_", |error| unsafe {
            sys::te_generator_normal_(self.raw, sys::raw(tensor), mean, std, error);
        })
    }
}

/// A mean or a standard deviation: a number, or a tensor with one for each element.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'a> {
    /// The same for all.
    Number(f64),
    /// Each its own.
    Tensor(&'a Tensor),
}

impl From<f64> for Moment<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl<'a> From<&'a Tensor> for Moment<'a> {
    fn from(tensor: &'a Tensor) -> Self {
        Self::Tensor(tensor)
    }
}

impl Moment<'_> {
    fn parts(self) -> (*const sys::RawTensor, f64) {
        match self {
            Self::Number(number) => (ptr::null(), number),
            Self::Tensor(tensor) => (sys::raw(tensor), 0.),
        }
    }
}

fn empty(operation: &'static str, size: &[i64], dtype: Kind) -> Result<Tensor, Error> {
    Tensor::f_empty(size, (dtype, Device::Cpu)).map_err(|error| {
        let text = error.to_string();
        Error { operation, message: text.lines().next().unwrap_or_default().to_owned() }
    })
}

impl Clone for Generator {
    fn clone(&self) -> Self {
        // SAFETY: `self.raw` is a live handle; C++ makes another one, which counts a reference.
        Self { raw: unsafe { sys::te_generator_clone(self.raw) } }
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        // SAFETY: `raw` was made by the shim with `new` and is deleted here and nowhere else.
        unsafe { sys::te_generator_free(self.raw) }
    }
}
