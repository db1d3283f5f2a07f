//! How much of what a notebook printed of its draws a seed draws again.

use super::plan::Attempt;
use super::understand::Understanding;
use crate::draw::Generator;
use crate::grammar::Item;
use crate::readings::{Assumption, readings};
use crate::search::Hit;

/// The printed values of a stream's draws, compared.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Agreement {
    /// Printed values that are drawn again.
    pub drawn_again: usize,
    /// Printed values of all the stream's draws.
    pub printed: usize,
    /// What the draws after the evidence tell beside.
    pub assumes: Vec<Assumption>,
    /// The first draw that differs, as a place in the notebook.
    pub departs_at: Option<String>,
}

/// Draws the whole stream of the attempt's library from a hit, and compares every printed value.
#[must_use]
pub fn agreement(understanding: &Understanding, attempt: &Attempt, hit: &Hit) -> Agreement {
    let (_, stream) = understanding.stream(attempt.library);
    // Draws behind the evidence may settle what the evidence left open.
    let all: Vec<Item> = stream.iter().filter_map(|event| event.items()).flatten().collect();
    let open = readings(&all, false);
    let fitting = open.iter().filter(|reading| {
        attempt.assumes.iter().all(|made| {
            *made == Assumption::KeptNormal
                || reading.assumes.is_empty()
                || reading.assumes.contains(made)
        })
    });
    fitting
        .map(|reading| compare(understanding, attempt, hit, &reading.assumes))
        .fold(None, |best: Option<Agreement>, one| match best {
            Some(best) if best.drawn_again >= one.drawn_again => Some(best),
            _ => Some(one),
        })
        .unwrap_or(Agreement { drawn_again: 0, printed: 0, assumes: Vec::new(), departs_at: None })
}

fn compare(
    understanding: &Understanding,
    attempt: &Attempt,
    hit: &Hit,
    assumes: &[Assumption],
) -> Agreement {
    let (_, stream) = understanding.stream(attempt.library);
    let mut generator = Generator::new(attempt.library.words(hit.seed, hit.offset), hit.arithmetic);
    let mut agreement =
        Agreement { drawn_again: 0, printed: 0, assumes: assumes.to_vec(), departs_at: None };
    // What lies before the evidence counts from where the attempt's own steps start.
    let skipped = stream[..attempt.before].iter().rposition(|event| event.items().is_none());
    let from = skipped.map_or(0, |at| at + 1);
    let kept = attempt.assumes.contains(&Assumption::KeptNormal);
    if kept {
        generator.keep_unknown_normal();
    }
    for (i, event) in stream.iter().enumerate() {
        let known = event.printed.iter().flatten().flatten().count();
        agreement.printed += known;
        if i < from || agreement.departs_at.is_some() {
            continue;
        }
        let name = || understanding.cell_name(event.place.cell);
        let Some(items) = event.items() else {
            agreement.departs_at = Some(name());
            continue;
        };
        let settled = readings(&items, false)
            .into_iter()
            .find(|reading| reading.assumes.iter().all(|one| assumes.contains(one)));
        for item in settled.map_or(items, |reading| reading.items) {
            match item {
                Item::SkippedWords(words) => generator.skip(words),
                Item::Skipped(draw) => generator.pass(&draw),
                Item::Printed(draw, values) => {
                    let drawn = generator.draw(&draw);
                    let same = |(value, printed): &(crate::Scalar, &Option<crate::Printed>)| {
                        printed.as_ref().is_some_and(|printed| printed.admits(*value))
                    };
                    let again = drawn.iter().zip(&values).filter(same).count();
                    agreement.drawn_again += again;
                    // A draw that was printed after it was changed by hand differs alone; the
                    // stream is lost only where nothing agrees.
                    if again == 0 && known > 0 {
                        agreement.departs_at = Some(name());
                    }
                }
            }
        }
    }
    agreement
}
