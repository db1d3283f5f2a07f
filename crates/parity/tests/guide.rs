//! The programs of the crate's page compute the same bits, and its last block is what is printed.

mod common;

use common::{compared, python_or_skip};

#[test]
fn the_port_is_identical_to_the_script() {
    let python = python_or_skip!();
    let (code, text) = compared(&python, "guide/script.py", "guide", &[], &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("identical: 1,003 of 1,003 computing calls"), "{text}");
}
