//! Two lists of calls, each call of both matched with one of the other or left over.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::ops::Range;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

/// What is known of a call when calls are matched.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// Its operator with the overload.
    pub op: u64,
    /// Its outputs: dtypes, shapes and bits.
    pub outputs: u64,
    /// The bits of each input.
    pub inputs: Vec<u64>,
    /// The bits of each output.
    pub made: Vec<u64>,
}

/// One step through both lists; numbers are places in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The same operator, the same bits.
    Same(usize, usize),
    /// The same bits by other operators: the last of each is the one whose bits are the other's,
    /// those before it made nothing but what it was given.
    OtherWay(Range<usize>, Range<usize>),
    /// The same operator, other bits.
    Differs(usize, usize),
    /// Calls that the other side does not make in this place.
    Unmatched(Range<usize>, Range<usize>),
}

/// How long one search for the best alignment may take before a good one is enough.
const PATIENCE: Duration = Duration::from_secs(10);

/// Matches every call of both lists or leaves it over; in order.
pub(crate) fn align(a: &[Token], b: &[Token]) -> Vec<Step> {
    let mut steps = Vec::new();
    let exact = |token: &Token| (token.op, token.outputs);
    let (whole_a, whole_b) = (0..a.len(), 0..b.len());
    between(&pairs(a, b, whole_a, whole_b, exact), a.len(), b.len(), &mut steps, |gap, steps| {
        fill(a, b, gap, steps);
    });
    steps
}

/// Both sides of a stretch that is not matched.
type Gap = (Range<usize>, Range<usize>);

/// Explains a stretch without an exact match: first by bits alone, then by operators alone.
fn fill(a: &[Token], b: &[Token], gap: Gap, steps: &mut Vec<Step>) {
    let bits = |token: &Token| token.outputs;
    let matched = pairs(a, b, gap.0.clone(), gap.1.clone(), bits);
    // A call that only made what such a match was given belongs to it.
    let mut others = Vec::new();
    let (mut free_a, mut free_b) = (gap.0.start, gap.1.start);
    for (i, j) in matched {
        others.push((feeding(a, free_a, i)..i + 1, feeding(b, free_b, j)..j + 1));
        (free_a, free_b) = (i + 1, j + 1);
    }
    let (mut from_a, mut from_b) = (gap.0.start, gap.1.start);
    for (of_a, of_b) in others {
        leftover(a, b, (from_a..of_a.start, from_b..of_b.start), steps);
        (from_a, from_b) = (of_a.end, of_b.end);
        steps.push(Step::OtherWay(of_a, of_b));
    }
    leftover(a, b, (from_a..gap.0.end, from_b..gap.1.end), steps);
}

/// Where the calls before `last`, down to `from`, begin to make only what it is given.
fn feeding(tokens: &[Token], from: usize, last: usize) -> usize {
    let mut wanted: HashSet<u64> = tokens[last].inputs.iter().copied().collect();
    let mut first = last;
    while first > from && tokens[first - 1].made.iter().any(|made| wanted.contains(made)) {
        first -= 1;
        wanted.extend(&tokens[first].inputs);
    }
    first
}

/// A stretch in which no bits agree: the same operators are held against each other.
fn leftover(a: &[Token], b: &[Token], gap: Gap, steps: &mut Vec<Step>) {
    let matched = pairs(a, b, gap.0.clone(), gap.1.clone(), |token| token.op);
    let (mut from_a, mut from_b) = (gap.0.start, gap.1.start);
    let unmatched = |until_a: usize, until_b: usize, from: (usize, usize), steps: &mut Vec<_>| {
        if from.0 < until_a || from.1 < until_b {
            steps.push(Step::Unmatched(from.0..until_a, from.1..until_b));
        }
    };
    for (i, j) in matched {
        unmatched(i, j, (from_a, from_b), steps);
        steps.push(Step::Differs(i, j));
        (from_a, from_b) = (i + 1, j + 1);
    }
    unmatched(gap.0.end, gap.1.end, (from_a, from_b), steps);
}

