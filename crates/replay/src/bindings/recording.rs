//! Recordings of steps of a training, and programs that take the same steps again.
//!
//! A [`Recording`] writes down which operators a step calls, on what memory. Of two recordings of the
//! same step a [`Program`] is made, which calls the operators' kernels alone; on a GPU it is a CUDA
//! graph with a [`Captured`] around it.

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr;

use shim::ffi::{self, ErrorOut, RawTensor};
use tch::Tensor;
use torch_exact::Error;

use super::sys::{self, RawCaptured, RawProgram, RawRecording};

thread_local! {
    /// The recording that is being made on this thread.
    static CURRENT: RefCell<*mut RawRecording> = const { RefCell::new(ptr::null_mut()) };
}

/// What a step called. It belongs to the thread that made it.
#[derive(Debug)]
pub struct Recording {
    raw: *mut RawRecording,
    _on_this_thread: PhantomData<*const ()>,
}

/// Why a step cannot be replayed.
#[derive(Debug)]
pub struct Refusal {
    /// What is read behind "the step cannot be replayed: ".
    pub reason: String,
    /// The return addresses of where that came up, the innermost first; empty where that is not known.
    pub frames: Vec<*mut c_void>,
}

/// What `call` says of a refusal, and the addresses that it writes to where they are to go.
fn refusal_of(
    operation: &'static str,
    call: impl FnOnce(*mut *mut c_char, *mut *mut c_void, *mut usize, ErrorOut),
) -> Result<Option<Refusal>, Error> {
    let (mut reason, mut frames) = (ptr::null_mut(), vec![ptr::null_mut(); 256]);
    let mut n_frames = frames.len();
    sys::call(operation, |error| call(&mut reason, frames.as_mut_ptr(), &mut n_frames, error))?;
    frames.truncate(n_frames);
    // SAFETY: the engine hands the text out by `strdup`.
    let reason = unsafe { ffi::take_string(reason) };
    Ok(reason.map(|reason| Refusal { reason, frames }))
}

/// Whether somebody watches the calls that this thread makes, whom a replay would not tell of them.
pub fn is_observed() -> bool {
    sys::te_is_observed()
}

fn raw_list(tensors: &[&Tensor]) -> Vec<*const RawTensor> {
    tensors.iter().map(|tensor| ffi::raw(tensor)).collect()
}

impl Recording {
    /// Records the step that `body` takes, which returns the tensors to look at afterwards.
    /// `arguments` are those that may be others in the next step. Returns why the step cannot be
    /// replayed, if it cannot, beside what `body` returned.
    ///
    /// With `previous`, an earlier recording of the step, what the step changes is put aside first, so
    /// that it can be taken once more. With `with_frames`, each call's frames are written down, for the
    /// refusals of a [`difference`](Self::difference) to name; that takes longer than the calls.
    ///
    /// # Errors
    /// What `body` returns, and what libtorch throws.
    pub fn new<T, E: From<Error>>(
        arguments: &[&Tensor],
        previous: Option<&Recording>,
        with_frames: bool,
        body: impl FnOnce() -> Result<T, E>,
        results: impl FnOnce(&T) -> Vec<&Tensor>,
    ) -> Result<(T, Self, Option<Refusal>), E> {
        let raw_arguments = raw_list(arguments);
        let previous = previous.map_or(ptr::null(), |previous| previous.raw.cast_const());
        let mut raw = ptr::null_mut();
        // SAFETY: the list has as many live tensors as it says, `previous` is null or a live
        // recording, and `raw` outlives the call; what it receives is owned by the new value.
        sys::call("record", |error| unsafe {
            let n = raw_arguments.len();
            sys::te_recording_new(
                raw_arguments.as_ptr(),
                n,
                previous,
                with_frames,
                &mut raw,
                error,
            );
        })?;
        let recording = Self { raw, _on_this_thread: PhantomData };
        let value = {
            /// Ends the recording for this thread also where `body` panics.
            struct Ended;
            impl Drop for Ended {
                fn drop(&mut self) {
                    CURRENT.set(ptr::null_mut());
                }
            }
            CURRENT.set(raw);
            let _ended = Ended;
            body()?
        };
        let raw_results = raw_list(&results(&value));
        let refusal = refusal_of("record", |reason, frames, n_frames, error| {
            let (results, n) = (raw_results.as_ptr(), raw_results.len());
            // SAFETY: as above; `raw` is live, and the outputs are those of `refusal_of`.
            unsafe { sys::te_recording_finish(raw, results, n, reason, frames, n_frames, error) }
        })?;
        Ok((value, recording, refusal))
    }

    /// The GPU that the step's tensors are on; none for a step of the CPU.
    pub fn gpu(&self) -> Option<usize> {
        // SAFETY: the recording is live and only read.
        usize::try_from(unsafe { sys::te_recording_gpu(self.raw) }).ok()
    }

