//! What is searched for: each sequence that was given, by each way to read it, as a target of one pass.

use std::fmt::Write;

use anyhow::Result;
use seed_recovery::{
    Assumption, Evidence, Item, OffsetSet, Options, Reading, Search, Target, readings,
};

/// A sequence of draws as it was given.
pub struct Given {
    /// Its file, if it is one of several.
    pub file: Option<String>,
    /// The draws.
    pub items: Vec<Item>,
}

/// How a target came about.
pub struct Origin {
    /// Which of the sequences it reads, counted from 0.
    pub sequence: usize,
    /// What its reading takes for true.
    pub assumes: Vec<Assumption>,
}

/// A search with the origins of its targets.
pub struct Asked {
    /// The search.
    pub search: Search,
    /// Of each target.
    pub origins: Vec<Origin>,
    /// How many sequences were given.
    pub sequences: usize,
}

impl Asked {
    /// Sets up the search for all readings of all sequences.
    ///
    /// Unless `weak` is set, the first reading of each must be evidence enough; a further one, which
    /// may hold a value less, is left out where it is not.
    pub fn new(given: &[Given], options: &Options, weak: bool) -> Result<Self> {
        let earlier = options.offsets.spans().iter().any(|span| span.end > 1);
        let (mut targets, mut origins, mut firsts) = (Vec::new(), Vec::new(), Vec::new());
        for (sequence, given) in given.iter().enumerate() {
            firsts.push(targets.len());
            for Reading { items, assumes } in readings(&given.items, earlier) {
                let target = target(items, &options.offsets).map_err(|error| given.named(error))?;
                targets.push(target);
                origins.push(Origin { sequence, assumes });
            }
        }
        let search = Search::for_targets(targets.clone(), options.clone())?;
        let asked = Self { search, origins, sequences: given.len() };
        if weak {
            return Ok(asked);
        }
        for (given, &first) in given.iter().zip(&firsts) {
            asked.search.check_strength_of(first).map_err(|error| given.named(error.into()))?;
        }
        asked.without_weak(options)
    }

    fn without_weak(self, options: &Options) -> Result<Self> {
        let all = self.search.targets().to_vec().into_iter().zip(self.origins).enumerate();
        let strong = all.filter(|(i, _)| self.search.check_strength_of(*i).is_ok());
        let (targets, origins): (Vec<Target>, Vec<Origin>) = strong.map(|(_, one)| one).unzip();
        let search = if targets.len() == self.search.targets().len() {
            self.search
        } else {
            Search::for_targets(targets, options.clone())?
        };
        Ok(Self { search, origins, sequences: self.sequences })
    }

    /// Which sequence a target reads, where there are several.
    pub fn numbered(&self, target: usize) -> String {
        match self.sequences {
            1 => String::new(),
            _ => format!(" (target {})", self.origins[target].sequence + 1),
        }
    }

    /// What a target's reading takes for true, each part after `before`.
    pub fn assumptions(&self, target: usize, before: &str) -> String {
        self.origins[target].assumes.iter().fold(String::new(), |mut text, one| {
            let _ = write!(text, "{before}{one}");
            text
        })
    }

    /// The targets that read a sequence.
    pub fn targets_of(&self, sequence: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.origins.len()).filter(move |&i| self.origins[i].sequence == sequence)
    }
}

impl Given {
    fn named(&self, error: anyhow::Error) -> anyhow::Error {
        match &self.file {
            Some(file) => error.context(file.clone()),
            None => error,
        }
    }
}

fn target(items: Vec<Item>, offsets: &OffsetSet) -> Result<Target> {
    Ok(Target { evidence: Evidence::new(items)?, offsets: offsets.clone() })
}
