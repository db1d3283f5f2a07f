//! What two checkpoints hold.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use checkpoint::safetensors::{self, Dense};
use checkpoint::torch_save::{self, Storages};
use checkpoint::{Fault, KeyPath, Tree, View};

use crate::elements::Elements;
use crate::text::thousands;

/// The most elements of a tensor that do not lie in order, such as those of one number expanded.
const MAX_STRIDED: i64 = 1 << 24;

/// Where two files of `torch.save` or of safetensors differ first; nothing where they hold the same.
///
/// # Errors
/// A file that is neither.
pub(crate) fn difference(a: &Path, b: &Path) -> Result<Option<String>, Fault> {
    let open = |path| File::open(path).map(BufReader::new).map_err(Fault::from);
    match (safetensors::read(open(a)?), safetensors::read(open(b)?)) {
        (Ok(a), Ok(b)) => {
            let [a, b] = [safetensors::tensors(&a)?, safetensors::tensors(&b)?];
            Ok(of_tensors(a.into_iter().collect(), b.into_iter().collect()))
        }
        _ => {
            let ((a, of_a), (b, of_b)) = (torch_save::read(open(a)?)?, torch_save::read(open(b)?)?);
            let mut files = Files { storages: [of_a, of_b], read: Default::default() };
            files.of_trees(&a, &b, &mut KeyPath::default())
        }
    }
}

type Named<'a> = BTreeMap<String, Dense<'a>>;

fn of_tensors(a: Named<'_>, b: Named<'_>) -> Option<String> {
    if !a.keys().eq(b.keys()) {
        let names = |of: &Named<'_>| of.keys().cloned().collect::<Vec<_>>().join(", ");
        return Some(format!("it has the tensors {}, and {}", names(&a), names(&b)));
    }
    a.iter().zip(b.values()).find_map(|((name, a), b)| {
        let place = of_elements([&a.dtype, &b.dtype], [&a.size, &b.size], [&a.bytes, &b.bytes])?;
        Some(format!("{name} {place}"))
    })
}

/// Two files of `torch.save`, with the storages that were read.
struct Files<R> {
    storages: [Storages<R>; 2],
    read: [BTreeMap<String, Vec<u8>>; 2],
}

