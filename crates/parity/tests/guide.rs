//! The programs of the crate's page compute the same bits.

mod common;

#[path = "../guide/port.rs"]
mod port;

use std::path::Path;
use std::process::Command;

use common::{checkout, python, stderr, stdout};
use parity::{TraceFile, Verdict, compare};

#[test]
fn the_port_is_identical_to_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let printed = port::run(path("rust").to_str().unwrap()).unwrap();
    let Some(python) = python() else {
        println!("SKIPPED: no Python with PyTorch and safetensors");
        return;
    };
    let run = |name: &str| {
        let output = Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("guide").join(name))
            .args(["--trace".as_ref(), path("python").as_os_str()])
            .env("PYTHONPATH", checkout().join("scripts/reference"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(run("script.py"), format!("{printed}\n"));
    assert_eq!(run("recorded.py"), format!("{printed}\n"));
    let (rust, python) =
        (TraceFile::read(path("rust")).unwrap(), TraceFile::read(path("python")).unwrap());
    let comparison = compare(&rust, &python);
    assert_eq!(comparison.verdict, Verdict::Identical, "{comparison}");
    assert_eq!(comparison.compared, 503);
}
