//! How many words an event took, as a reading has it.

use super::run::{Event, What};
use crate::grammar::Item;
use crate::readings::{Assumption, readings};

/// The draw of an event, once.
pub(super) fn one_draw(event: &Event) -> Option<Item> {
    match &event.what {
        What::Draw(draw) => Some(Item::Skipped(draw.clone())),
        _ => None,
    }
}

/// The words of an event under a reading.
pub(super) fn words_of(event: &Event, assumes: &[Assumption]) -> Option<u64> {
    Some(words_once(event, assumes)?.saturating_mul(event.times?))
}

/// The words of an event that happened once.
pub(super) fn words_once(event: &Event, assumes: &[Assumption]) -> Option<u64> {
    Some(match &event.what {
        What::Words(words) => *words,
        What::Draw(draw) => {
            let reading = readings(&[Item::Skipped(draw.clone())], false);
            let fits = |a: &Assumption| !conflicts(*a, assumes);
            let reading = reading.into_iter().find(|reading| reading.assumes.iter().all(fits))?;
            match &reading.items[..] {
                [Item::Skipped(draw)] => draw.words()?,
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// Whether an assumption is another one than those made already.
fn conflicts(assumption: Assumption, made: &[Assumption]) -> bool {
    made.iter().any(|other| {
        std::mem::discriminant(other) == std::mem::discriminant(&assumption) && *other != assumption
    })
}
