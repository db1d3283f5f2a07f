//! The steps of the recurrence on which chosen words of a stream depend.
//!
//! Word `k` of a stream is `x[624 + k]`, tempered, where `x[0..624]` is the seeded state and
//! `x[i] = x[i - 227] ^ twist(x[i - 624], x[i - 623])`. `twist` is linear over exclusive-or, so the
//! twists along a chain of 227-word steps are one twist of the exclusive-or of their operands: with
//! `T` the indices `i`, `i - 227`, `i - 454`, … down to 624,
//!
//! `x[i] = x[the chain's end, below 624] ^ twist(xor of x[t - 624], xor of x[t - 623])` for `t` in `T`,
//!
//! and the exclusive-or of several words is expanded in the same way, where words that stand in it
//! an even number of times vanish. A word `n` blocks into its stream takes some `n²/2` twists, not
//! `624 n`: the seeding alone is the greater part of the work up to some ten thousand words.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use draws::mt19937::{M, N};

/// Indices of `x` whose words are combined, each an odd number of times.
type Set = BTreeSet<u32>;

/// One step: `into = twist(u, v) ^ xors…`, all of them places among the rows.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub into: u32,
    pub twist: Option<(u32, u32)>,
    pub xors: Vec<u32>,
}

/// What is done, in order.
#[derive(Clone, Debug)]
pub(super) enum Instruction {
    /// Computes a row.
    Step(Step),
    /// A row is word `word` of those wanted, not yet tempered.
    Word { row: u32, word: usize },
}

/// How chosen words are computed from the seeded state.
#[derive(Clone, Debug)]
pub(super) struct Cone {
    /// Which words of the seeded state are kept, ascending: row `i` holds `seeded[i]`.
    pub seeded: Vec<u32>,
    /// How many rows there are, those of the seeded state included.
    pub rows: usize,
    pub instructions: Vec<Instruction>,
}

impl Cone {
    /// The furthest word of a stream for which a cone is built.
    pub(super) const FURTHEST: u64 = 1 << 16;

    /// For the words `words` of a stream, all below [`Self::FURTHEST`]; the words `kept` of the
    /// seeded state have rows even where none of them needs those.
    pub(super) fn new(words: &[u64], kept: &BTreeSet<u32>) -> Self {
        let mut builder = Builder::default();
        for &index in kept {
            builder.seeded(index);
        }
        let results: Vec<usize> =
            words.iter().map(|&word| builder.value(&Set::from([N as u32 + word as u32]))).collect();
        builder.arrange(&results)
    }

    /// How many operations on rows it takes, seeding included.
    pub(super) fn cost(&self) -> f64 {
        let seeding = self.seeded.last().map_or(0, |&last| last + 1);
        let steps = self.instructions.iter().map(|instruction| match instruction {
            Instruction::Step(step) => {
                step.xors.len() as f64 + if step.twist.is_some() { TWIST } else { 1.0 }
            }
            Instruction::Word { .. } => TEST,
        });
        f64::from(seeding) * SEED + steps.sum::<f64>()
    }

    /// About how many twists the cones of `words`, ascending, take together: a quick lower bound.
    pub(super) fn twists(words: impl IntoIterator<Item = u64>) -> f64 {
        let mut before = None;
        let mut twists = 0.0;
        for word in words {
            let levels = (word / N as u64 + 1) as f64;
            // A neighbour `gap` words away shares all but `gap` of each level's twists.
            let gap = before.map_or(f64::INFINITY, |before| word.abs_diff(before) as f64);
            let most = gap.min(levels);
            twists += most * (most + 1.0) / 2.0 + most * (levels - most);
            before = Some(word);
        }
        twists
    }
}

/// Operations on a row of words: for a step of the seeding, a twist, and a test of a word.
pub(super) const SEED: f64 = 5.0;
pub(super) const TWIST: f64 = 10.0;
pub(super) const TEST: f64 = 15.0;

/// A row to compute; its operands are nodes before it.
enum Node {
    Seeded,
    Combined { twist: Option<(usize, usize)>, xors: Vec<usize> },
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    seeded: BTreeMap<u32, usize>,
    values: HashMap<Set, usize>,
    unseeded: HashMap<Set, usize>,
}

