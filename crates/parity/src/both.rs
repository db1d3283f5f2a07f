//! Two recordings side by side.

use crate::recording::{Call, Line, Recording};

/// Two recordings and their computing calls.
pub(crate) struct Both<'a> {
    pub recordings: [&'a Recording; 2],
    /// The numbers of each side's computing calls.
    pub computing: [Vec<usize>; 2],
}

impl<'a> Both<'a> {
    pub(crate) fn call(&self, side: usize, index: usize) -> &'a Call {
        &self.recordings[side].calls()[self.computing[side][index]]
    }

    pub(crate) fn line(&self, side: usize, index: usize) -> Option<Line> {
        self.call(side, index).line.as_deref().cloned()
    }

    pub(crate) fn operators(&self, side: usize, indices: &[usize]) -> Vec<String> {
        indices.iter().map(|&index| self.call(side, index).op.to_string()).collect()
    }
}
