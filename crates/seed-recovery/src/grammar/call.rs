//! Calls that draw, as a user writes them: `rand(100)`, `torch.randn(2, 3)`, `np.random.randint(0, 9, size=5)`.

use crate::draw::{Draw, Dtype, Kind};
use crate::error::{Error, Result};

/// Reads a call; the shape is `None` where the call leaves it open.
pub(crate) fn parse(text: &str) -> Result<(Kind, Option<Vec<usize>>)> {
    let text = text.trim();
    read(text).map_err(|reason| Error::Call { text: text.to_owned(), reason })
}

/// Reads a call whose shape must be written out, as after `skip`.
pub(crate) fn parse_closed(text: &str) -> Result<Draw> {
    let (kind, shape) = parse(text)?;
    let fixed = matches!(kind, Kind::Linear { .. });
    match shape {
        Some(shape) => Ok(Draw { kind, shape }),
        None if fixed => Ok(Draw { kind, shape: Vec::new() }),
        None => {
            Err(Error::Call { text: text.trim().to_owned(), reason: "its shape is missing".into() })
        }
    }
}

type Read<T> = std::result::Result<T, String>;

struct Arguments {
    positional: Vec<Argument>,
    dtype: Dtype,
    bias: bool,
    size: Option<Argument>,
}

#[derive(Clone)]
enum Argument {
    One(String),
    Tuple(Vec<String>),
}

fn read(text: &str) -> Read<(Kind, Option<Vec<usize>>)> {
    let (name, arguments) = match text.split_once('(') {
        Some((name, rest)) => {
            (name, rest.strip_suffix(')').ok_or("its last parenthesis is missing")?)
        }
        None => (text, ""),
    };
    let name = canonical(name.trim());
    let mut arguments = arguments_of(arguments)?;
    let dtype = arguments.dtype;
    let kind = match name.as_str() {
        "rand" => Kind::Rand { dtype },
        "randn" => Kind::Randn { dtype },
        "uniform" => {
            let (low, high) = arguments.bounds()?;
            Kind::Uniform { low, high, dtype }
        }
        "normal" => {
            let (mean, std) = arguments.spread()?;
            Kind::Normal { mean, std, dtype }
        }
        "randint" => {
            let (low, high) = arguments.integers()?;
            Kind::Randint { low, high }
        }
        "randperm" => Kind::Randperm,
        "linear" => return linear(&mut arguments),
        "np.rand" => Kind::NpRand,
        "np.randn" => Kind::NpRandn,
        "np.uniform" => {
            let (low, high) = arguments.bounds()?;
            Kind::NpUniform { low, high }
        }
        "np.normal" => {
            let (loc, scale) = arguments.spread()?;
            Kind::NpNormal { loc, scale }
        }
        "np.randint" => {
            let (low, high) = arguments.integers()?;
            Kind::NpRandint { low, high }
        }
        "np.permutation" => Kind::NpPermutation,
        _ => return Err(format!("{name:?} is not a call this program can search for")),
    };
    if matches!(kind, Kind::Randperm | Kind::NpPermutation) && arguments.positional.len() > 1 {
        return Err("a permutation takes one number".into());
    }
    Ok((kind, arguments.shape()?))
}

/// `torch.` and `np.random.` in all their spellings.
fn canonical(name: &str) -> String {
    let name = name.strip_prefix("torch.").unwrap_or(name);
    let name = name.strip_prefix("nn.").unwrap_or(name);
    let name = name.strip_prefix("init.").unwrap_or(name);
    let name =
        name.strip_prefix("numpy.").map_or_else(|| name.to_owned(), |rest| format!("np.{rest}"));
    let name = name.strip_prefix("np.random.").map_or(name.clone(), |rest| format!("np.{rest}"));
    name.trim_end_matches('_').to_lowercase()
}

fn linear(arguments: &mut Arguments) -> Read<(Kind, Option<Vec<usize>>)> {
    let (dtype, bias) = (arguments.dtype, arguments.bias);
    let [inputs, outputs] = arguments.shape()?.unwrap_or_default()[..] else {
        return Err("a linear layer takes two numbers, in_features and out_features".into());
    };
    if inputs == 0 {
        return Err("a linear layer without inputs draws nothing".into());
    }
    Ok((Kind::Linear { inputs, outputs, bias, dtype }, None))
}

