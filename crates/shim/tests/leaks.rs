//! No call through the shim leaves memory behind: the process does not grow over many of them.

use std::fs;

use shim::{Generator, InferenceMode, foreach};
use tch::{Device, Kind, Tensor, kind};

/// Resident memory, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// Every function of the shim that makes or takes anything, once, its failures included; what opens
/// libraries does so for good.
fn every_call(w: &Tensor) {
    let derived = w * w;
    assert!(shim::grad_fn_name(&derived).unwrap().is_some());
    assert!(shim::grad_fn_name(w).unwrap().is_none());
    assert!(!shim::is_inference(w).unwrap());
    derived.sum(Kind::Float).backward();
    shim::clear_grad(w).unwrap();
    drop(InferenceMode::enter().unwrap());
    assert!(!shim::cpu_capability().unwrap().is_empty());
    assert!(shim::library_path().unwrap().is_absolute());

    let plain = w.detach();
    let two = shim::number_f64(2.).unwrap() * shim::number_i64(1).unwrap();
    shim::add_(&plain, &shim::add(&plain, &two, 0.5).unwrap(), 0.).unwrap();
    let product = shim::addcmul(&plain, &plain, &plain, 0.).unwrap();
    shim::addcmul_(&plain, &product, &product, 0.).unwrap();
    shim::addcdiv_(&plain, &product, &product, 0.).unwrap();

    let list = [plain.shallow_clone(), product.shallow_clone()];
    foreach::add_(&foreach::add(&list, &list, 0.).unwrap(), &list, 0.).unwrap();
    foreach::addcmul_(&foreach::addcmul(&list, &list, &list, 0.).unwrap(), &list, &list, 0.)
        .unwrap();
    foreach::sqrt_(&foreach::sqrt(&foreach::neg(&list).unwrap()).unwrap()).unwrap();
    foreach::div_scalar_list_(&list, &[1., 1.]).unwrap();
    foreach::addcdiv_scalar_list_(&list, &list, &list, &[0., 0.]).unwrap();
    assert!(foreach::sqrt(&[]).is_err() && foreach::add_(&list, &list[..1], 1.).is_err());

    let generator = Generator::new().unwrap();
    generator.manual_seed(1).unwrap();
    generator.seed().unwrap();
    let state = generator.get_state().unwrap();
    generator.set_state(&state).unwrap();
    assert!(generator.initial_seed().unwrap() > 0);
    generator.random_int64().unwrap();
    assert_eq!(generator.clone().randperm(100).unwrap().size(), [100]);
    let means = generator.normal(0., 1., [4], Kind::Float).unwrap();
    let drawn = generator.normal_each(&means, 0.).unwrap();
    assert_eq!(drawn, means);
    let _ = generator.rand([3], Kind::Double).unwrap();
    let _ = generator.randint(0, 9, [3], Kind::Int64).unwrap();
    assert!(Generator::default_cpu().unwrap().get_state().is_ok());

    // What throws hands its text over, which is memory as well.
    assert!(generator.randperm(-1).is_err());
    assert!(generator.normal(0., -1., [4], Kind::Float).is_err());
    assert!(generator.set_state(&Tensor::zeros([3], (Kind::Uint8, Device::Cpu))).is_err());
    assert!(shim::add(&plain, &Tensor::zeros([5], kind::FLOAT_CPU), 1.).is_err());
}

#[test]
fn many_calls_do_not_grow_the_process() {
    tch::set_num_threads(1);
    let w = Tensor::from_slice(&[1f32, -2., 3.]).set_requires_grad(true);
    let repeat = |times| (0..times).for_each(|_| every_call(&w));
    // libtorch's caches and the allocator's arenas fill first.
    repeat(500);
    // The least growth of three: what else the process does may grow it once, a leak does always.
    let growth = || {
        let before = resident();
        repeat(2_000);
        resident().saturating_sub(before)
    };
    let grown = [growth(), growth(), growth()].into_iter().min().unwrap_or_default();
    // One generator's state, the largest thing made here, is 5056 bytes: leaking it alone would be
    // 10 MB; the smallest, a string or a tensor's handle, 32 bytes with malloc's overhead: 64 KB.
    assert!(grown <= 48 * 1024, "2000 rounds of every call grew the process by {grown} bytes");
}
