//! Planted seeds are found: a hundred of them, at random offsets, for every kind of draw, by every
//! instruction set, and nothing else is.

mod common;

use common::plant;
use seed_recovery::{
    Arithmetic, Evidence, Hit, Item, Mt19937, OffsetSet, Offsets, Options, Search, Simd, Words,
};

/// What is planted; `_` before a draw keeps only its first and last three values, as PyTorch prints
/// a long tensor.
const CASES: &[&str] = &[
    "rand(6)",
    "rand(4,dtype=float64)",
    "uniform(-3,5,6)",
    "randn(4)",
    "randn(5)",
    "randn(5,dtype=float64)",
    "randn(16)",
    "randn(21)",
    "_randn(64)",
    "_randn(50)",
    "_randn(40,dtype=float64)",
    "normal(1.5,2,6)",
    "randint(-10,11,20)",
    "randint(0,64,16)",
    "randint(0,1000000000,5)",
    "randperm(14)",
    "linear(3,2)",
    "embedding(2,4)",
    "conv2d(1,2,3)",
    "gru(2,2)",
    "exponential(2,6)",
    "exponential(2,3);rand(5)",
    "bernoulli_(0.4,70);rand(1)",
    "skip dropout(0.5,9);rand(6)",
    "dataloader(16,shuffle=True,version=1.6)",
    "dataloader(16,shuffle=True,version=1.8);rand(1)",
    "linear(2,2,dtype=float64)",
    "np.rand(5)",
    "np.uniform(-1,1,5)",
    "np.randn(5)",
    "np.normal(3,2,6)",
    "np.randint(0,10,22)",
    "np.randint(0,16,18)",
    "np.permutation(16)",
    "rand(2);skip 7;rand(4)",
    "skip randn(3);randn(3);randn(2)",
    "randn(1);skip randint(-10,11,50);randn(4)",
    "rand(1);_randn(17);rand(3)",
    "skip np.randint(0,10,5);np.rand(5)",
    "np.randn(3);skip np.rand(2);np.randn(3)",
    "skip np.randn(1);np.randn(5)",
];

fn search(items: Vec<Item>, options: Options) -> Vec<Hit> {
    let evidence = Evidence::new(items).expect("what was drawn can be drawn");
    let search = Search::new(evidence, options).expect("the search is set up");
    search.run(search.begin(), &false.into(), &mut |_| {}).hits
}

fn options(offsets: impl Into<OffsetSet>, seeds: std::ops::Range<u64>, simd: Simd) -> Options {
    Options { offsets: offsets.into(), seeds, threads: 2, simd, ..Options::default() }
}

#[test]
fn a_hundred_planted_seeds_are_found() {
    let mut random = Mt19937::new(7);
    for i in 0..100 {
        let case = CASES[i % CASES.len()];
        let seed = random.word();
        // A third each: the start of the stream, its first block, and far into it.
        let offset = u64::from(random.word()) % [40, 1000, 24_000][i % 3];
        let arithmetic = Arithmetic::ALL[i / CASES.len() % 3];
        let items = plant(case, seed, offset, arithmetic);
        let stride = [1, 4, 3][random.word() as usize % 3];
        let before = (offset / stride).min(u64::from(random.word() % 9));
        let offsets = Offsets {
            first: offset - before * stride,
            end: offset + 1 + u64::from(random.word() % 40),
            stride,
        };
        for simd in Simd::available() {
            let first = u64::from(seed).saturating_sub(u64::from(random.word() % 300));
            let seeds = first..(first + 500).min(1 << 32);
            let hits = search(items.clone(), options(offsets, seeds, simd));
            let found: Vec<_> = hits.iter().map(|hit| (hit.seed, hit.offset)).collect();
            let told =
                format!("{case} planted at seed {seed}, offset {offset}, {offsets:?}, {simd}");
            if case.contains("np.") {
                // Words that NumPy's rejection throws away may be left out or not: the same draws
                // then follow from several offsets.
                assert!(found.contains(&(seed, offset)), "{told}: {found:?}");
                assert!(
                    found.iter().all(|&(s, o)| s == seed && o.abs_diff(offset) <= 64),
                    "{told}: {found:?}"
                );
            } else {
                assert_eq!(found, [(seed, offset)], "{told}");
            }
        }
    }
}

#[test]
fn the_first_and_the_last_seed_are_tried() {
    for seed in [0, u32::MAX] {
        let items = plant("rand(6)", seed, 0, Arithmetic::Avx2);
        for simd in Simd::available() {
            let end = u64::from(seed) + 1;
            let seeds = end.saturating_sub(1000)..end;
            let hits = search(items.clone(), Options { seeds, simd, ..Options::default() });
            assert_eq!(hits.len(), 1, "seed {seed}, {simd}");
        }
    }
}

#[test]
fn an_interrupted_search_carries_on_where_it_stopped() {
    let items = plant("rand(1);rand(2)", 3_000_000, 0, Arithmetic::Avx2);
    let evidence = Evidence::new(items).expect("what was drawn can be drawn");
    let options = Options { seeds: 0..6_000_000, threads: 2, ..Options::default() };
    let search = Search::new(evidence, options).expect("the search is set up");
    let whole = search.run(search.begin(), &false.into(), &mut |_| {});
    assert!(whole.hits.iter().any(|hit| hit.seed == 3_000_000));

    let folder = tempfile::tempdir().expect("a folder");
    let state = seed_recovery::StateFile::new(&search, Some(folder.path().join("state")));
    assert_eq!(state.load().expect("no file is no error"), None);
    let middle = seed_recovery::Progress {
        tried_to: 4_000_000,
        hits: whole.hits.iter().filter(|h| h.seed < 4_000_000).copied().collect(),
    };
    state.save(&middle).expect("the state is written");
    let resumed = state.load().expect("the state is read").expect("it is there");
    assert_eq!(resumed, middle);
    assert_eq!(search.run(resumed, &false.into(), &mut |_| {}), whole);

    let stopped = search.run(search.begin(), &true.into(), &mut |_| {});
    assert!(!search.is_done(&stopped));
}

#[test]
fn seeds_are_found_across_the_generators_blocks() {
    // A block is 624 words; the first 227 words of a stream are drawn without the whole state.
    let cases = [
        "rand(6)",
        "randn(4)",
        "randint(-10,11,20)",
        "_randn(64)",
        "np.randn(5)",
        "np.permutation(16)",
    ];
    let planted = (610..632).chain(215..235).chain([0, 1, 1247, 1248, 1249]);
    for (i, offset) in planted.enumerate() {
        let case = cases[i % cases.len()];
        let seed = 4_000_000_000 + i as u32;
        let items = plant(case, seed, offset, Arithmetic::Avx2);
        for simd in Simd::available() {
            for offsets in [Offsets::at(offset), Offsets { first: 0, end: 1300, stride: 1 }] {
                let seeds = 4_000_000_000..4_000_000_100;
                let hits = search(items.clone(), options(offsets, seeds, simd));
                let found = hits.iter().any(|hit| (hit.seed, hit.offset) == (seed, offset));
                assert!(
                    found,
                    "{case} planted at seed {seed}, offset {offset}, {offsets:?}, {simd}: {hits:?}"
                );
            }
        }
    }
}
