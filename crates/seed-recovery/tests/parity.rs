//! Every kind of draw equals PyTorch's and NumPy's, bit for bit, for 1000 (seed, offset) pairs:
//! against a live Python where there is one, and against a golden file everywhere.
//!
//! `SEED_RECOVERY_BLESS=1 cargo test -p seed-recovery --release --test parity` writes the golden anew.

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use seed_recovery::{Arithmetic, Draw, Generator, Item, Mt19937, Words, parse_items};

const CASES: &[&str] = &[
    "rand(5)",
    "rand(2,2,dtype=float64)",
    "uniform(-2.5,7.25,6)",
    "uniform(-2.5,7.25,4,dtype=float64)",
    "randn(7)",
    "randn(5,dtype=float64)",
    "randn(16)",
    "randn(37)",
    "randn(4,8)",
    "randn(19,dtype=float64)",
    "normal(1.5,0.3,9)",
    "normal(1.5,0.3,33)",
    "normal(1.5,0.3,18,dtype=float64)",
    "randint(-10,11,8)",
    "randint(0,268435455,3)",
    "randint(0,268435456,3)",
    "randint(-5,1099511627776,3)",
    "randperm(1)",
    "randperm(11)",
    "randperm(40)",
    "linear(1,1)",
    "linear(3,2)",
    "linear(7,5,dtype=float64)",
    "linear(4,3,bias=False)",
    "randn(3);randn(2);rand(1);randn(3);randn(20);randn(1)",
    "rand(3);randint(0,7,2);randperm(4);linear(2,2);randn(1);uniform(1.5,2.5,1)",
    "np.rand(5)",
    "np.uniform(-2.5,7.25,4)",
    "np.randn(7)",
    "np.normal(1.5,0.3,6)",
    "np.randint(-10,11,9)",
    "np.randint(0,16,9)",
    "np.randint(0,4294967296,3)",
    "np.randint(0,5000000000,4)",
    "np.permutation(1)",
    "np.permutation(13)",
    "np.randn(3);np.randint(0,9,2);np.randn(2);np.rand(1);np.permutation(5);np.normal(1.5,0.3,1)",
];

fn generators() -> Vec<(u32, u64)> {
    let mut words = Mt19937::new(20_240_607);
    let mut pairs: Vec<_> =
        (0..998).map(|_| (words.word(), u64::from(words.word() % 3000))).collect();
    pairs.extend([(0, 0), (u32::MAX, 623)]);
    pairs
}

fn draws(case: &str) -> Vec<Draw> {
    let skips: Vec<String> = case.split(';').map(|call| format!("skip {call}")).collect();
    let items = parse_items(&skips, None).expect("the case reads");
    items
        .into_iter()
        .map(|item| match item {
            Item::Skipped(draw) => draw,
            other => panic!("{other:?} is no draw"),
        })
        .collect()
}

fn ours(case: &str, seed: u32, offset: u64, arithmetic: Arithmetic) -> Vec<u8> {
    let mut generator = Generator::new(Mt19937::at(seed, offset), arithmetic);
    draws(case).iter().flat_map(|draw| common::bytes(&generator.draw(draw))).collect()
}

fn fnv1a(chunks: impl Iterator<Item = Vec<u8>>) -> u64 {
    chunks.flatten().fold(0xcbf2_9ce4_8422_2325, |value, byte| {
        (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn input() -> String {
    let pairs: Vec<String> = generators().iter().map(|(s, o)| format!("{s} {o}")).collect();
    format!("{}\n\n{}\n", CASES.join("\n"), pairs.join("\n"))
}

fn run(python: &Path, golden: bool, arithmetic: Arithmetic) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/draws.py");
    let mut command = Command::new(python);
    command.arg(script).args(golden.then_some("--golden"));
    match arithmetic {
        Arithmetic::Avx2 => command.env_remove("ATEN_CPU_CAPABILITY"),
        Arithmetic::Default => command.env("ATEN_CPU_CAPABILITY", "default"),
    };
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let writer = std::thread::spawn(move || stdin.write_all(input().as_bytes()));
    let output = child.wait_with_output().expect("Python ends");
    writer.join().expect("the writer ends").expect("Python reads");
    assert!(output.status.success(), "draws.py failed");
    String::from_utf8(output.stdout).expect("draws.py prints ASCII")
}

fn golden_file(arithmetic: Arithmetic) -> PathBuf {
    let name = match arithmetic {
        Arithmetic::Avx2 => "draws-avx2.tsv",
        Arithmetic::Default => "draws-default.tsv",
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

#[test]
fn every_draw_equals_the_live_libraries() {
    let Some(python) = common::python() else {
        println!("SKIPPED: no Python with torch and numpy; the golden file was compared instead");
        return;
    };
    for arithmetic in Arithmetic::ALL {
        if arithmetic == Arithmetic::Avx2 && !common::has_avx2() {
            println!("SKIPPED: libtorch's AVX2 arithmetic, this processor has none");
            continue;
        }
        let printed = run(&python, false, arithmetic);
        let mut lines = printed.lines();
        for case in CASES {
            for (seed, offset) in generators() {
                let theirs = lines.next().expect("a line for every case and generator");
                let ours = common::hex(&ours(case, seed, offset, arithmetic));
                assert_eq!(ours, theirs, "{case} at seed {seed}, offset {offset}, {arithmetic:?}");
            }
        }
        assert_eq!(lines.next(), None);
    }
}

#[test]
fn every_draw_equals_the_golden_file() {
    for arithmetic in Arithmetic::ALL {
        let file = golden_file(arithmetic);
        if std::env::var_os("SEED_RECOVERY_BLESS").is_some() {
            let python = common::python().expect("blessing needs a Python with torch and numpy");
            std::fs::write(&file, run(&python, true, arithmetic)).expect("the golden is written");
        }
        if !common::has_avx2() || cfg!(not(target_env = "gnu")) {
            // Logarithm, sine and cosine come from the C library, whose last bit depends on FMA.
            println!("SKIPPED: the golden was drawn with glibc on a processor with FMA");
            continue;
        }
        let golden = std::fs::read_to_string(&file).expect("the golden is committed");
        let mut lines = golden.lines();
        for case in CASES {
            let all = || {
                generators().into_iter().map(|(seed, offset)| ours(case, seed, offset, arithmetic))
            };
            let first: Vec<String> = all().take(3).map(|b| common::hex(&b)).collect();
            let ours = format!("{case}\t{:016x}\t{}", fnv1a(all()), first.join("\t"));
            assert_eq!(Some(ours.as_str()), lines.next(), "{arithmetic:?}");
        }
        assert_eq!(lines.next(), None);
    }
}
