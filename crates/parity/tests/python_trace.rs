//! scripts/reference/fuzz/tensor_trace.py and `Trace` write the same file.

mod common;

use std::process::Command;

use common::{checkout, python};
use parity::Verdict;
use parity::trace::{Manifest, Trace, TraceFile, compare};
use tch::{Device, Kind, Tensor};

const PROGRAM: &str = r#"
import sys, torch
from tensor_trace import Trace, process_manifest, recorded_flags
manifest = process_manifest("cpu") | {"seed": "7", "flags": recorded_flags(sys.argv[2:])}
trace = Trace.create(sys.argv[1], manifest)
torch.manual_seed(7)
for dtype in [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16,
              torch.bfloat16, torch.float32, torch.float64, torch.complex64]:
    x = (torch.randn(3, 4) * 3).to(dtype)
    trace.record(str(dtype), x.t())
    trace.record(f"{dtype} empty", x[:0])
trace.record("special", torch.tensor([float("nan"), -0.0, float("inf"), -float("inf")]))
w = torch.ones(2)
for epoch in range(3):
    for batch in range(2):
        trace.step("model_0", epoch, batch)
        trace.record("w", w)
        w += torch.rand(2)
trace.step()
trace.record("indices", [2, 0, 1])
off = Trace.off()
off.record("x", None)
off.finish()
trace.finish()
"#;

fn record(path: &std::path::Path, flags: &[String]) {
    let manifest = Manifest::of_process(Device::Cpu).with("seed", 7).with_flags(flags.to_vec());
    let mut trace = Trace::create(path, manifest).unwrap();
    tch::manual_seed(7);
    let kinds = [
        ("torch.bool", Kind::Bool),
        ("torch.uint8", Kind::Uint8),
        ("torch.int8", Kind::Int8),
        ("torch.int16", Kind::Int16),
        ("torch.int32", Kind::Int),
        ("torch.int64", Kind::Int64),
        ("torch.float16", Kind::Half),
        ("torch.bfloat16", Kind::BFloat16),
        ("torch.float32", Kind::Float),
        ("torch.float64", Kind::Double),
        ("torch.complex64", Kind::ComplexFloat),
    ];
    for (name, kind) in kinds {
        let x = (Tensor::randn([3, 4], (Kind::Float, Device::Cpu)) * 3).to_kind(kind);
        trace.record(name, &x.tr()).unwrap();
        trace.record(&format!("{name} empty"), &x.slice(0, 0, 0, 1)).unwrap();
    }
    trace
        .record("special", &Tensor::from_slice(&[f32::NAN, -0.0, f32::INFINITY, -f32::INFINITY]))
        .unwrap();
    let mut w = Tensor::ones([2], (Kind::Float, Device::Cpu));
    for epoch in 0..3_u32 {
        for batch in 0..2_u32 {
            trace.step(("model_0", epoch, batch));
            trace.record("w", &w).unwrap();
            w += Tensor::rand([2], (Kind::Float, Device::Cpu));
        }
    }
    trace.step(());
    trace.record("indices", &Tensor::from_slice(&[2_i64, 0, 1])).unwrap();
    trace.finish().unwrap();
}

#[test]
fn rust_and_python_record_the_same() {
    let Some(python) = python() else {
        println!("SKIPPED: no Python with PyTorch and safetensors");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (rust_path, python_path) = (folder.path().join("rust"), folder.path().join("python"));
    let flags = ["--lr", "0.5", "--trace=x"].map(String::from);
    record(&rust_path, &flags);
    let output = Command::new(python)
        .args(["-c", PROGRAM])
        .arg(&python_path)
        .args(&flags)
        .env("PYTHONPATH", checkout().join("scripts/reference/fuzz"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", common::stderr(&output));
    let (rust, python) =
        (TraceFile::read(rust_path).unwrap(), TraceFile::read(python_path).unwrap());
    let comparison = compare(&rust, &python);
    assert_eq!(comparison.verdict, Verdict::Identical, "{comparison}");
    assert_eq!(comparison.compared, 30);
    assert_eq!(rust.order(), python.order());
    // Threads are one of the things two languages may decide differently by default.
    let differing: Vec<_> = comparison.manifest.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(differing, ["frontend"], "{comparison}");
}

#[test]
fn the_python_trace_refuses_what_the_rust_one_refuses() {
    let Some(python) = python() else {
        println!("SKIPPED: no Python with PyTorch and safetensors");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let program = r#"
import sys, torch
from pathlib import Path
from tensor_trace import Trace

def refused(kind, action):
    try:
        action()
    except kind:
        return
    sys.exit(f"not refused: {kind}")

folder = Path(sys.argv[1])
path = folder / "trace"
path.write_text("an earlier run's")
trace = Trace.create(path, {})
assert not path.exists()
trace.record("x", torch.ones(1))
refused(ValueError, lambda: trace.record("x", torch.ones(1)))
refused(ValueError, lambda: trace.record("grad", None))
refused(ValueError, lambda: trace.record("", torch.ones(1)))
refused(ValueError, lambda: trace.record("__metadata__", torch.ones(1)))
refused(FileNotFoundError, lambda: Trace.create(folder / "absent" / "trace", {}))
refused(FileExistsError, lambda: Trace.create(folder, {}))
refused(FileExistsError, lambda: Trace.create("/dev/null", {}))
assert list(folder.iterdir()) == []
trace.finish()
assert list(folder.iterdir()) == [path]
"#;
    let output = Command::new(python)
        .args(["-c", program])
        .arg(folder.path())
        .env("PYTHONPATH", checkout().join("scripts/reference/fuzz"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", common::stderr(&output));
}
