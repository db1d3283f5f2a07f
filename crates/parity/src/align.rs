//! Two lists of calls, each call of both matched with one of the other or left over.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

/// What is known of a call when calls are matched.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// Its operator with the overload.
    pub op: u64,
    /// Its outputs: dtypes, shapes and bits.
    pub outputs: u64,
    /// The bits of each input, and of what it is a view of.
    pub inputs: Vec<u64>,
    /// The bits of each output.
    pub made: Vec<u64>,
}

/// One step through both lists; numbers are indices in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The same operator, the same bits.
    Same(usize, usize),
    /// The same bits by other operators: the last of each is the one whose bits are the other's,
    /// those before it made what it was given.
    OtherWay([Vec<usize>; 2]),
    /// The same operator, other bits.
    Differs(usize, usize),
    /// Calls that the other side does not make there, and the index on each side.
    Unmatched([Vec<usize>; 2], [usize; 2]),
}

/// How long one search for the best alignment may take before a good one is enough.
const PATIENCE: Duration = Duration::from_secs(10);

/// Matches the calls of each thread of one side with those of the thread that was started in its place on
/// the other, unless all calls, as they were made, have more in common.
pub(crate) fn align_threads(both: [&[Token]; 2], threads: &[Vec<Vec<usize>>; 2]) -> Vec<Step> {
    let all = || align(both[0], both[1]);
    if threads[0].len() != threads[1].len() || threads[0].len() == 1 {
        return all();
    }
    let mut steps = Vec::new();
    for of_thread in threads[0].iter().zip(&threads[1]) {
        let indices = [of_thread.0, of_thread.1];
        let [a, b] = [0, 1].map(|side: usize| {
            indices[side].iter().map(|&index| both[side][index].clone()).collect::<Vec<_>>()
        });
        let of_all = |side: usize, index: usize| {
            indices[side].get(index).copied().unwrap_or(both[side].len())
        };
        steps.extend(align(&a, &b).into_iter().map(|step| step.renumbered(of_all)));
    }
    steps.sort_by_key(Step::first);
    let same = |steps: &[Step]| steps.iter().filter(|step| step.is_same()).count();
    match both.map(|tokens| tokens.len() == same(&steps)) {
        [true, true] => steps,
        _ => Some(all()).filter(|all| same(all) > same(&steps)).unwrap_or(steps),
    }
}

impl Step {
    fn is_same(&self) -> bool {
        matches!(self, Self::Same(..))
    }

    /// The same step with other indices on each side.
    fn renumbered(self, to: impl Fn(usize, usize) -> usize) -> Self {
        let lists = |lists: [Vec<usize>; 2]| {
            let [a, b] = lists;
            [(0, a), (1, b)].map(|(side, list)| list.into_iter().map(|i| to(side, i)).collect())
        };
        match self {
            Self::Same(i, j) => Self::Same(to(0, i), to(1, j)),
            Self::Differs(i, j) => Self::Differs(to(0, i), to(1, j)),
            Self::OtherWay(ways) => Self::OtherWay(lists(ways)),
            Self::Unmatched(calls, at) => {
                Self::Unmatched(lists(calls), [to(0, at[0]), to(1, at[1])])
            }
        }
    }

    /// Where it is on the side that comes to it first.
    fn first(&self) -> usize {
        match self {
            Self::Same(i, j) | Self::Differs(i, j) => *i.min(j),
            Self::OtherWay(ways) => ways.iter().flatten().copied().min().unwrap_or_default(),
            Self::Unmatched(_, at) => at[0].min(at[1]),
        }
    }
}

/// Matches every call of both lists or leaves it over; in order.
fn align(a: &[Token], b: &[Token]) -> Vec<Step> {
    let both = [a, b];
    let mut steps = Vec::new();
    let all = both.map(|tokens| (0..tokens.len()).collect::<Vec<_>>());
    let mut matched = pairs(both, &all, |token| (token.op, token.outputs));
    matched.push((a.len(), b.len()));
    let (mut from_a, mut from_b) = (0, 0);
    for (i, j) in matched {
        fill(both, [(from_a..i).collect(), (from_b..j).collect()], [i, j], &mut steps);
        if i < a.len() {
            steps.push(Step::Same(i, j));
        }
        (from_a, from_b) = (i + 1, j + 1);
    }
    steps
}

