//! Two traces, bit for bit.

use std::collections::HashSet;

use serde::Serialize;

use crate::TraceFile;
use crate::element::{decimal, distance, dtype_name, hex, width};

/// How two traces compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same tensors in the same order, every bit of them.
    Identical,
    /// The same tensors with the same shapes and dtypes, but other bits or another order.
    Different,
    /// A tensor is missing from one of them, or has another shape or dtype there.
    NotComparable,
}

impl Verdict {
    /// The exit status that stands for it: 0, 1 or 2.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Identical => 0,
            Self::Different => 1,
            Self::NotComparable => 2,
        }
    }
}

/// All that tells trace `a` from trace `b`. Lists are in `a`'s order of recording.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// How the two compare.
    pub verdict: Verdict,
    /// What their manifests say differently. It has no part in the verdict.
    pub manifest: Vec<ManifestDifference>,
    /// How many tensors both hold with the same shape and dtype.
    pub compared: usize,
    /// How many of those are the same in every bit.
    pub identical: usize,
    /// The largest distance of any two numbers, in steps between neighbouring representable
    /// numbers; 0 if all is identical. Elements that are not a number in either are not counted:
    /// [`TensorDifference::not_a_number`] tells.
    pub largest_ulp: u64,
    /// The first tensor, in order of recording, that is not the same in both.
    pub first_divergence: Option<String>,
    /// The first place where the two recorded the same tensors in another order.
    pub order: Option<OrderDifference>,
    /// Tensors that cannot be compared.
    pub unmatched: Vec<Unmatched>,
    /// Tensors of which some bits differ.
    pub differing: Vec<TensorDifference>,
}

/// One key of the manifests on which they do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestDifference {
    /// The key.
    pub key: String,
    /// What the first says, if anything.
    pub a: Option<String>,
    /// What the second says, if anything.
    pub b: Option<String>,
}

/// The first place where the recording orders part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderDifference {
    /// Counted from 0, among the tensors that both hold.
    pub position: usize,
    /// What the first recorded there.
    pub a: String,
    /// What the second recorded there.
    pub b: String,
}

/// A tensor that only one trace holds, or that both hold with another shape or dtype.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// The tensor's name.
    pub name: String,
    /// Why it cannot be compared.
    pub reason: String,
}

/// A tensor of which some bits differ.
#[derive(Debug, Clone, Serialize)]
pub struct TensorDifference {
    /// The tensor's name.
    pub name: String,
    /// Its place in the first trace's order of recording, from 0.
    pub position: usize,
    /// PyTorch's name of its dtype.
    pub dtype: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// How many elements it has.
    pub elements: usize,
    /// How many of them differ.
    pub differing: usize,
    /// The first that differs, in row-major order.
    pub first: ElementDifference,
    /// The largest distance of any two of its elements that are numbers.
    pub largest_ulp: u64,
    /// How many of the differing elements are not a number in one trace or in both.
    pub not_a_number: usize,
}

/// One element in both traces.
#[derive(Debug, Clone, Serialize)]
pub struct ElementDifference {
    /// Where in the tensor it stands; empty for a tensor without dimensions.
    pub index: Vec<usize>,
    /// Its value in the first, in the fewest digits that tell it from its neighbours.
    pub a: String,
    /// Its value in the second.
    pub b: String,
    /// Its bits in the first.
    pub a_bits: String,
    /// Its bits in the second.
    pub b_bits: String,
    /// Steps between neighbouring representable numbers from one to the other, -0.0 and 0.0 being
    /// neighbours; none where either is not a number.
    pub ulp: Option<u64>,
    /// `|a - b|`; JSON writes null where that is not finite.
    pub absolute: f64,
    /// `|a - b| / max(|a|, |b|)`; JSON writes null where that is not finite.
    pub relative: f64,
}

/// Compares every tensor of two traces, bit for bit.
///
/// Nothing is rounded and nothing forgiven: two NaNs are identical only with the same payload, and
/// -0.0 is not 0.0.
#[must_use]
pub fn compare(a: &TraceFile, b: &TraceFile) -> Comparison {
    let mut result = Comparison {
        verdict: Verdict::Identical,
        manifest: manifest_differences(a, b),
        compared: 0,
        identical: 0,
        largest_ulp: 0,
        first_divergence: None,
        order: order_difference(a, b),
        unmatched: Vec::new(),
        differing: Vec::new(),
    };
    let mut diverging = Vec::new();
    for (position, name) in a.order().iter().enumerate() {
        if let Some(reason) = mismatch(name, a, b) {
            diverging.push((position, name));
            result.unmatched.push(Unmatched { name: name.clone(), reason });
            continue;
        }
        result.compared += 1;
        match tensor_difference(name, position, a, b) {
            None => result.identical += 1,
            Some(difference) => {
                diverging.push((position, name));
                result.largest_ulp = result.largest_ulp.max(difference.largest_ulp);
                result.differing.push(difference);
            }
        }
        if result.order.as_ref().is_some_and(|order| order.a == *name) {
            diverging.push((position, name));
        }
    }
    for (position, name) in b.order().iter().enumerate().filter(|(_, name)| a.dtype(name).is_none())
    {
        diverging.push((position, name));
        result.unmatched.push(Unmatched {
            name: name.clone(),
            reason: "only the second trace holds it".into(),
        });
    }
    // The sort is stable: of two at one position, the first trace's comes first.
    diverging.sort_by_key(|(position, _)| *position);
    result.first_divergence = diverging.first().map(|(_, name)| (*name).clone());
    result.verdict = match &result {
        r if !r.unmatched.is_empty() => Verdict::NotComparable,
        r if !r.differing.is_empty() || r.order.is_some() => Verdict::Different,
        _ => Verdict::Identical,
    };
    result
}

