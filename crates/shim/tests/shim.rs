//! The shim's promises: names from the graph, inference mode, generator states, errors as values.

use shim::{Generator, InferenceMode, foreach, grad_fn_name, is_inference};
use tch::{Device, Kind, Tensor, kind};

fn leaf() -> Tensor {
    Tensor::from_slice(&[1f32, -2., 3.]).set_requires_grad(true)
}

#[test]
fn grad_fn_names_come_from_the_graph() {
    let w = leaf();
    assert_eq!(grad_fn_name(&w).unwrap(), None);
    assert_eq!(grad_fn_name(&(&w + &w)).unwrap().as_deref(), Some("AddBackward0"));
    let ten = shim::number_i64(10).unwrap();
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
    let third = shim::number_f64(1. / 3.).unwrap();
    assert_eq!((&half * &third).kind(), Kind::Half);
}

#[test]
fn inference_mode_makes_inference_tensors_and_ends() {
    let w = leaf();
    let mode = InferenceMode::enter().unwrap();
    let inside = &w * &w;
    drop(mode);
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
    let generator = Generator::new().unwrap();
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
    let generator = Generator::new().unwrap();
    assert_ne!(generator.seed().unwrap(), generator.seed().unwrap());
}

#[test]
fn what_cpp_throws_is_an_error() {
    let generator = Generator::new().unwrap();
    let error = generator.set_state(&Tensor::zeros([3], (Kind::Uint8, Device::Cpu))).unwrap_err();
    assert_eq!(error.operation, "set_state");
    assert!(!error.message.is_empty());
    assert!(generator.randperm(-1).is_err());
    let (two, three) = (Tensor::zeros([2], kind::FLOAT_CPU), Tensor::zeros([3], kind::FLOAT_CPU));
    assert!(shim::add_(&two, &three, 1.).unwrap_err().to_string().contains("size"));
}

#[test]
fn a_cleared_gradient_is_undefined() {
    let w = leaf();
    (&w * &w).sum(Kind::Float).backward();
    let held = w.grad();
    shim::clear_grad(&w).unwrap();
    assert!(!w.grad().defined());
    assert_eq!(Vec::<f32>::try_from(&held).unwrap(), [2., -4., 6.]);
}

#[test]
fn the_library_in_use_is_known() {
    assert!(shim::library_path().unwrap().ends_with("libtorch_cpu.so"));
    assert!(["DEFAULT", "AVX2", "AVX512"].contains(&shim::cpu_capability().unwrap().as_str()));
}

/// Two tensors of other shapes and values, above 0.
fn two(first: f32) -> [Tensor; 2] {
    let tensor = |n: i64| (Tensor::arange(n, kind::FLOAT_CPU) * 0.37 + f64::from(first)).sqrt();
    [tensor(5), tensor(12).reshape([3, 4])]
}

/// The result of an operation that makes no tensors.
fn in_place(result: Result<(), shim::Error>) -> Option<Vec<Tensor>> {
    result.unwrap();
    None
}

