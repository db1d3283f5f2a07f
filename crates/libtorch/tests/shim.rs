//! The shim's promises: names from the graph, inference mode, generator states, errors as values.

use libtorch::{Generator, InferenceMode, grad_fn_name, inference_mode, is_inference};
use tch::{Device, Kind, Tensor, kind};

fn leaf() -> Tensor {
    Tensor::from_slice(&[1f32, -2., 3.]).set_requires_grad(true)
}

#[test]
fn grad_fn_names_come_from_the_graph() {
    let w = leaf();
    assert_eq!(grad_fn_name(&w).unwrap(), None);
    assert_eq!(grad_fn_name(&(&w + &w)).unwrap().as_deref(), Some("AddBackward0"));
    let ten = libtorch::number_i64(10).unwrap();
    assert_eq!(
        grad_fn_name(&(w.sum(Kind::Float) / &ten)).unwrap().as_deref(),
        Some("DivBackward0")
    );
    assert_eq!(grad_fn_name(&(w.sum(Kind::Float) / 10)).unwrap().as_deref(), Some("DivBackward1"));
    assert_eq!(grad_fn_name(&w.relu()).unwrap().as_deref(), Some("ReluBackward0"));
}

#[test]
fn a_python_number_leaves_the_dtype_alone() {
    let half = Tensor::from_slice(&[1f32]).to_kind(Kind::Half);
    let third = libtorch::number_f64(1. / 3.).unwrap();
    assert_eq!((&half * &third).kind(), Kind::Half);
}

#[test]
fn inference_mode_makes_inference_tensors_and_ends() {
    let w = leaf();
    let inside = inference_mode(|| Ok::<_, libtorch::Error>(&w * &w)).unwrap();
    assert!(is_inference(&inside).unwrap());
    assert!(!inside.requires_grad());
    let outside = &w * &w;
    assert!(!is_inference(&outside).unwrap() && outside.requires_grad());
}

#[test]
fn nested_inference_mode_ends_with_the_outermost_guard() {
    let outer = InferenceMode::enter().unwrap();
    drop(InferenceMode::enter().unwrap());
    assert!(is_inference(&Tensor::zeros([1], kind::FLOAT_CPU)).unwrap());
    drop(outer);
    assert!(!is_inference(&Tensor::zeros([1], kind::FLOAT_CPU)).unwrap());
}

#[test]
fn a_generator_repeats_itself_from_a_state() {
    let mut generator = Generator::new().unwrap();
    generator.manual_seed(7).unwrap();
    assert_eq!(generator.initial_seed().unwrap(), 7);
    let state = generator.get_state().unwrap();
    assert_eq!((state.kind(), state.size()), (Kind::Uint8, vec![5056]));
    let first = (generator.random_int64().unwrap(), generator.randperm(9).unwrap());
    generator.set_state(&state).unwrap();
    let second = (generator.random_int64().unwrap(), generator.randperm(9).unwrap());
    assert_eq!(first, second);
}

#[test]
fn system_seeds_differ() {
    let mut generator = Generator::new().unwrap();
    assert_ne!(generator.seed().unwrap(), generator.seed().unwrap());
}

#[test]
fn what_cpp_throws_is_an_error() {
    let mut generator = Generator::new().unwrap();
    let error = generator.set_state(&Tensor::zeros([3], (Kind::Uint8, Device::Cpu))).unwrap_err();
    assert_eq!(error.operation, "set_state");
    assert!(!error.message.is_empty());
    assert!(generator.randperm(-1).is_err());
    let (two, three) = (Tensor::zeros([2], kind::FLOAT_CPU), Tensor::zeros([3], kind::FLOAT_CPU));
    assert!(libtorch::add_(&two, &three, 1.).unwrap_err().to_string().contains("size"));
}

#[test]
fn a_cleared_gradient_is_undefined() {
    let w = leaf();
    (&w * &w).sum(Kind::Float).backward();
    let held = w.grad();
    libtorch::clear_grad(&w).unwrap();
    assert!(!w.grad().defined());
    assert_eq!(Vec::<f32>::try_from(&held).unwrap(), [2., -4., 6.]);
}

#[test]
fn the_library_in_use_is_known() {
    assert!(libtorch::library_path().unwrap().ends_with("libtorch_cpu.so"));
    assert!(["DEFAULT", "AVX2", "AVX512"].contains(&libtorch::cpu_capability().unwrap().as_str()));
    assert!(libtorch::stdout_was_open());
}
