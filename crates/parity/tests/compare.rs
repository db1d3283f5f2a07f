//! Every bit counts: whatever differs between two files is found, named and measured.

mod common;

use common::{Stored, write, write_with};
use parity::Verdict;
use parity::trace::{Comparison, TraceFile, compare};
use safetensors::Dtype;

const DTYPES: [(Dtype, usize); 16] = [
    (Dtype::BOOL, 1),
    (Dtype::U8, 1),
    (Dtype::I8, 1),
    (Dtype::I16, 2),
    (Dtype::U16, 2),
    (Dtype::I32, 4),
    (Dtype::U32, 4),
    (Dtype::I64, 8),
    (Dtype::U64, 8),
    (Dtype::F8_E5M2, 1),
    (Dtype::F8_E4M3, 1),
    (Dtype::F16, 2),
    (Dtype::BF16, 2),
    (Dtype::F32, 4),
    (Dtype::F64, 8),
    (Dtype::C64, 8),
];

fn compared(a: &[Stored<'_>], b: &[Stored<'_>]) -> Comparison {
    let folder = tempfile::tempdir().unwrap();
    let (a_path, b_path) = (folder.path().join("a"), folder.path().join("b"));
    write(&a_path, a);
    write(&b_path, b);
    compare(&TraceFile::read(a_path).unwrap(), &TraceFile::read(b_path).unwrap())
}

/// Compares two tensors of one element.
fn pair(dtype: Dtype, a: &[u8], b: &[u8]) -> Comparison {
    compared(&[("x", dtype, vec![], a.to_vec())], &[("x", dtype, vec![], b.to_vec())])
}

fn f32s(a: f32, b: f32) -> Comparison {
    pair(Dtype::F32, &a.to_le_bytes(), &b.to_le_bytes())
}

#[test]
fn one_flipped_bit_is_found_in_every_dtype() {
    for (dtype, width) in DTYPES {
        let zeros = vec![0; 6 * width];
        for bit in 0..8 * width {
            let mut flipped = zeros.clone();
            flipped[4 * width + bit / 8] |= 1 << (bit % 8);
            let result = compared(
                &[("x", dtype, vec![2, 3], zeros.clone())],
                &[("x", dtype, vec![2, 3], flipped)],
            );
            assert_eq!(result.verdict, Verdict::Different, "{dtype:?}, bit {bit}");
            let [difference] = &result.differing[..] else { panic!("{dtype:?}, bit {bit}") };
            assert_eq!((difference.elements.differing, difference.elements.elements), (1, 6));
            assert_eq!(difference.elements.first.index, [1, 1]);
            assert_eq!(
                difference.elements.first.a_bits,
                format!("0x{:0digits$x}", 0, digits = 2 * width)
            );
            assert_eq!(
                difference.elements.first.b_bits,
                format!("0x{:0digits$x}", 1_u64 << bit, digits = 2 * width)
            );
            assert_ne!(
                difference.elements.first.a, difference.elements.first.b,
                "{dtype:?}, bit {bit}"
            );
            assert_ne!(difference.elements.first.ulp, Some(0), "{dtype:?}, bit {bit}");
        }
    }
}

#[test]
fn identical_files_are_identical_in_every_dtype_and_shape() {
    for (dtype, width) in DTYPES {
        for shape in [vec![], vec![0], vec![3, 0, 2], vec![1], vec![2, 2]] {
            let bytes: Vec<u8> =
                (0..shape.iter().product::<usize>() * width).map(|i| (i % 2) as u8).collect();
            let stored = [("x", dtype, shape.clone(), bytes)];
            let result = compared(&stored, &stored);
            assert_eq!(result.verdict, Verdict::Identical, "{dtype:?} {shape:?}");
            assert_eq!((result.compared, result.identical, result.largest_ulp), (1, 1, 0));
            assert_eq!(result.first_divergence, None);
        }
    }
}

