//! Tests of chosen words of each seed's stream, and those words themselves, by their [`Cone`]s.

use std::collections::BTreeSet;

use super::cone::{Cone, Instruction};
use super::lanes::{Aligned, seed_next, seeds};
use super::rows::{Rows, limit, measure};
use crate::evidence::WordFilter;
use draws::mt19937::{temper, twist};

/// Single positions of streams and the filters that the words there must pass.
#[derive(Clone, Debug)]
pub(crate) struct ConeJob {
    cone: Cone,
    checks: Vec<Check>,
    /// For each word of the cone: the check that it belongs to.
    owners: Vec<usize>,
}

/// The filters at one position: the first for many seeds at once, the others for each that passes.
#[derive(Clone, Debug)]
struct Check {
    target: usize,
    position: u64,
    first: WordFilter,
    later: Option<Later>,
}

/// Filters for one seed that has passed the first.
#[derive(Clone, Debug)]
struct Later {
    /// The words that the filters read, from the same seeded state.
    cone: Cone,
    /// Where each of the cone's rows of seeded words stands in the whole job's.
    seeded: Vec<usize>,
    /// For each word of the cone: its distance from the position.
    at: Vec<usize>,
    filters: Vec<WordFilter>,
}

/// A seed that passes every filter at a position of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    pub seed: u32,
    pub target: usize,
    pub position: u64,
}

/// Positions to be tested with the same filters, which are counted from the position.
pub(crate) struct Positions {
    pub target: usize,
    pub filters: Vec<WordFilter>,
    pub positions: Vec<u64>,
}

/// The words that a filter reads, counted from the position.
fn words_of(filter: &WordFilter) -> Vec<u64> {
    match *filter {
        WordFilter::BoxMuller { angle, radius, .. } => vec![angle, radius],
        WordFilter::Range { at, .. } | WordFilter::Modulo { at, .. } => vec![at],
    }
}

impl ConeJob {
    pub(super) fn new(jobs: Vec<Positions>) -> Self {
        let (mut checks, mut words, mut owners) = (Vec::new(), Vec::new(), Vec::new());
        let mut seeded = BTreeSet::new();
        for Positions { target, filters, positions } in jobs {
            for position in positions {
                let own = words_of(&filters[0]);
                owners.extend(own.iter().map(|_| checks.len()));
                words.extend(own.iter().map(|at| position + at));
                let later = (filters.len() > 1).then(|| Later::new(&filters[1..], position));
                seeded.extend(later.iter().flat_map(|later| &later.cone.seeded));
                checks.push(Check { target, position, first: filters[0].clone(), later });
            }
        }
        let cone = Cone::new(&words, &seeded);
        for later in checks.iter_mut().filter_map(|check| check.later.as_mut()) {
            let place = |index| cone.seeded.partition_point(|&kept| kept < index);
            later.seeded = later.cone.seeded.iter().map(|&index| place(index)).collect();
        }
        Self { cone, checks, owners }
    }

    /// How many operations on rows it takes.
    pub(super) fn cost(&self) -> f64 {
        self.cone.cost()
    }
}

impl Later {
    fn new(filters: &[WordFilter], position: u64) -> Self {
        let at: BTreeSet<u64> = filters.iter().flat_map(words_of).collect();
        let words: Vec<u64> = at.iter().map(|at| position + at).collect();
        Self {
            cone: Cone::new(&words, &BTreeSet::new()),
            seeded: Vec::new(),
            at: at.into_iter().map(|at| at as usize).collect(),
            filters: filters.to_vec(),
        }
    }

    /// Whether the seed in lane `l` of the rows passes.
    fn pass<const L: usize>(&self, rows: &[[u32; L]], l: usize) -> bool {
        let mut own = vec![[0]; self.cone.rows];
        for (own, &kept) in own.iter_mut().zip(&self.seeded) {
            *own = [rows[kept][l]];
        }
        let mut read = vec![[0]; self.at.last().map_or(0, |last| last + 1)];
        run::<1>(&self.cone, &mut own, &mut |word, rows, row| read[self.at[word]] = rows[row]);
        let mut passed = false;
        Rows { rows: &read, tempered: false }.cascade(&self.filters, 0, &mut |_| passed = true);
        passed
    }
}

/// The words of the seeded state that the cone needs, for `L` seeds from `first` on.
#[inline(always)]
fn seed<const L: usize>(cone: &Cone, first: u32, rows: &mut [[u32; L]]) {
    let mut s = seeds::<L>(first);
    let mut at = 0;
    for (row, &index) in rows.iter_mut().zip(&cone.seeded) {
        while at < index {
            at += 1;
            seed_next(&mut s, at as usize);
        }
        *row = s;
    }
}

/// Follows the cone's instructions; each word wanted is handed over with the rows and its place there.
#[inline(always)]
fn run<const L: usize>(
    cone: &Cone,
    rows: &mut [[u32; L]],
    wanted: &mut impl FnMut(usize, &[[u32; L]], usize),
) {
    for instruction in &cone.instructions {
        match instruction {
            Instruction::Step(step) => {
                let mut sum = [0; L];
                if let Some((u, v)) = step.twist {
                    let (u, v) = (&rows[u as usize], &rows[v as usize]);
                    for l in 0..L {
                        sum[l] = twist(u[l], v[l]);
                    }
                }
                for &row in &step.xors {
                    let row = &rows[row as usize];
                    for l in 0..L {
                        sum[l] ^= row[l];
                    }
                }
                rows[step.into as usize] = sum;
            }
            Instruction::Word { row, word } => wanted(*word, rows, *row as usize),
        }
    }
}

