//! The Python and the Rust that draw a hit again.

use crate::draw::{Arithmetic, Draw, Dtype, Kind, Library, LoaderEpoch};
use crate::grammar::Item;
use crate::search::Hit;

/// Programs that print what was printed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Reproduction {
    /// Python, with PyTorch or NumPy; the values are in the list `drawn`.
    pub python: String,
    /// Rust, with tch for PyTorch's draws and this crate for NumPy's.
    pub rust: String,
}

/// Writes the programs that draw `items` from a hit's seed and offset.
#[must_use]
pub fn reproduce(items: &[Item], library: Library, hit: &Hit) -> Reproduction {
    match library {
        Library::Torch => {
            Reproduction { python: torch_python(items, hit), rust: torch_rust(items, hit) }
        }
        Library::NumPy => {
            Reproduction { python: numpy_python(items, hit), rust: own_rust(items, library, hit) }
        }
        Library::Python => {
            Reproduction { python: python_python(items, hit), rust: own_rust(items, library, hit) }
        }
    }
}

/// The sizes as Python's functions take them; a tensor without dimensions has the size `()`.
fn shape(draw: &Draw) -> String {
    if draw.shape.is_empty() {
        return "()".into();
    }
    sizes(&draw.shape)
}

fn sizes(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn tuple(draw: &Draw) -> String {
    match draw.shape[..] {
        [one] => format!("({one},)"),
        _ => format!("({})", sizes(&draw.shape)),
    }
}

fn join(lines: &[String]) -> String {
    lines.join("\n")
}

/// Each step with the skipping of words before it merged into one.
fn steps(items: &[Item], offset: u64) -> Vec<Item> {
    let mut steps = vec![Item::SkippedWords(offset)];
    for item in items {
        match (item, steps.last_mut()) {
            (Item::SkippedWords(more), Some(Item::SkippedWords(words))) => *words += more,
            _ => steps.push(item.clone()),
        }
    }
    steps.retain(|step| *step != Item::SkippedWords(0));
    steps
}

fn torch_python(items: &[Item], hit: &Hit) -> String {
    let mut lines = vec!["import torch".to_owned()];
    if hit.arithmetic.is_default() {
        lines.insert(0, "# The values are those of a processor without AVX2; on others run with ATEN_CPU_CAPABILITY=default.".into());
    }
    if hit.arithmetic == Arithmetic::DefaultFused {
        lines.insert(1, "# They are those of version 2.13 of PyTorch, or a later one.".into());
    }
    lines.push(format!("torch.manual_seed({})", hit.seed));
    lines.push("drawn = []".into());
    for step in steps(items, hit.offset) {
        lines.push(match step {
            Item::SkippedWords(words) => {
                format!("torch.rand({words})  # {words} words thrown away")
            }
            Item::Skipped(draw) => torch_python_call(&draw),
            Item::Printed(draw, _) => match draw.kind {
                Kind::Linear { .. } | Kind::Layer { .. } => {
                    format!("drawn += {}.parameters()", torch_python_call(&draw))
                }
                _ => format!("drawn.append({})", torch_python_call(&draw)),
            },
        });
    }
    join(&lines)
}

fn torch_python_call(draw: &Draw) -> String {
    let dtype = if draw.kind.dtype() == Dtype::Float64 { ", dtype=torch.float64" } else { "" };
    let (shape, tuple) = (shape(draw), tuple(draw));
    match draw.kind {
        Kind::Rand { .. } => format!("torch.rand({shape}{dtype})"),
        Kind::Randn { .. } => format!("torch.randn({shape}{dtype})"),
        Kind::Uniform { low, high, .. } => {
            format!("torch.empty({tuple}{dtype}).uniform_({low}, {high})")
        }
        Kind::Normal { mean, std, .. } => {
            format!("torch.empty({tuple}{dtype}).normal_({mean}, {std})")
        }
        Kind::Randint { low, high } => format!("torch.randint({low}, {high}, {tuple})"),
        Kind::Linear { inputs, outputs, bias, .. } => {
            let bias = if bias { "" } else { ", bias=False" };
            format!("torch.nn.Linear({inputs}, {outputs}{bias}{dtype})")
        }
        Kind::Embedding { .. } => format!("torch.nn.Embedding({shape}{dtype}).weight"),
        Kind::Layer { layer, .. } => {
            format!("torch.nn.{}({}{dtype})", layer.class(), layer.arguments().join(", "))
        }
        Kind::Bernoulli { p, scale: 1.0, .. } => {
            format!("torch.empty({tuple}).bernoulli_({p})")
        }
        Kind::Bernoulli { p, .. } => {
            format!("torch.nn.functional.dropout(torch.ones({tuple}), {})", 1.0 - p)
        }
        Kind::Exponential { rate, .. } => {
            format!("torch.empty({tuple}{dtype}).exponential_({rate})")
        }
        Kind::Loader { .. } => loader_python(draw),
        _ => format!("torch.randperm({shape})"),
    }
}

/// A pass that draws what the version's loader draws, with any version of PyTorch.
fn loader_python(draw: &Draw) -> String {
    let n = draw.len();
    match draw.kind {
        Kind::Loader { shuffle: true, epoch: Some(epoch) } if epoch != LoaderEpoch::From1_9 => {
            format!("(torch.rand({}), torch.randperm({n}))[1]", epoch.seeds())
        }
        Kind::Loader { shuffle, .. } => {
            let shuffle = if shuffle { "True" } else { "False" };
            format!("torch.cat(list(torch.utils.data.DataLoader(range({n}), shuffle={shuffle})))")
        }
        _ => String::new(),
    }
}

fn torch_rust(items: &[Item], hit: &Hit) -> String {
    let mut lines = vec!["use tch::{Kind, Tensor};".to_owned()];
    if steps(items, hit.offset).iter().any(|step| matches!(step, Item::Skipped(d) | Item::Printed(d, _) if matches!(d.kind, Kind::Linear { .. }))) {
        lines.push("// tch's nn::linear draws the bias first; PyTorch's Linear draws the weight first, as here.".into());
    }
    lines.push(format!("tch::manual_seed({});", hit.seed));
    let mut names = 0;
    for step in steps(items, hit.offset) {
        match step {
            Item::SkippedWords(words) => lines.push(format!(
                "let _ = {}; // {words} words thrown away",
                tensor("rand", &words.to_string(), Dtype::Float32)
            )),
            Item::Skipped(draw) => lines
                .extend(torch_rust_calls(&draw).into_iter().map(|call| format!("let _ = {call};"))),
            Item::Printed(draw, _) => {
                for call in torch_rust_calls(&draw) {
                    names += 1;
                    lines.push(format!("let drawn_{names} = {call};"));
                }
            }
        }
    }
    join(&lines)
}

fn tensor(name: &str, shape: &str, dtype: Dtype) -> String {
    format!("Tensor::{name}([{shape}], (Kind::{}, tch::Device::Cpu))", tch_kind(dtype))
}

fn tch_kind(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Float32 => "Float",
        Dtype::Float64 => "Double",
        Dtype::Int64 => "Int64",
    }
}

