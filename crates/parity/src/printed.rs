//! What two programs wrote to standard output.

use serde::Serialize;

/// Both standard outputs, compared.
#[derive(Debug, Clone, Serialize)]
pub struct Printed {
    /// Whether they are the same bytes.
    pub identical: bool,
    /// The length of each.
    pub bytes: [usize; 2],
    /// The first line that differs, counted from 1, as each side has it.
    pub difference: Option<(usize, [Option<String>; 2])>,
}

impl Printed {
    /// Compares two standard outputs, byte for byte.
    pub(crate) fn compare(a: &[u8], b: &[u8]) -> Self {
        Self { identical: a == b, bytes: [a.len(), b.len()], difference: first_difference(a, b) }
    }

    /// In one line.
    #[must_use]
    pub fn summary(&self) -> String {
        match (&self.difference, self.identical) {
            (_, true) => format!("standard output: the same {} bytes", self.bytes[0]),
            (None, false) => "standard output differs".into(),
            (Some((line, _)), false) => format!("standard output differs from line {line} on"),
        }
    }
}

/// The first line that differs, counted from 1; of two that differ in nothing but their last line's
/// ending, that line.
fn first_difference(a: &[u8], b: &[u8]) -> Option<(usize, [Option<String>; 2])> {
    if a == b {
        return None;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let lines = |bytes| text(bytes).split_inclusive('\n').map(String::from).collect::<Vec<_>>();
    let (a, b) = (lines(a), lines(b));
    let line = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let shown = |lines: &[String]| lines.get(line).map(|line| format!("{line:?}"));
    Some((line + 1, [shown(&a), shown(&b)]))
}
