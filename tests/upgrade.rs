//! `scripts/try-upgrade` names what moves between two versions, and refuses what cannot be tried.

use anyhow::Result;
use common::python::{python_with, run_script};

#[test]
fn what_moves_is_named_and_what_cannot_be_is_refused() -> Result<()> {
    if let Some(python) = python_with("json") {
        print!("{}", run_script(&python, "tests/python/upgrade.py", &[], "")?);
    }
    Ok(())
}
