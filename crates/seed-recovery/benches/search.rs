//! How fast seeds are tried, on one core, for every instruction set this processor has.
//!
//! `cargo bench -p torch-exact-seed-recovery` prints the best of five runs each: seeds a second at
//! offset 0, at one offset further on, and at ten of them in one pass, each with its cost as a
//! multiple of that of offset 0, and by the clock one run's time as a part of its forecast; the cost of
//! four shards as a part of that of the whole; and for whole streams generator words and tested
//! offsets a second, at every fourth offset (as for `randn`) and at every one (as for `rand`). Rates
//! are of the process's own processor time, so other work on the machine disturbs them little.

use std::time::Instant;

use cpu_time::ProcessTime;
use seed_recovery::{
    Evidence, OffsetSet, Offsets, Options, Search, Shard, Simd, Target, parse_items,
};

const RUNS: usize = 5;
/// Words of stream scanned: as many as the longest search of the documentation.
const STREAM: u64 = 24_000;
const NORMALS: &str = "randn(4)=1.0522 -1.1931 0.3418 0.5824";
const UNIFORMS: &str = "rand(5)=0.7095 0.0182 0.6494 0.4267 0.7859";

fn search(draws: &[&str], offsets: &OffsetSet, seeds: u64, simd: Simd) -> Search {
    let target = |draw: &&str| {
        let items = parse_items(&[draw.to_string()], None).expect("the draw reads");
        let evidence = Evidence::new(items).expect("the evidence stands");
        Target { evidence, offsets: offsets.clone() }
    };
    let targets = draws.iter().map(target).collect();
    let options = Options { seeds: 0..seeds, threads: 1, simd, ..Options::default() };
    Search::for_targets(targets, options).expect("the search is set up")
}

/// One search in four shards: their processor time as a part of the whole's, set-up included.
fn shards(simd: Simd) -> f64 {
    let timed = |shard: Shard| {
        let started = ProcessTime::now();
        let items = parse_items(&[UNIFORMS.to_owned()], None).expect("the draw reads");
        let evidence = Evidence::new(items).expect("the evidence stands");
        let offsets = Offsets::at(2_333).into();
        let seeds = 0..1 << 24;
        let options = Options { offsets, seeds, shard, threads: 1, simd, first: false };
        let search = Search::new(evidence, options).expect("the search is set up");
        search.run(search.begin(), &false.into(), &mut |_| {});
        started.elapsed().as_secs_f64()
    };
    let best = |run: &dyn Fn() -> f64| (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min);
    let whole = best(&|| timed(Shard::default()));
    let parts = ["1/4", "2/4", "3/4", "4/4"].map(|shard| shard.parse().expect("a shard"));
    best(&|| parts.iter().map(|&shard| timed(shard)).sum()) / whole
}

/// How long a run takes by the clock, as a part of what was forecast before it.
fn forecast(search: &Search) -> f64 {
    let seeds = search.seeds().end - search.seeds().start;
    let forecast = seeds as f64 / search.measure();
    let started = Instant::now();
    search.run(search.begin(), &false.into(), &mut |_| {});
    started.elapsed().as_secs_f64() / forecast
}

/// Core-seconds for all its seeds, the best of the runs.
fn seconds(search: &Search) -> f64 {
    let run = || {
        let started = ProcessTime::now();
        search.run(search.begin(), &false.into(), &mut |_| {});
        started.elapsed().as_secs_f64()
    };
    (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min)
}

/// Prints a search's rate, and hands back its core-seconds for a seed.
fn line(name: &str, what: &str, search: &Search, offset_0: Option<f64>) -> f64 {
    let each = seconds(search) / search.seeds().end as f64;
    let ratio = each / offset_0.unwrap_or(each);
    println!(
        "{name:8}  {what:20}  {:.2e} seeds/s, 2^32 in {:4.0} core-seconds, {ratio:5.2} of offset 0; run/forecast {:.2}",
        1.0 / each,
        2.0_f64.powi(32) * each,
        forecast(search),
    );
    each
}

fn main() {
    println!("one core; best of {RUNS} runs");
    for simd in Simd::available() {
        let name = simd.to_string();
        let uniforms = |offsets, seeds| search(&[UNIFORMS], &offsets, seeds, simd);
        let at_0 = uniforms(Offsets::at(0).into(), 1 << 24);
        let each = line(&name, "offset 0", &at_0, None);
        for offset in [600, 2_333, 5_000, 23_668] {
            let at = uniforms(Offsets::at(offset).into(), 1 << 22);
            line(&name, &format!("offset {offset}"), &at, Some(each));
        }
        let ten = || OffsetSet::from((0..10).map(|i| Offsets::at(500 * i)).collect::<Vec<_>>());
        line(&name, "10 offsets to 4500", &uniforms(ten(), 1 << 22), Some(each));
        let notebooks: Vec<String> =
            (0..10).map(|i| format!("rand(5)=0.7095 0.0182 0.6494 0.4267 0.78{i}9")).collect();
        let notebooks: Vec<&str> = notebooks.iter().map(String::as_str).collect();
        let targets = search(&notebooks, &Offsets::at(2_333).into(), 1 << 22, simd);
        line(&name, "10 notebooks at 2333", &targets, Some(each));
        println!("{name:8}  4 shards at 2333      {:.2} of the whole search", shards(simd));
        for (draw, stride) in [(NORMALS, 4), (UNIFORMS, 1)] {
            let seeds = 1 << 17;
            let offsets = Offsets { first: 0, end: STREAM, stride };
            let words =
                (seeds * STREAM) as f64 / seconds(&search(&[draw], &offsets.into(), seeds, simd));
            println!(
                "{name:8}  stream, stride {stride}      {words:.2e} words/s, {:.2e} offsets/s",
                words / stride as f64
            );
        }
    }
}
