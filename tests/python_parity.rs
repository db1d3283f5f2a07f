//! Every tutorial, in Rust and in Python with the same flags: the same bytes on standard output and
//! the same bits in every call that computes.

use anyhow::Result;
use common::parity::same_as_python;

fn check(name: &str) -> Result<()> {
    same_as_python(name, "cpu")
}

#[test]
fn creating_a_model() -> Result<()> {
    check("creating_a_model")
}

#[test]
fn simple_linear_regression() -> Result<()> {
    check("simple_linear_regression")
}

#[test]
fn generated_data() -> Result<()> {
    check("generated_data")
}

#[test]
fn hello_pytorch() -> Result<()> {
    check("hello_pytorch")
}

#[test]
fn gradient_descent() -> Result<()> {
    check("gradient_descent")
}
