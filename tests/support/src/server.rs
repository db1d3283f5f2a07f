//! Scripts run in forks of a Python that has imported PyTorch already (`tests/support/server.py`).

use std::collections::BTreeMap;
use std::env;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::Shutdown;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::workspace;

/// A Python that waits for scripts. It ends with this process, as its standard input does.
pub struct PythonServer {
    _process: Option<Child>,
    address: SocketAddr,
}

impl PythonServer {
    /// Starts one with a command that is Python's.
    ///
    /// # Errors
    /// Where Python does not start or lacks PyTorch.
    pub fn start(mut python: Command) -> io::Result<Self> {
        python.arg(workspace().join("tests/support/server.py"));
        let mut process = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut name = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut name)?;
        Ok(Self { address: address(name.trim_end())?, _process: Some(process) })
    }

    /// Runs `script` (a path from the workspace's folder) in an arithmetic, with these arguments, this standard input,
    /// and these variables of the environment besides the server's.
    ///
    /// # Errors
    /// Where the server is gone.
    pub fn run(
        &self,
        variables: &[(&str, &str)],
        arithmetic: &str,
        script: &str,
        args: &[&str],
        stdin: &str,
    ) -> io::Result<Output> {
        let script = workspace().join(script).display().to_string();
        let variables = variables.iter().map(|(name, value)| format!("{name}={value}"));
        let words = [arithmetic, &script].into_iter().chain(args.iter().copied());
        let words: Vec<_> = variables.chain(words.map(str::to_owned)).collect();
        let mut stream = UnixStream::connect_addr(&self.address)?;
        stream.write_all(format!("{}\0\0{stdin}", words.join("\0")).as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        let mut answer = BufReader::new(stream);
        let mut number = || -> io::Result<usize> {
            let mut line = String::new();
            answer.read_line(&mut line)?;
            line.trim_end().parse().map_err(|_| io::Error::other("Python's server did not answer"))
        };
        let (status, printed) = (number()?, number()?);
        let (mut stdout, mut stderr) = (vec![0; printed], vec![]);
        answer.read_exact(&mut stdout)?;
        answer.read_to_end(&mut stderr)?;
        Ok(Output { status: ExitStatus::from_raw(status as i32), stdout, stderr })
    }
}

/// [`PythonServer::run`] by the server at the socket that `TORCH_EXACT_PYTHON_SERVER` names, which `scripts/test` starts
/// for all tests, or by this process's own.
///
/// # Errors
/// Where Python does not start, lacks PyTorch or is gone.
pub fn run_script(
    python: &Path,
    arithmetic: &str,
    script: &str,
    args: &[&str],
    stdin: &str,
) -> io::Result<Output> {
    static SERVERS: Mutex<BTreeMap<PathBuf, &PythonServer>> = Mutex::new(BTreeMap::new());
    let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    let server = match servers.get(python) {
        Some(server) => *server,
        None => {
            let server: &'static PythonServer = Box::leak(Box::new(find(python)?));
            servers.insert(python.to_owned(), server);
            server
        }
    };
    drop(servers);
    server.run(&[], arithmetic, script, args, stdin)
}

fn find(python: &Path) -> io::Result<PythonServer> {
    let named = env::var_os("TORCH_EXACT_PYTHON").is_some_and(|named| Path::new(&named) == python);
    match env::var("TORCH_EXACT_PYTHON_SERVER") {
        Ok(name) if named => Ok(PythonServer { _process: None, address: address(&name)? }),
        _ => PythonServer::start(Command::new(python)),
    }
}

/// The abstract socket of a name in hexadecimal digits.
fn address(name: &str) -> io::Result<SocketAddr> {
    let digits = name.as_bytes().chunks_exact(2).map(|pair| str::from_utf8(pair).unwrap_or("?"));
    let bytes: Vec<_> = digits
        .map(|digits| u8::from_str_radix(digits, 16))
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)?;
    let name = bytes.strip_prefix(b"\0").ok_or_else(|| io::Error::other("no server started"))?;
    SocketAddr::from_abstract_name(name)
}
