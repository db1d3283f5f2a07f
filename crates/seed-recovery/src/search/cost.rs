//! What positions cost by themselves and in whole streams.

use super::Offsets;
use super::cone::{Cone, SEED, TEST, TWIST};
use super::window::SPAN;
use draws::mt19937::N;

/// Cones of more twists than this take too long to build.
const MOST_TWISTS: f64 = 3e5;
/// Operations of a test within a stream, whose rows are at hand.
const STREAM_TEST: f64 = 4.0;

/// Which stretches of positions are tested one by one, and which in whole streams: what costs least.
pub(super) fn divide(spans: Vec<Offsets>) -> (Vec<Offsets>, Vec<Offsets>) {
    let mut spans: Vec<(f64, Offsets)> =
        spans.into_iter().map(|span| (cone_cost(&span), span)).collect();
    spans.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut rest: Vec<f64> = Vec::new();
    let (mut last, mut tests) = (0, 0);
    for (_, span) in spans.iter().rev() {
        last = last.max(span.last());
        tests += span.count();
        rest.push(whole_stream_cost(last, tests));
    }
    rest.reverse();
    rest.push(0.0);
    let (mut alone, mut least) = (0, rest[0]);
    let mut cones = SEED * N as f64;
    for (i, (cost, _)) in spans.iter().enumerate() {
        cones += cost;
        if cones + rest[i + 1] < least {
            (alone, least) = (i + 1, cones + rest[i + 1]);
        }
    }
    let together = spans.split_off(alone);
    let plain = |spans: Vec<(f64, Offsets)>| spans.into_iter().map(|(_, span)| span).collect();
    (plain(spans), plain(together))
}

/// Operations on rows for the positions of a stretch by themselves, without the seeding.
fn cone_cost(span: &Offsets) -> f64 {
    // A position's filters may read a few words behind it.
    if span.last() + SPAN > Cone::FURTHEST || span.count() as f64 > MOST_TWISTS {
        return f64::INFINITY;
    }
    let twists = Cone::twists(span.iter());
    // Each twist's operands are sums of some words.
    if twists > MOST_TWISTS {
        f64::INFINITY
    } else {
        2.0 * TWIST * twists + TEST * span.count() as f64
    }
}

/// Operations on rows for whole streams, up to the last position.
pub(super) fn stream_cost(spans: &[Offsets]) -> f64 {
    let last = spans.iter().map(Offsets::last).max().unwrap_or(0);
    whole_stream_cost(last, spans.iter().map(Offsets::count).sum())
}

pub(super) fn whole_stream_cost(last: u64, tests: u64) -> f64 {
    let blocks = last / N as u64 + 1;
    N as f64 * SEED + (blocks * N as u64) as f64 * TWIST + tests as f64 * STREAM_TEST
}
