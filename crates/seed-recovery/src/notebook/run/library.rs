//! Functions of PyTorch, NumPy, scikit-learn and Python.

use std::rc::Rc;

use super::calls::Arguments;
use super::data::has_own_generator;
use super::methods::is_possible;
use super::value::Value;
use super::{Machine, What};
use crate::draw::{Draw, Dtype, Kind, Library};
use crate::grammar::Item;

impl Machine<'_> {
    pub(super) fn call_library(&mut self, path: &str, given: &Arguments) -> Value {
        if let Some(value) = self.data_set(path, given).or_else(|| self.layer(path, given)) {
            return value;
        }
        if let Some(name) = path.strip_prefix("builtins.") {
            return self.builtin(name, given);
        }
        if let Some(name) = path.strip_prefix("numpy.random.") {
            return self.numpy(name, given);
        }
        if let Some(name) = path.strip_prefix("random.") {
            return self.python_random(name, given);
        }
        if let Some(name) = path.strip_prefix("sklearn.datasets.") {
            return self.sklearn(name, given);
        }
        if path.starts_with("tqdm.") {
            return given.positional.first().cloned().unwrap_or(Value::Unknown);
        }
        if let Some(name) = path.strip_prefix("torch.nn.init.") {
            return self.initialise(name, given);
        }
        if path == "torch.cuda.is_available" {
            return Value::Bool(false);
        }
        if path == "torch.nn.functional.dropout" || path == "torch.dropout" {
            if !matches!(given.named("training"), Some(Value::Bool(false))) {
                self.dropout(given);
            }
            return given.positional.first().cloned().unwrap_or(Value::Unknown);
        }
        match path.strip_prefix("torch.") {
            Some(name) if !name.contains('.') => self.torch(name, given),
            _ if path.starts_with("numpy.") => match path {
                "numpy.array" | "numpy.asarray" => {
                    Value::tensor(given.positional.first().and_then(Value::nested_shape))
                }
                _ => Value::tensor(None),
            },
            _ => Value::Unknown,
        }
    }

    fn torch(&mut self, name: &str, given: &Arguments) -> Value {
        let wide = matches!(given.named("dtype"), Some(Value::Path(path)) if path == "torch.float64" || path == "torch.double");
        let dtype = if wide { Dtype::Float64 } else { Dtype::Float32 };
        let on_cuda =
            matches!(given.named("device"), Some(Value::Str(device)) if device.starts_with("cuda"));
        let like = |place: usize| match given.positional.get(place) {
            Some(Value::Tensor(tensor)) => tensor.shape.clone(),
            _ => None,
        };
        let (kind, shape) = match name {
            "manual_seed" | "random.manual_seed" | "seed" => {
                let seed = given.get(0, "seed").and_then(Value::int).filter(|_| name != "seed");
                self.event(What::Seed(Library::Torch, seed));
                return Value::Unknown;
            }
            "rand" => (Some(Kind::Rand { dtype }), given.shape(0)),
            "randn" => (Some(Kind::Randn { dtype }), given.shape(0)),
            "rand_like" => (Some(Kind::Rand { dtype }), like(0)),
            "randn_like" => (Some(Kind::Randn { dtype }), like(0)),
            "randperm" => (Some(Kind::Randperm), given.shape(0)),
            "randint" => {
                let numbers: Vec<i64> = given
                    .positional
                    .iter()
                    .map_while(|v| match v {
                        Value::Int(n) => Some(*n),
                        _ => None,
                    })
                    .collect();
                let named = |name| given.named(name).and_then(Value::int);
                let (low, high, from) = match (numbers[..].first(), numbers.get(1)) {
                    (Some(&low), Some(&high)) => (low, high, 2),
                    (Some(&high), None) => match named("high") {
                        Some(top) => (high, top, 1),
                        None => (named("low").unwrap_or(0), high, 1),
                    },
                    _ => (named("low").unwrap_or(0), named("high").unwrap_or(0), 0),
                };
                (Some(Kind::Randint { low, high }), given.shape(from))
            }
            "normal" => match (given.get(0, "mean"), given.get(1, "std")) {
                (Some(mean), Some(std)) if mean.float().is_some() && std.float().is_some() => {
                    let (mean, std) = (mean.float().unwrap_or(0.0), std.float().unwrap_or(1.0));
                    (Some(Kind::Normal { mean, std, dtype }), given.shape(2))
                }
                // With tensors, the standard normals are drawn first, as randn draws them.
                _ => {
                    let shape = like(0).or_else(|| like(1));
                    if let Some(shape) = shape {
                        self.draw(Kind::Randn { dtype }, shape.clone());
                        return Value::tensor(Some(shape));
                    }
                    (None, None)
                }
            },
            "bernoulli" => match like(0) {
                Some(shape) => {
                    self.event(What::Words(shape.iter().product::<usize>() as u64));
                    return Value::tensor(Some(shape));
                }
                None => (None, None),
            },
            "multinomial" | "poisson" => (None, None),
            "zeros" | "ones" | "empty" | "full" | "arange" | "linspace" | "eye" => {
                return Value::tensor(
                    given.shape(0).filter(|_| matches!(name, "zeros" | "ones" | "empty")),
                );
            }
            "zeros_like" | "ones_like" | "empty_like" => return Value::tensor(like(0)),
            "tensor" | "from_numpy" | "as_tensor" | "Tensor" | "FloatTensor" => {
                return match given.positional.first() {
                    Some(Value::Tensor(tensor)) => Value::Tensor(tensor.clone()),
                    Some(other) => Value::tensor(other.nested_shape()),
                    None => Value::tensor(None),
                };
            }
            _ => return Value::tensor(None),
        };
        if on_cuda || has_own_generator(given) {
            return Value::tensor(shape);
        }
        match (kind.filter(|kind| is_possible(*kind)), shape) {
            (Some(kind), Some(shape)) => self.draw(kind, shape),
            _ => self.unknown_draw(Library::Torch, &format!("torch.{name} of unknown sizes")),
        }
    }

    fn initialise(&mut self, name: &str, given: &Arguments) -> Value {
        let Some(value @ Value::Tensor(tensor)) = given.positional.first() else {
            return Value::Unknown;
        };
        self.changed(value);
        let number =
            |place, name, default| given.get(place, name).map_or(Some(default), Value::float);
        let fans = match tensor.shape.as_deref() {
            Some([outputs, inputs]) => Some((*inputs as f64, *outputs as f64)),
            _ => None,
        };
        let dtype = Dtype::Float32;
        let kind = match name {
            "zeros_" | "ones_" | "constant_" | "eye_" => return value.clone(),
            "uniform_" => number(1, "a", 0.0)
                .zip(number(2, "b", 1.0))
                .map(|(low, high)| Kind::Uniform { low, high, dtype }),
            "normal_" => number(1, "mean", 0.0)
                .zip(number(2, "std", 1.0))
                .map(|(mean, std)| Kind::Normal { mean, std, dtype }),
            "xavier_uniform_" | "xavier_normal_" => {
                fans.zip(number(1, "gain", 1.0)).map(|((inputs, outputs), gain)| {
                    let std = gain * (2.0 / (inputs + outputs)).sqrt();
                    if name == "xavier_normal_" {
                        Kind::Normal { mean: 0.0, std, dtype }
                    } else {
                        let bound = 3_f64.sqrt() * std;
                        Kind::Uniform { low: -bound, high: bound, dtype }
                    }
                })
            }
            _ => None,
        };
        match (kind.filter(|kind| is_possible(*kind)), &tensor.shape) {
            (Some(kind), Some(shape)) => {
                let drawn = self.draw(kind, shape.clone());
                self.moved(tensor.origin, &drawn);
                drawn
            }
            _ => self.unknown_draw(Library::Torch, &format!("init.{name} that is not followed")),
        }
    }

    fn numpy(&mut self, name: &str, given: &Arguments) -> Value {
        let number =
            |place, name, default| given.get(place, name).map_or(Some(default), Value::float);
        let size = |place: usize| match given.get(place, "size") {
            Some(Value::None) | None => Some(Vec::new()),
            Some(size) => size.sizes(),
        };
        let (kind, shape) = match name {
            "seed" => {
                let seed = given.get(0, "seed").and_then(Value::int);
                self.event(What::Seed(Library::NumPy, seed));
                return Value::None;
            }
            "rand" => (Some(Kind::NpRand), given.shape(0)),
            "randn" => (Some(Kind::NpRandn), given.shape(0)),
            "random" | "random_sample" | "sample" | "ranf" => (Some(Kind::NpRand), size(0)),
            "standard_normal" => (Some(Kind::NpRandn), size(0)),
            "uniform" => (
                number(0, "low", 0.0)
                    .zip(number(1, "high", 1.0))
                    .map(|(low, high)| Kind::NpUniform { low, high }),
                size(2),
            ),
            "normal" => (
                number(0, "loc", 0.0)
                    .zip(number(1, "scale", 1.0))
                    .map(|(loc, scale)| Kind::NpNormal { loc, scale }),
                size(2),
            ),
            "randint" => {
                let first = given.get(0, "low").and_then(Value::int);
                let (low, high) = match given.get(1, "high") {
                    Some(Value::None) | None => (Some(0), first),
                    Some(high) => (first, high.int()),
                };
                (low.zip(high).map(|(low, high)| Kind::NpRandint { low, high }), size(2))
            }
            "permutation" | "shuffle" => {
                let rows = given.positional.first().and_then(|v| v.size().or_else(|| v.rows()));
                (Some(Kind::NpPermutation), rows.map(|rows| vec![rows]))
            }
            "default_rng" | "RandomState" | "get_state" | "set_state" => return Value::Unknown,
            _ => (None, None),
        };
        match (kind.filter(|kind| is_possible(*kind)), shape) {
            (Some(kind), Some(shape)) => self.draw(kind, shape),
            _ => {
                self.unknown_draw(Library::NumPy, &format!("np.random.{name} that is not followed"))
            }
        }
    }

    fn python_random(&mut self, name: &str, given: &Arguments) -> Value {
        match name {
            "seed" => {
                let seed = given.get(0, "a").and_then(Value::int);
                self.event(What::Seed(Library::Python, seed));
                Value::None
            }
            "random" => {
                self.event(What::Draw(Draw { kind: Kind::PyRandom, shape: vec![1] }));
                Value::Unknown
            }
            "shuffle" => {
                match given.positional.first().and_then(Value::rows) {
                    Some(rows) => {
                        self.event(What::Draw(Draw { kind: Kind::PyShuffle, shape: vec![rows] }));
                    }
                    None => {
                        self.unknown_draw(Library::Python, "a shuffle of unknown length");
                    }
                }
                Value::None
            }
            _ => {
                self.unknown_draw(Library::Python, &format!("random.{name}"));
                Value::Unknown
            }
        }
    }

    /// Data made by scikit-learn; without `random_state` it draws from NumPy's global generator.
    fn sklearn(&mut self, name: &str, given: &Arguments) -> Value {
        let rows = given.get(0, "n_samples").map_or(Some(100), Value::size);
        let table = Value::Table { rows, columns: None };
        let made = Value::Tuple(Rc::new(vec![table.clone(), table]));
        if given.named("random_state").is_some_and(|state| !matches!(state, Value::None)) {
            return made;
        }
        let arguments: Option<Vec<String>> = given
            .positional
            .iter()
            .map(|value| value.size().map(|n| n.to_string()))
            .chain(given.named.iter().map(|(name, value)| {
                let text = match value {
                    Value::Int(n) => n.to_string(),
                    Value::Float(x) => x.to_string(),
                    Value::Bool(b) => if *b { "True" } else { "False" }.into(),
                    _ => return None,
                };
                Some(format!("{name}={text}"))
            }))
            .collect();
        let steps = arguments.and_then(|arguments| {
            let call = format!("skip {name}({})", arguments.join(","));
            crate::grammar::parse_items(&[call], None).ok()
        });
        match steps {
            Some(steps) => {
                for step in steps {
                    if let Item::Skipped(draw) = step {
                        self.event(What::Draw(draw));
                    }
                }
            }
            None => {
                self.unknown_draw(Library::NumPy, &format!("{name} without random_state"));
            }
        }
        made
    }

    fn builtin(&mut self, name: &str, given: &Arguments) -> Value {
        let first = given.positional.first().cloned().unwrap_or(Value::Unknown);
        match name {
            "len" => first.rows().map_or(Value::Unknown, |rows| Value::Int(rows as i64)),
            "int" => match first {
                Value::Float(x) if x.abs() < 1e15 => Value::Int(x.trunc() as i64),
                Value::Str(text) => text.trim().parse().map_or(Value::Unknown, Value::Int),
                Value::Int(_) => first,
                _ => Value::Unknown,
            },
            "float" => first.float().map_or(Value::Unknown, Value::Float),
            "round" => match first {
                Value::Float(x) if given.positional.len() == 1 => {
                    Value::Int(x.round_ties_even() as i64)
                }
                Value::Int(_) => first,
                _ => Value::Unknown,
            },
            "range" => {
                let numbers: Option<Vec<i64>> = given.positional.iter().map(Value::int).collect();
                match numbers.as_deref() {
                    Some([n]) => Value::Range(*n),
                    Some([from, to]) => Value::Range(to.saturating_sub(*from)),
                    Some([from, to, by]) if *by > 0 => {
                        Value::Range(to.saturating_sub(*from).max(0).div_euclid(*by))
                    }
                    _ => Value::Unknown,
                }
            }
            "list" | "tuple" | "sorted" => match &first {
                Value::Loader(_) => {
                    self.steps_of(&first);
                    Value::Unknown
                }
                Value::Range(n @ 0..4096) => Value::list((0..*n).map(Value::Int).collect()),
                Value::Range(_) => first,
                other => other.elements().map_or(Value::Unknown, Value::list),
            },
            "sum" => {
                let elements = first.elements().unwrap_or_default();
                let numbers: Option<Vec<i64>> = elements.iter().map(Value::int).collect();
                match numbers {
                    Some(numbers) if !numbers.is_empty() => {
                        Value::Int(numbers.iter().fold(0, |n, &m| n.wrapping_add(m)))
                    }
                    _ => Value::Unknown,
                }
            }
            "enumerate" | "zip" => {
                // Of several loaders the first decides how far it goes; each draws its pass.
                for other in given.positional.iter().skip(1) {
                    if let Value::Loader(loader) = other {
                        self.pass(*loader);
                    }
                }
                Value::Bound(Box::new(first), name.to_owned())
            }
            // A pass begins, and one of its batches is asked for.
            "iter" => {
                if let Value::Loader(loader) = first {
                    self.pass(loader);
                    return Value::Bound(Box::new(Value::Unknown), "iterator".into());
                }
                first
            }
            "next" => Value::Tuple(Rc::new(vec![Value::tensor(None), Value::tensor(None)])),
            "tqdm" | "set" => first,
            _ => Value::Unknown,
        }
    }
}
