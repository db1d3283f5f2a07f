//! The arithmetic of the tests: portable, in which the goldens were recorded, so that they hold on every
//! x86-64 processor with AVX2; or the one that `TORCH_EXACT_TEST_ARITHMETIC` names, in which only what
//! a live Python computes is compared with.

use std::env;

use torch_exact::arithmetic::{self, Arithmetic, ArithmeticError};

/// Set before `main`, since tests compute on several threads, none of them the first.
#[ctor::ctor(unsafe)]
fn set() {
    match arithmetic::set(chosen()) {
        // An older processor: the tests bound the distance to the goldens.
        Ok(()) | Err(ArithmeticError::Processor { .. } | ArithmeticError::NoMkl(_)) => {}
        // A test that chooses ATen's kernels itself.
        Err(ArithmeticError::Environment { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

/// The arithmetic that the tests were told to compute in.
pub fn chosen() -> Arithmetic {
    let named = env::var("TORCH_EXACT_TEST_ARITHMETIC").unwrap_or_default();
    if named.is_empty() { Arithmetic::Portable } else { named.parse().expect("an arithmetic") }
}

/// Whether it is the goldens'.
pub fn is_of_goldens() -> bool {
    chosen() == Arithmetic::Portable
}
