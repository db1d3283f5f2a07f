//! Calls that draw, as a user writes them: `rand(100)`, `torch.randn(2, 3)`, `np.random.randint(0, 9, size=5)`.

use super::arguments::{Argument, Arguments, Read, check_values};
use super::layers;
use crate::draw::{Draw, Kind, LoaderEpoch};
use crate::error::{Error, Result};

/// A call that was read.
pub(crate) struct Call {
    /// What draws.
    pub kind: Kind,
    /// The shape; `None` where the call leaves it open.
    pub shape: Option<Vec<usize>>,
    /// How many of the values are seen: all, but for `choice` without replacement.
    pub seen: Option<usize>,
    /// Whether it draws from a generator of its own, `generator=g`.
    pub own_generator: bool,
}

/// Reads a call.
pub(crate) fn parse(text: &str) -> Result<Call> {
    let text = text.trim();
    read(text).map_err(|reason| Error::Call { text: text.to_owned(), reason })
}

impl Call {
    /// The draw of a call whose shape is written out, as after `skip`.
    pub(crate) fn closed(self, text: &str) -> Result<Draw> {
        match self.shape {
            Some(shape) => Ok(Draw { kind: self.kind, shape }),
            None if self.kind.is_layer() => Ok(Draw { kind: self.kind, shape: Vec::new() }),
            None => Err(Error::Call {
                text: text.trim().to_owned(),
                reason: "its shape is missing".into(),
            }),
        }
    }
}

/// The name of a call and the text between its parentheses.
pub(super) fn parts(text: &str) -> Read<(String, &str)> {
    let (name, arguments) = match text.split_once('(') {
        Some((name, rest)) => {
            (name, rest.strip_suffix(')').ok_or("its last parenthesis is missing")?)
        }
        None => (text, ""),
    };
    Ok((canonical(name.trim()), arguments))
}

fn read(text: &str) -> Read<Call> {
    let (name, rest) = parts(text)?;
    let mut arguments = Arguments::new(rest)?;
    let own_generator = arguments.take("generator").is_some_and(|value| value != "None");
    let (kind, seen) = kind(&name, &mut arguments)?;
    if kind.is_order() && arguments.positional.len() > 1 {
        return Err("an order takes one number".into());
    }
    let shape = if kind.is_layer() { None } else { arguments.shape()? };
    Ok(Call { kind, shape, seen, own_generator })
}

fn kind(name: &str, arguments: &mut Arguments) -> Read<(Kind, Option<usize>)> {
    let kind = match name {
        "linear" => layers::linear(arguments)?,
        "rnn" => layers::recurrent(1, arguments)?,
        "gru" => layers::recurrent(3, arguments)?,
        "lstm" => layers::recurrent(4, arguments)?,
        "embedding" => {
            arguments.bind(&["num_embeddings", "embedding_dim"])?;
            arguments.ignore(&["max_norm", "norm_type", "scale_grad_by_freq", "sparse"]);
            Kind::Embedding { dtype: arguments.dtype()? }
        }
        "rand" => Kind::Rand { dtype: arguments.dtype()? },
        "randn" => Kind::Randn { dtype: arguments.dtype()? },
        "uniform" => {
            arguments.bind(&["a", "b"])?;
            let dtype = arguments.dtype()?;
            let (low, high) = arguments.bounds()?;
            Kind::Uniform { low, high, dtype }
        }
        "normal" => {
            arguments.bind(&["mean", "std"])?;
            let dtype = arguments.dtype()?;
            let (mean, std) = arguments.spread()?;
            Kind::Normal { mean, std, dtype }
        }
        "randint" => {
            arguments.ignore(&["dtype"]);
            arguments.bind(&["low", "high"])?;
            let (low, high) = arguments.integers()?;
            Kind::Randint { low, high }
        }
        "randperm" => {
            arguments.bind(&["n"])?;
            arguments.ignore(&["dtype"]);
            Kind::Randperm
        }
        "random_split" => {
            arguments.bind(&["lengths"])?;
            let rows = arguments.sizes("lengths")?;
            let rows = check_values(rows.iter().try_fold(0_usize, |n, &d| n.checked_add(d)))?;
            arguments.positional.insert(0, Argument::One(rows.to_string()));
            Kind::Randperm
        }
        "dataloader" => loader(arguments)?,
        "bernoulli_" => Kind::Bernoulli { p: probability(arguments)?, scale: 1.0, intel: None },
        "dropout" => {
            let q = 1.0 - probability(arguments)?;
            arguments.ignore(&["training"]);
            Kind::Bernoulli { p: q, scale: 1.0 / q, intel: None }
        }
        "exponential" => {
            arguments.bind(&["lambd"])?;
            let (dtype, rate) = (arguments.dtype()?, arguments.first::<f64>("rate")?);
            if !(rate > 0.0 && rate.is_finite()) {
                return Err("its rate must be above 0".into());
            }
            Kind::Exponential { rate, dtype }
        }
        _ => return of_other_libraries(name, arguments),
    };
    Ok((kind, None))
}