impl<R: Read + Seek> Files<R> {
    fn of_trees(&mut self, a: &Tree, b: &Tree, at: &mut KeyPath) -> Result<Option<String>, Fault> {
        let place = match (a, b) {
            (Tree::Tensor(a), Tree::Tensor(b)) | (Tree::Parameter(a), Tree::Parameter(b)) => {
                self.of_views(a, b, at)?
            }
            (Tree::List(a), Tree::List(b)) | (Tree::Tuple(a), Tree::Tuple(b)) => {
                let length = [a, b].map(|list| (Tree::None, Tree::Int(list.len() as i128)));
                let pairs = a.iter().zip(b).enumerate();
                for (index, (a, b)) in pairs {
                    let found = at.inside(index.to_string(), |at| self.of_trees(a, b, at))?;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                (length[0] != length[1]).then(|| format!("has {} and {} items", a.len(), b.len()))
            }
            (Tree::Dict(a), Tree::Dict(b)) | (Tree::Counter(a), Tree::Counter(b)) => {
                return self.of_items(a, b, at);
            }
            (
                Tree::OrderedDict { items: a, attributes: of_a },
                Tree::OrderedDict { items: b, attributes: of_b },
            ) => match self.of_items(a, b, at)? {
                None => return self.of_items(of_a, of_b, at),
                found => return Ok(found),
            },
            // NaNs, too.
            (Tree::Float(a), Tree::Float(b)) if a.to_bits() == b.to_bits() => None,
            (a, b) if a.type_name() != b.type_name() => {
                Some(format!("is {} and {}", a.type_name(), b.type_name()))
            }
            (a, b) => (a != b).then(|| format!("is {} and {}", a.key_text(), b.key_text())),
        };
        Ok(place.map(|place| format!("{at} {place}")))
    }

    fn of_items(
        &mut self,
        a: &[(Tree, Tree)],
        b: &[(Tree, Tree)],
        at: &mut KeyPath,
    ) -> Result<Option<String>, Fault> {
        for ((key, a), (other, b)) in a.iter().zip(b) {
            if key != other {
                let [key, other] = [key, other].map(Tree::key_text);
                return Ok(Some(format!("{at} has the key {key} where the other has {other}")));
            }
            let found = at.inside(key.key_text(), |at| self.of_trees(a, b, at))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let lengths = [a.len(), b.len()];
        Ok((lengths[0] != lengths[1])
            .then(|| format!("{at} has {} and {} keys", lengths[0], lengths[1])))
    }

    fn of_views(&mut self, a: &View, b: &View, at: &KeyPath) -> Result<Option<String>, Fault> {
        let flags = |of: &View| (of.requires_grad, of.conj, of.neg, of.storage.location.clone());
        if flags(a) != flags(b) {
            let text = |of: &View| {
                let grad = if of.requires_grad { "requires" } else { "does not require" };
                format!("on {}, {grad} gradients", of.storage.location)
            };
            return Ok(Some(format!("is {}, and {}", text(a), text(b))));
        }
        let bytes = [self.elements(0, a, at)?, self.elements(1, b, at)?];
        let size =
            |of: &View| of.size.iter().map(|&n| n.unsigned_abs() as usize).collect::<Vec<_>>();
        Ok(of_elements([a.dtype.name, b.dtype.name], [&size(a), &size(b)], [&bytes[0], &bytes[1]]))
    }

    /// A tensor's elements in the order of its indices.
    fn elements(&mut self, side: usize, view: &View, at: &KeyPath) -> Result<Vec<u8>, Fault> {
        let key = view.storage.key.clone();
        if !self.read[side].contains_key(&key) {
            let bytes = self.storages[side].read(&view.storage)?;
            self.read[side].insert(key.clone(), bytes);
        }
        let storage = &self.read[side][&key];
        view.check_storage(storage.len() as u64, at)?;
        let width = view.dtype.width as usize;
        let from = |offset: i64| offset.unsigned_abs() as usize * width;
        let numel: i64 = view.size.iter().product();
        if view.is_contiguous() {
            let start = from(view.offset);
            return Ok(storage.get(start..start + from(numel)).unwrap_or_default().to_vec());
        }
        if numel > MAX_STRIDED {
            return Err(Fault::Damaged(format!("{at} has too many elements out of order")));
        }
        let mut offsets = vec![view.offset];
        for (&size, &stride) in view.size.iter().zip(&view.stride) {
            let along = |from: &i64| (0..size).map(move |n| from + n * stride).collect::<Vec<_>>();
            offsets = offsets.iter().flat_map(along).collect();
        }
        let element = |&at: &i64| storage.get(from(at)..from(at) + width).unwrap_or_default();
        Ok(offsets.iter().flat_map(element).copied().collect())
    }
}

/// How two tensors differ; nothing if they do not.
fn of_elements(dtypes: [&str; 2], sizes: [&[usize]; 2], bytes: [&[u8]; 2]) -> Option<String> {
    if (dtypes[0], sizes[0]) != (dtypes[1], sizes[1]) {
        let [a, b] = [0, 1].map(|side| format!("{} {:?}", dtypes[side], sizes[side]));
        return Some(format!("is {a}, and {b}"));
    }
    if bytes[0] == bytes[1] {
        return None;
    }
    let Some(found) = Elements::compare(dtypes[0], sizes[0], bytes[0], bytes[1]) else {
        return Some("has other bits".into());
    };
    let (first, ulp) = (&found.first, found.first.ulp);
    let ulp = ulp.map_or(String::new(), |ulp| format!(", {} ULP apart", thousands(ulp as usize)));
    Some(format!(
        "differs in {} of {} elements, the first {:?}: {} and {}{ulp}",
        found.differing, found.elements, first.index, first.a, first.b
    ))
}