#[test]
fn ulp_distances_are_steps_between_representable_numbers() {
    let ulp = |result: Comparison| result.differing[0].elements.first.ulp;
    assert_eq!(ulp(f32s(1.0, 1.0_f32.next_up())), Some(1));
    assert_eq!(ulp(f32s(1.0, 1.0_f32.next_down())), Some(1));
    assert_eq!(ulp(f32s(1.0, 2.0)), Some(1 << 23));
    assert_eq!(ulp(f32s(f32::MAX, f32::INFINITY)), Some(1));
    assert_eq!(ulp(f32s(-0.0, 0.0)), Some(1));
    // Down to 0.0, across to -0.0, and one further.
    assert_eq!(ulp(f32s(f32::from_bits(1), -f32::from_bits(1))), Some(3));
    let f64s = |a: f64, b: f64| pair(Dtype::F64, &a.to_le_bytes(), &b.to_le_bytes());
    assert_eq!(ulp(f64s(f64::NEG_INFINITY, f64::INFINITY)), Some(2 * 0x7ff0_0000_0000_0000 + 1));
    assert_eq!(ulp(f64s(-0.1, (-0.1_f64).next_down())), Some(1));
    assert_eq!(
        ulp(pair(Dtype::F16, &0x3c00_u16.to_le_bytes(), &0x3c03_u16.to_le_bytes())),
        Some(3)
    );
    assert_eq!(
        ulp(pair(Dtype::BF16, &0x3f80_u16.to_le_bytes(), &0x3f7f_u16.to_le_bytes())),
        Some(1)
    );
    assert_eq!(ulp(pair(Dtype::F8_E5M2, &[0x80], &[0x00])), Some(1));
    assert_eq!(
        ulp(pair(Dtype::I64, &i64::MIN.to_le_bytes(), &i64::MAX.to_le_bytes())),
        Some(u64::MAX)
    );
    assert_eq!(ulp(pair(Dtype::I8, &[0xff], &[1])), Some(2));
    assert_eq!(ulp(pair(Dtype::BOOL, &[0], &[1])), Some(1));
}

#[test]
fn values_are_shown_in_decimal_and_measured() {
    let first = |result: Comparison| result.differing[0].elements.first.clone();
    let found = first(f32s(0.1, 0.3));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("0.1", "0.3"));
    assert_eq!(found.absolute, f64::from(0.3_f32) - f64::from(0.1_f32));
    assert_eq!(found.relative, found.absolute / f64::from(0.3_f32));
    let found = first(f32s(-0.0, 0.0));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("-0.0", "0.0"));
    assert_eq!((found.absolute, found.relative), (0.0, 0.0));
    let found = first(f32s(f32::INFINITY, f32::NEG_INFINITY));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("inf", "-inf"));
    let found = first(pair(Dtype::BF16, &0x7f80_u16.to_le_bytes(), &0x4049_u16.to_le_bytes()));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("inf", "3.140625"));
    let found = first(pair(Dtype::BOOL, &[1], &[0]));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("True", "False"));
    let complex = |re: f32, im: f32| [re.to_le_bytes(), im.to_le_bytes()].concat();
    let found = first(pair(Dtype::C64, &complex(1.0, 2.0), &complex(1.0, 2.0_f32.next_up())));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("(1.0, 2.0j)", "(1.0, 2.0000002j)"));
    assert_eq!(found.ulp, Some(1));
}

#[test]
fn nan_payloads_and_signs_are_bits_like_any_other() {
    let nan = f32::from_bits(0x7fc0_0000);
    assert_eq!(f32s(nan, nan).verdict, Verdict::Identical);
    for other in [0x7fc0_0001, 0xffc0_0000, 0x7f80_0001] {
        let result = f32s(nan, f32::from_bits(other));
        assert_eq!(result.verdict, Verdict::Different, "{other:#x}");
        assert_eq!(result.differing[0].elements.first.ulp, None);
        assert_eq!((result.differing[0].elements.not_a_number, result.largest_ulp), (1, 0));
    }
    let result = f32s(nan, 1.0);
    assert_eq!(
        (result.differing[0].elements.first.ulp, result.differing[0].elements.not_a_number),
        (None, 1)
    );
    let first = &f32s(f32::from_bits(0xffc0_0000), nan).differing[0].elements.first;
    assert_eq!((first.a.as_str(), first.b.as_str()), ("-nan", "nan"));
}

