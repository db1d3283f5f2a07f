//! CUDA graphs: work of the GPU that is recorded once and then launched as a whole.

use std::ffi::c_int;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::OnceLock;

use shim::ffi::{self, ErrorOut};
use shim::{CudaLibrary, open_cuda_library};
use torch_exact::Error;

use super::sys;

/// `cpp/cuda_graph.cpp` as a shared library, empty where CUDA's headers were missing when this was
/// built. It needs libtorch_cuda, so it is opened only after that.
static IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cuda_graph.so"));

/// Why the image is empty, where it is.
static REASON: &str = include_str!(concat!(env!("OUT_DIR"), "/cuda_graph.txt"));

const OPERATION: &str = "CUDAGraph";

#[repr(C)]
struct RawGraph {
    _opaque: [u8; 0],
}

type Call = unsafe extern "C" fn(*mut RawGraph, ErrorOut);

/// The image's functions, in the order of `Functions` in `cpp/cuda_graph.cpp`.
#[repr(C)]
struct Functions {
    graph_new: unsafe extern "C" fn(c_int, *mut *mut RawGraph, ErrorOut),
    graph_free: unsafe extern "C" fn(*mut RawGraph),
    enter: Call,
    leave: Call,
    capture_begin: Call,
    capture_end: Call,
    replay: Call,
}

/// The image's functions; opens the image the first time.
fn functions() -> Result<&'static Functions, Error> {
    static FUNCTIONS: OnceLock<Result<&'static Functions, shim::Error>> = OnceLock::new();
    Ok(FUNCTIONS.get_or_init(open_image).clone()?)
}

fn open_image() -> Result<&'static Functions, shim::Error> {
    if IMAGE.is_empty() {
        let message = format!("this program was built without CUDA graphs: {REASON}");
        return Err(shim::Error { operation: OPERATION, message });
    }
    let mut table = ptr::null_mut();
    // SAFETY: the bytes and the symbol's name live as long as the program, `table` outlives the
    // call. Opening the image runs no initialiser but the C++ runtime's.
    ffi::call(OPERATION, |error| unsafe {
        let symbol = c"te_cuda_functions".as_ptr();
        sys::te_open_image(IMAGE.as_ptr(), IMAGE.len(), symbol, &mut table, error);
    })?;
    // SAFETY: the symbol is the constant `te_cuda_functions` of the image that was compiled with
    // this crate; its type is `Functions`, it is never null and the image is never closed.
    Ok(unsafe { &*table.cast::<Functions>() })
}

fn failed(message: &str) -> Error {
    shim::Error { operation: OPERATION, message: message.to_owned() }.into()
}

/// What has become of a graph.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Empty,
    Recorded,
    /// What was to be recorded failed, for this reason; libtorch may hold a part of it.
    Failed(String),
    /// libtorch failed at the beginning or the end of a recording, for this reason. Its allocator
    /// may go on asking the graph, which is never freed then.
    Broken(String),
}

/// libtorch's `at::cuda::CUDAGraph` with a stream of its own to capture on: what `torch.cuda.graph`
/// and `torch.cuda.CUDAGraph` are made of.
#[derive(Debug)]
pub struct CudaGraph {
    raw: *mut RawGraph,
    functions: &'static Functions,
    state: State,
    /// The current stream is this thread's.
    _on_this_thread: PhantomData<*const ()>,
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Functions")
    }
}

impl CudaGraph {
    /// A graph for GPU number `device` that nothing is recorded in yet; loads libtorch_cuda.
    ///
    /// # Errors
    /// No libtorch_cuda that loads, a build without CUDA's headers, and what libtorch throws, for
    /// want of a GPU first of all.
    pub fn new(device: usize) -> Result<Self, Error> {
        match open_cuda_library()? {
            CudaLibrary::Loaded(_) => Self::with(functions()?, device),
            CudaLibrary::NoDriver => Err(failed("there is no NVIDIA driver")),
            CudaLibrary::NotInstalled(path) => {
                Err(failed(&format!("{} is missing", path.display())))
            }
            CudaLibrary::Broken(reason) => Err(failed(&reason)),
        }
    }

