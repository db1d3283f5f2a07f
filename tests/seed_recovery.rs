//! What seed-recovery draws without libtorch has the bits that libtorch and NumPy's generator draw.

mod common;

use anyhow::{Result, ensure};
use common::generator_alone;
use common::python::skipped;
use seed_recovery::{
    Arithmetic, Draw, Dtype, Generator, Item, Kind, Mt19937, Values, draw_values, parse_items,
};
use tch::{Device, Kind as Element, Tensor};
use torch_exact::nn::{Linear, LinearOptions, Module};
use torch_exact::numpy::RandomState;
use torch_exact::random;

/// 250 seeds, the ends among them, and for each four offsets into its stream.
fn places() -> impl Iterator<Item = (u32, u64)> {
    let mut choice = RandomState::new(22);
    (0..1000).map(move |i| {
        let seed = match i / 4 {
            0 => 0,
            1 => u32::MAX,
            _ => (choice.random_sample(1)[0] * 2f64.powi(32)) as u32,
        };
        let offset = [0, 4, 620, 1245][i % 4] + (choice.random_sample(1)[0] * 700.) as u64;
        (seed, if i % 8 == 0 { 0 } else { offset })
    })
}

/// Puts libtorch's generator where seed-recovery starts to draw: a float32 takes one word.
fn at(seed: u32, offset: u64) -> Result<()> {
    random::manual_seed(u64::from(seed));
    let _thrown_away = random::rand([offset as i64])?;
    Ok(())
}

/// The tensor's bits, whatever its dtype.
fn bits(tensor: &Tensor) -> Result<Vec<u64>> {
    let flat = tensor.f_flatten(0, -1)?;
    Ok(match tensor.kind() {
        Element::Float => Vec::<f32>::try_from(flat)?.iter().map(|v| v.to_bits().into()).collect(),
        Element::Double => Vec::<f64>::try_from(flat)?.iter().map(|v| v.to_bits()).collect(),
        _ => Vec::<i64>::try_from(flat)?.iter().map(|&v| v as u64).collect(),
    })
}

fn bits_of(values: &Values) -> Vec<u64> {
    match values {
        Values::F32(values) => values.iter().map(|v| v.to_bits().into()).collect(),
        Values::F64(values) => values.iter().map(|v| v.to_bits()).collect(),
        Values::I64(values) => values.iter().map(|&v| v as u64).collect(),
    }
}

type Libtorch = fn() -> Result<Tensor>;

fn on_cpu(element: Element) -> (Element, Device) {
    (element, Device::Cpu)
}

/// Each kind of PyTorch's draws with what draws it.
fn torch_draws() -> Vec<(Draw, Libtorch)> {
    let draw = |kind, shape: &[usize]| Draw { kind, shape: shape.to_vec() };
    let (single, double) = (Dtype::Float32, Dtype::Float64);
    let (randint, linear) = (
        |low, high| Kind::Randint { low, high },
        |dtype, bias| Kind::Linear { inputs: 3, outputs: 5, bias, dtype },
    );
    vec![
        (draw(Kind::Rand { dtype: single }, &[20]), || Ok(random::rand([20])?)),
        (draw(Kind::Rand { dtype: double }, &[20]), || {
            Ok(Tensor::f_rand([20], on_cpu(Element::Double))?)
        }),
        (draw(Kind::Uniform { low: -3., high: 0.7, dtype: single }, &[9]), || {
            Ok(Tensor::f_empty([9], on_cpu(Element::Float))?.f_uniform_(-3., 0.7)?)
        }),
        (draw(Kind::Randn { dtype: single }, &[2, 3]), || Ok(random::randn([2, 3])?)),
        (draw(Kind::Randn { dtype: double }, &[5]), || {
            Ok(Tensor::f_randn([5], on_cpu(Element::Double))?)
        }),
        (draw(Kind::Normal { mean: 2., std: 0.5, dtype: single }, &[7]), || {
            Ok(Tensor::f_empty([7], on_cpu(Element::Float))?.f_normal_(2., 0.5)?)
        }),
        (draw(Kind::Randn { dtype: single }, &[37]), || Ok(random::randn([37])?)),
        (draw(randint(-10, 11), &[30]), || Ok(random::randint(-10, 11, [30], Element::Int64)?)),
        (draw(randint(0, 1 << 40), &[7]), || Ok(random::randint(0, 1 << 40, [7], Element::Int64)?)),
        (draw(Kind::Randperm, &[40]), || Ok(Tensor::f_randperm(40, on_cpu(Element::Int64))?)),
        (draw(linear(single, true), &[]), || layer(Element::Float, true)),
        (draw(linear(double, false), &[]), || layer(Element::Double, false)),
    ]
}

