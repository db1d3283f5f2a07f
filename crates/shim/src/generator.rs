//! Generators of the CPU: MT19937, as `torch.Generator()` and the default one.

use std::ptr;

use tch::Tensor;

use crate::{Error, sys};

/// A generator of the CPU: Python's `torch.Generator()`, or a handle on the default one.
#[derive(Debug)]
pub struct Generator {
    raw: *mut sys::RawGenerator,
}

// SAFETY: the handle is a counted reference to a C++ generator whose count is atomic; the shim
// takes the generator's own lock around each use, as ATen's kernels do.
unsafe impl Send for Generator {}

impl Generator {
    /// A generator of its own, seeded with PyTorch's default seed, 67280421310721.
    ///
    /// # Errors
    /// Whatever libtorch throws, for want of memory for example.
    pub fn new() -> Result<Self, Error> {
        Self::made("Generator", sys::te_generator_new)
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
    pub fn manual_seed(&mut self, seed: u64) -> Result<(), Error> {
        // SAFETY: `self.raw` is a live handle of this value's own.
        sys::call("manual_seed", |error| unsafe {
            sys::te_generator_manual_seed(self.raw, seed, error);
        })
    }

    /// Seeds the generator from the system and returns the seed: `generator.seed()`.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn seed(&mut self) -> Result<u64, Error> {
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
    pub fn set_state(&mut self, state: &Tensor) -> Result<(), Error> {
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
    pub fn random_int64(&mut self) -> Result<i64, Error> {
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
    pub fn randperm(&mut self, n: i64) -> Result<Tensor, Error> {
        let mut out = ptr::null_mut();
        // SAFETY: `self.raw` is a live handle; `out` outlives the call and is taken over below.
        sys::call("randperm", |error| unsafe {
            sys::te_generator_randperm(self.raw, n, &mut out, error);
        })?;
        sys::take_tensor("randperm", out)
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        // SAFETY: `raw` was made by the shim with `new` and is deleted here and nowhere else.
        unsafe { sys::te_generator_free(self.raw) }
    }
}