/// Explains a stretch without an exact match: first by bits alone, then by operators alone.
fn fill(both: [&[Token]; 2], gap: [Vec<usize>; 2], end: [usize; 2], steps: &mut Vec<Step>) {
    let matched = pairs(both, &gap, |token| token.outputs);
    // A call that only made what such a match was given belongs to it.
    let mut taken = [0, 1]
        .map(|side| matched.iter().map(|pair| [pair.0, pair.1][side]).collect::<HashSet<usize>>());
    for (i, j) in matched {
        let ways = [(0, i), (1, j)].map(|(side, last)| {
            let mut way = feeding(both[side], &gap[side], last, &mut taken[side]);
            way.push(last);
            way
        });
        steps.push(Step::OtherWay(ways));
    }
    let mut rest = gap;
    for side in [0, 1] {
        rest[side].retain(|index| !taken[side].contains(index));
    }
    leftover(both, &rest, end, steps);
}

/// The free calls before `last` that make what it is given.
fn feeding(tokens: &[Token], gap: &[usize], last: usize, taken: &mut HashSet<usize>) -> Vec<usize> {
    let mut wanted: HashSet<u64> = tokens[last].inputs.iter().copied().collect();
    let mut found = Vec::new();
    for &index in gap.iter().rev().skip_while(|&&index| index >= last) {
        let feeds = tokens[index].made.iter().any(|made| wanted.contains(made));
        if feeds && taken.insert(index) {
            wanted.extend(&tokens[index].inputs);
            found.push(index);
        }
    }
    found.reverse();
    found
}

/// A stretch in which no bits agree: the same operators are held against each other.
fn leftover(both: [&[Token]; 2], rest: &[Vec<usize>; 2], end: [usize; 2], steps: &mut Vec<Step>) {
    let matched = pairs(both, rest, |token| token.op);
    let mut left = rest.each_ref().map(|indices| indices.iter().copied().peekable());
    for (i, j) in matched.into_iter().chain([(end[0], end[1])]) {
        let mut alone = [Vec::new(), Vec::new()];
        for (side, until) in [(0, i), (1, j)] {
            while let Some(index) = left[side].next_if(|&index| index < until) {
                alone[side].push(index);
            }
            left[side].next_if_eq(&until);
        }
        if alone.iter().any(|indices| !indices.is_empty()) {
            let at = [(0, i), (1, j)].map(|(side, next)| *alone[side].first().unwrap_or(&next));
            steps.push(Step::Unmatched(alone, at));
        }
        if (i, j) != (end[0], end[1]) {
            steps.push(Step::Differs(i, j));
        }
    }
}

/// A longest list of indices, ascending on both sides, at which `key` agrees.
fn pairs<K: Hash + Eq + Ord + Copy>(
    both: [&[Token]; 2],
    of: &[Vec<usize>; 2],
    key: impl Fn(&Token) -> K,
) -> Vec<(usize, usize)> {
    // What one side lacks altogether cannot match, and would only slow the search.
    let keys = [0, 1].map(|side: usize| {
        of[side].iter().map(|&index| key(&both[side][index])).collect::<HashSet<_>>()
    });
    let [(indices_a, list_a), (indices_b, list_b)] = [0, 1].map(|side: usize| {
        let entries = of[side].iter().map(|&index| (index, key(&both[side][index])));
        let shared = entries.filter(|(_, key)| keys[1 - side].contains(key));
        shared.unzip::<_, _, Vec<_>, Vec<_>>()
    });
    let deadline = Some(Instant::now() + PATIENCE);
    let steps = capture_diff_slices_deadline(Algorithm::Myers, &list_a, &list_b, deadline);
    let mut found = Vec::new();
    for step in steps {
        if let DiffOp::Equal { old_index, new_index, len } = step {
            found.extend((0..len).map(|k| (indices_a[old_index + k], indices_b[new_index + k])));
        }
    }
    found
}

/// A number for each text, the same for the same text.
#[derive(Default)]
pub(crate) struct Interner {
    known: HashMap<String, u64>,
}