    /// How `other` differs from this; `None` where both are the same step.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn difference(&self, other: &Self) -> Result<Option<Refusal>, Error> {
        refusal_of("compare recordings", |reason, frames, n_frames, error| {
            // SAFETY: both recordings are live and only read; the outputs are those of `refusal_of`.
            unsafe {
                sys::te_recording_difference(self.raw, other.raw, reason, frames, n_frames, error);
            }
        })
    }

    /// Compiles this recording, which was made with a previous one that it does not differ from, and
    /// takes the step again for a trial, with the numbers that it was recorded with.
    ///
    /// # Errors
    /// Whatever libtorch throws. That the program has other bits is not an error but the reason that
    /// comes in its place.
    pub fn compile(&self, numbers: &[f64]) -> Result<Result<Program, String>, Error> {
        let (mut program, mut refusal) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the recording is live and only read, `numbers` outlives the call, and both outputs
        // are locals; the program is owned by the new value, the text is taken over below.
        sys::call("compile a step", |error| unsafe {
            let (numbers, n) = (numbers.as_ptr(), numbers.len());
            sys::te_program_new(self.raw, numbers, n, &mut program, &mut refusal, error);
        })?;
        // SAFETY: the engine hands the text out by `strdup`.
        Ok(match unsafe { ffi::take_string(refusal) } {
            Some(reason) => Err(reason),
            None => Ok(Program { raw: program, _on_this_thread: PhantomData }),
        })
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // SAFETY: `raw` came from `te_recording_new` on this thread and is freed here alone.
        unsafe { sys::te_recording_free(self.raw) }
    }
}

/// Has the step that is being recorded on this thread, if there is one, refused.
pub fn refuse(reason: &str) {
    let current = CURRENT.with_borrow(|current| *current);
    if current.is_null() {
        return;
    }
    let reason = reason.replace('\0', " ") + "\0";
    // SAFETY: `current` is live while it is not null, and the text ends in NUL.
    unsafe { sys::te_recording_refuse(current, reason.as_ptr().cast()) }
}

/// The operator that is called next is given these numbers: one, or a list of them in this order. A
/// step that is being recorded takes them as those of the given slots, which are supplied anew for each
/// replay.
pub(crate) fn begin_supplied(numbers: &[f64], slots: &[usize]) {
    let current = CURRENT.with_borrow(|current| *current);
    if !current.is_null() {
        let n = numbers.len().min(slots.len());
        // SAFETY: `current` is live while it is not null; both lists have `n` elements.
        unsafe { sys::te_recording_tag(current, numbers.as_ptr(), slots.as_ptr(), n) }
    }
}

/// It has been called.
pub(crate) fn end_supplied() {
    let current = CURRENT.with_borrow(|current| *current);
    if !current.is_null() {
        // SAFETY: `current` is live while it is not null.
        unsafe { sys::te_recording_untag(current) }
    }
}

/// Whether the calls from now on are none of the step's that is being recorded: they read a value of
/// which numbers are made that are supplied.
pub(crate) fn overlook(on: bool) {
    let current = CURRENT.with_borrow(|current| *current);
    if !current.is_null() {
        // SAFETY: `current` is live while it is not null.
        unsafe { sys::te_recording_overlook(current, on) }
    }
}

/// Which steps a [`Program`] is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// For this one.
    Fits,
    /// For one with other arguments, another grad mode or another number of threads.
    OtherStep,
    /// For none any more: a tensor that it works on lies elsewhere now.
    Stale,
}

fn fit_of(out: c_int) -> Fit {
    match out {
        0 => Fit::Fits,
        2 => Fit::Stale,
        _ => Fit::OtherStep,
    }
}

/// Takes over new tensors.
fn take_all<const N: usize>(raw: [*mut RawTensor; N]) -> Result<[Tensor; N], Error> {
    let mut error = None;
    let tensors = raw.map(|raw| {
        // SAFETY: the engine hands each tensor out by `new`.
        unsafe { ffi::take_tensor("replay", raw) }.unwrap_or_else(|e| {
            error = Some(e.into());
            Tensor::new()
        })
    });
    error.map_or(Ok(tensors), Err)
}

/// A step's kernels on standing memory.
#[derive(Debug)]
pub struct Program {
    raw: *mut RawProgram,
    _on_this_thread: PhantomData<*const ()>,
}

