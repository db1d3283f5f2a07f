//! In which order a processor's code adds up a short product, and where it fuses.

/// The processor that MKL, inside libtorch, has chosen its code for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Processor {
    /// AMD's, with MKL's own choice.
    Amd,
    /// Any, with `MKL_CBWR=COMPATIBLE`.
    Compatible,
    /// Intel's with AVX2 and no AVX-512.
    Avx2,
    /// Intel's with AVX-512.
    Avx512,
}

impl Processor {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Avx512, Self::Avx2, Self::Amd, Self::Compatible];
}

/// MKL's version, as far as its code for small products differs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mkl {
    /// 2019.0, in PyTorch 1.x: without code of their own for the smallest products on Intel's processors.
    V2019,
    /// 2021.1 and later.
    V2021,
}

/// How the terms `a[i] * b[i]` of a product are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One after the other.
    InOrder { fused: bool },
    /// Even and odd terms by themselves, then both sums, then the last of an odd number.
    EvenOdd { fused: bool },
    /// As `EvenOdd`, and the last of an odd number is one of the even terms.
    EvenOddTogether,
    /// Four sums of every fourth term, `(s0 + s2) + (s1 + s3)`, then what four does not divide.
    Quarters,
    /// That many terms in order, then two pairs, of which the second members are a sum of their own.
    Peeled(usize),
    /// Neighbours in pairs, as `HADDPS` adds them.
    Pairs,
}

impl Form {
    /// The product of `n` terms.
    pub(super) fn add_up(self, n: usize, term: impl Fn(usize) -> (f32, f32)) -> f32 {
        let product = |i: usize| {
            let (a, b) = term(i);
            a * b
        };
        let onto = |sum: f32, i: usize, fused: bool| {
            let (a, b) = term(i);
            if fused { a.mul_add(b, sum) } else { sum + a * b }
        };
        // The terms from `first` below `end`, every `step`th.
        let chain = |first: usize, end: usize, step: usize, fused: bool| {
            (first + step..end).step_by(step).fold(product(first), |sum, i| onto(sum, i, fused))
        };
        let or_zero = |i: usize| if i < n { product(i) } else { 0.0 };
        match self {
            _ if n == 0 => 0.0,
            Self::InOrder { fused } => chain(0, n, 1, fused),
            Self::EvenOdd { fused } if n >= 2 => {
                let even = n / 2 * 2;
                let sum = chain(0, even, 2, fused) + chain(1, even, 2, fused);
                (even..n).fold(sum, |sum, i| onto(sum, i, fused))
            }
            Self::EvenOddTogether if n >= 2 => chain(0, n, 2, false) + chain(1, n, 2, false),
            Self::Quarters if n >= 4 => {
                let whole = n / 4 * 4;
                let [a, b, c, d] = [0, 1, 2, 3].map(|first| chain(first, whole, 4, false));
                (whole..n).fold((a + c) + (b + d), |sum, i| onto(sum, i, false))
            }
            Self::Peeled(peel) if n >= peel + 4 => {
                let first = onto(onto(chain(0, peel, 1, false), peel, false), peel + 2, false);
                let second = product(peel + 1) + product(peel + 3);
                (peel + 4..n).fold(first + second, |sum, i| onto(sum, i, false))
            }
            Self::Pairs if n <= 8 => {
                let pair = |i: usize| or_zero(i) + or_zero(i + 1);
                (pair(0) + pair(4)) + (pair(2) + pair(6))
            }
            _ => chain(0, n, 1, false),
        }
    }
}

/// The form of row `row` of `x w^T` for `n` rows of `k` inputs and `m` outputs, at output `column`;
/// `None` where it is not known.
pub(super) fn forward(
    (processor, mkl): (Processor, Mkl),
    [n, k, m]: [usize; 3],
    row: usize,
    column: usize,
) -> Option<Form> {
    const IN_ORDER: Form = Form::InOrder { fused: false };
    if !(1..=8).contains(&k) || !(1..=4).contains(&m) {
        return None;
    }
    // A product of a matrix and a vector has code of its own, in blocks of four of its results.
    let vector = n == 1 || m == 1;
    match processor {
        Processor::Amd | Processor::Compatible if vector => {
            let place = if m == 1 { row } else { column };
            let peel = if processor == Processor::Amd { k.saturating_sub(4) } else { 1 };
            let in_block = place < n * m / 4 * 4;
            Some(if k >= 5 && in_block { Form::Peeled(peel) } else { IN_ORDER })
        }
        Processor::Amd if m == 4 && (5..8).contains(&k) => None,
        Processor::Amd | Processor::Compatible => {
            let quarters = k == 8 || (m == 4 && k >= 4);
            Some(if quarters { Form::Quarters } else { IN_ORDER })
        }
        Processor::Avx2 if k < 3 => Some(IN_ORDER),
        Processor::Avx2 if vector => Some(if k == 3 { IN_ORDER } else { Form::Pairs }),
        Processor::Avx2 => {
            let large = n >= if mkl == Mkl::V2019 { 3 } else { [16, 11, 3][m - 2] };
            Some(if large {
                // Rows come in sixes; one or two that are left are not fused.
                let left = if matches!(n % 6, 1 | 2) { n % 6 } else { 0 };
                Form::EvenOdd { fused: row < n - left }
            } else if m == 4 || mkl == Mkl::V2019 {
                Form::EvenOdd { fused: false }
            } else if k == 8 && row < n / 2 * 2 {
                Form::Quarters
            } else {
                IN_ORDER
            })
        }
        Processor::Avx512 if mkl == Mkl::V2019 => None,
        Processor::Avx512 if (k, m) == (3, 2) && n == 1 => Some(IN_ORDER),
        Processor::Avx512 if (k, m) == (3, 2) && n <= 15 => Some(Form::EvenOddTogether),
        Processor::Avx512 => None,
    }
}

/// The form of the weight's gradient, a sum over `n` rows; `None` where it is not known.
pub(super) fn backward(processor: Processor, [n, k, m]: [usize; 3]) -> Option<Form> {
    if !(1..=8).contains(&k) || !(1..=4).contains(&m) {
        return None;
    }
    match processor {
        Processor::Amd if n >= 8 && ((m >= 2 && (6..8).contains(&k)) || (m, k) == (4, 5)) => None,
        Processor::Amd | Processor::Compatible => Some(Form::InOrder { fused: false }),
        Processor::Avx2 if m == 1 || k == 1 => Some(Form::InOrder { fused: true }),
        Processor::Avx2 if n > 64 => None,
        Processor::Avx2 => Some(Form::EvenOdd { fused: m > 2 }),
        Processor::Avx512 if (k, m) == (3, 2) && n <= 15 => Some(Form::InOrder { fused: true }),
        Processor::Avx512 => None,
    }
}