/// A layer's parameters in one row.
fn layer(dtype: Element, bias: bool) -> Result<Tensor> {
    let linear = Linear::with_options(3, 5, LinearOptions { bias, dtype })?;
    let flat: Vec<_> = linear.parameters().iter().map(|p| p.detach().flatten(0, -1)).collect();
    Ok(Tensor::f_cat(&flat, 0)?)
}

#[test]
fn draws_have_libtorchs_bits() -> Result<()> {
    let _alone = generator_alone();
    let arithmetic = match shim::cpu_capability()?.as_str() {
        "DEFAULT" => Arithmetic::Default,
        _ => Arithmetic::Avx2,
    };
    let draws = torch_draws();
    let mut compared = 0;
    for (seed, offset) in places() {
        for (draw, libtorch) in &draws {
            at(seed, offset)?;
            let (theirs, ours) = (bits(&libtorch()?)?, draw_values(seed, offset, draw, arithmetic));
            ensure!(bits_of(&ours) == theirs, "seed {seed}, offset {offset}, {draw:?}");
            compared += 1;
        }
    }
    println!("draws with libtorch's bits: {compared} of {compared}");
    Ok(())
}

/// What is printed for a hit is Rust that draws the hit's values: the program of the crate's own
/// test, compiled here, where there is tch.
#[test]
fn the_rust_printed_for_a_hit_draws_it_again() -> Result<()> {
    let _alone = generator_alone();
    const CASE: &str = "rand(3); rand(2,2,dtype=float64); skip 7; uniform(-1.5,2.5,3); \
        skip randn(2); randn(17); normal(1.5,0.25,20); randn(()); skip randint(-10,11,50); \
        linear(2,3); linear(3,1,bias=False); linear(1,1,dtype=float64); randint(0,9,(2,3)); \
        randperm(7)";
    if shim::cpu_capability()? == "DEFAULT" {
        skipped("the hit is one of ATen's AVX2 kernels, which this processor has not");
        return Ok(());
    }
    let tensors: Vec<Tensor> = include!("../crates/seed-recovery/tests/fixtures/torch_hit.rs");
    let mut generator = Generator::new(Mt19937::at(3_809_636_297, 668), Arithmetic::Avx2);
    let mut expected = vec![];
    for step in CASE.split(';').map(str::trim) {
        let call = step.trim_start_matches("skip ");
        for item in parse_items(&[format!("skip {call}")], None)? {
            match item {
                Item::Skipped(draw) => {
                    let values = bits_of(&generator.draw(&draw));
                    if call == step {
                        expected.extend(values);
                    }
                }
                Item::SkippedWords(words) => generator.skip(words),
                Item::Printed(..) => anyhow::bail!("{step}: nothing is printed here"),
            }
        }
    }
    let drawn = tensors.iter().map(bits).collect::<Result<Vec<_>>>()?.concat();
    ensure!(drawn.len() > 60 && drawn == expected, "the printed Rust draws something else");
    Ok(())
}

#[test]
fn draws_have_numpys_bits() -> Result<()> {
    let draw = |kind, n: usize| Draw { kind, shape: vec![n] };
    let mut compared = 0;
    for (seed, _) in places().step_by(4) {
        let numpy = || RandomState::new(seed);
        let f64s = |values: Vec<f64>| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let i64s = |values: Vec<i64>| values.iter().map(|&v| v as u64).collect::<Vec<_>>();
        let pairs = [
            (draw(Kind::NpRand, 9), f64s(numpy().rand(9))),
            (draw(Kind::NpRandn, 7), f64s(numpy().randn(7))),
            (draw(Kind::NpNormal { loc: 1.5, scale: 0.1 }, 8), f64s(numpy().normal(1.5, 0.1, 8)?)),
            (draw(Kind::NpUniform { low: -1., high: 3. }, 6), f64s(numpy().uniform(-1., 3., 6)?)),
            (draw(Kind::NpRandint { low: -5, high: 100 }, 9), i64s(numpy().randint(-5, 100, 9)?)),
            (draw(Kind::NpPermutation, 31), i64s(numpy().permutation(31))),
        ];
        for (draw, theirs) in pairs {
            let ours = draw_values(seed, 0, &draw, Arithmetic::Avx2);
            ensure!(bits_of(&ours) == theirs, "seed {seed}, {draw:?}");
            compared += 1;
        }
    }
    println!("draws with NumPy's bits: {compared} of {compared}");
    Ok(())
}