fn torch_rust_calls(draw: &Draw) -> Vec<String> {
    let shape = if draw.shape.is_empty() { "0_i64; 0".into() } else { sizes(&draw.shape) };
    let dtype = draw.kind.dtype();
    let empty = |shape: &str| tensor("empty", shape, dtype);
    let one = match draw.kind {
        Kind::Rand { .. } => tensor("rand", &shape, dtype),
        Kind::Randn { .. } => tensor("randn", &shape, dtype),
        Kind::Uniform { low, high, .. } => format!("{}.uniform_({low:?}, {high:?})", empty(&shape)),
        Kind::Normal { mean, std, .. } => format!("{}.normal_({mean:?}, {std:?})", empty(&shape)),
        Kind::Randint { low, high } => format!(
            "Tensor::randint_low({low}, {high}, [{shape}], (Kind::Int64, tch::Device::Cpu))"
        ),
        Kind::Linear { inputs, outputs, bias, .. } => {
            let parts =
                [(format!("{outputs}, {inputs}"), 0), (outputs.to_string(), inputs * outputs)];
            return parts[..1 + usize::from(bias)]
                .iter()
                .map(|(shape, index)| {
                    let (low, high) = draw.kind.uniform(*index).unwrap_or((0.0, 1.0));
                    format!("{}.uniform_({low:?}, {high:?})", empty(shape))
                })
                .collect();
        }
        Kind::Embedding { .. } => tensor("randn", &shape, dtype),
        Kind::Layer { layer, .. } => {
            let mut at = 0;
            return layer
                .shapes()
                .iter()
                .map(|shape| {
                    let (low, high) = draw.kind.uniform(at).unwrap_or((0.0, 1.0));
                    at += shape.iter().product::<usize>();
                    format!("{}.uniform_({low:?}, {high:?})", empty(&sizes(shape)))
                })
                .collect();
        }
        Kind::Bernoulli { p, scale, .. } => {
            format!("{}.bernoulli_float_({p:?}) * {scale:?}", empty(&shape))
        }
        Kind::Exponential { rate, .. } => format!("{}.exponential_({rate:?})", empty(&shape)),
        Kind::Loader { shuffle, epoch } => {
            let n = draw.len();
            let epoch = epoch.unwrap_or(LoaderEpoch::From1_9);
            let order = format!("Tensor::randperm({n}, (Kind::Int64, tch::Device::Cpu))");
            let seeds = |words: u64| tensor("rand", &words.to_string(), Dtype::Float32);
            return match (shuffle, epoch) {
                (false, _) => vec![seeds(2)],
                (true, LoaderEpoch::From1_9) => vec![seeds(4)],
                (true, epoch) => vec![seeds(epoch.seeds()), order],
            };
        }
        _ => format!("Tensor::randperm({shape}, (Kind::Int64, tch::Device::Cpu))"),
    };
    vec![one]
}

