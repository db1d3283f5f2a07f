//! `parity fuzz`, another program, so that this one needs no libtorch.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::{env, io};

use anyhow::{Context as _, bail};

/// Compare random trainings, or printings of random tensors, in Rust and in Python: the program
/// parity-fuzz.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// For parity-fuzz: --help prints them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FLAGS")]
    flags: Vec<OsString>,
}

/// Becomes the program beside this one, else the first that is found on `PATH`.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let this = env::current_exe().context("cannot tell where this program is")?;
    let beside = this.with_file_name("parity-fuzz");
    let program = if beside.is_file() { beside.into_os_string() } else { "parity-fuzz".into() };
    let error = Command::new(program).args(&args.flags).exec();
    if error.kind() == io::ErrorKind::NotFound {
        bail!(
            "there is no parity-fuzz beside this program or on PATH: build it with `cargo build --release -p torch-exact-fuzz`"
        );
    }
    Err(error).context("cannot start parity-fuzz")
}