impl Program {
    /// Whether a step with these arguments, here and now, is the recorded one.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn fit(&self, arguments: &[&Tensor]) -> Result<Fit, Error> {
        let arguments = raw_list(arguments);
        let mut out: c_int = 1;
        // SAFETY: the program is live and only read; the list has as many live tensors as it says.
        sys::call("replay", |error| unsafe {
            sys::te_program_fit(self.raw, arguments.as_ptr(), arguments.len(), &mut out, error);
        })?;
        Ok(fit_of(out))
    }

    /// Takes the step. The program must fit the arguments, and there must be as many numbers as the
    /// recorded step was supplied with, and `N` must be the number of its results.
    ///
    /// # Errors
    /// Whatever libtorch throws, for want of memory for example.
    pub fn take<const N: usize>(
        &mut self,
        arguments: &[&Tensor],
        numbers: &[f64],
    ) -> Result<[Tensor; N], Error> {
        let arguments = raw_list(arguments);
        let mut results: [*mut RawTensor; N] = [ptr::null_mut(); N];
        // SAFETY: the program is live and no one else's; the lists are as long as the program takes
        // them, which `Step` sees to; each result is taken over below.
        sys::call("replay", |error| unsafe {
            let (arguments, n) = (arguments.as_ptr(), arguments.len());
            let (numbers, results) = (numbers.as_ptr(), results.as_mut_ptr());
            sys::te_program_take(self.raw, arguments, n, numbers, results, error);
        })?;
        take_all(results)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: `raw` came from `te_program_new` and is freed here alone.
        unsafe { sys::te_program_free(self.raw) }
    }
}

/// What lies around a CUDA graph of a step: where it reads its arguments, and what it leaves.
#[derive(Debug)]
pub struct Captured {
    raw: *mut RawCaptured,
    _on_this_thread: PhantomData<*const ()>,
}

impl Captured {
    /// Begins the trial of a graph of the step that `recording` was made of with a previous one, right
    /// after it. Gives the tensors to capture the step with, in place of its arguments: copies.
    ///
    /// # Errors
    /// Whatever libtorch throws, for want of memory for example.
    pub fn new<const M: usize>(recording: &Recording) -> Result<(Self, [Tensor; M]), Error> {
        let (mut raw, mut inputs) = (ptr::null_mut(), [ptr::null_mut(); M]);
        // SAFETY: the recording is live and only read, and the outputs are locals; `Step` gives the recording's own number of arguments. What they receive is taken over below.
        sys::call("capture a step", |error| unsafe {
            sys::te_captured_new(recording.raw, &mut raw, inputs.as_mut_ptr(), error);
        })?;
        let captured = Self { raw, _on_this_thread: PhantomData };
        Ok((captured, take_all(inputs)?))
    }

    /// Goes on with the trial: the step was captured with these results. All is again as it was before
    /// the step, and the graph is to be launched.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn set(&mut self, results: &[&Tensor]) -> Result<(), Error> {
        let results = raw_list(results);
        // SAFETY: this is live and no one else's; the list has as many live tensors as it says.
        sys::call("capture a step", |error| unsafe {
            sys::te_captured_set(self.raw, results.as_ptr(), results.len(), error);
        })
    }

    /// Ends the trial, the graph having been launched: why it may not be used, if so. Whatever comes
    /// of it, the step is taken once.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn verify(&mut self) -> Result<Option<String>, Error> {
        let mut refusal = ptr::null_mut();
        // SAFETY: this is live and no one else's, and `refusal` is taken over below.
        sys::call("capture a step", |error| unsafe {
            sys::te_captured_verify(self.raw, &mut refusal, error);
        })?;
        // SAFETY: the engine hands the text out by `strdup`.
        Ok(unsafe { ffi::take_string(refusal) })
    }

    /// Ends the trial where the step was not captured, and leaves everything as the step had.
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn forget(self) -> Result<(), Error> {
        // SAFETY: this is live and no one else's.
        sys::call("capture a step", |error| unsafe { sys::te_captured_forget(self.raw, error) })
    }

    /// As [`Program::fit`].
    ///
    /// # Errors
    /// Whatever libtorch throws.
    pub fn fit(&self, arguments: &[&Tensor]) -> Result<Fit, Error> {
        let arguments = raw_list(arguments);
        let mut out: c_int = 1;
        // SAFETY: this is live and only read; the list has as many live tensors as it says.
        sys::call("replay", |error| unsafe {
            sys::te_captured_fit(self.raw, arguments.as_ptr(), arguments.len(), &mut out, error);
        })?;
        Ok(fit_of(out))
    }

    /// Takes the step with these arguments, which fit, by `launch`ing its graph.
    ///
    /// # Errors
    /// Whatever libtorch throws, and what `launch` returns.
    pub fn take<const N: usize, E: From<Error>>(
        &mut self,
        arguments: &[&Tensor],
        launch: impl FnOnce() -> Result<(), E>,
    ) -> Result<[Tensor; N], E> {
        let arguments = raw_list(arguments);
        // SAFETY: this is live and no one else's; the list has as many live tensors as it says.
        sys::call("replay", |error| unsafe {
            sys::te_captured_bind(self.raw, arguments.as_ptr(), arguments.len(), error);
        })?;
        launch()?;
        let mut results = [ptr::null_mut(); N];
        // SAFETY: as above; `Step` asks for as many results as were captured, and
        // each is taken over below.
        sys::call("replay", |error| unsafe {
            sys::te_captured_take(self.raw, results.as_mut_ptr(), error);
        })?;
        Ok(take_all(results)?)
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        // SAFETY: `raw` came from `te_captured_new` on this thread and is freed here alone.
        unsafe { sys::te_captured_free(self.raw) }
    }
}
