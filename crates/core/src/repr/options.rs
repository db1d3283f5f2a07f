//! The settings of `torch.set_printoptions`.

/// How a tensor is printed, with the fields and defaults of [`torch.set_printoptions`].
///
/// PyTorch keeps these in a global; here they are handed to [`tensor`](super::tensor()).
///
/// [`torch.set_printoptions`]: https://docs.pytorch.org/docs/2.11/generated/torch.set_printoptions.html
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintOptions {
    /// Digits after the point.
    pub precision: u16,
    /// A tensor with more elements than this is summarised.
    pub threshold: usize,
    /// Items shown at each end of a summarised dimension.
    pub edgeitems: usize,
    /// Characters after which a line is broken. Matrices that are summarised ignore it between rows.
    pub linewidth: usize,
    /// Scientific notation: always, never, or (`None`) as the values ask for it.
    pub sci_mode: Option<bool>,
}

impl PrintOptions {
    /// The profile `"short"`: two digits and two edge items.
    pub fn short() -> Self {
        Self { precision: 2, edgeitems: 2, ..Self::default() }
    }

    /// The profile `"full"`: nothing is summarised.
    pub fn full() -> Self {
        Self { threshold: usize::MAX, ..Self::default() }
    }
}

/// The profile `"default"`.
impl Default for PrintOptions {
    fn default() -> Self {
        Self { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80, sci_mode: None }
    }
}
