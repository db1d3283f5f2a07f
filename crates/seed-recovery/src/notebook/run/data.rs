//! Data: how many rows there are, how they are split, and who serves them.

use std::rc::Rc;

use super::calls::Arguments;
use super::value::{Loader, Value};
use super::{Machine, What};
use crate::draw::{Draw, Kind, Library};

/// Loops are followed through so many elements.
const MOST_ELEMENTS: usize = 4096;

impl Machine<'_> {
    /// Data of which the rows are known, if the arguments' are.
    pub(super) fn data_set(&mut self, path: &str, given: &Arguments) -> Option<Value> {
        Some(match path {
            "pandas.read_csv" | "numpy.genfromtxt" | "numpy.loadtxt" => match &self.given.table {
                Some((rows, columns)) => {
                    Value::Table { rows: Some(*rows), columns: Some(columns.clone()) }
                }
                None => Value::Table { rows: None, columns: None },
            },
            "torch.utils.data.TensorDataset" | "torch.utils.data.Subset" => {
                let rows = if path.ends_with("Subset") {
                    given.get(1, "indices").and_then(Value::rows)
                } else {
                    given.positional.iter().find_map(Value::rows)
                };
                Value::Table { rows, columns: None }
            }
            "torch.utils.data.random_split" => self.random_split(given),
            "torch.utils.data.DataLoader" => self.loader(given),
            "torch.utils.data.SubsetRandomSampler"
            | "torch.utils.data.sampler.SubsetRandomSampler" => {
                let rows = given.get(0, "indices").and_then(Value::rows);
                Value::Loader(Loader {
                    rows,
                    shuffle: true,
                    batch: None,
                    subset: true,
                    own_generator: false,
                })
            }
            "sklearn.model_selection.train_test_split" => {
                return Some(self.train_test_split(given));
            }
            _ => return None,
        })
    }

    fn random_split(&mut self, given: &Arguments) -> Value {
        let lengths = given.get(1, "lengths").and_then(Value::elements).unwrap_or_default();
        let rows = given.get(0, "dataset").and_then(Value::rows);
        let sizes: Option<Vec<usize>> = lengths.iter().map(Value::size).collect();
        let sizes = sizes.or_else(|| {
            // Fractions: each part is rounded down, and what is left over goes to the first parts.
            let fractions: Option<Vec<f64>> = lengths.iter().map(Value::float).collect();
            let (rows, fractions) = (rows?, fractions?);
            let mut sizes: Vec<usize> =
                fractions.iter().map(|fraction| (fraction * rows as f64) as usize).collect();
            let parts = sizes.len().max(1);
            let left = rows.saturating_sub(sizes.iter().sum());
            (0..left.min(rows)).for_each(|i| {
                if let Some(size) = sizes.get_mut(i % parts) {
                    *size += 1;
                }
            });
            Some(sizes)
        });
        let total = sizes.as_ref().map(|sizes| sizes.iter().sum()).or(rows);
        if !has_own_generator(given) {
            match total {
                Some(rows) => {
                    self.draw(Kind::Randperm, vec![rows]);
                }
                None => {
                    self.unknown_draw(Library::Torch, "random_split of an unknown number of rows");
                }
            }
        }
        let part = |i: usize| Value::Table {
            rows: sizes.as_ref().and_then(|sizes| sizes.get(i)).copied(),
            columns: None,
        };
        Value::Tuple(Rc::new((0..lengths.len()).map(part).collect()))
    }

    fn loader(&mut self, given: &Arguments) -> Value {
        let sampler = given.get(3, "sampler");
        let rows = given.get(0, "dataset").and_then(Value::rows);
        if let Some(Value::Loader(sampler)) = sampler {
            let batch = given.get(1, "batch_size").and_then(Value::size).or(Some(1));
            return Value::Loader(Loader { batch, ..*sampler });
        }
        let shuffle = matches!(given.get(2, "shuffle"), Some(Value::Bool(true)));
        let batch = match given.get(1, "batch_size") {
            None => Some(1),
            Some(value) => value.size(),
        };
        let own_generator = has_own_generator(given);
        Value::Loader(Loader { rows, shuffle, batch, subset: false, own_generator })
    }

    /// `train_test_split` draws from NumPy's global generator unless it is given a state.
    fn train_test_split(&mut self, given: &Arguments) -> Value {
        let rows = given.positional.first().and_then(Value::rows);
        let shuffles = !matches!(given.named("shuffle"), Some(Value::Bool(false)));
        if shuffles && matches!(given.named("random_state"), None | Some(Value::None)) {
            match rows {
                Some(rows) => {
                    self.draw(Kind::NpPermutation, vec![rows]);
                }
                None => {
                    self.unknown_draw(
                        Library::NumPy,
                        "train_test_split of an unknown number of rows",
                    );
                }
            }
        }
        let test = match (rows, given.named("test_size")) {
            (Some(rows), None) => Some((rows as f64 * 0.25).ceil() as usize),
            (Some(rows), Some(Value::Float(share))) => Some((rows as f64 * share).ceil() as usize),
            (_, Some(value)) => value.size(),
            _ => None,
        };
        let train = rows.zip(test).and_then(|(rows, test)| rows.checked_sub(test));
        let parts = given.positional.iter().flat_map(|_| [train, test]);
        Value::Tuple(Rc::new(parts.map(|rows| Value::Table { rows, columns: None }).collect()))
    }

    /// One pass over a loader draws.
    pub(super) fn pass(&mut self, loader: Loader) {
        if loader.own_generator {
            return self.note(
                "a loader has a generator of its own, whose passes draw nothing else".into(),
            );
        }
        let Some(rows) = loader.rows else {
            if loader.shuffle {
                // The words of the newest versions do not depend on the rows.
                self.note("the rows of a shuffling loader are not known: its passes are counted as in PyTorch 1.9 or later".into());
                let epoch = Some(crate::LoaderEpoch::From1_9);
                let kind = Kind::Loader { shuffle: true, epoch };
                self.event(What::Draw(Draw { kind, shape: vec![1] }));
            } else {
                self.event(What::Words(2));
            }
            return;
        };
        if loader.subset {
            // Its sampler orders the rows with the default generator in all versions.
            let kind = Kind::Loader { shuffle: true, epoch: Some(crate::LoaderEpoch::Before1_7) };
            self.event(What::Draw(Draw { kind, shape: vec![rows] }));
            return;
        }
        let kind = Kind::Loader { shuffle: loader.shuffle, epoch: None };
        self.event(What::Draw(Draw { kind, shape: vec![rows] }));
    }

    /// What a loop over a value binds, step by step, and how many steps there are. Elements that are
    /// all alike are given once.
    pub(super) fn steps_of(&mut self, source: &Value) -> (Vec<Value>, Option<usize>) {
        match source {
            Value::Loader(loader) => {
                self.pass(*loader);
                let batch = Value::Tuple(Rc::new(vec![Value::tensor(None), Value::tensor(None)]));
                (vec![batch], loader.batches())
            }
            Value::Range(n) => {
                let n = usize::try_from(*n).unwrap_or(0);
                let elements = (0..n.min(MOST_ELEMENTS)).map(|i| Value::Int(i as i64)).collect();
                (elements, Some(n))
            }
            Value::Bound(inner, name) if name == "enumerate" || name == "zip" => {
                let (elements, count) = self.steps_of(inner);
                let pairs = elements.into_iter().enumerate().map(|(i, element)| {
                    let first = if name == "zip" { Value::Unknown } else { Value::Int(i as i64) };
                    Value::Tuple(Rc::new(vec![first, element]))
                });
                (pairs.collect(), count)
            }
            Value::Tensor(tensor) => {
                let count = tensor.shape.as_ref().and_then(|shape| shape.first().copied());
                (vec![Value::tensor(None)], count)
            }
            Value::Table { rows, .. } => (vec![Value::Unknown], *rows),
            other => match other.elements() {
                Some(elements) => {
                    let count = elements.len();
                    (elements.into_iter().take(MOST_ELEMENTS).collect(), Some(count))
                }
                None => (vec![Value::Unknown], None),
            },
        }
    }
}

/// Whether a call was given a generator.
pub(super) fn has_own_generator(given: &Arguments) -> bool {
    given.named("generator").is_some_and(|generator| !matches!(generator, Value::None))
}
