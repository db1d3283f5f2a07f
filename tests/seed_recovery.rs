//! What seed-recovery draws without libtorch has the bits that libtorch and NumPy's generator draw.

#[path = "seed_recovery/reproduce.rs"]
mod reproduce;

use anyhow::{Result, bail, ensure};
use common::golden::live_and_golden;
use seed_recovery::{
    Arithmetic, Draw, Dtype, Generator, Item, Kind, Library, Mt19937, Scalar, Values, Words,
    draw_values, parse_items,
};
use serde::Deserialize;
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

/// The values as they lie in memory, little-endian.
fn bytes(values: &Values) -> Vec<u8> {
    let of = |value| match value {
        Scalar::F32(v) => v.to_le_bytes().to_vec(),
        Scalar::F64(v) => v.to_le_bytes().to_vec(),
        Scalar::I64(v) => v.to_le_bytes().to_vec(),
    };
    values.iter().flat_map(of).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
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
    let _seeded = random::with_seed(0)?;
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

/// A sequence of draws, drawn by Python from each of [`generators`].
#[derive(Deserialize)]
struct Sequence {
    draws: String,
    arithmetic: Arithmetic,
    /// FNV-1a of all the bytes.
    hash: String,
    /// The first generators' bytes, or, where Python is asked now, every one's.
    #[serde(alias = "all")]
    first: Vec<String>,
}

/// The seeds and offsets of the Python script.
fn generators() -> Vec<(u32, u64)> {
    let mut words = Mt19937::new(20_240_607);
    let mut pairs: Vec<_> =
        (0..998).map(|_| (words.word(), u64::from(words.word() % 3000))).collect();
    pairs.extend([(0, 0), (u32::MAX, 623)]);
    pairs
}

/// Whose generator draws a sequence.
fn library_of(draws: &str) -> Library {
    match draws {
        _ if draws.starts_with("random.") => Library::Python,
        _ if draws.contains("np.") || draws.starts_with("make_") => Library::NumPy,
        _ => Library::Torch,
    }
}

/// How many bytes of a call's values Python sees: none of scikit-learn's own draws, and of `choice`
/// without replacement the first five.
fn seen(call: &str, bytes: usize) -> usize {
    match call {
        _ if call.starts_with("make_") => 0,
        "np.choice(20,5,replace=False)" => 5 * 8,
        _ => bytes,
    }
}

/// Draws each line's sequence again; returns how many sequences were drawn.
fn compare(sequences: &[Sequence]) -> Result<usize> {
    let mut compared = 0;
    for Sequence { draws, arithmetic, hash, first } in sequences {
        let arithmetic = *arithmetic;
        let mut fnv = 0xcbf2_9ce4_8422_2325_u64;
        let read = |call: &str| -> Result<(String, Vec<Item>)> {
            Ok((call.to_owned(), parse_items(&[format!("skip {call}")], None)?))
        };
        let items: Vec<_> = draws.split(';').map(read).collect::<Result<_>>()?;
        for (i, (seed, offset)) in generators().into_iter().enumerate() {
            let words = library_of(draws).words(seed, offset);
            let mut generator = Generator::new(words, arithmetic);
            let mut drawn = vec![];
            for (call, items) in &items {
                for item in items {
                    match item {
                        Item::SkippedWords(words) => generator.skip(*words),
                        Item::Skipped(draw) => {
                            let values = bytes(&generator.draw(draw));
                            // A call that stands for several draws is only skipped.
                            let seen = seen(call, values.len());
                            drawn.extend_from_slice(&values[..seen]);
                        }
                        item => bail!("{item:?} is no draw"),
                    }
                }
            }
            if let Some(theirs) = first.get(i) {
                let ours = hex(&drawn);
                ensure!(
                    &ours == theirs,
                    "{draws} at {seed}, {offset}, {arithmetic:?}: {ours}, Python {theirs}"
                );
            }
            fnv = drawn
                .iter()
                .fold(fnv, |fnv, &byte| (fnv ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            compared += 1;
        }
        ensure!(
            format!("{fnv:016x}") == *hash,
            "{draws}, {arithmetic:?}: not all that Python drew"
        );
    }
    Ok(compared)
}

#[test]
fn sequences_have_pythons_bits() -> Result<()> {
    if shim::cpu_capability()? == "DEFAULT" || cfg!(not(target_env = "gnu")) {
        // Logarithm, sine and cosine are the C library's, whose last bit depends on FMA.
        common::python::skipped("the sequences were drawn with glibc on a processor with FMA");
        return Ok(());
    }
    let (live, golden) = live_and_golden("seed_recovery", "torch, numpy")?;
    compare(&golden)?;
    if let Some(live) = live {
        let compared = compare(&live)?;
        println!("sequences of draws with Python's bits: {compared} of {compared}");
    }
    Ok(())
}

/// Version 2.13 is not the one that the other tests run with; its golden is recorded by the same
/// script, with a Python that has it.
#[test]
fn sequences_have_the_bits_of_pytorch_2_13() -> Result<()> {
    if shim::cpu_capability()? == "DEFAULT" || cfg!(not(target_env = "gnu")) {
        common::python::skipped("the sequences of version 2.13 were drawn on a processor with FMA");
        return Ok(());
    }
    let golden = include_str!("seed_recovery/pytorch_2.13.jsonl");
    ensure!(golden.contains("defaultfused"), "2.13's arithmetic is not there");
    let lines = golden.lines().filter(|line| line.starts_with(r#"{"draws""#));
    let sequences: Vec<Sequence> = lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
    let compared = compare(&sequences)?;
    println!("sequences of draws with the bits of version 2.13: {compared} of {compared}");
    Ok(())
}
