//! The progress bar on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use seed_recovery::{Progress, Search};

/// A bar over the seeds; hidden where standard error is no terminal.
pub fn bar(search: &Search, begun: &Progress, quiet: bool) -> ProgressBar {
    let seeds = search.seeds();
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(seeds.end - seeds.start), target);
    let template =
        "{bar:40} {percent:>3} %  {human_pos} of {human_len} seeds  {per_sec}  {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_position(begun.tried_to - seeds.start);
    // A resumed search's rate is that of this run alone.
    bar.reset_eta();
    bar
}
