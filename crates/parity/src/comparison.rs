//! Two recordings, call by call.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash as _, Hasher as _};

use serde::Serialize;

use crate::align::{Interner, Step, Token, align_threads};
use crate::both::Both;
use crate::departure::Departure;
use crate::distance::Distances;
use crate::files::{self, FilePair};
use crate::nearness::Nearness;
use crate::places::{Differences, Place};
use crate::printed::Printed;
use crate::recording::{Call, Line, Recording, Value};
use crate::side::{Across, Side, incomparable, notes, sides};
use crate::verdict::Verdict;

/// All that tells one recording from another.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// How the two compare.
    pub verdict: Verdict,
    /// Why they cannot be compared, if so.
    pub reason: Option<String>,
    /// What was recorded on each side.
    pub sides: [Side; 2],
    /// Computing calls with the same operator and the same bits on both sides.
    pub identical: usize,
    /// Computing calls that come to the same bits by another operator or overload.
    pub other_ways: Vec<OtherWay>,
    /// The first computing call that differs or that only one side makes.
    pub first_difference: Option<Departure>,
    /// Computing calls that differ or that only one side makes, of the side that has more of them.
    pub differing: usize,
    #[serde(skip)]
    differing_by_side: [usize; 2],
    /// Every statement at which calls differ, in the order of their first difference.
    pub places: Vec<Place>,
    /// How far apart the calls that differ are.
    pub distances: Distances,
    /// Whether all of them are near each other, if that was [asked for](Self::measure_nearness).
    pub nearness: Option<Nearness>,
    /// Conditions under which the two were recorded and that differ, and what could not be seen.
    pub notes: Vec<String>,
    /// Both standard outputs, where both were kept.
    pub output: Option<Printed>,
    /// The files that either wrote, where each ran in a folder of its own.
    pub files: Vec<FilePair>,
    /// The other processes, the first that computed on one side with the first of the other.
    pub other_processes: Vec<Comparison>,
}

/// Lines in which the two sides come to the same bits by other operators.
#[derive(Debug, Clone, Serialize)]
pub struct OtherWay {
    /// How often.
    pub times: usize,
    /// How many computing calls of each side that are, all times together.
    pub calls: [usize; 2],
    /// The operators of each side.
    pub operators: [Vec<String>; 2],
    /// The lines.
    pub lines: [Option<Line>; 2],
}

impl Comparison {
    /// Compares every computing call of two recordings, bit for bit, those of their other processes,
    /// and what both printed.
    #[must_use]
    pub fn new(a: &Recording, b: &Recording) -> Self {
        Self::across(a, b, Across::default())
    }

    /// As [`Comparison::new`], of two versions of libtorch or two kinds of devices too: what differs
    /// from one to the other.
    #[must_use]
    pub fn across(a: &Recording, b: &Recording, across: Across) -> Self {
        let one_process = |a, b| Self::one_process(a, b, across);
        let [mut of_a, mut of_b] = [a, b].map(computing_processes);
        // Such as torchrun only starts others, the first of which stands for the command then.
        let starts = |of: &[&Recording]| of.len() > 1 && of[0].computing().is_empty();
        if starts(&of_a) && starts(&of_b) {
            of_a.remove(0);
            of_b.remove(0);
        }
        let mut result = one_process(of_a[0], of_b[0]);
        for (side, processes) in result.sides.iter_mut().zip([&of_a, &of_b]) {
            side.other_processes = processes.len() - 1;
        }
        let others = of_a.iter().zip(&of_b).skip(1);
        result.other_processes = others.map(|(a, b)| one_process(a, b)).collect();
        let verdicts = result.other_processes.iter().map(|other| other.verdict);
        // What differs tells more than what has no counterpart.
        let worst = [Verdict::Different, Verdict::NotComparable, Verdict::FailedAlike];
        let all: Vec<_> = verdicts.chain([result.verdict]).collect();
        if let Some(&worst) = worst.iter().find(|verdict| all.contains(verdict)) {
            result.verdict = worst;
        }
        if result.verdict <= Verdict::FailedAlike && of_a.len() != of_b.len() {
            let [a, b] = result.sides.each_ref().map(|side| (&side.name, side.other_processes));
            result.reason = Some(format!(
                "{} computed in {} more processes and {} in {}; a loader's workers are such, and \
                 without them the same is compared",
                a.0, a.1, b.0, b.1
            ));
            result.verdict = Verdict::NotComparable;
        }
        let printed = a.printed().zip(b.printed());
        let by_several = !result.other_processes.is_empty();
        result.output = printed.map(|(a, b)| Printed::compare(a, b, by_several));
        result.files = files::compare(a, b);
        let prints_the_same = result.output.as_ref().is_none_or(|output| output.identical);
        let writes_the_same = !result.files.iter().any(FilePair::differs);
        if result.verdict <= Verdict::FailedAlike && !(prints_the_same && writes_the_same) {
            result.verdict = Verdict::Different;
        }
        result
    }

