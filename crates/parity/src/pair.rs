//! Two recordings side by side.

use crate::recording::{Call, Line, Recording, Sources};

/// Two recordings with what is looked up in them.
pub(crate) struct Pair<'a> {
    pub recordings: [&'a Recording; 2],
    pub sources: [Sources<'a>; 2],
    /// The numbers of each side's computing calls.
    pub computing: [Vec<usize>; 2],
}

impl<'a> Pair<'a> {
    pub(crate) fn call(&self, side: usize, index: usize) -> &'a Call {
        &self.recordings[side].calls()[self.computing[side][index]]
    }

    pub(crate) fn line(&self, side: usize, index: usize) -> Option<Line> {
        self.sources[side].line(&self.call(side, index).location)
    }

    pub(crate) fn operators(&self, side: usize, indices: &[usize]) -> Vec<String> {
        indices.iter().map(|&index| self.call(side, index).op.to_string()).collect()
    }
}
