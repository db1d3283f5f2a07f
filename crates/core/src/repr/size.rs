//! Shapes.

/// Python's `repr` of a `torch.Size`.
///
/// ```
/// assert_eq!(torch_exact::repr::size(&[50, 1]), "torch.Size([50, 1])");
/// ```
pub fn size(shape: &[i64]) -> String {
    format!("torch.Size([{}])", join(shape))
}

/// Python's `str(tuple(shape))`, with its comma after a single item.
pub(super) fn tuple(shape: &[i64]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => format!("({})", join(shape)),
    }
}

fn join(shape: &[i64]) -> String {
    shape.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
