//! Every place at which two programs differ, and which of them are faults of their own.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::both::Both;
use crate::distance::{CallDistance, Distances, Meter, Point};
use crate::recording::{Call, Line, Value};

/// A statement at which calls differ, with the operator on both sides.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// The lines; none on a side that makes no such call, or whose lines are not known.
    pub lines: [Option<Line>; 2],
    /// The operators; none on a side that makes no such call.
    pub operators: [Option<String>; 2],
    /// How many calls differ there.
    pub calls: usize,
    /// How many of them are no consequence of another difference: no tensor that they were given
    /// was made by calls that differ, and no number that they draw is drawn later or earlier than on
    /// the other side because of such a call.
    pub independent: usize,
    /// Where the first of them stands among the computing calls of each side, counted from 1.
    pub first: [usize; 2],
    /// The numbers of the first in the recordings.
    pub calls_first: [Option<usize>; 2],
    /// The largest distance that is known.
    pub largest_ulps: Option<u64>,
    /// How many calls have no distance in ULPs, or none that is known.
    pub without_ulps: usize,
    /// The distance of the calls that are farthest apart.
    pub farthest: CallDistance,
}

/// What tells one place from another: file and line, and operator, of both sides.
type Key = [(Option<Line>, Option<String>); 2];

/// Gathers the calls that differ.
pub(crate) struct Differences<'a> {
    pub pair: &'a Both<'a>,
    /// The calls that differ, and where that is.
    found: Vec<([Vec<usize>; 2], [usize; 2])>,
    places: Vec<Place>,
    known: HashMap<Key, usize>,
    meter: Meter,
    /// The bits that only one side has, as far as the calls have been gone through.
    changed: [HashSet<u64>; 2],
    gone_through: [usize; 2],
    /// Whether one side has drawn what the other has not.
    draws_apart: bool,
}

impl<'a> Differences<'a> {
    pub(crate) fn new(pair: &'a Both<'a>) -> Self {
        Self {
            pair,
            found: Vec::new(),
            places: Vec::new(),
            known: HashMap::new(),
            meter: Meter::new(),
            changed: Default::default(),
            gone_through: [0, 0],
            draws_apart: false,
        }
    }

    /// Adds calls that differ, by their indices among the computing calls; `at` is where that is.
    pub(crate) fn add(&mut self, calls: &[Vec<usize>; 2], at: [usize; 2]) {
        self.found.push((calls.clone(), at));
    }

    /// Every place, and every distance.
    pub(crate) fn finish(mut self) -> (Vec<Place>, Distances) {
        let mut found = std::mem::take(&mut self.found);
        // What follows from a difference comes after it, whatever the order they were found in.
        found.sort_by_key(|(_, at)| *at);
        for (calls, at) in &found {
            self.add_stretch(calls, *at);
        }
        (self.places, self.meter.finish())
    }

    fn add_stretch(&mut self, calls: &[Vec<usize>; 2], at: [usize; 2]) {
        for nth in 0..calls[0].len().max(calls[1].len()) {
            let pair = [0, 1].map(|side: usize| calls[side].get(nth).copied());
            let at = [0, 1].map(|side: usize| {
                // Of a side that makes no more of them: the call that comes next.
                pair[side].unwrap_or_else(|| calls[side].last().map_or(at[side], |last| last + 1))
            });
            self.add_one(pair, at);
        }
    }

    fn add_one(&mut self, indices: [Option<usize>; 2], at: [usize; 2]) {
        let distance = self.meter.measure(self.pair, indices);
        let is_independent = self.is_independent(indices);
        let numbers = [0, 1].map(|side| indices[side].map(|i| self.pair.computing[side][i]));
        let calls = [0, 1].map(|side| indices[side].map(|i| self.pair.call(side, i)));
        let place = self.place(indices, numbers, at.map(|index| index + 1));
        let found = &mut self.places[place];
        found.calls += 1;
        found.independent += usize::from(is_independent);
        found.farthest = found.farthest.max(distance);
        match distance {
            CallDistance::Ulps(ulps) => found.largest_ulps = found.largest_ulps.max(Some(ulps)),
            _ => found.without_ulps += 1,
        }
        let bytes = calls.iter().flatten().map(|call| bytes(call)).max().unwrap_or(0);
        let at = at.map(|index| index + 1);
        let independent = is_independent;
        self.meter.add(Point { at, calls: numbers, distance, bytes, independent, place });
        self.draws_apart |= is_independent && moves_the_generator(calls);
        self.mark_outputs(calls);
    }

