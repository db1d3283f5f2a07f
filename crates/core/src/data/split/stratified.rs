//! scikit-learn's `StratifiedShuffleSplit`, one split of it.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use super::SplitError;
use crate::numpy::RandomState;
use crate::repr;
use crate::{Error, Result};

pub(super) fn split(
    labels: &Tensor,
    samples: usize,
    n_train: usize,
    n_test: usize,
    rng: &mut RandomState,
) -> Result<(Vec<i64>, Vec<i64>)> {
    let classes = classes(labels, samples)?;
    let counts: Vec<usize> = classes.iter().map(Vec::len).collect();
    if counts.iter().any(|&count| count < 2) {
        return Err(SplitError::ClassOfOne.into());
    }
    for (name, found) in [("train_size", n_train), ("test_size", n_test)] {
        let classes = classes.len();
        if found < classes {
            return Err(SplitError::FewerThanClasses { name, found, classes }.into());
        }
    }
    let of_train = approximate_mode(&counts, n_train, rng);
    let left: Vec<usize> = counts.iter().zip(&of_train).map(|(all, train)| all - train).collect();
    let of_test = approximate_mode(&left, n_test, rng);

    let (mut train, mut test) = (Vec::with_capacity(n_train), Vec::with_capacity(n_test));
    for (rows, (n_train, n_test)) in classes.iter().zip(of_train.into_iter().zip(of_test)) {
        let order = rng.permutation(rows.len());
        let mut drawn = order.iter().map(|&at| rows[at as usize]);
        train.extend(drawn.by_ref().take(n_train));
        test.extend(drawn.take(n_test));
    }
    rng.shuffle(&mut train);
    rng.shuffle(&mut test);
    Ok((train, test))
}

/// The rows of each class, the classes in ascending order: `numpy.unique`'s.
///
/// Labels of more than one dimension are compared as scikit-learn does, as text: a row's values,
/// printed, with blanks between.
fn classes(labels: &Tensor, samples: usize) -> Result<Vec<Vec<i64>>> {
    let size = labels.size();
    if !(1..=2).contains(&size.len()) || size[0] != samples as i64 {
        return Err(Error::Shape {
            operation: "train_test_split, stratify",
            expected: format!("[{samples}] or [{samples}, *]"),
            found: format!("{size:?}"),
        });
    }
    let flat = labels.f_detach()?.f_to_device(tch::Device::Cpu)?.f_reshape(-1)?;
    let dtype = labels.kind();
    let whole = dtype == Kind::Bool || !flat.is_floating_point();
    let texts = size.len() == 2;
    let width = if texts { size[1] as usize } else { 1 };
    if whole {
        let values = Vec::<i64>::try_from(flat.f_to_kind(Kind::Int64)?)?;
        let text = |value: &i64| match dtype {
            Kind::Bool => repr::boolean(*value != 0).to_owned(),
            _ => value.to_string(),
        };
        return Ok(if texts { grouped(rows(&values, width, text)) } else { grouped(values) });
    }
    let values = Vec::<f64>::try_from(flat.f_to_kind(Kind::Double)?)?;
    if let Some(&found) = values.iter().find(|value| !value.is_finite()) {
        return Err(SplitError::Label { found }.into());
    }
    let text = |value: &f64| match dtype {
        Kind::Float => repr::float32(*value as f32),
        _ => repr::float(*value),
    };
    // Finite floats compare as their bits do, once those of the negative ones are turned round.
    let ordered = |value: f64| {
        let bits = (value + 0.0).to_bits() as i64;
        bits ^ ((bits >> 63) as u64 >> 1) as i64
    };
    Ok(if texts {
        grouped(rows(&values, width, text))
    } else {
        grouped(values.into_iter().map(ordered))
    })
}

fn rows<T>(values: &[T], width: usize, text: impl Fn(&T) -> String) -> Vec<String> {
    let row = |row: &[T]| row.iter().map(&text).collect::<Vec<_>>().join(" ");
    values.chunks(width.max(1)).map(row).collect()
}

fn grouped<K: Ord>(keys: impl IntoIterator<Item = K>) -> Vec<Vec<i64>> {
    let mut classes = BTreeMap::<K, Vec<i64>>::new();
    for (row, key) in (0..).zip(keys) {
        classes.entry(key).or_default().push(row);
    }
    classes.into_values().collect()
}

/// How many of each class are drawn, `draws` in all: each class's share, rounded down, and one
/// more for those with the greatest remainders; where only some of equal remainders get one, they
/// are drawn. `sklearn.utils.extmath._approximate_mode`.
fn approximate_mode(counts: &[usize], draws: usize, rng: &mut RandomState) -> Vec<usize> {
    let total = counts.iter().sum::<usize>() as f64;
    let shares: Vec<f64> =
        counts.iter().map(|&count| count as f64 / total * draws as f64).collect();
    let mut sizes: Vec<usize> = shares.iter().map(|share| share.floor() as usize).collect();
    let mut missing = draws.saturating_sub(sizes.iter().sum());
    let mut remainders = BTreeMap::<u64, Vec<usize>>::new();
    for (class, share) in shares.iter().enumerate() {
        // Not negative, so their bits are in their order.
        remainders.entry((share - share.floor()).to_bits()).or_default().push(class);
    }
    for classes in remainders.into_values().rev() {
        if missing == 0 {
            break;
        }
        let more = classes.len().min(missing);
        for &chosen in &rng.permutation(classes.len())[..more] {
            sizes[classes[chosen as usize]] += 1;
        }
        missing -= more;
    }
    sizes
}