#[test]
fn every_differing_element_counts_toward_the_largest_distance() {
    let bytes = |values: [f32; 4]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let a = bytes([1.0, 2.0, f32::NAN, 4.0]);
    let b = bytes([1.0, 2.0_f32.next_up(), 0.0, f32::from_bits(4.0_f32.to_bits() + 7)]);
    let result = compared(&[("x", Dtype::F32, vec![4], a)], &[("x", Dtype::F32, vec![4], b)]);
    let difference = &result.differing[0];
    assert_eq!(
        (
            difference.elements.differing,
            difference.elements.not_a_number,
            difference.elements.largest_ulp
        ),
        (3, 1, 7)
    );
    assert_eq!(
        (difference.elements.first.index.as_slice(), difference.elements.first.ulp),
        (&[1][..], Some(1))
    );
    assert_eq!(result.largest_ulp, 7);
}

#[test]
fn the_first_divergence_is_the_first_recorded() {
    // Sorted by name, as the tensors lie in the file, "a" would come first.
    let stored = |byte: u8| {
        ["z", "m", "a"]
            .map(|name| (name, Dtype::U8, vec![1], vec![if name == "z" { 0 } else { byte }]))
    };
    let result = compared(&stored(0), &stored(1));
    assert_eq!(result.first_divergence.as_deref(), Some("m"));
    assert_eq!(result.differing.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["m", "a"]);
    assert_eq!(result.differing[0].position, 1);
    let swapped = [stored(0)[0].clone(), stored(0)[2].clone(), stored(0)[1].clone()];
    let result = compared(&stored(0), &swapped);
    assert_eq!(result.verdict, Verdict::Different);
    assert_eq!(result.first_divergence.as_deref(), Some("m"));
    let order = result.order.unwrap();
    assert_eq!((order.position, order.a.as_str(), order.b.as_str()), (1, "m", "a"));
}

#[test]
fn missing_tensors_other_shapes_and_other_dtypes_are_not_comparable() {
    let x = |dtype, shape: Vec<usize>, n| ("x", dtype, shape, vec![0_u8; n]);
    let y = ("y", Dtype::U8, vec![1], vec![1]);
    let cases: [(&[Stored<'_>], &[Stored<'_>], &str); 5] = [
        (
            &[x(Dtype::F32, vec![2], 8), y.clone()],
            std::slice::from_ref(&y),
            "only the first trace holds it",
        ),
        (
            std::slice::from_ref(&y),
            &[x(Dtype::F32, vec![2], 8), y.clone()],
            "only the second trace holds it",
        ),
        (
            &[x(Dtype::F32, vec![2], 8)],
            &[x(Dtype::F32, vec![2, 1], 8)],
            "its shape is [2] in the first, [2, 1] in the second",
        ),
        (
            &[x(Dtype::F32, vec![2], 8)],
            &[x(Dtype::I32, vec![2], 8)],
            "its dtype is float32 in the first, int32 in the second",
        ),
        (
            &[x(Dtype::F8_E8M0, vec![1], 1)],
            &[("x", Dtype::F8_E8M0, vec![1], vec![1])],
            "its bytes differ, and elements of dtype F8_E8M0 cannot be told apart",
        ),
    ];
    for (a, b, reason) in cases {
        let result = compared(a, b);
        assert_eq!(result.verdict, Verdict::NotComparable);
        assert_eq!(result.unmatched[0].name, "x");
        assert_eq!(result.unmatched[0].reason, reason);
        assert_eq!(result.first_divergence.as_deref(), Some("x"));
    }
}

