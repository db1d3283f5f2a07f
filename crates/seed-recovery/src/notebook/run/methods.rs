//! Methods of tensors, tables, loaders and modules.

use std::rc::Rc;

use super::calls::Arguments;
use super::value::{Tensor, Value};
use super::{Machine, What};
use crate::draw::{Draw, Dtype, Kind, Library};

impl Machine<'_> {
    pub(super) fn call_method(&mut self, holder: &Value, name: &str, given: &Arguments) -> Value {
        match name {
            // An optimizer's, or one that only looks like it: values are not what was drawn any more.
            "step" | "fit" | "load_state_dict" => {
                self.all_changed();
                return Value::Unknown;
            }
            "parameters" => {
                let parameters = self.parameters(holder, "", 0);
                return Value::list(parameters.into_iter().map(|(_, value)| value).collect());
            }
            "named_parameters" => {
                let parameters = self.parameters(holder, "", 0);
                let pairs = parameters
                    .into_iter()
                    .map(|(name, value)| Value::Tuple(Rc::new(vec![Value::Str(name), value])));
                return Value::list(pairs.collect());
            }
            "state_dict" if matches!(holder, Value::Object(_)) => return self.state(holder),
            _ => {}
        }
        match holder {
            Value::Tensor(tensor) => self.tensor_method(tensor, name, given),
            Value::Object(_) => match name {
                "apply" => {
                    self.unknown_draw(Library::Torch, "a function applied to every module");
                    holder.clone()
                }
                "to" | "cuda" | "cpu" | "float" | "train" | "eval" | "requires_grad_" => {
                    holder.clone()
                }
                _ => Value::Unknown,
            },
            Value::Table { rows, columns } => {
                self.table_method(*rows, columns.as_ref(), name, given)
            }
            Value::List(list) => {
                match (name, given.positional.first()) {
                    ("append", Some(value)) if list.borrow().len() < 4096 => {
                        let value = value.clone();
                        list.borrow_mut().push(value);
                    }
                    ("extend", Some(more)) => {
                        if let Some(more) = more.elements().filter(|more| more.len() < 4096) {
                            list.borrow_mut().extend(more);
                        }
                    }
                    _ => return Value::Unknown,
                }
                Value::None
            }
            Value::Map(pairs) => match name {
                "items" => Value::list(
                    pairs
                        .iter()
                        .map(|(name, value)| {
                            Value::Tuple(Rc::new(vec![Value::Str(name.clone()), value.clone()]))
                        })
                        .collect(),
                ),
                "values" => Value::list(pairs.iter().map(|(_, value)| value.clone()).collect()),
                "keys" => {
                    Value::list(pairs.iter().map(|(name, _)| Value::Str(name.clone())).collect())
                }
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn tensor_method(&mut self, tensor: &Tensor, name: &str, given: &Arguments) -> Value {
        let number =
            |place, name, default| given.get(place, name).map_or(Some(default), Value::float);
        let kind = match name {
            "normal_" => number(0, "mean", 0.0)
                .zip(number(1, "std", 1.0))
                .map(|(mean, std)| Kind::Normal { mean, std, dtype: Dtype::Float32 }),
            "uniform_" => number(0, "from", 0.0)
                .zip(number(1, "to", 1.0))
                .map(|(low, high)| Kind::Uniform { low, high, dtype: Dtype::Float32 }),
            "exponential_" => number(0, "lambd", 1.0)
                .map(|rate| Kind::Exponential { rate, dtype: Dtype::Float32 }),
            "bernoulli_" => {
                number(0, "p", 0.5).map(|p| Kind::Bernoulli { p, scale: 1.0, intel: None })
            }
            "to" | "cuda" | "cpu" | "requires_grad_" | "clone" | "detach" | "numpy"
            | "contiguous" | "float" | "double" | "type" | "tolist" => {
                return Value::Tensor(tensor.clone());
            }
            "view" | "reshape" => {
                let shape = given.shape(0);
                return Value::Tensor(Tensor { shape, origin: tensor.origin });
            }
            "size" => {
                let sizes = tensor.shape.clone().map_or(Value::Unknown, Value::Shape);
                return match given.positional.first().and_then(Value::size) {
                    Some(at) => sizes
                        .elements()
                        .and_then(|sizes| sizes.get(at).cloned())
                        .unwrap_or(Value::Unknown),
                    None => sizes,
                };
            }
            "numel" => {
                let count = tensor.shape.as_ref().map(|shape| shape.iter().product::<usize>());
                return count.map_or(Value::Unknown, |n| Value::Int(n as i64));
            }
            "t" => {
                let shape = tensor.shape.clone();
                return Value::tensor(shape.map(|shape| shape.into_iter().rev().collect()));
            }
            "item" => {
                let single =
                    tensor.shape.as_ref().is_some_and(|s| s.iter().product::<usize>() == 1);
                let shape = single.then(Vec::new);
                return match shape {
                    Some(_) => Value::Tensor(Tensor { shape, origin: tensor.origin }),
                    None => Value::Unknown,
                };
            }
            "backward" => return Value::Unknown,
            _ if name.ends_with('_') && !name.ends_with("__") => {
                self.changed(&Value::Tensor(tensor.clone()));
                if name == "random_" || name == "cauchy_" || name == "geometric_" {
                    return self
                        .unknown_draw(Library::Torch, "a draw in place that is not followed");
                }
                return Value::tensor(tensor.shape.clone());
            }
            _ => return Value::tensor(None),
        };
        match (kind.filter(|kind| is_possible(*kind)), &tensor.shape) {
            (Some(kind), Some(shape)) => {
                self.changed(&Value::Tensor(tensor.clone()));
                let drawn = self.draw(kind, shape.clone());
                self.moved(tensor.origin, &drawn);
                drawn
            }
            _ => self.unknown_draw(Library::Torch, "a draw into a tensor of unknown shape"),
        }
    }

    /// Where values drawn in place are found from now on: attributes and names that held the tensor.
    pub(super) fn moved(&mut self, from: Option<(usize, usize)>, to: &Value) {
        let (Some(from), Value::Tensor(new)) = (from, to) else { return };
        let update = |value: &mut Value| {
            if let Value::Tensor(tensor) = value
                && tensor.origin == Some(from)
            {
                tensor.origin = new.origin;
            }
        };
        for scope in &mut self.scopes {
            scope.values_mut().for_each(update);
        }
        for object in &mut self.objects {
            object.attributes.iter_mut().map(|(_, value)| value).for_each(update);
        }
    }

    fn table_method(
        &mut self,
        rows: Option<usize>,
        columns: Option<&Vec<String>>,
        name: &str,
        given: &Arguments,
    ) -> Value {
        let columns = columns.cloned();
        match name {
            "copy" | "astype" | "to_numpy" | "reset_index" | "fillna" => {
                Value::Table { rows, columns }
            }
            "sample" => {
                let kept = given.get(0, "n").and_then(Value::size).or_else(|| {
                    let share = given.get(1, "frac").and_then(Value::float)?;
                    Some((share * rows? as f64).round() as usize)
                });
                let seeded = given.named("random_state").is_some_and(|s| !matches!(s, Value::None));
                match rows {
                    _ if seeded => {}
                    Some(rows) => {
                        self.event(What::Draw(Draw {
                            kind: Kind::NpPermutation,
                            shape: vec![rows],
                        }));
                    }
                    None => {
                        self.unknown_draw(Library::NumPy, "a sample of an unknown number of rows");
                    }
                }
                Value::Table { rows: kept.or(rows.filter(|_| kept.is_some())), columns }
            }
            "drop" => {
                let labels = given.named("columns").or_else(|| {
                    let by_column = matches!(given.named("axis"), Some(Value::Int(1)))
                        || matches!(given.positional.get(1), Some(Value::Int(1)));
                    given.positional.first().filter(|_| by_column)
                });
                match labels {
                    Some(_) => Value::Table { rows, columns: None },
                    None => Value::Table { rows: None, columns },
                }
            }
            "head" | "tail" | "describe" | "info" | "isnull" | "corr" => Value::Unknown,
            "tolist" | "keys" => columns.map_or(Value::Unknown, |columns| {
                Value::list(columns.into_iter().map(Value::Str).collect())
            }),
            _ => Value::Table { rows: None, columns: None },
        }
    }
}

/// Whether a draw's parameters are ones that PyTorch takes.
pub(super) fn is_possible(kind: Kind) -> bool {
    match kind {
        Kind::Uniform { low, high, .. } | Kind::NpUniform { low, high } => {
            low < high && (high - low).is_finite()
        }
        Kind::Normal { mean, std, .. } => std > 0.0 && (std + mean).is_finite(),
        Kind::NpNormal { loc, scale } => scale > 0.0 && (scale + loc).is_finite(),
        Kind::Exponential { rate, .. } => rate > 0.0 && rate.is_finite(),
        Kind::Bernoulli { p, .. } => p > 0.0 && p < 1.0,
        Kind::Randint { low, high } | Kind::NpRandint { low, high } => low < high,
        _ => true,
    }
}
