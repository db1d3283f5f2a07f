//! Where in a run a tensor was recorded.

use std::fmt::Write as _;

/// A place in a run, which becomes the prefix of the names recorded there: an epoch, `(epoch,
/// batch)`, `(part, epoch)`; `()` is the run as a whole.
///
/// Numbers are written with five digits, so that names sort as they were recorded.
pub trait Scope {
    /// Appends the prefix, each part followed by a slash.
    fn write(&self, prefix: &mut String);
}

impl Scope for () {
    fn write(&self, _prefix: &mut String) {}
}

impl Scope for &str {
    fn write(&self, prefix: &mut String) {
        prefix.push_str(self);
        prefix.push('/');
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Scope for $number {
            fn write(&self, prefix: &mut String) {
                // Writing into a String does not fail.
                let _ = write!(prefix, "{self:05}/");
            }
        }
    )*};
}
numbers!(usize, u32, u64, i32, i64);

impl<A: Scope, B: Scope> Scope for (A, B) {
    fn write(&self, prefix: &mut String) {
        self.0.write(prefix);
        self.1.write(prefix);
    }
}

impl<A: Scope, B: Scope, C: Scope> Scope for (A, B, C) {
    fn write(&self, prefix: &mut String) {
        self.0.write(prefix);
        self.1.write(prefix);
        self.2.write(prefix);
    }
}
