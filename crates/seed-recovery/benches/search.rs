//! How fast seeds are tried, on one core, for every instruction set this processor has.
//!
//! `cargo bench -p torch-exact-seed-recovery` prints the best of five runs each: seeds a second at offset 0, and
//! for whole streams generator words and tested offsets a second, at every fourth offset (as for
//! `randn`) and at every one (as for `rand`). Seconds are the process's own processor time, so other
//! work on the machine disturbs them little.

use cpu_time::ProcessTime;
use seed_recovery::{Evidence, Offsets, Options, Search, Simd, parse_items};

const RUNS: usize = 5;
/// Words of stream scanned: as many as the longest search of the documentation.
const STREAM: u64 = 24_000;

/// Core-seconds for `seeds` seeds, the best of the runs.
fn seconds(draw: &str, offsets: Offsets, seeds: u64, simd: Simd) -> f64 {
    let items = parse_items(&[draw.to_owned()], None).expect("the draw reads");
    let evidence = Evidence::new(items).expect("the evidence stands");
    let options = Options { offsets, seeds: 0..seeds, threads: 1, simd };
    let search = Search::new(evidence, options).expect("the search is set up");
    let run = || {
        let started = ProcessTime::now();
        search.run(search.begin(), &false.into(), &mut |_| {});
        started.elapsed().as_secs_f64()
    };
    (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min)
}

fn main() {
    const NORMALS: &str = "randn(4)=1.0522 -1.1931 0.3418 0.5824";
    const UNIFORMS: &str = "rand(5)=0.7095 0.0182 0.6494 0.4267 0.7859";
    println!("one core; best of {RUNS} runs");
    for simd in Simd::available() {
        let name = simd.to_string();
        let seeds = 1 << 24;
        let rate = seeds as f64 / seconds(UNIFORMS, Offsets::at(0), seeds, simd);
        println!(
            "{name:8}  offset 0          {rate:.2e} seeds/s, all 2^32 in {:.0} core-seconds",
            2.0_f64.powi(32) / rate
        );
        for (draw, stride) in [(NORMALS, 4), (UNIFORMS, 1)] {
            let seeds = 1 << 17;
            let offsets = Offsets { first: 0, end: STREAM, stride };
            let words = (seeds * STREAM) as f64 / seconds(draw, offsets, seeds, simd);
            println!(
                "{name:8}  stream, stride {stride}  {words:.2e} words/s, {:.2e} offsets/s",
                words / stride as f64
            );
        }
    }
}
