//! Words already drawn, as a source of words.

use draws::Words;

/// Words already drawn, then a constant once they run out.
///
/// The constant is one that every rejection loop accepts, so a draw always ends; a caller asks
/// [`SliceWords::exhausted`] before it trusts the values.
pub struct SliceWords<'a> {
    words: &'a [u32],
    next: usize,
}

impl<'a> SliceWords<'a> {
    pub fn new(words: &'a [u32]) -> Self {
        Self { words, next: 0 }
    }

    pub fn exhausted(&self) -> bool {
        self.next > self.words.len()
    }
}

impl Words for SliceWords<'_> {
    #[inline]
    fn word(&mut self) -> u32 {
        // 0x9000_0000 masks to 0 in a masked rejection and to 0.125 in the polar method.
        let word = self.words.get(self.next).copied().unwrap_or(0x9000_0000);
        self.next += 1;
        word
    }

    fn skip(&mut self, count: u64) {
        self.next = self.next.saturating_add(count as usize);
    }
}