fn of_other_libraries(name: &str, arguments: &mut Arguments) -> Read<(Kind, Option<usize>)> {
    let kind = match name {
        "np.rand" | "np.random" | "np.random_sample" | "np.ranf" | "np.sample" => Kind::NpRand,
        "np.randn" | "np.standard_normal" => Kind::NpRandn,
        "np.uniform" => {
            arguments.bind(&["low", "high"])?;
            let (low, high) = arguments.bounds()?;
            Kind::NpUniform { low, high }
        }
        "np.normal" => {
            arguments.bind(&["loc", "scale"])?;
            let (loc, scale) = arguments.spread()?;
            Kind::NpNormal { loc, scale }
        }
        "np.randint" => {
            arguments.bind(&["low", "high"])?;
            arguments.ignore(&["dtype"]);
            let (low, high) = arguments.integers()?;
            Kind::NpRandint { low, high }
        }
        "np.permutation" | "np.shuffle" => Kind::NpPermutation,
        "np.choice" => {
            arguments.bind(&["a"])?;
            if arguments.take("p").is_some_and(|p| p != "None") {
                return Err("with p it takes two words a value: write skip np.rand(SIZE)".into());
            }
            let replace = arguments.flag("replace", true)?;
            let count: i64 = arguments.first("number of choices")?;
            if replace && count > 0 {
                return Ok((Kind::NpRandint { low: 0, high: count }, None));
            }
            let seen = arguments.shape()?.map_or(1, |shape| shape.iter().product());
            if count <= 0 || seen as u64 > count as u64 {
                return Err("it chooses more than there are".into());
            }
            arguments.positional.push(Argument::One(count.to_string()));
            return Ok((Kind::NpPermutation, Some(seen)));
        }
        "random.random" => Kind::PyRandom,
        "random.uniform" => {
            arguments.bind(&["a", "b"])?;
            let (low, high) = arguments.bounds()?;
            Kind::PyUniform { low, high }
        }
        "random.randint" => {
            arguments.bind(&["a", "b"])?;
            let (low, high) = (arguments.first("lowest value")?, arguments.first("highest value")?);
            if low > high {
                return Err("its lowest value must not be above its highest".into());
            }
            Kind::PyRandint { low, high }
        }
        "random.shuffle" => Kind::PyShuffle,
        _ => match layers::other(name, arguments) {
            Some(kind) => kind?,
            None => return Err(format!("{name:?} is not a call this program can search for")),
        },
    };
    Ok((kind, None))
}

fn loader(arguments: &mut Arguments) -> Read<Kind> {
    arguments.bind(&["n"])?;
    arguments.ignore(&["batch_size", "drop_last", "num_workers", "collate_fn"]);
    let shuffle = arguments.flag("shuffle", false)?;
    let epoch = match arguments.take("version") {
        None => None,
        Some(text) => {
            let mut numbers = text.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
            Some(match (numbers.next(), numbers.next().unwrap_or(0)) {
                (Some(1), 0..=6) | (Some(0), _) => LoaderEpoch::Before1_7,
                (Some(1), 7 | 8) => LoaderEpoch::From1_7,
                _ => LoaderEpoch::From1_9,
            })
        }
    };
    Ok(Kind::Loader { shuffle, epoch })
}

fn probability(arguments: &mut Arguments) -> Read<f64> {
    arguments.bind(&["p"])?;
    let p: f64 = arguments.first("probability")?;
    if p > 0.0 && p < 1.0 { Ok(p) } else { Err("its probability must lie between 0 and 1".into()) }
}

/// `torch.` and `np.random.` in all their spellings.
fn canonical(name: &str) -> String {
    let strip = |name: &str, prefix| name.strip_prefix(prefix).unwrap_or(name).to_owned();
    let mut name = strip(name, "torch.");
    for prefix in ["nn.", "functional.", "F.", "init.", "utils.", "data."] {
        name = strip(&name, prefix);
    }
    if let Some(rest) = name.strip_prefix("numpy.") {
        name = format!("np.{rest}");
    }
    if let Some(rest) = name.strip_prefix("np.random.") {
        name = format!("np.{rest}");
    }
    let name = name.to_lowercase();
    if name == "bernoulli_" { name } else { name.trim_end_matches('_').to_owned() }
}