    /// What the two sides are called.
    pub(crate) fn names(&self) -> [&str; 2] {
        self.sides.each_ref().map(|side| side.name.as_str())
    }

    fn one_process(a: &Recording, b: &Recording, across: Across) -> Self {
        let recordings = [a, b];
        let pair = Both { recordings, computing: recordings.map(Recording::computing) };
        let mut result = Self {
            verdict: Verdict::Identical,
            reason: None,
            sides: sides(&pair),
            identical: 0,
            other_ways: Vec::new(),
            first_difference: None,
            differing: 0,
            differing_by_side: [0, 0],
            places: Vec::new(),
            distances: Distances::default(),
            nearness: None,
            notes: notes(&pair),
            output: None,
            files: Vec::new(),
            other_processes: Vec::new(),
        };
        result.reason = incomparable(&pair, &result.sides, across);
        if result.reason.is_some() {
            result.verdict = Verdict::NotComparable;
            return result;
        }
        let is_each_matched = result.add_steps(&pair);
        let ends = result.sides.each_ref().map(Side::end);
        let failures = recordings.map(Recording::failure);
        (result.verdict, result.reason) = match (&result.first_difference, failures, ends) {
            (Some(_), _, ends) => (Verdict::Different, ends.into_iter().flatten().next()),
            (None, [Some(a), Some(b)], _) if is_each_matched => {
                let [of_a, of_b] = result.names();
                (Verdict::FailedAlike, Some(format!("{of_a} {a}; {of_b} {b}")))
            }
            (None, _, [Some(end), _] | [None, Some(end)]) => (Verdict::NotComparable, Some(end)),
            (None, _, [None, None]) => (Verdict::Identical, None),
        };
        if result.verdict != Verdict::Identical {
            for side in [0, 1] {
                let complaint = pair.recordings[side].complaint();
                let name = &result.sides[side].name;
                result.notes.extend(complaint.map(|text| format!("{name}: {text}")));
            }
        }
        result
    }

    /// Whether each call of either side has one of the other to be compared with.
    fn add_steps(&mut self, pair: &Both<'_>) -> bool {
        let mut operators = Interner::default();
        let [a, b] = [0, 1].map(|side| {
            let computing = &pair.computing[side];
            let calls = pair.recordings[side].calls();
            let sources = views(calls);
            let token = |&number| token(&calls[number], &sources, &mut operators);
            computing.iter().map(token).collect::<Vec<_>>()
        });
        let mut differences = Differences::new(pair);
        let cut = self.sides.each_ref().map(|side| side.end().is_some());
        let mut is_each_matched = true;
        for step in align_threads([&a, &b], &threads(pair)) {
            match step {
                Step::Same(..) => self.identical += 1,
                Step::OtherWay(ways) => self.add_other_way(pair, ways),
                // What follows the end of a recording that was cut is not known to differ.
                Step::Unmatched(calls, at)
                    if cut[0] && at[0] == a.len() && calls[0].is_empty()
                        || cut[1] && at[1] == b.len() && calls[1].is_empty() =>
                {
                    is_each_matched = false;
                }
                Step::Differs(i, j) => {
                    self.add_difference(&mut differences, &[vec![i], vec![j]], [i, j]);
                }
                Step::Unmatched(calls, at) => self.add_difference(&mut differences, &calls, at),
            }
        }
        (self.places, self.distances) = differences.finish();
        is_each_matched
    }

