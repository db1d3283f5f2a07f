//! Lists of offsets and of targets in one pass, and the search that ends with its first hit, against
//! the definition: every seed and every offset drawn in full and compared.

mod common;

use common::plant;
use seed_recovery::{
    Arithmetic, Evidence, Hit, Mt19937, OffsetSet, Offsets, Options, Search, Simd, Target, Words,
    parse_items,
};

fn evidence(case: &str, seed: u32, offset: u64) -> Evidence {
    Evidence::new(plant(case, seed, offset, Arithmetic::Avx2)).expect("what was drawn can be drawn")
}

/// All hits, by drawing from every seed and every offset.
fn drawn_in_full(targets: &[Target], seeds: std::ops::Range<u64>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (index, Target { evidence, offsets }) in targets.iter().enumerate() {
        for seed in seeds.clone().map(|seed| seed as u32) {
            for span in offsets.spans() {
                for offset in (span.first..span.end).step_by(span.stride as usize) {
                    let arithmetic = evidence.verify(seed, offset);
                    hits.extend(arithmetic.map(|arithmetic| Hit {
                        seed,
                        offset,
                        arithmetic,
                        target: index,
                    }));
                }
            }
        }
    }
    hits.sort_unstable();
    hits.dedup();
    hits
}

fn found(targets: &[Target], seeds: std::ops::Range<u64>, simd: Simd) -> Vec<Hit> {
    let options = Options { seeds, simd, threads: 2, ..Options::default() };
    let search = Search::for_targets(targets.to_vec(), options).expect("the search is set up");
    search.run(search.begin(), &false.into(), &mut |_| {}).hits
}

#[test]
fn lists_of_offsets_find_what_drawing_in_full_finds() {
    // Weak evidence too, so that there are many hits to agree on.
    let cases = [
        "rand(6)",
        "rand(1)",
        "randn(2)",
        "randn(1)",
        "_randn(50)",
        "randint(-10,11,2)",
        "randint(0,2,5)",
        "linear(2,1)",
        "np.randn(1)",
        "np.randint(0,10,3)",
        "np.permutation(6)",
        "skip 30;rand(1);skip 90;rand(1)",
    ];
    let mut random = Mt19937::new(11);
    let mut hits = 0;
    for (i, case) in cases.iter().cycle().take(48).enumerate() {
        let far = [300, 2_500, 6_000, 40_000][i / 12];
        let mut place = || u64::from(random.word()) % far;
        let planted = place();
        let mut spans = vec![Offsets::at(place()), Offsets::at(planted), Offsets::at(place())];
        let first = place();
        spans.push(Offsets { first, end: first + 20, stride: 1 + (i as u64) % 5 });
        let seed = random.word() % (u32::MAX - 200) + 100;
        let targets = [Target { evidence: evidence(case, seed, planted), offsets: spans.into() }];
        let seeds = u64::from(seed) - 40..u64::from(seed) + 40;
        let expected = drawn_in_full(&targets, seeds.clone());
        assert!(expected.iter().any(|hit| (hit.seed, hit.offset) == (seed, planted)), "{case}");
        hits += expected.len();
        for simd in Simd::available() {
            let told = format!("{case} at seed {seed}, {}, {simd}", targets[0].offsets);
            assert_eq!(found(&targets, seeds.clone(), simd), expected, "{told}");
        }
    }
    assert!(hits > 100, "{hits} hits agreed on");
}

#[test]
fn every_planted_offset_is_found_in_one_pass() {
    let mut random = Mt19937::new(12);
    let offsets: Vec<u64> = (0..60).map(|_| u64::from(random.word()) % 9_000).collect();
    let set: OffsetSet = offsets.iter().map(|&o| Offsets::at(o)).collect::<Vec<_>>().into();
    for (i, &offset) in offsets.iter().enumerate() {
        let case = ["rand(6)", "randn(4)", "randint(-10,11,20)", "_randn(64)"][i % 4];
        let seed = 3_000_000_000 + random.word() % 1000;
        let evidence = evidence(case, seed, offset);
        let targets = [Target { evidence, offsets: set.clone() }];
        let hits = found(&targets, 3_000_000_000..3_000_001_000, Simd::detect());
        let hits: Vec<_> = hits.iter().map(|hit| (hit.seed, hit.offset)).collect();
        assert_eq!(hits, [(seed, offset)], "{case}");
    }
}

#[test]
fn long_stretches_are_searched_in_step_through_every_block() {
    // So many offsets that whole streams are drawn; the steps divide no block of 624 words.
    for (i, stride) in [1, 3, 5, 7, 11].into_iter().enumerate() {
        for at in [1, 120, 400, 900] {
            let offset = 1 + stride * at;
            let case = ["rand(6)", "randn(4)", "skip 3;randint(-10,11,20)"][i % 3];
            let span = Offsets { first: 1, end: 1 + 1_000 * stride, stride };
            let evidence = evidence(case, 700 + i as u32, offset);
            let targets = [Target { evidence, offsets: span.into() }];
            for simd in Simd::available() {
                let hits = found(&targets, 690..720, simd);
                let hits: Vec<_> = hits.iter().map(|hit| (hit.seed, hit.offset)).collect();
                assert_eq!(hits, [(700 + i as u32, offset)], "{case}, every {stride}th, {simd}");
            }
        }
    }
}

#[test]
fn several_targets_are_found_in_one_pass() {
    let planted = [("rand(6)", 70, 0), ("randn(4)", 71, 2_333), ("np.randint(0,10,22)", 20, 900)];
    let mut targets: Vec<Target> = planted
        .iter()
        .map(|&(case, seed, offset)| Target {
            evidence: evidence(case, 5_000 + seed, offset),
            offsets: Offsets::at(offset).into(),
        })
        .collect();
    targets.push(Target {
        evidence: evidence("rand(5)", 5_001, 19_999),
        offsets: Offsets { first: 0, end: 20_000, stride: 1 }.into(),
    });
    for simd in Simd::available() {
        let hits = found(&targets, 5_000..5_100, simd);
        let mut hits: Vec<_> = hits.iter().map(|hit| (hit.target, hit.seed, hit.offset)).collect();
        hits.sort_unstable();
        assert_eq!(hits, [(0, 5_070, 0), (1, 5_071, 2_333), (2, 5_020, 900), (3, 5_001, 19_999)]);
    }
}

#[test]
fn the_first_hit_ends_the_search_where_that_is_wanted() {
    let items = parse_items(&["rand(1)=0.5".to_owned()], None).expect("the draw reads");
    let evidence = Evidence::new(items).expect("the evidence stands");
    let options = Options { seeds: 0..1 << 22, threads: 2, ..Options::default() };
    let every = Search::new(evidence.clone(), options.clone()).expect("the search is set up");
    let first = Search::new(evidence, Options { first: true, ..options }).expect("it is set up");
    let every = every.run(every.begin(), &false.into(), &mut |_| {});
    let ended = first.run(first.begin(), &false.into(), &mut |_| {});
    assert!(first.is_done(&ended) && ended.tried_to < 1 << 22);
    assert!(!ended.hits.is_empty() && ended.hits.len() < every.hits.len());
    assert!(ended.hits.iter().all(|hit| every.hits.contains(hit)));
}
