//! The ways to read a sequence whose words depend on what nobody wrote down.

use std::fmt;

use crate::draw::{Draw, Kind, Library, LoaderEpoch, torch};
use crate::grammar::Item;

/// What a reading takes for true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assumption {
    /// The versions of PyTorch by what their loaders draw.
    Loader(LoaderEpoch),
    /// Whether dropout's masks were drawn by MKL on an Intel processor.
    IntelMasks(bool),
    /// The first normal is the second of a pair of which the first was drawn earlier.
    KeptNormal,
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loader(epoch) => {
                write!(f, "PyTorch {}, by the words of its loader", epoch.versions())
            }
            Self::IntelMasks(true) => f.write_str("masks drawn on an Intel processor"),
            Self::IntelMasks(false) => {
                f.write_str("masks drawn on a processor that is not Intel's")
            }
            Self::KeptNormal => {
                f.write_str("the first normal is the second of a pair drawn earlier")
            }
        }
    }
}

/// A sequence with every draw settled, and what that takes for true.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The sequence.
    pub items: Vec<Item>,
    /// What it takes for true; empty where there is one way to read it.
    pub assumes: Vec<Assumption>,
}

/// Every way to read `items`, the likeliest first; `earlier` is whether anything may have been drawn
/// before them.
///
/// A loader's pass is read by all versions of PyTorch, a dropout by both kinds of processor, and the
/// first normals after unknown draws as the start of a pair or as the rest of one.
#[must_use]
pub fn readings(items: &[Item], earlier: bool) -> Vec<Reading> {
    let mut all = vec![Reading { items: items.to_vec(), assumes: Vec::new() }];
    if items
        .iter()
        .any(|item| matches!(kind_of(item), Some(Kind::Loader { shuffle: true, epoch: None })))
    {
        all = expand(
            &all,
            &LoaderEpoch::ALL,
            |kind, &epoch| {
                if let Kind::Loader { shuffle: true, epoch: open @ None } = kind {
                    *open = Some(epoch);
                }
            },
            Assumption::Loader,
        );
    }
    let open_mask = |item: &Item| {
        matches!(
            (item, kind_of(item)),
            (Item::Skipped(_), Some(Kind::Bernoulli { intel: None, .. }))
        )
    };
    if items.iter().any(open_mask) {
        all = expand(
            &all,
            &[false, true],
            |kind, &on_intel| {
                if let Kind::Bernoulli { intel: open @ None, .. } = kind {
                    *open = Some(on_intel);
                }
            },
            Assumption::IntelMasks,
        );
    }
    let kept: Vec<Reading> =
        all.iter().filter_map(|reading| with_kept_normal(reading, earlier)).collect();
    all.extend(kept);
    all
}

fn kind_of(item: &Item) -> Option<Kind> {
    match item {
        Item::Printed(draw, _) | Item::Skipped(draw) => Some(draw.kind),
        Item::SkippedWords(_) => None,
    }
}

fn expand<T: Copy>(
    readings: &[Reading],
    choices: &[T],
    settle: impl Fn(&mut Kind, &T),
    assume: impl Fn(T) -> Assumption,
) -> Vec<Reading> {
    let settled = |choice: &T, reading: &Reading| {
        let mut reading = reading.clone();
        for item in &mut reading.items {
            if let Item::Printed(draw, _) | Item::Skipped(draw) = item {
                settle(&mut draw.kind, choice);
            }
        }
        reading.assumes.push(assume(*choice));
        reading
    };
    choices
        .iter()
        .flat_map(|choice| readings.iter().map(move |reading| (choice, reading)))
        .map(|(choice, reading)| settled(choice, reading))
        .collect()
}

/// The reading in which the first normal after unknown draws had been kept: it is left out, and what
/// follows starts a pair.
fn with_kept_normal(reading: &Reading, mut earlier: bool) -> Option<Reading> {
    for (i, item) in reading.items.iter().enumerate() {
        let draw = match item {
            Item::SkippedWords(words) => {
                earlier |= *words > 0;
                continue;
            }
            Item::Printed(draw, _) | Item::Skipped(draw) => draw,
        };
        if !keeps_normals(draw) {
            continue;
        }
        if !earlier || !reading.items[i..].iter().any(|item| matches!(item, Item::Printed(..))) {
            return None;
        }
        let shorter = Draw { kind: draw.kind, shape: vec![draw.len() - 1] };
        let mut reading = reading.clone();
        match item {
            _ if shorter.is_empty() => {
                reading.items.remove(i);
            }
            Item::Printed(_, values) => {
                reading.items[i] = Item::Printed(shorter, values[1..].to_vec());
            }
            _ => reading.items[i] = Item::Skipped(shorter),
        }
        let known = |item: &Item| matches!(item, Item::Printed(_, values) if values.iter().any(Option::is_some));
        if !reading.items.iter().any(known) {
            return None;
        }
        reading.assumes.push(Assumption::KeptNormal);
        return Some(reading);
    }
    None
}

/// Whether a draw takes a normal that was kept, if there is one.
fn keeps_normals(draw: &Draw) -> bool {
    let small = draw.kind.library() == Library::NumPy || draw.len() < torch::BLOCK;
    draw.kind.normal().is_some() && small && !draw.is_empty()
}
