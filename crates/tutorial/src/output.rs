//! Standard output as Python has it, with failures as errors.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use torch_exact::repr::{Repr, pretty};

/// Python's `print(value)`.
///
/// # Errors
/// A value that cannot be printed, or a standard output that takes no more.
pub fn print(value: &(impl Repr + ?Sized)) -> anyhow::Result<()> {
    Ok(print_line(format_args!("{}", value.repr()?))?)
}

/// [`print()`] of each value on a line of its own.
///
/// # Errors
/// As [`print()`].
pub fn print_each<const N: usize>(values: [&dyn Repr; N]) -> anyhow::Result<()> {
    values.into_iter().try_for_each(print)
}

/// What a notebook shows for a cell that ends in `value`.
///
/// # Errors
/// As [`print()`].
pub fn display(value: &(impl Repr + ?Sized)) -> anyhow::Result<()> {
    Ok(print_line(format_args!("{}", pretty(value)?))?)
}

/// Writes one line: what [`println!`](crate::println!) calls.
///
/// # Errors
/// A standard output that takes no more.
pub fn print_line(line: std::fmt::Arguments<'_>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_fmt(line).and_then(|()| stdout.write_all(b"\n"));
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe && OUTLIVES.load(Ordering::Relaxed) => {
            Ok(())
        }
        written => written,
    }
}

/// Whether a run goes on after the reader of its standard output has left.
static OUTLIVES: AtomicBool = AtomicBool::new(false);

/// Says whether the run has more to finish than its transcript.
pub(crate) fn outlive_the_reader(outlives: bool) {
    OUTLIVES.store(outlives, Ordering::Relaxed);
}

/// `std::println!`, returning an error where that panics: write `println!(…)?`.
#[macro_export]
macro_rules! println {
    ($($argument:tt)*) => {
        $crate::print_line(::std::format_args!($($argument)*))
    };
}
