//! Two traces, bit for bit.

use std::collections::HashSet;

use serde::Serialize;

use super::TraceFile;
use crate::element::{dtype_name, width};
use crate::elements::Elements;
use crate::verdict::Verdict;

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
    /// [`Elements::not_a_number`] tells.
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
    /// What differs in it.
    #[serde(flatten)]
    pub elements: Elements,
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
                result.largest_ulp = result.largest_ulp.max(difference.elements.largest_ulp);
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
    Some(TensorDifference {
        name: name.to_string(),
        position,
        dtype: dtype_name(dtype),
        shape: shape.to_vec(),
        elements: Elements::of(dtype, shape, a.bytes(name)?, b.bytes(name)?)?,
    })
}
