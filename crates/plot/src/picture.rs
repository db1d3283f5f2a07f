//! Finished pixels.

/// A picture of eight bits a channel: red, green, blue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Row after row from the top, three bytes a pixel.
    pub rgb: Vec<u8>,
}
