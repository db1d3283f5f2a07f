//! The answers to recorded programs that ask for the recorder of their libtorch.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::compile::compiled;

/// A socket at which `preload.cpp` asks; while this lives, a thread answers.
#[derive(Debug)]
pub(super) struct Service {
    socket: PathBuf,
    is_over: Arc<AtomicBool>,
}

impl Service {
    /// Answers at `socket`, which must not exist.
    pub(super) fn start(socket: PathBuf, say: fn(&str)) -> io::Result<Self> {
        let listener = UnixListener::bind(&socket)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let until = is_over.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if until.load(Ordering::Relaxed) {
                    return;
                }
                // A program that has gone needs no answer.
                let _ = stream.and_then(|stream| answer(stream, say));
            }
        });
        Ok(Self { socket, is_over })
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread.
        let _ = UnixStream::connect(&self.socket);
    }
}

fn answer(mut stream: UnixStream, say: fn(&str)) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lib = String::new();
    stream.read_to_string(&mut lib)?;
    match compiled(Path::new(&lib), say) {
        Ok(path) => write!(stream, "{}", path.display()),
        Err(error) => write!(stream, "{error}"),
    }
}