fn manifest_differences(a: &TraceFile, b: &TraceFile) -> Vec<ManifestDifference> {
    let mut keys: Vec<_> =
        a.manifest().iter().chain(b.manifest().iter()).map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    let value = |file: &TraceFile, key| file.manifest().get(key).map(String::from);
    keys.into_iter()
        .map(|key| ManifestDifference { key: key.to_string(), a: value(a, key), b: value(b, key) })
        .filter(|entry| entry.a != entry.b)
        .collect()
}

fn order_difference(a: &TraceFile, b: &TraceFile) -> Option<OrderDifference> {
    let common: HashSet<&String> =
        a.order().iter().filter(|name| b.dtype(name).is_some()).collect();
    let in_order = |file: &'_ TraceFile| -> Vec<String> {
        file.order().iter().filter(|name| common.contains(name)).cloned().collect()
    };
    let (a, b) = (in_order(a), in_order(b));
    let position = a.iter().zip(&b).position(|(a, b)| a != b)?;
    Some(OrderDifference { position, a: a[position].clone(), b: b[position].clone() })
}

/// Why `name`, which `a` holds, cannot be compared with `b`'s.
fn mismatch(name: &str, a: &TraceFile, b: &TraceFile) -> Option<String> {
    let (Some(b_dtype), Some(b_shape)) = (b.dtype(name), b.shape(name)) else {
        return Some("only the first trace holds it".into());
    };
    let (a_dtype, a_shape) = (a.dtype(name)?, a.shape(name)?);
    if a_dtype != b_dtype {
        return Some(format!(
            "its dtype is {} in the first, {} in the second",
            dtype_name(a_dtype),
            dtype_name(b_dtype)
        ));
    }
    if a_shape != b_shape {
        return Some(format!("its shape is {a_shape:?} in the first, {b_shape:?} in the second"));
    }
    (width(a_dtype).is_none() && a.bytes(name) != b.bytes(name)).then(|| {
        format!(
            "its bytes differ, and elements of dtype {} cannot be told apart",
            dtype_name(a_dtype)
        )
    })
}

/// What differs in `name`, which both hold with the same shape and dtype.
fn tensor_difference(
    name: &str,
    position: usize,
    a: &TraceFile,
    b: &TraceFile,
) -> Option<TensorDifference> {
    let (dtype, shape) = (a.dtype(name)?, a.shape(name)?);
    let (a, b) = (a.bytes(name)?, b.bytes(name)?);
    if a == b {
        return None;
    }
    let width = width(dtype)?;
    let pairs = || a.chunks(width).zip(b.chunks(width));
    let (first, (x, y)) = pairs().enumerate().find(|(_, (x, y))| x != y)?;
    let apart = distance(dtype, x, y);
    let (mut differing, mut not_a_number, mut largest_ulp) = (0, 0, 0);
    for (x, y) in pairs().filter(|(x, y)| x != y) {
        differing += 1;
        match distance(dtype, x, y).ulp {
            Some(ulp) => largest_ulp = largest_ulp.max(ulp),
            None => not_a_number += 1,
        }
    }
    Some(TensorDifference {
        name: name.to_string(),
        position,
        dtype: dtype_name(dtype),
        shape: shape.to_vec(),
        elements: a.len() / width,
        differing,
        first: ElementDifference {
            index: unravel(first, shape),
            a: decimal(dtype, x),
            b: decimal(dtype, y),
            a_bits: hex(x),
            b_bits: hex(y),
            ulp: apart.ulp,
            absolute: apart.absolute,
            relative: apart.relative,
        },
        largest_ulp,
        not_a_number,
    })
}

/// The index of the `flat`-th element, in row-major order, of a tensor of this shape.
fn unravel(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut index: Vec<_> = shape
        .iter()
        .rev()
        .map(|&size| {
            let along = flat % size;
            flat /= size;
            along
        })
        .collect();
    index.reverse();
    index
}
