//! How a program that `parity` records keeps something out of its recording.

use std::ffi::c_int;
use std::marker::PhantomData;

use crate::sys;

/// While it lives, calls of this thread are not recorded.
#[derive(Debug)]
pub struct Pause {
    pause: Option<extern "C" fn(c_int)>,
    /// It ends in the thread in which it began.
    _in_this_thread: PhantomData<*const ()>,
}

/// Keeps the calls made until the pause is dropped out of a recording, as those that format a tensor
/// for print, which are no part of what a program computes. Does nothing in a program that is not
/// recorded.
///
/// ```
/// let pause = shim::recorder::pause();
/// let text = tch::Tensor::from(1.0).to_string(10);
/// drop(pause);
/// ```
#[must_use = "the recording goes on when the pause is dropped"]
pub fn pause() -> Pause {
    let pause = sys::te_recorder_pause();
    if let Some(pause) = pause {
        pause(1);
    }
    Pause { pause, _in_this_thread: PhantomData }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some(pause) = self.pause {
            pause(-1);
        }
    }
}
