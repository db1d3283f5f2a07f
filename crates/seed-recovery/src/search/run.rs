//! The search itself, on every thread.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::{Hit, Progress, Search};

impl Search {
    /// Tries the seeds that `progress` has not, on every thread, until all are tried or `stop` is set.
    ///
    /// `observe` is called about ten times a second with the progress so far. What is returned
    /// after a stop can be passed in again to carry on; at most one chunk a thread is tried twice.
    pub fn run(
        &self,
        progress: Progress,
        stop: &AtomicBool,
        observe: &mut dyn FnMut(&Progress),
    ) -> Progress {
        let start = progress.tried_to.max(self.seeds.start);
        let mut tracker =
            Tracker { progress: Progress { tried_to: start, ..progress }, ahead: Vec::new() };
        let next = AtomicU64::new(start);
        let enough = AtomicBool::new(self.first && !tracker.progress.hits.is_empty());
        let (sender, results) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..self.threads {
                let (sender, next, enough) = (sender.clone(), &next, &enough);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) && !enough.load(Ordering::Relaxed) {
                        let first = next.fetch_add(self.strategy.chunk(), Ordering::Relaxed);
                        if first >= self.seeds.end {
                            break;
                        }
                        let count = self.strategy.chunk().min(self.seeds.end - first);
                        let hits = self.strategy.scan(self, first, count);
                        if self.first && !hits.is_empty() {
                            enough.store(true, Ordering::Relaxed);
                        }
                        if sender.send((first..first + count, hits)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut shown = Instant::now();
            loop {
                match results.recv_timeout(Duration::from_millis(100)) {
                    Ok((seeds, hits)) => tracker.add(seeds, hits),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if shown.elapsed() >= Duration::from_millis(100) {
                    shown = Instant::now();
                    observe(&tracker.progress);
                }
            }
        });
        if enough.into_inner() {
            tracker.take_ahead();
        }
        observe(&tracker.progress);
        tracker.progress
    }
}

/// Puts chunks that end out of order back in order.
struct Tracker {
    progress: Progress,
    ahead: Vec<(Range<u64>, Vec<Hit>)>,
}

impl Tracker {
    fn add(&mut self, seeds: Range<u64>, hits: Vec<Hit>) {
        self.ahead.push((seeds, hits));
        while let Some(i) =
            self.ahead.iter().position(|(seeds, _)| seeds.start == self.progress.tried_to)
        {
            let (seeds, hits) = self.ahead.swap_remove(i);
            self.progress.tried_to = seeds.end;
            self.progress.hits.extend(hits);
        }
    }

    /// Takes the hits of chunks before which others are missing.
    fn take_ahead(&mut self) {
        let ahead = self.ahead.drain(..).flat_map(|(_, hits)| hits);
        self.progress.hits.extend(ahead);
        self.progress.hits.sort_unstable();
    }
}
