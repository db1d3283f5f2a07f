//! What two programs wrote to standard output.

use serde::Serialize;

/// Both standard outputs, compared.
#[derive(Debug, Clone, Serialize)]
pub struct Printed {
    /// Whether they are the same bytes, or the same lines in another order.
    pub identical: bool,
    /// Whether the lines stand in another order, in which several processes wrote them.
    pub reordered: bool,
    /// The length of each.
    pub bytes: [usize; 2],
    /// The first line that differs, counted from 1, as each side has it.
    pub difference: Option<(usize, [Option<String>; 2])>,
}

impl Printed {
    /// Compares two standard outputs, byte for byte; of programs of several processes, whose lines come
    /// in any order, line for line in whichever.
    pub(crate) fn compare(a: &[u8], b: &[u8], by_several: bool) -> Self {
        let reordered = by_several && a != b && sorted(a) == sorted(b);
        let identical = a == b || reordered;
        let difference = if identical { None } else { first_difference(a, b) };
        Self { identical, reordered, bytes: [a.len(), b.len()], difference }
    }

    /// In one line.
    #[must_use]
    pub fn summary(&self) -> String {
        match (&self.difference, self.identical) {
            (_, true) => format!(
                "standard output: the same {} bytes{}",
                self.bytes[0],
                if self.reordered { ", their lines in another order" } else { "" }
            ),
            (None, false) => "standard output differs".into(),
            (Some((line, _)), false) => format!("standard output differs from line {line} on"),
        }
    }
}

fn sorted(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = bytes.split(|&byte| byte == b'\n').collect();
    lines.sort_unstable();
    lines
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
