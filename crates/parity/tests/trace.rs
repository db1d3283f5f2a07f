//! A trace holds what was recorded, when it was recorded, or there is no file.

mod common;

use std::fs;

use parity::trace::{Error, Manifest, Trace, TraceFile};
use safetensors::Dtype;
use tch::{Device, Kind, Tensor};

fn recorded(tensors: &[(&str, Tensor)]) -> TraceFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.safetensors");
    let mut trace = Trace::create(&path, Manifest::new()).unwrap();
    for (name, tensor) in tensors {
        trace.record(name, tensor).unwrap();
    }
    trace.finish().unwrap();
    TraceFile::read(path).unwrap()
}

#[test]
fn every_dtype_keeps_its_bytes() {
    let kinds = [
        (Kind::Bool, Dtype::BOOL),
        (Kind::Uint8, Dtype::U8),
        (Kind::Int8, Dtype::I8),
        (Kind::Int16, Dtype::I16),
        (Kind::Int, Dtype::I32),
        (Kind::Int64, Dtype::I64),
        (Kind::Half, Dtype::F16),
        (Kind::BFloat16, Dtype::BF16),
        (Kind::Float, Dtype::F32),
        (Kind::Double, Dtype::F64),
        (Kind::ComplexFloat, Dtype::C64),
        (Kind::Float8e5m2, Dtype::F8_E5M2),
        (Kind::Float8e4m3fn, Dtype::F8_E4M3),
    ];
    for (kind, dtype) in kinds {
        // Bytes that hold NaN payloads, -0.0 and infinities in the narrower kinds; only 0 and 1 are
        // bools.
        let bytes: Vec<u8> = match kind {
            Kind::Bool => (0..6).map(|i| i % 2).collect(),
            _ => (0..6 * kind.elt_size_in_bytes()).map(|i| (i * 37 + 0x7f) as u8).collect(),
        };
        let tensor = Tensor::from_data_size(&bytes, &[2, 3], kind);
        let scalar = tensor.get(0).get(0);
        let empty = Tensor::zeros([3, 0, 2], (kind, Device::Cpu));
        let file = recorded(&[("full", tensor), ("scalar", scalar), ("empty", empty)]);
        assert_eq!(file.dtype("full"), Some(dtype));
        assert_eq!(file.shape("full"), Some(&[2, 3][..]));
        assert_eq!(file.bytes("full"), Some(bytes.as_slice()), "{kind:?}");
        assert_eq!(file.shape("scalar"), Some(&[][..]));
        assert_eq!(file.bytes("scalar"), Some(&bytes[..kind.elt_size_in_bytes()]));
        assert_eq!(file.shape("empty"), Some(&[3, 0, 2][..]));
        assert_eq!(file.bytes("empty"), Some(&[][..]));
    }
}

#[test]
fn a_recorded_tensor_is_a_copy_of_that_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.safetensors");
    let mut trace = Trace::create(&path, Manifest::new()).unwrap();
    let mut weight = Tensor::ones([2], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    for epoch in 0..2_u32 {
        trace.step(epoch);
        trace.record("weight", &weight).unwrap();
        let _ = tch::no_grad(|| weight.fill_(5.0));
    }
    trace.finish().unwrap();
    let file = TraceFile::read(path).unwrap();
    assert_eq!(file.bytes("00000/weight"), Some([1.0_f32; 2].map(f32::to_le_bytes).as_flattened()));
    assert_eq!(file.bytes("00001/weight"), Some([5.0_f32; 2].map(f32::to_le_bytes).as_flattened()));
}

#[test]
fn views_are_recorded_as_they_read() {
    let base = Tensor::from_slice(&[1_u8, 2, 3, 4, 5, 6]).view([2, 3]);
    let conjugate = Tensor::complex(&Tensor::from(1.0_f32), &Tensor::from(2.0_f32)).conj();
    let file = recorded(&[
        ("transposed", base.transpose(0, 1)),
        ("expanded", base.get(0).expand([2, 3], false)),
        ("conjugate", conjugate),
    ]);
    assert_eq!(file.bytes("transposed"), Some(&[1, 4, 2, 5, 3, 6][..]));
    assert_eq!(file.bytes("expanded"), Some(&[1, 2, 3, 1, 2, 3][..]));
    assert_eq!(file.bytes("conjugate"), Some([1.0_f32, -2.0].map(f32::to_le_bytes).as_flattened()));
}