/// On the CPU, an operation on a list is the one on each tensor, and in place where its name says so.
#[test]
fn operations_on_lists_are_those_on_each_tensor() {
    type OnLists = fn(&[Tensor], &[Tensor], &[Tensor]) -> Option<Vec<Tensor>>;
    /// The operation on one tensor of each list; the last is the number that is its own.
    type OnEach = fn(&Tensor, &Tensor, &Tensor, f64) -> Tensor;
    let own = [0.3, 0.7];
    let add: OnEach = |x, a, _, _| shim::add(x, a, 0.3).unwrap();
    let addcmul: OnEach = |x, a, b, _| shim::addcmul(x, a, b, 0.3).unwrap();
    let addcdiv: OnEach = |x, a, b, own| {
        let x = x.copy();
        shim::addcdiv_(&x, a, b, own).unwrap();
        x
    };
    let operations: [(&str, OnLists, OnEach); 14] = [
        ("add_", |x, a, _| in_place(foreach::add_(x, a, 0.3)), add),
        ("add", |x, a, _| foreach::add(x, a, 0.3).ok(), add),
        ("add_scalar_", |x, _, _| in_place(foreach::add_scalar_(x, 0.3)), |x, _, _, _| x + 0.3),
        ("mul_scalar_", |x, _, _| in_place(foreach::mul_scalar_(x, 0.3)), |x, _, _, _| x * 0.3),
        (
            "div_scalar_list_",
            |x, _, _| in_place(foreach::div_scalar_list_(x, &[0.3, 0.7])),
            |x, _, _, own| x / own,
        ),
        ("lerp_", |x, a, _| in_place(foreach::lerp_(x, a, 0.3)), |x, a, _, _| x.lerp(a, 0.3)),
        ("addcmul_", |x, a, b| in_place(foreach::addcmul_(x, a, b, 0.3)), addcmul),
        ("addcmul", |x, a, b| foreach::addcmul(x, a, b, 0.3).ok(), addcmul),
        (
            "addcdiv_",
            |x, a, b| in_place(foreach::addcdiv_(x, a, b, 0.3)),
            |x, a, b, _| {
                let x = x.copy();
                shim::addcdiv_(&x, a, b, 0.3).unwrap();
                x
            },
        ),
        (
            "addcdiv_scalar_list_",
            |x, a, b| in_place(foreach::addcdiv_scalar_list_(x, a, b, &[0.3, 0.7])),
            addcdiv,
        ),
        ("maximum_", |x, _, b| in_place(foreach::maximum_(x, b)), |x, _, b, _| x.maximum(b)),
        ("sqrt_", |x, _, _| in_place(foreach::sqrt_(x)), |x, _, _, _| x.sqrt()),
        ("sqrt", |x, _, _| foreach::sqrt(x).ok(), |x, _, _, _| x.sqrt()),
        ("neg", |x, _, _| foreach::neg(x).ok(), |x, _, _, _| -x),
    ];
    for (name, on_lists, on_each) in operations {
        let (before, x, a, b) = (two(2.), two(2.), two(1.5), two(3.));
        let new = on_lists(&x, &a, &b);
        assert_eq!(new.is_none(), name.ends_with('_'), "{name}");
        for i in 0..2 {
            let expected = on_each(&before[i], &a[i], &b[i], own[i]);
            let got = new.as_ref().map_or(&x[i], |new| &new[i]);
            assert!(got.equal(&expected) && !got.equal(&before[i]), "{name}: {got:?}");
            assert!(new.is_none() || x[i].equal(&before[i]), "{name} changed its input");
        }
    }
}

#[test]
fn lists_that_do_not_fit_are_refused() {
    let (x, a) = (two(2.), two(1.));
    let said = |error: shim::Error| error.to_string();
    assert_eq!(
        said(foreach::add_(&x, &a[..1], 1.).unwrap_err()),
        "libtorch, _foreach_add_: the lists have lengths 2 and 1"
    );
    assert_eq!(
        said(foreach::div_scalar_list_(&x, &[1.]).unwrap_err()),
        "libtorch, _foreach_div_: the lists have lengths 2 and 1"
    );
    assert!(foreach::add_(&x, &[], 1.).is_err() && foreach::sqrt(&[]).is_err());
    let shapes = [Tensor::zeros([3], kind::FLOAT_CPU), Tensor::zeros([3], kind::FLOAT_CPU)];
    assert!(foreach::add_(&x, &shapes, 1.).is_err());
}

/// A small batch is copied, a large one selected, and neither tells.
#[test]
fn rows_are_gathered_as_index_select_does() {
    let order = Tensor::from_slice(&[4_i64, 0, 3, 3, 1]);
    let numbers = |size: &[i64]| {
        let count: i64 = size.iter().product();
        Tensor::arange(count, (Kind::Float, Device::Cpu)).reshape(size)
    };
    let (wide, scalars) = (numbers(&[5, 9_000]), numbers(&[5]));
    for t in [
        numbers(&[5, 3, 2]),
        numbers(&[5, 1]).to_kind(Kind::Double),
        numbers(&[5, 2]).to_kind(Kind::Bool),
        numbers(&[5, 2]).to_kind(Kind::ComplexFloat).conj(),
        numbers(&[5, 0]),
        wide,
        scalars.shallow_clone(),
    ] {
        for (start, len) in [(0, 5), (1, 3), (5, 0)] {
            let [rows, again] = shim::gather_rows([&t, &scalars], &order, start, len)
                .unwrap()
                .expect("contiguous tensors without gradients");
            let expected = t.index_select(0, &order.narrow(0, start, len));
            assert_eq!((rows.size(), rows.kind()), (expected.size(), expected.kind()));
            assert_eq!((rows.stride(), rows.equal(&expected)), (expected.stride(), true));
            assert!(again.equal(&scalars.index_select(0, &order.narrow(0, start, len))));
        }
    }
    let beyond = Tensor::from_slice(&[0_i64, 5]);
    let refused = shim::gather_rows([&scalars], &beyond, 0, 2).unwrap_err();
    assert!(refused.to_string().contains("out of range"), "{refused}");
    assert!(shim::gather_rows([&scalars], &order, 3, 3).is_err());
    assert!(shim::gather_rows([&numbers(&[2, 5]).tr()], &order, 0, 2).unwrap().is_none());
    let learned = numbers(&[5]).set_requires_grad(true);
    assert!(shim::gather_rows([&learned], &order, 0, 2).unwrap().is_none());
}
