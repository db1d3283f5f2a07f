//! Where in a run a tensor was recorded.

use std::fmt::Write as _;

/// A place in a run, which becomes the prefix of the names recorded there: an epoch, `(epoch,
/// batch)`, `(part, epoch)`; `()` is the run as a whole.
///
/// Numbers are written with five digits, so that names sort as they were recorded.
pub trait Step {
    /// Appends the prefix, each part followed by a slash.
    fn write(&self, prefix: &mut String);
}

impl Step for () {
    fn write(&self, _prefix: &mut String) {}
}

impl Step for &str {
    fn write(&self, prefix: &mut String) {
        prefix.push_str(self);
        prefix.push('/');
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Step for $number {
            fn write(&self, prefix: &mut String) {
                // Writing into a String does not fail.
                let _ = write!(prefix, "{self:05}/");
            }
        }
    )*};
}
numbers!(usize, u32, u64, i32, i64);

impl<A: Step, B: Step> Step for (A, B) {
    fn write(&self, prefix: &mut String) {
        self.0.write(prefix);
        self.1.write(prefix);
    }
}

impl<A: Step, B: Step, C: Step> Step for (A, B, C) {
    fn write(&self, prefix: &mut String) {
        self.0.write(prefix);
        self.1.write(prefix);
        self.2.write(prefix);
    }
}