    fn place(
        &mut self,
        indices: [Option<usize>; 2],
        calls_first: [Option<usize>; 2],
        first: [usize; 2],
    ) -> usize {
        let key = [0, 1].map(|side| {
            let line = indices[side].and_then(|index| self.pair.line(side, index));
            (line, indices[side].map(|index| self.pair.call(side, index).op.to_string()))
        });
        *self.known.entry(key).or_insert_with_key(|key| {
            self.places.push(Place {
                lines: key.each_ref().map(|(line, _)| line.clone()),
                operators: key.each_ref().map(|(_, operator)| operator.clone()),
                calls: 0,
                independent: 0,
                first,
                calls_first,
                largest_ulps: None,
                without_ulps: 0,
                farthest: CallDistance::Ulps(0),
            });
            self.places.len() - 1
        })
    }

    fn is_independent(&mut self, indices: [Option<usize>; 2]) -> bool {
        for side in [0, 1] {
            if let Some(index) = indices[side] {
                self.go_through(side, self.pair.computing[side][index]);
            }
        }
        let calls = [0, 1].map(|side| indices[side].map(|index| self.pair.call(side, index)));
        let given = |side: usize| calls[side].map_or(&[][..], |call| &call.inputs);
        let length = given(0).len().max(given(1).len());
        let follows = (0..length).any(|number| {
            let bits = [0, 1].map(|side| given(side).get(number).and_then(|value| value.bits));
            bits[0] != bits[1]
                && [0, 1].iter().any(|&side: &usize| {
                    bits[side].is_some_and(|bits| self.changed[side].contains(&bits))
                })
        });
        let draws_on = self.draws_apart && calls.iter().flatten().all(|call| draws(call));
        !follows && !draws_on
    }

    /// What was made of bits that only one side has, up to this call, by views and the like: computing
    /// calls are matched, or come here themselves.
    fn go_through(&mut self, side: usize, until: usize) {
        let calls = self.pair.recordings[side].calls();
        let from = self.gone_through[side].min(until);
        for call in calls[from..until].iter().filter(|call| !call.counts) {
            let changed = &mut self.changed[side];
            if fingerprints(&call.inputs).any(|bits| changed.contains(&bits)) {
                changed.extend(fingerprints(&call.outputs));
            }
        }
        self.gone_through[side] = self.gone_through[side].max(until);
    }

    fn mark_outputs(&mut self, calls: [Option<&Call>; 2]) {
        let made: [HashSet<u64>; 2] = calls
            .map(|call| call.into_iter().flat_map(|call| fingerprints(&call.outputs)).collect());
        for side in [0, 1] {
            self.changed[side].extend(made[side].difference(&made[1 - side]));
        }
    }
}

fn fingerprints(values: &[Value]) -> impl Iterator<Item = u64> {
    values.iter().filter_map(|value| value.bits)
}

fn bytes(call: &Call) -> usize {
    call.outputs.iter().map(Value::size).sum()
}

/// Operators that draw from a generator, by the beginning of their names.
const DRAWING: [&str; 13] = [
    "rand",
    "normal",
    "uniform",
    "bernoulli",
    "exponential",
    "geometric",
    "cauchy",
    "log_normal",
    "multinomial",
    "poisson",
    "binomial",
    "native_dropout",
    "_fused_dropout",
];

fn draws(call: &Call) -> bool {
    let name = call.op.strip_prefix("aten::").unwrap_or(&call.op);
    DRAWING.iter().any(|drawing| name.starts_with(drawing))
}

/// Whether a difference leaves the generators of the two sides in different states: one draws more
/// than the other, or they drew other numbers in the same way and so were in different states before.
fn moves_the_generator(calls: [Option<&Call>; 2]) -> bool {
    let kind = |call: &Call| {
        let shapes: Vec<_> = call.outputs.iter().map(|value| value.shape.clone()).collect();
        (call.op.clone(), shapes)
    };
    match calls {
        [Some(a), Some(b)] if draws(a) && draws(b) => kind(a) != kind(b) || a.args == b.args,
        calls => calls.into_iter().flatten().any(draws),
    }
}