#[test]
fn steps_become_prefixes_in_order_of_recording() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.safetensors");
    let mut trace = Trace::create(&path, Manifest::new().with("seed", 42)).unwrap();
    let x = Tensor::from(1.0);
    trace.record("z", &x).unwrap();
    trace.step(42_u32);
    trace.record("loss", &x).unwrap();
    trace.step((42_usize, 3_usize));
    trace.record("loss", &x).unwrap();
    trace.step(("model_0", 7_i64));
    trace.record("loss", &x).unwrap();
    trace.step(());
    trace.record("a", &x).unwrap();
    trace.finish().unwrap();
    let file = TraceFile::read(path).unwrap();
    assert_eq!(file.order(), ["z", "00042/loss", "00042/00003/loss", "model_0/00007/loss", "a"]);
    assert_eq!(file.manifest(), &Manifest::new().with("seed", 42));
}

#[test]
fn a_trace_that_is_off_does_nothing() {
    let mut trace = Trace::off();
    assert!(!trace.is_on());
    trace.step(1_u32);
    // Neither the repeated name nor the undefined tensor is even looked at.
    trace.record("x", &Tensor::new()).unwrap();
    trace.record("x", &Tensor::new()).unwrap();
    trace.finish().unwrap();
    assert_eq!(size_of::<Trace>(), size_of::<usize>());
}

#[test]
fn what_cannot_be_recorded_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut trace = Trace::create(folder.path().join("trace"), Manifest::new()).unwrap();
    let x = Tensor::from(1.0);
    trace.step(3_u32);
    trace.record("loss", &x).unwrap();
    let repeated = trace.record("loss", &x).unwrap_err();
    assert!(
        matches!(&repeated, Error::RepeatedName { name } if name == "00003/loss"),
        "{repeated}"
    );
    let nothing = trace.record("grad", &Tensor::new()).unwrap_err();
    assert!(matches!(&nothing, Error::Undefined { name } if name == "00003/grad"), "{nothing}");
    let complex = Tensor::zeros([1], (Kind::ComplexDouble, Device::Cpu));
    let kind = trace.record("z", &complex).unwrap_err();
    assert!(matches!(&kind, Error::UnsupportedKind { kind: Kind::ComplexDouble, .. }), "{kind}");
    assert!(matches!(trace.record("", &x), Err(Error::BadName { .. })));
    trace.step(());
    assert!(matches!(trace.record("__metadata__", &x), Err(Error::BadName { .. })));
}

#[test]
fn a_run_that_fails_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.safetensors");
    fs::write(&path, "an earlier run's").unwrap();
    let mut trace = Trace::create(&path, Manifest::new()).unwrap();
    trace.record("x", &Tensor::from(1.0)).unwrap();
    drop(trace);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_finished_trace_is_one_file_that_others_may_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.safetensors");
    fs::write(folder.path().join("plain"), "").unwrap();
    Trace::create(&path, Manifest::new()).unwrap().finish().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(path), mode(folder.path().join("plain")));
}

#[test]
fn a_place_that_cannot_take_the_file_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let created = |path: std::path::PathBuf| Trace::create(path, Manifest::new()).map(|_| ());
    let absent = created(folder.path().join("absent/trace")).unwrap_err();
    assert!(matches!(absent, Error::NoFolder { .. }), "{absent}");
    let taken = created(folder.path().to_path_buf()).unwrap_err();
    assert!(matches!(taken, Error::NotAFile { .. }), "{taken}");
    let device = created("/dev/null".into()).unwrap_err();
    assert!(matches!(device, Error::NotAFile { .. }), "{device}");
}

#[test]
fn the_manifest_describes_the_process() {
    let manifest = Manifest::of_process(Device::Cpu);
    let value = |key| manifest.get(key).unwrap_or_else(|| panic!("no {key}"));
    assert_eq!(value("device"), "cpu");
    assert_eq!(value("threads"), tch::get_num_threads().to_string());
    assert!(value("libtorch").starts_with(shim::versions::PYTORCH), "{}", value("libtorch"));
    assert!(["DEFAULT", "AVX2", "AVX512"].contains(&value("cpu_capability")));
    assert_eq!(Manifest::of_process(Device::Cuda(3)).get("device"), Some("cuda:3"));
}
