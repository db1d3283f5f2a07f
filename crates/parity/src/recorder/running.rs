//! The program that is being recorded, ended with this one.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};
use std::{io, process, thread};

use rustix::process::{Pid, Signal, kill_process_group};

/// The process group that runs, 0 where none does.
static RUNNING: AtomicI32 = AtomicI32::new(0);

/// Whether this program was told to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long a program that was told to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// From now on SIGINT, SIGTERM and SIGHUP end the program that is being recorded, whose
/// [`record`](super::Recorder::record) then fails with
/// [`Error::Interrupted`](crate::recording::Error::Interrupted), so that what is temporary is removed;
/// a second signal ends this one at once. For a program's `main`.
///
/// # Errors
/// The system's, and where there is a handler already.
pub fn end_with_signals() -> io::Result<()> {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            process::exit(130);
        }
        send(Signal::TERM);
        thread::spawn(|| {
            thread::sleep(GRACE);
            send(Signal::KILL);
        });
    };
    ctrlc::set_handler(handler).map_err(io::Error::other)
}

fn send(signal: Signal) {
    if let Some(group) = Pid::from_raw(RUNNING.load(Ordering::SeqCst)) {
        // One that has just ended needs no signal.
        let _ = kill_process_group(group, signal);
    }
}

/// How a command came to its end.
pub(super) enum Ended {
    With(ExitStatus),
    /// It had to be killed.
    TooLong,
    /// This program was told to end.
    Interrupted,
}

/// Runs a command in a process group of its own, no longer than `limit`; `tick` is called all the while.
pub(super) fn to_end(
    command: &mut Command,
    limit: Option<Duration>,
    mut tick: impl FnMut(),
) -> io::Result<Ended> {
    let mut child = command.process_group(0).spawn()?;
    RUNNING.store(child.id().cast_signed(), Ordering::SeqCst);
    if INTERRUPTED.load(Ordering::SeqCst) {
        send(Signal::TERM);
    }
    let until = limit.map(|limit| Instant::now() + limit);
    let ended = loop {
        match (child.try_wait()?, until) {
            (Some(status), _) => break Ended::With(status),
            (None, Some(until)) if Instant::now() >= until => {
                let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
                child.wait()?;
                break Ended::TooLong;
            }
            (None, _) => {
                tick();
                thread::sleep(Duration::from_millis(20));
            }
        }
    };
    RUNNING.store(0, Ordering::SeqCst);
    Ok(if INTERRUPTED.load(Ordering::SeqCst) { Ended::Interrupted } else { ended })
}