/// Puts down exact matches, and what `fill` makes of the stretches between them.
fn between(
    matched: &[(usize, usize)],
    end_a: usize,
    end_b: usize,
    steps: &mut Vec<Step>,
    mut fill: impl FnMut(Gap, &mut Vec<Step>),
) {
    let (mut from_a, mut from_b) = (0, 0);
    for &(i, j) in matched.iter().chain([&(end_a, end_b)]) {
        if from_a < i || from_b < j {
            fill((from_a..i, from_b..j), steps);
        }
        if i < end_a && j < end_b {
            steps.push(Step::Same(i, j));
        }
        (from_a, from_b) = (i + 1, j + 1);
    }
}

/// A longest list of places, ascending on both sides, at which `key` agrees.
fn pairs<K: Hash + Eq + Ord + Copy>(
    a: &[Token],
    b: &[Token],
    of_a: Range<usize>,
    of_b: Range<usize>,
    key: impl Fn(&Token) -> K,
) -> Vec<(usize, usize)> {
    // What one side lacks altogether cannot match, and would only slow the search.
    let keys = |tokens: &[Token], of: &Range<usize>| {
        tokens[of.clone()].iter().map(&key).collect::<HashSet<_>>()
    };
    let (keys_a, keys_b) = (keys(a, &of_a), keys(b, &of_b));
    let shared = |tokens: &[Token], of: Range<usize>, theirs: &HashSet<K>| {
        let entries = of.map(|place| (place, key(&tokens[place])));
        entries.filter(|(_, key)| theirs.contains(key)).unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let (places_a, list_a) = shared(a, of_a, &keys_b);
    let (places_b, list_b) = shared(b, of_b, &keys_a);
    let deadline = Some(Instant::now() + PATIENCE);
    let steps = capture_diff_slices_deadline(Algorithm::Myers, &list_a, &list_b, deadline);
    let mut found = Vec::new();
    for step in steps {
        if let DiffOp::Equal { old_index, new_index, len } = step {
            found.extend((0..len).map(|k| (places_a[old_index + k], places_b[new_index + k])));
        }
    }
    found
}

/// A number for each text, the same for the same text.
#[derive(Default)]
pub(crate) struct Numbers {
    known: HashMap<String, u64>,
}

impl Numbers {
    /// The number of `text`.
    pub(crate) fn of(&mut self, text: &str) -> u64 {
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
                let (of_a, of_b) = match step {
                    Step::Same(i, j) | Step::Differs(i, j) => (i..i + 1, j..j + 1),
                    Step::OtherWay(of_a, of_b) | Step::Unmatched(of_a, of_b) => (of_a, of_b),
                };
                seen_a.extend(of_a);
                seen_b.extend(of_b);
            }
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
        assert_eq!(steps, [Step::Same(0, 0), Step::OtherWay(1..2, 1..3), Step::Same(2, 3)]);
    }

    #[test]
    fn a_call_that_feeds_nothing_is_left_over() {
        let steps = aligned(&["mul 5", "sub 9"], &["mul 5", "mean 4 < 5", "sub 9"]);
        assert_eq!(steps, [Step::Same(0, 0), Step::Unmatched(1..1, 1..2), Step::Same(1, 2)]);
    }

    #[test]
    fn other_bits_are_held_against_the_same_operator() {
        let steps = aligned(&["mul 5", "sub 1", "abs 2"], &["mul 5", "sub 3", "abs 4"]);
        assert_eq!(steps, [Step::Same(0, 0), Step::Differs(1, 1), Step::Differs(2, 2)]);
        let steps = aligned(&["mul 5", "sub 1"], &["mul 5", "add 3"]);
        assert_eq!(steps, [Step::Same(0, 0), Step::Unmatched(1..2, 1..2)]);
    }
}
