//! CUDA graphs: work of the card that is recorded once and then launched as a whole.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::ptr;
use std::sync::OnceLock;

use crate::{CudaLibrary, Error, open_cuda_library, sys};

/// `shim/cuda.cpp` as a shared library, empty where CUDA's headers were missing when this was
/// built. It needs libtorch_cuda, so it is opened only after that.
static IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cuda_image.so"));

const OPERATION: &str = "CUDAGraph";

#[repr(C)]
struct RawGraph {
    _opaque: [u8; 0],
}

type Call = unsafe extern "C" fn(*mut RawGraph, sys::ErrorOut);

/// The image's functions, in the order of `Functions` in `shim/cuda.cpp`.
#[repr(C)]
struct Functions {
    graph_new: unsafe extern "C" fn(c_int, *mut *mut RawGraph, sys::ErrorOut),
    graph_free: unsafe extern "C" fn(*mut RawGraph),
    enter: Call,
    leave: Call,
    capture_begin: Call,
    capture_end: Call,
    replay: Call,
}

/// The image's functions; opens the image the first time.
fn functions() -> Result<&'static Functions, Error> {
    static FUNCTIONS: OnceLock<Result<&'static Functions, Error>> = OnceLock::new();
    FUNCTIONS.get_or_init(open_image).clone()
}

fn open_image() -> Result<&'static Functions, Error> {
    if IMAGE.is_empty() {
        return Err(failed(
            "this program was built without CUDA graphs, for want of CUDA's headers: run \
             scripts/setup --full and build again",
        ));
    }
    let mut table = ptr::null_mut();
    // SAFETY: the bytes and the symbol's name live as long as the program, `table` outlives the
    // call. Opening the image runs no initialiser but the C++ runtime's.
    sys::call(OPERATION, |error| unsafe {
        let symbol = c"te_cuda_functions".as_ptr();
        sys::te_open_image(IMAGE.as_ptr(), IMAGE.len(), symbol, &mut table, error);
    })?;
    // SAFETY: the symbol is the constant `te_cuda_functions` of the image that was compiled with
    // this crate; its type is `Functions`, it is never null and the image is never closed.
    Ok(unsafe { &*table.cast::<Functions>() })
}

fn failed(message: &str) -> Error {
    Error {
        operation: OPERATION,
        message: message.to_owned(),
    }
}

/// libtorch's `at::cuda::CUDAGraph` with a stream of its own to capture on: what `torch.cuda.graph`
/// and `torch.cuda.CUDAGraph` are made of.
#[derive(Debug)]
pub struct CudaGraph {
    raw: *mut RawGraph,
    functions: &'static Functions,
    /// The current stream is this thread's.
    _on_this_thread: PhantomData<*const ()>,
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Functions")
    }
}

impl CudaGraph {
    /// A graph for card number `device` that nothing is recorded in yet; loads libtorch_cuda.
    ///
    /// # Errors
    /// No libtorch_cuda that loads, a build without CUDA's headers, and what libtorch throws, for
    /// want of a card first of all.
    pub fn new(device: usize) -> Result<Self, Error> {
        match open_cuda_library()? {
            CudaLibrary::Loaded(_) => {}
            other => {
                return Err(failed(&format!(
                    "no libtorch_cuda to record with: {other:?}"
                )));
            }
        }
        let functions = functions()?;
        let device = c_int::try_from(device).map_err(|e| failed(&e.to_string()))?;
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` outlives the call; the graph it receives is owned by the new value.
        sys::call(OPERATION, |error| unsafe {
            (functions.graph_new)(device, &mut raw, error);
        })?;
        Ok(Self {
            raw,
            functions,
            _on_this_thread: PhantomData,
        })
    }

    fn call(&self, function: Call) -> Result<(), Error> {
        // SAFETY: `raw` is a live graph of this value's own, used on the thread that made it.
        sys::call(OPERATION, |error| unsafe { function(self.raw, error) })
    }

    /// Makes the graph's stream the current one of its card for as long as `body` runs, and waits
    /// for the card before and after.
    ///
    /// # Errors
    /// Whatever libtorch throws, and whatever `body` returns.
    pub fn on_stream<T, E: From<Error>>(
        &mut self,
        body: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.call(self.functions.enter)?;
        let result = body();
        // The stream is left also where the body failed, whose error is the one that counts.
        let left = self.call(self.functions.leave);
        let value = result?;
        left?;
        Ok(value)
    }

    /// Records what `body` asks of the card, which does none of it. To be called once.
    ///
    /// # Errors
    /// As [`on_stream`](Self::on_stream); what cannot be recorded is among what libtorch throws:
    /// reading a value back, a copy from ordinary memory of the CPU.
    pub fn capture<T, E: From<Error>>(
        &mut self,
        body: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let functions = self.functions;
        self.call(functions.enter)?;
        let result = self.call(functions.capture_begin).map_err(E::from);
        let result = result.and_then(|()| {
            let result = body();
            // Ended also where the body failed: a stream must not be left recording.
            let ended = self.call(functions.capture_end);
            let value = result?;
            ended?;
            Ok(value)
        });
        let left = self.call(functions.leave);
        let value = result?;
        left?;
        Ok(value)
    }

    /// Has the card do what was recorded, on the current stream.
    ///
    /// # Errors
    /// A graph that nothing was recorded in, and whatever the card reports.
    pub fn replay(&mut self) -> Result<(), Error> {
        self.call(self.functions.replay)
    }
}

impl Drop for CudaGraph {
    fn drop(&mut self) {
        // SAFETY: `raw` came from `graph_new` on this thread and is freed here and nowhere else.
        unsafe { (self.functions.graph_free)(self.raw) }
    }
}
