//! Every bit counts: whatever differs between two tensors is found, named and measured.

use parity::{ElementDifference, Elements};

const DTYPES: [(&str, usize); 17] = [
    ("bool", 1),
    ("uint8", 1),
    ("int8", 1),
    ("int16", 2),
    ("uint16", 2),
    ("int32", 4),
    ("uint32", 4),
    ("int64", 8),
    ("uint64", 8),
    ("float8_e5m2", 1),
    ("float8_e4m3fn", 1),
    ("float16", 2),
    ("bfloat16", 2),
    ("float32", 4),
    ("float64", 8),
    ("complex64", 8),
    ("complex128", 16),
];

/// Compares two tensors of one element.
fn pair(dtype: &str, a: &[u8], b: &[u8]) -> Elements {
    Elements::compare(dtype, &[], a, b).expect("a difference")
}

fn f32s(a: f32, b: f32) -> Elements {
    pair("float32", &a.to_le_bytes(), &b.to_le_bytes())
}

#[test]
fn one_flipped_bit_is_found_in_every_dtype() {
    for (dtype, width) in DTYPES {
        let zeros = vec![0; 6 * width];
        for bit in 0..8 * width {
            let mut flipped = zeros.clone();
            flipped[4 * width + bit / 8] |= 1 << (bit % 8);
            let found = Elements::compare(dtype, &[2, 3], &zeros, &flipped)
                .unwrap_or_else(|| panic!("{dtype}, bit {bit}"));
            assert_eq!((found.differing, found.elements), (1, 6));
            assert_eq!(found.first.index, [1, 1]);
            assert_eq!(found.first.a_bits, format!("0x{:0digits$x}", 0, digits = 2 * width));
            assert_eq!(
                found.first.b_bits,
                format!("0x{:0digits$x}", 1_u128 << bit, digits = 2 * width)
            );
            assert_ne!(found.first.a, found.first.b, "{dtype}, bit {bit}");
            assert_ne!(found.first.ulp, Some(0), "{dtype}, bit {bit}");
        }
    }
}

#[test]
fn the_same_bits_are_no_difference_in_every_dtype_and_shape() {
    for (dtype, width) in DTYPES {
        for shape in [vec![], vec![0], vec![3, 0, 2], vec![1], vec![2, 2]] {
            let bytes: Vec<u8> =
                (0..shape.iter().product::<usize>() * width).map(|i| (i % 2) as u8).collect();
            assert!(
                Elements::compare(dtype, &shape, &bytes, &bytes).is_none(),
                "{dtype} {shape:?}"
            );
        }
    }
}

#[test]
fn ulp_distances_are_steps_between_representable_numbers() {
    let ulp = |found: Elements| found.first.ulp;
    assert_eq!(ulp(f32s(1.0, 1.0_f32.next_up())), Some(1));
    assert_eq!(ulp(f32s(1.0, 1.0_f32.next_down())), Some(1));
    assert_eq!(ulp(f32s(1.0, 2.0)), Some(1 << 23));
    assert_eq!(ulp(f32s(f32::MAX, f32::INFINITY)), Some(1));
    assert_eq!(ulp(f32s(-0.0, 0.0)), Some(1));
    // Down to 0.0, across to -0.0, and one further.
    assert_eq!(ulp(f32s(f32::from_bits(1), -f32::from_bits(1))), Some(3));
    let f64s = |a: f64, b: f64| pair("float64", &a.to_le_bytes(), &b.to_le_bytes());
    assert_eq!(ulp(f64s(f64::NEG_INFINITY, f64::INFINITY)), Some(2 * 0x7ff0_0000_0000_0000 + 1));
    assert_eq!(ulp(f64s(-0.1, (-0.1_f64).next_down())), Some(1));
    assert_eq!(ulp(pair("float16", &0x3c00_u16.to_le_bytes(), &0x3c03_u16.to_le_bytes())), Some(3));
    assert_eq!(
        ulp(pair("bfloat16", &0x3f80_u16.to_le_bytes(), &0x3f7f_u16.to_le_bytes())),
        Some(1)
    );
    assert_eq!(ulp(pair("float8_e5m2", &[0x80], &[0x00])), Some(1));
    assert_eq!(
        ulp(pair("int64", &i64::MIN.to_le_bytes(), &i64::MAX.to_le_bytes())),
        Some(u64::MAX)
    );
    assert_eq!(ulp(pair("int8", &[0xff], &[1])), Some(2));
    assert_eq!(ulp(pair("bool", &[0], &[1])), Some(1));
}

#[test]
fn values_are_shown_in_decimal_and_measured() {
    let first = |found: Elements| -> ElementDifference { found.first };
    let found = first(f32s(0.1, 0.3));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("0.1", "0.3"));
    assert_eq!(found.absolute, f64::from(0.3_f32) - f64::from(0.1_f32));
    assert_eq!(found.relative, found.absolute / f64::from(0.3_f32));
    let found = first(f32s(-0.0, 0.0));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("-0.0", "0.0"));
    assert_eq!((found.absolute, found.relative), (0.0, 0.0));
    let found = first(f32s(f32::INFINITY, f32::NEG_INFINITY));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("inf", "-inf"));
    let found = first(pair("bfloat16", &0x7f80_u16.to_le_bytes(), &0x4049_u16.to_le_bytes()));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("inf", "3.140625"));
    let found = first(pair("bool", &[1], &[0]));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("True", "False"));
    let complex = |re: f32, im: f32| [re.to_le_bytes(), im.to_le_bytes()].concat();
    let found = first(pair("complex64", &complex(1.0, 2.0), &complex(1.0, 2.0_f32.next_up())));
    assert_eq!((found.a.as_str(), found.b.as_str()), ("(1.0, 2.0j)", "(1.0, 2.0000002j)"));
    assert_eq!(found.ulp, Some(1));
}

#[test]
fn nan_payloads_and_signs_are_bits_like_any_other() {
    let nan = f32::from_bits(0x7fc0_0000);
    let bytes = nan.to_le_bytes();
    assert!(Elements::compare("float32", &[], &bytes, &bytes).is_none());
    for other in [0x7fc0_0001, 0xffc0_0000, 0x7f80_0001] {
        let found = f32s(nan, f32::from_bits(other));
        assert_eq!(found.first.ulp, None, "{other:#x}");
        assert_eq!((found.not_a_number, found.largest_ulp), (1, 0));
    }
    let found = f32s(nan, 1.0);
    assert_eq!((found.first.ulp, found.not_a_number), (None, 1));
    let first = f32s(f32::from_bits(0xffc0_0000), nan).first;
    assert_eq!((first.a.as_str(), first.b.as_str()), ("-nan", "nan"));
}

#[test]
fn every_differing_element_counts_toward_the_largest_distance() {
    let bytes = |values: [f32; 4]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let a = bytes([1.0, 2.0, f32::NAN, 4.0]);
    let b = bytes([1.0, 2.0_f32.next_up(), 0.0, f32::from_bits(4.0_f32.to_bits() + 7)]);
    let found = Elements::compare("float32", &[4], &a, &b).unwrap();
    assert_eq!((found.differing, found.not_a_number, found.largest_ulp), (3, 1, 7));
    assert_eq!((found.first.index.as_slice(), found.first.ulp), (&[1][..], Some(1)));
}
