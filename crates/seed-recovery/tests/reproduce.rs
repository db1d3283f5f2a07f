//! The programs printed with a hit draw what was printed.

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use seed_recovery::{
    Arithmetic, Generator, Hit, Item, Library, Mt19937, Values, parse_items, reproduce,
};

const CASES: &[(&str, Library)] = &[
    ("rand(3);rand(2,2,dtype=float64);skip 7;uniform(-1.5,2.5,3)", Library::Torch),
    ("randn(3);skip randn(2);randn(2);randn(17);normal(1.5,0.25,20);randn(())", Library::Torch),
    (
        "skip randint(-10,11,50);linear(2,3);linear(3,1,bias=False);linear(1,1,dtype=float64)",
        Library::Torch,
    ),
    ("randint(0,9,(2,3));randperm(7);skip 1;skip 2;rand(1)", Library::Torch),
    (
        "np.rand(3);skip 7;np.uniform(-1.5,2.5,3);np.randn(3);skip np.randn(2);np.randn(2)",
        Library::NumPy,
    ),
    (
        "skip np.randint(-10,11,50);np.normal(1.5,0.25,(2,2));np.randint(0,9,4);np.permutation(7)",
        Library::NumPy,
    ),
];

/// Every call of PyTorch once.
const TORCH_HIT: &str = "rand(3);\
    rand(2,2,dtype=float64);\
    skip 7;\
    uniform(-1.5,2.5,3);\
    skip randn(2);\
    randn(17);\
    normal(1.5,0.25,20);\
    randn(());\
    skip randint(-10,11,50);\
    linear(2,3);\
    linear(3,1,bias=False);\
    linear(1,1,dtype=float64);\
    randint(0,9,(2,3));\
    randperm(7)";

const HIT: Hit = Hit { seed: 3_809_636_297, offset: 668, arithmetic: Arithmetic::Avx2 };

/// The steps of a case; every draw that is not skipped has something printed of it.
fn items(case: &str) -> Vec<Item> {
    case.split(';')
        .flat_map(|step| {
            let skipped = format!("skip {}", step.trim_start_matches("skip "));
            let items = parse_items(&[skipped], None).expect("the case reads");
            items.into_iter().map(|item| match item {
                Item::Skipped(draw) if !step.starts_with("skip") => {
                    let unknown = vec![None; draw.len()];
                    Item::Printed(draw, unknown)
                }
                item => item,
            })
        })
        .collect()
}

fn drawn(case: &str) -> Vec<u8> {
    let mut generator = Generator::new(Mt19937::at(HIT.seed, HIT.offset), HIT.arithmetic);
    let mut bytes = Vec::new();
    for item in items(case) {
        match item {
            Item::SkippedWords(words) => generator.skip(words),
            Item::Skipped(draw) => {
                generator.draw(&draw);
            }
            Item::Printed(draw, _) => {
                bytes.extend(common::bytes(&generator.draw(&draw)));
            }
        }
    }
    bytes
}

#[test]
fn the_python_draws_the_same() {
    let Some(python) = common::python() else {
        println!("SKIPPED: no Python with torch and numpy");
        return;
    };
    if !common::has_avx2() {
        println!("SKIPPED: libtorch's AVX2 arithmetic, this processor has none");
        return;
    }
    for (case, library) in CASES {
        let program = reproduce(&items(case), *library, &HIT).python;
        let print = "\nimport numpy\nfor d in drawn: print(numpy.asarray(d.detach() if hasattr(d, 'detach') else d).tobytes().hex(), end='')\n";
        let mut child = Command::new(&python)
            .env_remove("ATEN_CPU_CAPABILITY")
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        stdin.write_all((program.clone() + print).as_bytes()).expect("Python reads");
        drop(stdin);
        let output = child.wait_with_output().expect("Python ends");
        assert!(output.status.success(), "{program}");
        let theirs = String::from_utf8(output.stdout).expect("hexadecimal");
        assert_eq!(theirs, common::hex(&drawn(case)), "{program}");
    }
}

/// This crate knows nothing of tch, so it compares text here; the values are compared where tch is.
#[test]
fn the_rust_for_pytorch_is_the_fixture() {
    let case = TORCH_HIT;
    let program = reproduce(&items(case), Library::Torch, &HIT).rust;
    let names: Vec<String> =
        (1..=program.matches("let drawn_").count()).map(|i| format!("drawn_{i}")).collect();
    let fixture = include_str!("fixtures/torch_hit.rs");
    assert_eq!(format!("{{\n{program}\nvec![{}]\n}}\n", names.join(", ")), fixture);
}

#[test]
fn the_rust_for_numpy_draws_the_same() {
    let case = "skip np.randint(-10,11,50);np.normal(1.5,0.25,(2,2));skip 3;np.permutation(7)";
    let program = reproduce(&items(case), Library::NumPy, &HIT).rust;
    let compiled = include_str!("fixtures/numpy_hit.rs");
    assert_eq!(format!("{{\n{program}\n[drawn_1, drawn_2]\n}}\n"), compiled);
    let values: [Values; 2] = include!("fixtures/numpy_hit.rs");
    assert_eq!(values.iter().flat_map(common::bytes).collect::<Vec<_>>(), drawn(case));
}