    fn with(functions: &'static Functions, device: usize) -> Result<Self, Error> {
        // libtorch numbers GPUs with 8 bits.
        let Ok(device) = i8::try_from(device) else {
            return Err(failed(&format!("there is no cuda:{device}")));
        };
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` outlives the call; the graph it receives is owned by the new value.
        sys::call(OPERATION, |error| unsafe {
            (functions.graph_new)(device.into(), &mut raw, error);
        })?;
        Ok(Self { raw, functions, state: State::Empty, _on_this_thread: PhantomData })
    }

    fn call(&self, function: Call) -> Result<(), Error> {
        // SAFETY: `raw` is a live graph of this value's own, used on the thread that made it.
        sys::call(OPERATION, |error| unsafe { function(self.raw, error) })
    }

    /// Makes the graph's stream the current one of its GPU for as long as `body` runs, and waits
    /// for the GPU before and after. The stream is left also where `body` fails or panics.
    ///
    /// # Errors
    /// Whatever libtorch throws, and whatever `body` returns.
    pub fn on_stream<T, E: From<Error>>(
        &mut self,
        body: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.call(self.functions.enter)?;
        let result = catch_unwind(AssertUnwindSafe(body));
        // Of two errors, the first is the one that counts.
        let left = self.call(self.functions.leave);
        let value = result.unwrap_or_else(|panic| resume_unwind(panic))?;
        left?;
        Ok(value)
    }

    /// Records what `body` asks of the GPU, which does none of it. The recording is ended also
    /// where `body` fails or panics.
    ///
    /// # Errors
    /// As [`on_stream`](Self::on_stream); what cannot be recorded is among what libtorch throws:
    /// reading a value back, a copy from ordinary memory of the CPU, a loss that is kept from a
    /// step outside. A graph that was recorded in before; where that failed, with the reason.
    pub fn capture<T, E: From<Error> + Display>(
        &mut self,
        body: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.state {
            State::Empty => {}
            State::Recorded => return Err(failed("a graph records once; make another").into()),
            State::Failed(reason) | State::Broken(reason) => {
                let again = "a graph records once, and this one did not succeed; make another";
                return Err(failed(&format!("{again} (the reason was: {reason})")).into());
            }
        }
        self.state = State::Failed("the step panicked".to_owned());
        let recorded = self.call(self.functions.enter).map_err(E::from).and_then(|()| {
            let recorded = self.record(body);
            let left = self.call(self.functions.leave);
            let value = recorded.unwrap_or_else(|panic| resume_unwind(panic))?;
            left?;
            Ok(value)
        });
        match (&recorded, &mut self.state) {
            (Ok(_), state) => *state = State::Recorded,
            (Err(error), State::Failed(reason)) => *reason = error.to_string(),
            (Err(_), _) => {}
        }
        recorded
    }

    /// Records on the current stream.
    fn record<T, E: From<Error>>(
        &mut self,
        body: impl FnOnce() -> Result<T, E>,
    ) -> std::thread::Result<Result<T, E>> {
        if let Err(error) = self.call(self.functions.capture_begin) {
            self.state = State::Broken(error.to_string());
            return Ok(Err(error.into()));
        }
        let result = catch_unwind(AssertUnwindSafe(body));
        if let Err(error) = self.call(self.functions.capture_end) {
            self.state = State::Broken(error.to_string());
            return result.map(|value| value.and(Err(error.into())));
        }
        result
    }

    /// Has the GPU do what was recorded, on the current stream.
    ///
    /// # Errors
    /// A graph that nothing was recorded in, and whatever the GPU reports.
    pub fn replay(&mut self) -> Result<(), Error> {
        match self.state {
            State::Recorded => self.call(self.functions.replay),
            _ => Err(failed("nothing was recorded to replay")),
        }
    }
}

impl Drop for CudaGraph {
    fn drop(&mut self) {
        if !matches!(self.state, State::Broken(_)) {
            // SAFETY: `raw` came from `graph_new` on this thread and is freed here and nowhere else.
            unsafe { (self.functions.graph_free)(self.raw) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::ffi::c_char;

    use super::*;

    const NAMED: &str = "libtorch, CUDAGraph: ";

    thread_local! {
        /// What was asked of the library, in order.
        static ASKED: RefCell<Vec<&'static str>> = const { RefCell::new(vec![]) };
        /// Which of its functions is to fail.
        static FAILING: RefCell<&'static str> = const { RefCell::new("") };
    }

    unsafe extern "C" {
        fn strdup(text: *const c_char) -> *mut c_char;
    }

    fn ask(name: &'static str, error: ErrorOut) {
        ASKED.with_borrow_mut(|asked| asked.push(name));
        let fails = FAILING.with_borrow(|failing| *failing == name);
        // SAFETY: `error` is the out-pointer of `sys::call`; the text is malloc's, as it must be.
        unsafe { *error = if fails { strdup(c"no".as_ptr()) } else { ptr::null_mut() } };
    }

    unsafe extern "C" fn graph_new(_: c_int, out: *mut *mut RawGraph, error: ErrorOut) {
        ask("new", error);
        // SAFETY: `out` is a local of `CudaGraph::with`; what it receives is not looked into.
        unsafe { *out = ptr::dangling_mut() };
    }
    unsafe extern "C" fn graph_free(_: *mut RawGraph) {
        ASKED.with_borrow_mut(|asked| asked.push("free"));
    }
    unsafe extern "C" fn enter(_: *mut RawGraph, error: ErrorOut) {
        ask("enter", error);
    }
    unsafe extern "C" fn leave(_: *mut RawGraph, error: ErrorOut) {
        ask("leave", error);
    }
    unsafe extern "C" fn capture_begin(_: *mut RawGraph, error: ErrorOut) {
        ask("begin", error);
    }
    unsafe extern "C" fn capture_end(_: *mut RawGraph, error: ErrorOut) {
        ask("end", error);
    }
    unsafe extern "C" fn replay(_: *mut RawGraph, error: ErrorOut) {
        ask("replay", error);
    }

    static RECORDER: Functions =
        Functions { graph_new, graph_free, enter, leave, capture_begin, capture_end, replay };

    /// What is recorded.
    #[derive(Clone, Copy, PartialEq)]
    enum Body {
        Succeeds,
        Fails,
        Panics,
    }

    /// What one recording asks of the library, and whether it can be replayed.
    fn recording(failing: &'static str, body: Body) -> (Vec<&'static str>, bool) {
        FAILING.set(failing);
        ASKED.take();
        let Ok(mut graph) = CudaGraph::with(&RECORDER, 0) else {
            return (ASKED.take(), false);
        };
        let record = || {
            graph.capture(|| {
                ASKED.with_borrow_mut(|asked| asked.push("body"));
                match body {
                    Body::Succeeds => Ok(()),
                    Body::Fails => Err(failed("the step failed")),
                    Body::Panics => panic!("the step panicked"),
                }
            })
        };
        match catch_unwind(AssertUnwindSafe(record)) {
            Ok(recorded) => {
                assert!(body != Body::Panics);
                if let (Err(error), Body::Fails) = (&recorded, body) {
                    assert_eq!(error.to_string(), format!("{NAMED}the step failed"));
                }
            }
            Err(_) => assert!(body == Body::Panics),
        }
        let again = graph.capture(|| Ok::<_, Error>(())).expect_err("recorded twice").to_string();
        match body {
            _ if !failing.is_empty() => assert!(again.ends_with("no)"), "{again}"),
            Body::Succeeds => {
                assert_eq!(again, format!("{NAMED}a graph records once; make another"))
            }
            Body::Fails => assert!(again.contains("the step failed"), "{again}"),
            Body::Panics => assert!(again.ends_with("the step panicked)"), "{again}"),
        }
        let replayed = graph.replay().is_ok();
        drop(graph);
        (ASKED.take(), replayed)
    }

    #[test]
    fn a_recording_is_ended_and_its_stream_left_whatever_happens() {
        let asked = |text: &'static str| text.split(' ').collect::<Vec<_>>();
        let whole = "new enter begin body end leave replay free";
        assert_eq!(recording("", Body::Succeeds), (asked(whole), true));
        let failed = "new enter begin body end leave free";
        for body in [Body::Fails, Body::Panics] {
            assert_eq!(recording("", body), (asked(failed), false));
        }
        assert_eq!(recording("leave", Body::Succeeds), (asked(failed), false));
        // What libtorch's allocator may still ask is not freed.
        let broken = "new enter begin body end leave";
        for body in [Body::Succeeds, Body::Fails, Body::Panics] {
            assert_eq!(recording("end", body), (asked(broken), false));
        }
        let unbegun = "new enter begin leave";
        assert_eq!(recording("begin", Body::Succeeds), (asked(unbegun), false));
        assert_eq!(recording("enter", Body::Succeeds), (asked("new enter free"), false));
        assert_eq!(recording("new", Body::Succeeds), (asked("new"), false));
    }

    #[test]
    fn a_stream_is_left_whatever_happens_on_it() {
        FAILING.set("");
        ASKED.take();
        let mut graph = CudaGraph::with(&RECORDER, 0).unwrap();
        assert_eq!(graph.on_stream(|| Ok::<_, Error>(7)).unwrap(), 7);
        assert!(graph.on_stream(|| Err::<(), _>(failed("the step failed"))).is_err());
        let panics = || graph.on_stream(|| -> Result<(), Error> { panic!("the step panicked") });
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert!(graph.replay().is_err());
        drop(graph);
        let asked = ["new", "enter", "leave", "enter", "leave", "enter", "leave", "free"];
        assert_eq!(ASKED.take(), asked);
    }

    #[test]
    fn a_gpu_has_a_number_of_8_bits() {
        FAILING.set("");
        assert!(CudaGraph::with(&RECORDER, 127).is_ok());
        let refused = CudaGraph::with(&RECORDER, 256).unwrap_err();
        assert_eq!(refused.to_string(), format!("{NAMED}there is no cuda:256"));
    }
}