#[test]
fn unreadable_files_are_not_comparable_and_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let whole = [("x", Dtype::F32, vec![4], vec![0; 16])];
    write(&path("whole"), &whole);
    let bytes = std::fs::read(path("whole")).unwrap();
    for kept in [1, 7, 8, 20, bytes.len() - 1] {
        std::fs::write(path(&format!("cut{kept}")), &bytes[..kept]).unwrap();
    }
    std::fs::write(path("longer"), [bytes.as_slice(), &[0]].concat()).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    std::fs::write(path("text"), "loss: 0.5\n".repeat(40)).unwrap();
    write_with(&path("order is no list"), &whole, &[("order", "x")]);
    write_with(&path("order leaves out"), &whole, &[("order", "[]")]);
    write_with(&path("order names another"), &whole, &[("order", r#"["x", "y"]"#)]);
    write_with(&path("order repeats"), &whole, &[("order", r#"["x", "x"]"#)]);
    let cases = [
        ("absent", "No such file"),
        ("", "Is a directory"),
        ("cut1", "not a whole safetensors file"),
        ("cut7", "not a whole safetensors file"),
        ("cut8", "not a whole safetensors file"),
        ("cut20", "not a whole safetensors file"),
        (&format!("cut{}", bytes.len() - 1), "not a whole safetensors file"),
        ("longer", "not a whole safetensors file"),
        ("empty", "the file is empty"),
        ("text", "not a whole safetensors file"),
        ("order is no list", "should be a JSON list of names"),
        ("order leaves out", r#"leaves out the tensor "x""#),
        ("order names another", r#"names "y" but does not hold it"#),
        ("order repeats", r#"names "x" twice"#),
    ];
    for (name, reason) in cases {
        let error = TraceFile::read(path(name)).unwrap_err().to_string();
        assert!(error.contains(reason), "{name}: {error}");
    }
}

#[test]
fn a_file_without_recording_order_is_read_in_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plain");
    let stored = ["b", "a"].map(|name| (name, Dtype::U8, vec![1], vec![0]));
    write_with(&path, &stored, &[("made by", "hand")]);
    let file = TraceFile::read(&path).unwrap();
    assert_eq!(file.order(), ["a", "b"]);
    assert_eq!(file.manifest().get("made by"), Some("hand"));
}

#[test]
fn the_text_has_the_manifest_the_verdict_and_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    let stored = |value: f32| {
        [
            ("x", Dtype::F32, vec![2], [1.0_f32.to_le_bytes(), value.to_le_bytes()].concat()),
            ("y", Dtype::I64, vec![], 7_i64.to_le_bytes().to_vec()),
        ]
    };
    let order = ("order", r#"["y", "x"]"#);
    write_with(&a, &stored(0.5), &[order, ("threads", "1"), ("seed", "42")]);
    write_with(
        &b,
        &stored(0.5_f32.next_up()),
        &[order, ("threads", "2"), ("seed", "42"), ("lr", "0.1")],
    );
    let comparison = compare(&TraceFile::read(a).unwrap(), &TraceFile::read(b).unwrap());
    assert_eq!(
        comparison.to_string() + "\n",
        "\
manifest lr: (not said) | 0.1
manifest threads: 1 | 2
different: 2 tensors compared, 1 identical, largest ULP distance 1
first divergence in order of recording: x

tensor  dtype    shape  differ  first at  a    b           a bits      b bits      ULP  absolute  relative  largest ULP
x       float32  [2]    1 of 2  [1]       0.5  0.50000006  0x3f000000  0x3f000001  1    5.960e-8  1.192e-7  1
"
    );
    let json = serde_json::to_value(&comparison).unwrap();
    assert_eq!(json["verdict"], "different");
    assert_eq!(json["first_divergence"], "x");
    assert_eq!(json["differing"][0]["first"]["b_bits"], "0x3f000001");
    assert_eq!(json["manifest"][0]["key"], "lr");
}

#[test]
fn a_long_table_is_cut_and_says_so() {
    let names: Vec<_> = (0..30).map(|i| format!("{i:05}/loss")).collect();
    let stored = |byte: u8| -> Vec<Stored<'_>> {
        names.iter().map(|name| (name.as_str(), Dtype::U8, vec![], vec![byte])).collect()
    };
    let text = compared(&stored(0), &stored(1)).to_string();
    assert_eq!(text.lines().filter(|line| line.contains("/loss  uint8")).count(), 20);
    assert!(text.ends_with("and 10 more"), "{text}");
}
