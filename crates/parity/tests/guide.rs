//! The programs of the crate's page compute the same bits, and its last block is what is printed.

mod common;

use common::{compared, python};

#[test]
fn the_port_is_identical_to_the_script() {
    let Some(python) = python() else { return };
    let (code, text) = compared(&python, "guide/script.py", "guide", &[], &[]);
    assert_eq!(code, 0, "{text}");
    let printed = text.replace("guide/script.py", "script.py").replace("guide/port.rs", "port.rs");
    let printed = printed.replace("compute   guide\n", "compute   target/release/examples/port\n");
    let shown = include_str!("../guide/run.txt").split_once('\n').unwrap().1;
    assert_eq!(printed, shown);
}
