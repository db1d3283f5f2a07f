//! What a command writes into a file, passed on as it comes.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A thread that passes on to standard output what is written into a file; all of it, once dropped.
///
/// A pipe in place of the file would be held open by a process that outlives the command.
pub(super) struct Shown {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Shown {
    pub(super) fn start(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let until = is_over.clone();
        let thread = thread::spawn(move || {
            loop {
                let is_last = until.load(Ordering::Acquire);
                // A reader that has gone away (`| head`) does not end the command.
                let _ = pass_on(&mut file);
                if is_last {
                    return;
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        Ok(Self { is_over, thread: Some(thread) })
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        // The thread does not panic.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn pass_on(file: &mut File) -> io::Result<()> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let mut out = io::stdout().lock();
    out.write_all(&bytes)?;
    out.flush()
}
