//! Standard output as Python has it, with failures as errors.

use std::io::{self, Write};

use torch_exact::repr::{Repr, pretty};

/// Python's `print(value)`.
///
/// # Errors
/// A value that cannot be printed, or a standard output that takes no more.
pub fn print(value: &(impl Repr + ?Sized)) -> anyhow::Result<()> {
    Ok(print_line(format_args!("{}", value.repr()?))?)
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
    stdout.write_fmt(line)?;
    stdout.write_all(b"\n")
}

/// `std::println!`, returning an error where that panics: write `println!(…)?`.
#[macro_export]
macro_rules! println {
    ($($argument:tt)*) => {
        $crate::print_line(::std::format_args!($($argument)*))
    };
}
