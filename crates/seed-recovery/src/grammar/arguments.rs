//! The arguments of a call, as Python writes them.

use std::collections::BTreeMap;

use crate::draw::Dtype;

/// A part of a call that was read, or what is wrong with it.
pub(super) type Read<T> = Result<T, String>;

/// Far above any tensor whose print is evidence, far below what would not fit in memory.
pub(super) const MOST_VALUES: usize = 1 << 27;

/// The arguments of one call; those with a name are taken by it, the others in their order.
pub(super) struct Arguments {
    pub positional: Vec<Argument>,
    named: BTreeMap<String, String>,
}

#[derive(Clone)]
pub(super) enum Argument {
    One(String),
    Tuple(Vec<String>),
}

impl Argument {
    fn texts(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Tuple(texts) => texts,
        }
    }
}

/// Names that say nothing about what is drawn on a CPU.
const PASSED_OVER: &[&str] =
    &["requires_grad", "device", "out", "layout", "pin_memory", "inplace", "random_state"];

impl Arguments {
    pub fn new(text: &str) -> Read<Self> {
        let mut arguments = Self { positional: Vec::new(), named: BTreeMap::new() };
        for part in split_top_level(text) {
            let Some((key, value)) = part.split_once('=') else {
                arguments.positional.push(argument(part));
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            if key == "device" && value.contains("cuda") {
                return Err(
                    "a CUDA device draws from another generator; only CPU draws can be searched"
                        .into(),
                );
            }
            if PASSED_OVER.contains(&key) {
                continue;
            }
            if arguments.named.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(format!("{key} stands in it twice"));
            }
        }
        Ok(arguments)
    }

    /// Puts arguments given by name to their places: those named `names`, in order, come first.
    pub fn bind(&mut self, names: &[&str]) -> Read<()> {
        for (place, name) in names.iter().enumerate() {
            if let Some(value) = self.named.remove(*name) {
                if place > self.positional.len() {
                    return Err(format!("{} is missing before {name}", names[place - 1]));
                }
                self.positional.insert(place, argument(&value));
            }
        }
        Ok(())
    }

    /// The value of a named argument.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.named.remove(name)
    }

    /// Passes over named arguments that change nothing that is drawn.
    pub fn ignore(&mut self, names: &[&str]) {
        self.named.retain(|name, _| !names.contains(&name.as_str()));
    }

    pub fn flag(&mut self, name: &str, default: bool) -> Read<bool> {
        match self.named.remove(name).as_deref() {
            None => Ok(default),
            Some("True" | "true") => Ok(true),
            Some("False" | "false") => Ok(false),
            Some(other) => Err(format!("it does not take {name}={other}")),
        }
    }

    pub fn dtype(&mut self) -> Read<Dtype> {
        let text = self.named.remove("dtype").unwrap_or_default();
        match text.rsplit('.').next().unwrap_or_default() {
            "" | "float32" | "float" | "int64" | "long" | "int" | "None" => Ok(Dtype::Float32),
            "float64" | "double" => Ok(Dtype::Float64),
            other => Err(format!("it does not take dtype={other}")),
        }
    }

    pub fn number<T: std::str::FromStr>(&mut self, name: &str, default: T) -> Read<T> {
        match self.named.remove(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("it does not take {name}={text}")),
        }
    }

    /// The next argument without a name, as one number.
    pub fn first<T: std::str::FromStr>(&mut self, what: &str) -> Read<T> {
        let text = match self.positional.first() {
            Some(Argument::One(text)) => text.clone(),
            _ => return Err(format!("its {what} is missing")),
        };
        self.positional.remove(0);
        text.parse().map_err(|_| format!("{text:?} is not a valid {what}"))
    }

    /// The next argument without a name, as sizes.
    pub fn sizes(&mut self, what: &str) -> Read<Vec<usize>> {
        if self.positional.is_empty() {
            return Err(format!("its {what} is missing"));
        }
        self.positional.remove(0).texts().iter().map(|text| size(text)).collect()
    }

    pub fn bounds(&mut self) -> Read<(f64, f64)> {
        let (low, high) = (self.first::<f64>("lower bound")?, self.first::<f64>("upper bound")?);
        if low < high && (high - low).is_finite() {
            Ok((low, high))
        } else {
            Err("its lower bound must be below its upper bound".into())
        }
    }

    pub fn spread(&mut self) -> Read<(f64, f64)> {
        let (mean, std) = (self.first::<f64>("mean")?, self.first::<f64>("standard deviation")?);
        if std > 0.0 && std.is_finite() && mean.is_finite() {
            Ok((mean, std))
        } else {
            Err("its standard deviation must be above 0".into())
        }
    }

    pub fn integers(&mut self) -> Read<(i64, i64)> {
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

    /// All that is left, as a shape; nothing else may be left.
    pub fn shape(&mut self) -> Read<Option<Vec<usize>>> {
        let size_given = self.named.remove("size").map(|text| argument(&text));
        if let Some((name, value)) = self.named.pop_first() {
            return Err(format!("it does not take {name}={value}"));
        }
        let parts: Vec<Argument> = self.positional.drain(..).chain(size_given).collect();
        if parts.is_empty() {
            return Ok(None);
        }
        let texts = parts.into_iter().flat_map(Argument::texts);
        let shape = texts.map(|text| size(&text)).collect::<Read<Vec<usize>>>()?;
        check_values(shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)))?;
        Ok(Some(shape))
    }

    /// Nothing may be left.
    pub fn end(&mut self) -> Read<()> {
        match self.shape()? {
            None => Ok(()),
            Some(_) => Err("it has more arguments than the call takes".into()),
        }
    }
}

/// Refuses more values than a notebook can have drawn at once.
pub(super) fn check_values(values: Option<usize>) -> Read<usize> {
    values
        .filter(|&n| n <= MOST_VALUES)
        .ok_or_else(|| format!("it draws more than {MOST_VALUES} values"))
}

fn size(text: &str) -> Read<usize> {
    text.trim().parse().map_err(|_| format!("{text:?} is not a size"))
}

/// The parts between the commas that stand in no brackets.
pub(super) fn split_top_level(text: &str) -> impl Iterator<Item = &str> {
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

pub(super) fn argument(text: &str) -> Argument {
    let inner = text.strip_prefix(['(', '[']).and_then(|rest| rest.strip_suffix([')', ']']));
    match inner {
        Some(inner) => Argument::Tuple(split_top_level(inner).map(str::to_owned).collect()),
        None => Argument::One(text.to_owned()),
    }
}
