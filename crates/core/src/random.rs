//! Random tensors from libtorch's generators on the CPU.
//!
//! The CPU's generator is MT19937: the same seed gives the same numbers on every machine. A CUDA
//! device has another generator, so programs that are to start alike on every device draw here and
//! move, as the tutorials do.
//!
//! The functions here draw float32 from the default generator; a [`Generator`] of one's own has
//! them as methods, with the dtype: Python's `torch.rand(3, generator=g)` is
//! `g.rand([3], Kind::Float)`.

mod generator;

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use generator::Generator;
pub use shim::Moment;
use tch::kind::{FLOAT_CPU, INT64_CPU};
use tch::{Device, Kind, Tensor};

use crate::Result;

/// Seeds every device's default generator: `torch.manual_seed(seed)`.
///
/// MT19937 takes the lower 32 bits. Python's negative seeds are `seed as u64` here.
pub fn manual_seed(seed: u64) {
    tch::manual_seed(seed as i64);
}

/// Uniform in [0, 1), float32: `torch.rand(size)`. One word of the stream an element.
///
/// # Errors
/// A size that is negative or that memory does not hold.
pub fn rand(size: impl AsRef<[i64]>) -> Result<Tensor> {
    Ok(Tensor::f_rand(size.as_ref(), FLOAT_CPU)?)
}

/// Standard normal, float32: `torch.randn(size)`.
///
/// Fewer than 16 elements take four words a pair; 16 or more come from another, vectorised path.
///
/// # Errors
/// A size that is negative or that memory does not hold.
pub fn randn(size: impl AsRef<[i64]>) -> Result<Tensor> {
    Ok(Tensor::f_randn(size.as_ref(), FLOAT_CPU)?)
}

/// Normal, float32: `torch.normal(mean, std, size)` of two numbers.
///
/// # Errors
/// A negative `std`, or a size that is negative or that memory does not hold.
pub fn normal(mean: f64, std: f64, size: impl AsRef<[i64]>) -> Result<Tensor> {
    Generator::default_cpu()?.normal(mean, std, size, Kind::Float)
}

/// Normal, each element with a mean and a standard deviation of its own:
/// `torch.normal(mean, std)`, of which at least one is a tensor.
///
/// ```
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let x = random::rand([100, 1])?;
/// let noisy = random::normal_each(&x, 0.1)?;
/// assert_eq!(noisy.size(), [100, 1]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Two numbers, shapes that do not broadcast, or a negative deviation.
pub fn normal_each<'a>(mean: impl Into<Moment<'a>>, std: impl Into<Moment<'a>>) -> Result<Tensor> {
    Generator::default_cpu()?.normal_each(mean, std)
}

/// Whole numbers in `low..high`: `torch.randint(low, high, size, dtype=dtype)`.
///
/// # Errors
/// An empty range, one that `dtype` does not hold, or a size that memory does not hold.
pub fn randint(low: i64, high: i64, size: impl AsRef<[i64]>, dtype: Kind) -> Result<Tensor> {
    Ok(Tensor::f_randint_low(low, high, size.as_ref(), (dtype, Device::Cpu))?)
}

/// The numbers `0..n` in random order, `int64`, `[n]`: `torch.randperm(n)`.
///
/// # Errors
/// A negative `n`, or one that memory does not hold.
pub fn randperm(n: i64) -> Result<Tensor> {
    Ok(Tensor::f_randperm(n, INT64_CPU)?)
}

/// The seed that the default generator was last given: `torch.initial_seed()`.
///
/// # Errors
/// Whatever libtorch throws.
pub fn initial_seed() -> Result<u64> {
    Generator::default_cpu()?.initial_seed()
}

/// The default generator's state, `uint8`, shape `[5056]`: `torch.get_rng_state()`.
///
/// # Errors
/// Whatever libtorch throws.
pub fn get_rng_state() -> Result<Tensor> {
    Generator::default_cpu()?.get_state()
}

/// Puts the default generator back to a state: `torch.set_rng_state(state)`.
///
/// # Errors
/// A tensor that is no state of MT19937.
pub fn set_rng_state(state: &Tensor) -> Result<()> {
    Generator::default_cpu()?.set_state(state)
}

/// Seeds the CPU's default generator and keeps it to this thread until the guard is dropped, which
/// puts it back to where it was.
///
/// The default generator is the process's: tests that run beside each other draw from one stream.
/// Those that hold this guard wait for each other, so each draws what it would draw alone. Threads
/// that draw without it are not held up. Within a guard's scope another may be taken on the same
/// thread; drop them in reverse order, as scopes do. The like of Python's
/// `with torch.random.fork_rng(): torch.manual_seed(seed)`.
///
/// ```
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let once = {
///     let _seeded = random::with_seed(42)?;
///     random::rand([3])?
/// };
/// let _seeded = random::with_seed(42)?;
/// assert_eq!(random::rand([3])?, once);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Whatever libtorch throws.
pub fn with_seed(seed: u64) -> Result<Seeded> {
    // The thread that already holds the generator would wait for itself.
    let turn = if DEPTH.get() > 0 { None } else { Some(lock()) };
    let generator = Generator::default_cpu()?;
    let before = generator.get_state()?;
    generator.manual_seed(seed)?;
    DEPTH.set(DEPTH.get() + 1);
    Ok(Seeded { before, turn, here: PhantomData })
}

/// The default generator, seeded for this thread: see [`with_seed`].
#[derive(Debug)]
#[must_use = "dropped at once, it puts the generator back at once"]
pub struct Seeded {
    before: Tensor,
    turn: Option<MutexGuard<'static, ()>>,
    /// A guard within a guard holds no lock, and must stay on its thread all the same.
    here: PhantomData<*const ()>,
}

impl Drop for Seeded {
    fn drop(&mut self) {
        // The state is the generator's own, so it is taken back.
        let _ = set_rng_state(&self.before);
        DEPTH.set(DEPTH.get() - 1);
        drop(self.turn.take());
    }
}

/// Runs a body that draws from the default generator, and has it draw from another, if there is one.
pub(crate) fn drawing_from<T>(
    generator: Option<&Generator>,
    body: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let Some(generator) = generator else {
        return body();
    };
    let default = Generator::default_cpu()?;
    let before = default.get_state()?;
    default.set_state(&generator.get_state()?)?;
    let result = body();
    let after = default.get_state()?;
    default.set_state(&before)?;
    // The last, in case it is the default one itself.
    generator.set_state(&after)?;
    result
}

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

fn lock() -> MutexGuard<'static, ()> {
    static GENERATOR: Mutex<()> = Mutex::new(());
    // A test that failed while it held the generator has put it back.
    GENERATOR.lock().unwrap_or_else(PoisonError::into_inner)
}