/// Scratch memory of [`scan_cone`] and [`cone_words`].
pub(crate) struct Scratch<const L: usize> {
    rows: Aligned<L>,
    words: Aligned<L>,
}

impl<const L: usize> Scratch<L> {
    pub(crate) fn for_job(job: &ConeJob) -> Self {
        Self { rows: Aligned::new(job.cone.rows), words: Aligned::new(2 * job.checks.len()) }
    }

    pub(crate) fn for_words(cone: &Cone, words: usize) -> Self {
        Self { rows: Aligned::new(cone.rows), words: Aligned::new(words) }
    }
}

/// Tests `L` seeds from `first` on.
#[inline(always)]
pub(crate) fn scan_cone<const L: usize>(
    job: &ConeJob,
    first: u32,
    scratch: &mut Scratch<L>,
    found: &mut impl FnMut(Passed),
) {
    let (rows, pairs) = (scratch.rows.rows_mut(), scratch.words.rows_mut());
    seed(&job.cone, first, rows);
    let mut pass = |check: &Check, rows: &[[u32; L]], l: usize| {
        if check.later.as_ref().is_none_or(|later| later.pass(rows, l)) {
            let seed = first.wrapping_add(l as u32);
            found(Passed { seed, target: check.target, position: check.position });
        }
    };
    run(&job.cone, rows, &mut |word, rows, row| {
        let owner = job.owners[word];
        let check = &job.checks[owner];
        if matches!(check.first, WordFilter::BoxMuller { .. }) {
            let second = word > 0 && job.owners[word - 1] == owner;
            pairs[2 * owner + usize::from(second)] = rows[row];
            return;
        }
        let (row, limit) = (&rows[row], limit(&check.first));
        let passes = |word: u32| measure(&check.first, temper(word)) <= limit;
        if row.iter().fold(false, |any, &word| any | passes(word)) {
            (0..L).filter(|&l| passes(row[l])).for_each(|l| pass(check, rows, l));
        }
    });
    for (owner, check) in job.checks.iter().enumerate() {
        let WordFilter::BoxMuller { shift, table, .. } = &check.first else { continue };
        let (angles, radii) = (pairs[2 * owner], pairs[2 * owner + 1]);
        for (l, (angle, radius)) in angles.into_iter().zip(radii).enumerate() {
            if table.admits(temper(angle) << shift, temper(radius) << shift) {
                pass(check, rows, l);
            }
        }
    }
}

/// The words wanted of the streams of `L` seeds from `first` on.
#[inline(always)]
pub(crate) fn cone_words<'a, const L: usize>(
    cone: &Cone,
    first: u32,
    scratch: &'a mut Scratch<L>,
) -> &'a [[u32; L]] {
    let (rows, words) = (scratch.rows.rows_mut(), scratch.words.rows_mut());
    seed(cone, first, rows);
    run(cone, rows, &mut |word, rows, row| words[word] = rows[row].map(temper));
    scratch.words.rows()
}

#[cfg(test)]
mod tests {
    use super::{Cone, Scratch, cone_words};
    use draws::{Mt19937, Words};
    use std::collections::BTreeSet;

    #[test]
    fn words_are_the_generators_own() {
        let mut random = Mt19937::new(3);
        let mut lists: Vec<Vec<u64>> =
            vec![(0..1300).collect(), (2333..2400).step_by(4).collect(), vec![9_999, 0, 9_999]];
        for limit in [230, 640, 5_000, 40_000, Cone::FURTHEST as u32] {
            for _ in 0..8 {
                lists.push((0..3).map(|_| u64::from(random.word() % limit)).collect());
            }
        }
        for words in lists {
            let kept = BTreeSet::from([random.word() % 624]);
            let cone = Cone::new(&words, &kept);
            let mut scratch = Scratch::<4>::for_words(&cone, words.len());
            let first = random.word();
            let rows = cone_words(&cone, first, &mut scratch);
            for l in 0..4 {
                for (row, &word) in rows.iter().zip(&words) {
                    let seed = first.wrapping_add(l);
                    let expected = Mt19937::at(seed, word).word();
                    assert_eq!(row[l as usize], expected, "seed {seed}, word {word} of {words:?}");
                }
            }
        }
    }

    #[test]
    fn a_cone_takes_far_fewer_steps_than_the_stream() {
        let steps = |word: u64| Cone::new(&[word], &BTreeSet::new()).instructions.len() as u64;
        assert_eq!(steps(0), 2, "one step, and the word");
        assert!(steps(5_000) < 120, "{}", steps(5_000));
        let neighbours: Vec<u64> = (5_000..5_064).collect();
        let shared = Cone::new(&neighbours, &BTreeSet::new()).instructions.len() as u64;
        assert!(shared < 64 * steps(5_000) / 4, "{shared}");
    }
}