/// Adds `index`, or removes it where it is in already: twice the same word is none.
fn toggle(set: &mut Set, index: u32) {
    if !set.remove(&index) {
        set.insert(index);
    }
}

impl Builder {
    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn seeded(&mut self, index: u32) -> usize {
        if let Some(&node) = self.seeded.get(&index) {
            return node;
        }
        let node = self.add(Node::Seeded);
        self.seeded.insert(index, node);
        node
    }

    /// The exclusive-or of the words at `set`, which holds one at least.
    fn value(&mut self, set: &Set) -> usize {
        if let Some(&node) = self.values.get(set) {
            return node;
        }
        let mut low = set.clone();
        let high = low.split_off(&(N as u32));
        let mut operands: Vec<usize> = low.iter().map(|&index| self.seeded(index)).collect();
        if !high.is_empty() {
            operands.push(self.unseeded(&high));
        }
        let node = match operands[..] {
            [only] => only,
            _ => self.add(Node::Combined { twist: None, xors: operands }),
        };
        self.values.insert(set.clone(), node);
        node
    }

    /// The exclusive-or of words that all lie behind the seeded state.
    fn unseeded(&mut self, set: &Set) -> usize {
        if let Some(&node) = self.unseeded.get(set) {
            return node;
        }
        let (mut chain, mut low, mut twisted) = (set.clone(), Set::new(), Set::new());
        while let Some(index) = chain.pop_last() {
            twisted.insert(index - N as u32);
            let next = index - (N - M) as u32;
            toggle(if next >= N as u32 { &mut chain } else { &mut low }, next);
        }
        let next = twisted.iter().map(|index| index + 1).collect();
        let twist = Some((self.value(&twisted), self.value(&next)));
        let xors = low.iter().map(|&index| self.seeded(index)).collect();
        let node = self.add(Node::Combined { twist, xors });
        self.unseeded.insert(set.clone(), node);
        node
    }

    /// Gives each node a row, free again after its last use.
    fn arrange(self, results: &[usize]) -> Cone {
        let mut wanted: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        let mut last_use: Vec<usize> = (0..self.nodes.len()).collect();
        for (word, &node) in results.iter().enumerate() {
            wanted[node].push(word);
        }
        for (i, node) in self.nodes.iter().enumerate() {
            for operand in node.operands() {
                last_use[operand] = i;
            }
        }
        let mut row = vec![0; self.nodes.len()];
        for (i, &node) in self.seeded.values().enumerate() {
            row[node] = i as u32;
        }
        let (mut rows, mut free) = (self.seeded.len() as u32, Vec::new());
        let mut instructions = Vec::new();
        for (i, node) in self.nodes.iter().enumerate() {
            if let Node::Combined { twist, xors } = node {
                let twist = twist.map(|(u, v)| (row[u], row[v]));
                let xors = xors.iter().map(|&operand| row[operand]).collect();
                let ended: BTreeSet<usize> =
                    node.operands().filter(|&operand| last_use[operand] == i).collect();
                row[i] = free.pop().unwrap_or_else(|| {
                    rows += 1;
                    rows - 1
                });
                instructions.push(Instruction::Step(Step { into: row[i], twist, xors }));
                let combined = |&node: &usize| matches!(self.nodes[node], Node::Combined { .. });
                free.extend(ended.into_iter().filter(combined).map(|operand| row[operand]));
                if last_use[i] == i {
                    free.push(row[i]);
                }
            }
            let words = wanted[i].iter();
            instructions.extend(words.map(|&word| Instruction::Word { row: row[i], word }));
        }
        Cone { seeded: self.seeded.into_keys().collect(), rows: rows as usize, instructions }
    }
}

impl Node {
    fn operands(&self) -> impl Iterator<Item = usize> + '_ {
        let (twist, xors) = match self {
            Self::Seeded => (None, &[][..]),
            Self::Combined { twist, xors } => (*twist, &xors[..]),
        };
        twist.into_iter().flat_map(|(u, v)| [u, v]).chain(xors.iter().copied())
    }
}