impl Interner {
    /// The number of `text`.
    pub(crate) fn intern(&mut self, text: &str) -> u64 {
        if let Some(&number) = self.known.get(text) {
            return number;
        }
        let number = self.known.len() as u64;
        self.known.insert(text.to_owned(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `add 3 < 1 2` is a call of `add` that was given 1 and 2 and made 3.
    fn tokens(text: &[&str]) -> Vec<Token> {
        let token = |line: &&str| {
            let (call, inputs) = line.split_once(" < ").unwrap_or((line, ""));
            let (op, made) = call.split_once(' ').unwrap();
            let made: u64 = made.parse().unwrap();
            Token {
                op: op.bytes().map(u64::from).sum(),
                outputs: made,
                inputs: inputs.split_whitespace().map(|word| word.parse().unwrap()).collect(),
                made: vec![made],
            }
        };
        text.iter().map(token).collect()
    }

    fn aligned(a: &[&str], b: &[&str]) -> Vec<Step> {
        align(&tokens(a), &tokens(b))
    }

    #[test]
    fn every_call_is_matched_or_left_over() {
        let random = |mut state: u64, length: usize| {
            let next = move || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let (op, made, given) = (state >> 60 & 3, state >> 50 & 7, state >> 40 & 7);
                format!("{} {made} < {given}", "abcd".chars().nth(op as usize).unwrap())
            };
            std::iter::repeat_with(next).take(length).collect::<Vec<_>>()
        };
        for seed in 0..300 {
            let (a, b) = (random(seed, 25), random(seed ^ 0x5555, 23));
            let (a, b): (Vec<_>, Vec<_>) =
                (a.iter().map(String::as_str).collect(), b.iter().map(String::as_str).collect());
            let (mut seen_a, mut seen_b) = (Vec::new(), Vec::new());
            for step in aligned(&a, &b) {
                let [of_a, of_b] = match step {
                    Step::Same(i, j) | Step::Differs(i, j) => [vec![i], vec![j]],
                    Step::OtherWay(indices) | Step::Unmatched(indices, _) => indices,
                };
                seen_a.extend(of_a);
                seen_b.extend(of_b);
            }
            seen_a.sort_unstable();
            seen_b.sort_unstable();
            assert_eq!(seen_a, (0..a.len()).collect::<Vec<_>>(), "seed {seed}");
            assert_eq!(seen_b, (0..b.len()).collect::<Vec<_>>(), "seed {seed}");
        }
    }

    #[test]
    fn one_operator_for_two_is_another_way_to_the_same_bits() {
        let steps = aligned(
            &["mul 5", "lerp 7 < 5 6", "sub 9"],
            &["mul 5", "mul 8 < 5", "add 7 < 8 6", "sub 9"],
        );
        assert_eq!(
            steps,
            [Step::Same(0, 0), Step::OtherWay([vec![1], vec![1, 2]]), Step::Same(2, 3)]
        );
    }

    #[test]
    fn a_call_that_feeds_nothing_is_left_over() {
        let steps = aligned(&["mul 5", "sub 9"], &["mul 5", "mean 4 < 5", "sub 9"]);
        assert_eq!(
            steps,
            [Step::Same(0, 0), Step::Unmatched([vec![], vec![1]], [1, 1]), Step::Same(1, 2)]
        );
    }

    #[test]
    fn other_bits_are_held_against_the_same_operator() {
        let steps = aligned(&["mul 5", "sub 1", "abs 2"], &["mul 5", "sub 3", "abs 4"]);
        assert_eq!(steps, [Step::Same(0, 0), Step::Differs(1, 1), Step::Differs(2, 2)]);
        let steps = aligned(&["mul 5", "sub 1"], &["mul 5", "add 3"]);
        assert_eq!(steps, [Step::Same(0, 0), Step::Unmatched([vec![1], vec![1]], [1, 1])]);
    }

    #[test]
    fn the_same_bits_in_another_order_differ() {
        let aligned = aligned(
            &["mul 5", "index 1", "index 2", "sub 9"],
            &["mul 5", "index 2", "index 1", "sub 9"],
        );
        let unmatched: Vec<_> =
            aligned.iter().filter(|step| matches!(step, Step::Unmatched(..))).collect();
        assert_eq!((unmatched.len(), aligned.len()), (2, 5), "{aligned:?}");
    }
}