fn numpy_python(items: &[Item], hit: &Hit) -> String {
    let mut lines = vec![
        "import numpy as np".to_owned(),
        format!("np.random.seed({})", hit.seed),
        "drawn = []".into(),
    ];
    for step in steps(items, hit.offset) {
        lines.push(match step {
            Item::SkippedWords(words) => {
                format!("np.random.randint(0, 2**32, size={words}, dtype=np.uint32)  # {words} words thrown away")
            }
            Item::Skipped(draw) => numpy_python_call(&draw),
            Item::Printed(draw, _) => format!("drawn.append({})", numpy_python_call(&draw)),
        });
    }
    join(&lines)
}

fn numpy_python_call(draw: &Draw) -> String {
    let (shape, tuple) = (shape(draw), tuple(draw));
    match draw.kind {
        Kind::NpUniform { low, high } => format!("np.random.uniform({low}, {high}, size={tuple})"),
        Kind::NpRandn => format!("np.random.randn({shape})"),
        Kind::NpNormal { loc, scale } => format!("np.random.normal({loc}, {scale}, size={tuple})"),
        Kind::NpRandint { low, high } => format!("np.random.randint({low}, {high}, size={tuple})"),
        Kind::NpPermutation => format!("np.random.permutation({shape})"),
        _ => format!("np.random.rand({shape})"),
    }
}

fn python_python(items: &[Item], hit: &Hit) -> String {
    let mut lines =
        vec!["import random".to_owned(), format!("random.seed({})", hit.seed), "drawn = []".into()];
    for step in steps(items, hit.offset) {
        lines.push(match step {
            Item::SkippedWords(words) => {
                format!("for _ in range({words}): random.getrandbits(32)  # words thrown away")
            }
            Item::Skipped(draw) => python_python_call(&draw, ""),
            Item::Printed(draw, _) => python_python_call(&draw, "drawn.append"),
        });
    }
    join(&lines)
}

fn python_python_call(draw: &Draw, with: &str) -> String {
    let n = draw.len();
    let one = match draw.kind {
        Kind::PyUniform { low, high } => format!("random.uniform({low}, {high})"),
        Kind::PyRandint { low, high } => format!("random.randint({low}, {high})"),
        Kind::PyShuffle => {
            return format!("order = list(range({n})); random.shuffle(order); {with}(order)");
        }
        _ => "random.random()".into(),
    };
    format!("{with}([{one} for _ in range({n})])")
}

fn own_rust(items: &[Item], library: Library, hit: &Hit) -> String {
    let words = match library {
        Library::Python => format!("Library::Python.words({}, {})", hit.seed, hit.offset),
        _ => format!("Mt19937::at({}, {})", hit.seed, hit.offset),
    };
    let seeded = if library == Library::Python { "Library" } else { "Mt19937" };
    let mut lines = vec![
        format!("use seed_recovery::{{Arithmetic, Draw, Generator, Kind, {seeded}}};"),
        format!("let words = {words};"),
        "let mut generator = Generator::new(words, Arithmetic::Default);".to_owned(),
    ];
    let mut names = 0;
    for step in steps(items, 0) {
        match step {
            Item::SkippedWords(words) => lines.push(format!("generator.skip({words});")),
            Item::Skipped(draw) => {
                lines.push(format!("let _ = generator.draw(&{});", own_rust_draw(&draw)))
            }
            Item::Printed(draw, _) => {
                names += 1;
                lines.push(format!(
                    "let drawn_{names} = generator.draw(&{});",
                    own_rust_draw(&draw)
                ));
            }
        }
    }
    join(&lines)
}

fn own_rust_draw(draw: &Draw) -> String {
    format!("Draw {{ kind: Kind::{:?}, shape: vec!{:?} }}", draw.kind, draw.shape)
}
