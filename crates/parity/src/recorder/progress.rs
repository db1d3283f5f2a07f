//! How far a program has come, shown on a terminal while it runs.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::text::program;

/// One line on standard error, if that is a terminal.
pub(super) struct Progress {
    line: ProgressBar,
    calls: std::path::PathBuf,
    read: u64,
    counted: u64,
    next: Instant,
}

/// How often the line is drawn anew.
const EVERY: Duration = Duration::from_millis(500);

impl Progress {
    /// Of a command that is recorded into `folder`.
    pub(super) fn new(words: &[String], folder: &Path) -> Self {
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("parity: {prefix}: {msg}{elapsed}");
        line.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        line.set_prefix(program(words));
        Self {
            line,
            calls: folder.join("calls.jsonl"),
            read: 0,
            counted: 0,
            next: Instant::now() + EVERY,
        }
    }

    /// Draws the line, where it is time to.
    pub(super) fn tick(&mut self) {
        if self.line.is_hidden() || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + EVERY;
        self.count();
        self.line.set_message(match self.counted {
            0 => String::new(),
            calls => format!("{} calls, ", HumanCount(calls)),
        });
        self.line.tick();
    }

    /// Counts the lines that were written since, nearly all of which are calls.
    fn count(&mut self) {
        let Ok(file) = File::open(&self.calls) else { return };
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = file.read_at(&mut buffer, self.read) {
            // Room that the recorder has set aside is zero.
            let written = buffer[..read].iter().take_while(|&&byte| byte != 0);
            let (bytes, lines) = written.fold((0, 0), |(bytes, lines), &byte| {
                (bytes + 1, lines + u64::from(byte == b'\n'))
            });
            self.read += bytes;
            self.counted += lines;
            if bytes < read as u64 {
                break;
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}
