//! What the test files of this folder share.
// Each test file compiles this module for itself and uses only a part of it.
#![allow(dead_code)]

pub mod examples;
pub mod parity;
pub mod python;
