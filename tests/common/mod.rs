//! What the test files of this folder share.
// Each test file compiles this module for itself and uses only a part of it.
#![allow(dead_code)]

pub mod examples;
pub mod find_python;
pub mod golden;
pub mod parity;
pub mod python;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by each test that draws: tests of one file run on several threads, and libtorch's default
/// generator is the process's.
pub fn generator_alone() -> MutexGuard<'static, ()> {
    static GENERATOR: Mutex<()> = Mutex::new(());
    GENERATOR.lock().unwrap_or_else(PoisonError::into_inner)
}
