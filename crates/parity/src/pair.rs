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
    pub(crate) fn call(&self, side: usize, place: usize) -> &'a Call {
        &self.recordings[side].calls()[self.computing[side][place]]
    }

    pub(crate) fn line(&self, side: usize, place: usize) -> Option<Line> {
        self.sources[side].line(&self.call(side, place).place)
    }

    pub(crate) fn operators(&self, side: usize, places: &[usize]) -> Vec<String> {
        places.iter().map(|&place| self.call(side, place).op.to_string()).collect()
    }
}