fn arguments_of(text: &str) -> Read<Arguments> {
    let mut arguments =
        Arguments { positional: Vec::new(), dtype: Dtype::Float32, bias: true, size: None };
    for part in split_top_level(text) {
        match part.split_once('=') {
            Some((key, value)) => arguments.keyword(key.trim(), value.trim())?,
            None => arguments.positional.push(argument(part)),
        }
    }
    Ok(arguments)
}

fn split_top_level(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

fn argument(text: &str) -> Argument {
    let inner = text.strip_prefix(['(', '[']).and_then(|rest| rest.strip_suffix([')', ']']));
    match inner {
        Some(inner) => Argument::Tuple(split_top_level(inner).map(str::to_owned).collect()),
        None => Argument::One(text.to_owned()),
    }
}

impl Arguments {
    fn keyword(&mut self, key: &str, value: &str) -> Read<()> {
        match (key, value.strip_prefix("torch.").unwrap_or(value)) {
            ("dtype", "float32" | "float") => self.dtype = Dtype::Float32,
            ("dtype", "float64" | "double") => self.dtype = Dtype::Float64,
            ("dtype", "int64" | "long" | "int") => {}
            ("bias", "True" | "true") => self.bias = true,
            ("bias", "False" | "false") => self.bias = false,
            ("size", value) => self.size = Some(argument(value)),
            ("low" | "high" | "mean" | "std" | "loc" | "scale" | "a" | "b", value) => {
                self.positional.push(argument(value));
            }
            ("requires_grad", _) => {}
            _ => return Err(format!("it does not take {key}={value}")),
        }
        Ok(())
    }

    fn first<T: std::str::FromStr>(&mut self, what: &str) -> Read<T> {
        let text = match self.positional.first() {
            Some(Argument::One(text)) => text.clone(),
            _ => return Err(format!("its {what} is missing")),
        };
        self.positional.remove(0);
        text.parse().map_err(|_| format!("{text:?} is not a valid {what}"))
    }

    fn bounds(&mut self) -> Read<(f64, f64)> {
        let (low, high) = (self.first::<f64>("lower bound")?, self.first::<f64>("upper bound")?);
        if low < high && (high - low).is_finite() {
            Ok((low, high))
        } else {
            Err("its lower bound must be below its upper bound".into())
        }
    }

    fn spread(&mut self) -> Read<(f64, f64)> {
        let (mean, std) = (self.first::<f64>("mean")?, self.first::<f64>("standard deviation")?);
        if std > 0.0 && std.is_finite() && mean.is_finite() {
            Ok((mean, std))
        } else {
            Err("its standard deviation must be above 0".into())
        }
    }

    fn integers(&mut self) -> Read<(i64, i64)> {
        let first = self.first::<i64>("upper bound")?;
        let (low, high) = match self.positional.first() {
            Some(Argument::One(_)) => (first, self.first::<i64>("upper bound")?),
            _ => (0, first),
        };
        if low < high {
            Ok((low, high))
        } else {
            Err("its lower bound must be below its upper bound".into())
        }
    }

    fn shape(&mut self) -> Read<Option<Vec<usize>>> {
        let parts: Vec<Argument> = self.positional.drain(..).chain(self.size.take()).collect();
        if parts.is_empty() {
            return Ok(None);
        }
        let texts = parts.into_iter().flat_map(|part| match part {
            Argument::One(text) => vec![text],
            Argument::Tuple(texts) => texts,
        });
        let shape = texts
            .map(|text| text.parse().map_err(|_| format!("{text:?} is not a size")))
            .collect::<Read<Vec<usize>>>()?;
        let values = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
        // Far above any tensor whose print is evidence, far below what would not fit in memory.
        match values {
            Some(n) if n <= 1 << 27 => Ok(Some(shape)),
            _ => Err("it draws more than 134217728 values".into()),
        }
    }
}
