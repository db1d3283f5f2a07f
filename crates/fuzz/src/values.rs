//! Random tensors, bit by bit.

use tch::{Kind, Tensor};

use crate::draw::Draw;

/// Each dtype that both sides have; those of everyday use are drawn more often.
pub const KINDS: [Kind; 16] = [
    Kind::Bool,
    Kind::Uint8,
    Kind::Int8,
    Kind::Int16,
    Kind::Int,
    Kind::Int64,
    Kind::Half,
    Kind::BFloat16,
    Kind::Float,
    Kind::Float,
    Kind::Float,
    Kind::Double,
    Kind::ComplexFloat,
    Kind::ComplexDouble,
    Kind::Float8e5m2,
    Kind::Float8e4m3fn,
];

/// Shapes beyond the 1000 elements from which on a tensor is summarised.
const LARGE: [&[i64]; 7] =
    [&[1001], &[1000], &[40, 30], &[1001, 1], &[2, 600], &[3, 4, 100], &[5, 3, 2, 40]];

/// Whether a tensor of this dtype can require a gradient.
pub fn is_float(kind: Kind) -> bool {
    !matches!(kind, Kind::Bool | Kind::Uint8 | Kind::Int8 | Kind::Int16 | Kind::Int | Kind::Int64)
}

/// No dimensions to four, some of them empty, some tensors large enough to be summarised.
pub fn shape(draw: &mut Draw) -> Vec<i64> {
    if draw.percent(12) {
        return draw.one_of(&LARGE).to_vec();
    }
    let dims = draw.between(0, 4);
    let longest = [1, 40, 9, 5, 4][dims as usize];
    let smallest = if draw.percent(8) { 0 } else { 1 };
    (0..dims).map(|_| draw.between(smallest, longest)).collect()
}

/// The bytes of `n` elements of one of several sorts: any bits at all, whole numbers, numbers of
/// one magnitude or of many, with or without zeros and non-finite ones.
pub fn bytes(draw: &mut Draw, kind: Kind, n: usize) -> Vec<u8> {
    let parts = if matches!(kind, Kind::ComplexFloat | Kind::ComplexDouble) { 2 } else { 1 };
    let any_bits = draw.percent(15) && kind != Kind::Bool;
    if any_bits {
        return draw.bytes(n * kind.elt_size_in_bytes());
    }
    let real = part_of(kind);
    let numbers = numbers(draw, is_float(kind), n * parts);
    bytes_of(&Tensor::from_slice(&numbers).to_kind(real), real).unwrap_or_default()
}

/// The dtype of a complex dtype's parts; of another, itself.
fn part_of(kind: Kind) -> Kind {
    match kind {
        Kind::ComplexFloat => Kind::Float,
        Kind::ComplexDouble => Kind::Double,
        other => other,
    }
}

fn numbers(draw: &mut Draw, float: bool, n: usize) -> Vec<f64> {
    let scale = draw.magnitude(1e-9, 1e10);
    let whole = !float || draw.percent(20);
    let spread = draw.percent(25);
    let zeros = draw.one_of(&[0, 0, 30, 100]);
    let not_finite = if float { draw.one_of(&[0, 0, 0, 20, 100]) } else { 0 };
    let normal = draw.normal(n);
    let mut number = |x: f64| {
        if draw.percent(zeros) {
            return if float && draw.percent(30) { -0.0 } else { 0.0 };
        }
        if draw.percent(not_finite) {
            return draw.one_of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        }
        let scale = if spread { scale * draw.magnitude(1e-4, 1e4) } else { scale };
        // Integers are drawn below their smallest dtype's limit in half of the tensors.
        match whole {
            true if scale < 1.0 => (x * 40.0).round(),
            true => (x * scale).round(),
            false => x * scale,
        }
    };
    normal.into_iter().map(&mut number).collect()
}

/// The elements' bytes in row-major order.
pub fn bytes_of(tensor: &Tensor, kind: Kind) -> Option<Vec<u8>> {
    let mut bytes = vec![0; tensor.numel() * kind.elt_size_in_bytes()];
    if !bytes.is_empty() {
        tensor.f_copy_data_u8(&mut bytes, tensor.numel()).ok()?;
    }
    Some(bytes)
}

/// Parts of a tensor, and the tensor with some elements zero.
pub fn smaller(tensor: &Tensor) -> Vec<Tensor> {
    let size = tensor.size();
    let mut found = Vec::new();
    for (dim, &length) in size.iter().enumerate() {
        let dim = dim as i64;
        if length == 1 {
            found.push(tensor.squeeze_dim(dim));
            continue;
        }
        let half = length / 2;
        let cuts = [(0, half), (half, length - half), (0, length - 1), (1, length - 1)];
        found.extend(
            cuts.into_iter()
                .filter(|&(_, kept)| kept > 0)
                .map(|(start, kept)| tensor.narrow(dim, start, kept)),
        );
    }
    let flat = tensor.contiguous().view(-1);
    let count = tensor.numel() as i64;
    let parts = count.min(16);
    for part in 0..parts {
        let (start, end) = (count * part / parts, count * (part + 1) / parts);
        let changed = flat.copy();
        let mut range = changed.narrow(0, start, end - start);
        if bytes_of(&range, tensor.kind()).is_some_and(|bytes| bytes.iter().any(|&byte| byte != 0))
        {
            let _ = range.zero_();
            found.push(changed.view(size.as_slice()));
        }
    }
    found
}

/// Two hexadecimal digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What [`hex`] wrote.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() % 2 == 1 {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}