    fn add_difference(
        &mut self,
        differences: &mut Differences<'_>,
        calls: &[Vec<usize>; 2],
        at: [usize; 2],
    ) {
        differences.add(calls, at);
        for (differing, calls) in self.differing_by_side.iter_mut().zip(calls) {
            *differing += calls.len();
        }
        self.differing = self.differing_by_side[0].max(self.differing_by_side[1]);
        if self.first_difference.is_none() {
            self.first_difference = Some(Departure::new(differences.pair, calls, at));
        }
    }

    fn add_other_way(&mut self, pair: &Both<'_>, ways: [Vec<usize>; 2]) {
        let way = OtherWay {
            times: 1,
            calls: ways.each_ref().map(Vec::len),
            lines: [0, 1].map(|side| pair.line(side, *ways[side].last()?)),
            operators: [0, 1].map(|side| pair.operators(side, &ways[side])),
        };
        let known = self
            .other_ways
            .iter_mut()
            .find(|known| (&known.operators, &known.lines) == (&way.operators, &way.lines));
        match known {
            None => self.other_ways.push(way),
            Some(known) => {
                known.times += 1;
                known.calls = [0, 1].map(|side| known.calls[side] + way.calls[side]);
            }
        }
    }
}

/// The computing calls of each thread, those of each side in the order in which their threads were
/// started.
fn threads(pair: &Both<'_>) -> [Vec<Vec<usize>>; 2] {
    [0, 1].map(|side| {
        let mut threads = BTreeMap::<Vec<u32>, Vec<usize>>::new();
        for index in 0..pair.computing[side].len() {
            let thread = &pair.call(side, index).thread;
            let path = thread.split('.').filter_map(|number| number.parse().ok()).collect();
            threads.entry(path).or_default().push(index);
        }
        threads.into_values().collect()
    })
}

/// That of the command itself, and the others that computed.
fn computing_processes(recording: &Recording) -> Vec<&Recording> {
    let others = recording.processes().iter().filter(|other| !other.computing().is_empty());
    [recording].into_iter().chain(others).collect()
}

/// For the bits of each view and copy, the bits of what it was made of.
fn views(calls: &[Call]) -> HashMap<u64, HashSet<u64>> {
    let mut sources: HashMap<u64, HashSet<u64>> = HashMap::new();
    for call in calls.iter().filter(|call| !call.counts) {
        for made in call.outputs.iter().filter_map(|value| value.bits) {
            let given = call.inputs.iter().filter_map(|value| value.bits);
            sources.entry(made).or_default().extend(given.filter(|&given| given != made));
        }
    }
    sources
}

fn token(call: &Call, sources: &HashMap<u64, HashSet<u64>>, operators: &mut Interner) -> Token {
    let bits = |values: &[Value]| values.iter().filter_map(|value| value.bits).collect::<Vec<_>>();
    let mut outputs = DefaultHasher::new();
    for value in &call.outputs {
        (&value.dtype, &value.shape, value.bits).hash(&mut outputs);
    }
    let op = operators.intern(&call.op);
    if call.outputs.iter().any(|value| value.bits.is_none() && &*value.dtype != "none") {
        // Without bits to go by, only the same operator with the same numbers matches.
        (op, &call.args).hash(&mut outputs);
    }
    let mut inputs = bits(&call.inputs);
    let viewed: Vec<_> =
        inputs.iter().filter_map(|given| sources.get(given)).flatten().copied().collect();
    inputs.extend(viewed);
    Token { op, outputs: outputs.finish(), inputs, made: bits(&call.outputs) }
}
