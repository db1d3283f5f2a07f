//! `parity repr` prints a file's tensors as Python prints them.

mod common;

use common::{parity, stderr, stdout, write};
use safetensors::Dtype;

#[test]
fn tensors_are_printed_in_order_of_recording() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace");
    let floats = [0.5_f32, -1.0].map(f32::to_le_bytes).concat();
    write(
        &path,
        &[
            ("x", Dtype::F32, vec![2, 1], floats),
            ("empty", Dtype::F64, vec![0], vec![]),
            ("count", Dtype::I64, vec![], 7_i64.to_le_bytes().to_vec()),
            ("mask", Dtype::BOOL, vec![2], vec![1, 0]),
            ("half", Dtype::BF16, vec![1], 0x7f80_u16.to_le_bytes().to_vec()),
        ],
    );
    let output = parity(["repr".as_ref(), path.as_os_str()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let expected = "\
# x
tensor([[ 0.5000],
        [-1.0000]])
# empty
tensor([], dtype=torch.float64)
# count
tensor(7)
# mask
tensor([ True, False])
# half
tensor([inf], dtype=torch.bfloat16)
";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn a_dtype_without_tensors_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace");
    write(&path, &[("x", Dtype::U32, vec![1], vec![0; 4])]);
    let output = parity(["repr".as_ref(), path.as_os_str()]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output), "parity: \"x\" has dtype uint32, which tch has no tensors of\n");
}
