//! `torch.randperm`: `randperm_cpu` of `ATen/native/TensorFactories.cpp`.

use draws::Words;

use super::{Generator, Scalar};

/// The numbers below `n`, in the order in which the generator puts them.
pub(super) fn randperm<W: Words>(
    n: usize,
    generator: &mut Generator<W>,
    sink: &mut impl FnMut(usize, Scalar) -> bool,
) -> bool {
    let mut order: Vec<i64> = (0..n as i64).collect();
    (0..n).all(|i| {
        if i + 1 < n {
            let ahead = generator.words.word() as usize % (n - i);
            order.swap(i, i + ahead);
        }
        sink(i, Scalar::I64(order[i]))
    })
}
