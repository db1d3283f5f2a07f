//! `scripts/tutorial`: sets up and builds what is missing, then becomes the tutorial, whose standard
//! output is the transcript and nothing else.

use std::os::unix::process::CommandExt as _;
use std::process::{ExitCode, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::checkout::Checkout;
use crate::setup;

/// Seconds of one processor that a first build takes.
const FIRST_BUILD: usize = 570;

/// Run a tutorial; what is missing is set up and built first.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Flags {
    #[arg(allow_hyphen_values = true)]
    name: Option<String>,
    /// The tutorial's own.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    flags: Vec<String>,
}

pub fn run(checkout: &Checkout, flags: Flags) -> Result<ExitCode> {
    let tutorials = checkout.tutorials()?;
    let usage = format!(
        "Usage: scripts/tutorial NAME [flags]     for example: scripts/tutorial hello_pytorch \
         --epochs 10\nTutorials (NAME --help lists their flags):\n  {}",
        tutorials.join("\n  ")
    );
    let name = flags.name.unwrap_or_default();
    if name == "-h" || name == "--help" {
        println!("{usage}");
        return Ok(ExitCode::SUCCESS);
    } else if !tutorials.contains(&name) {
        let sentence = format!("There is no tutorial {name}.\n");
        eprintln!("{}{usage}", if name.is_empty() { "" } else { &sentence });
        return Ok(ExitCode::from(2));
    }
    setup::ensure_ready(checkout)?;
    let mut build = checkout.command("cargo");
    build.args([
        "build",
        "--release",
        "--example",
        &name,
        "--message-format=json-render-diagnostics",
    ]);
    if checkout.target().join("release/examples").join(&name).exists() {
        build.arg("--quiet");
    } else {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let minutes = (FIRST_BUILD / cores).div_ceil(60).max(2);
        eprintln!(
            "tutorial: building {name}; the first build takes about {minutes} minutes on {cores} cores"
        );
    }
    // In the checkout, so that Cargo reads its configuration; its messages say where the program is.
    let output = build.current_dir(&checkout.root).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("cargo build failed");
    }
    let messages = String::from_utf8(output.stdout)?;
    let program =
        messages.rsplit_once("\"executable\":\"").and_then(|(_, rest)| rest.split('"').next());
    let program = program.context("cargo names no program")?;
    Err(checkout.command(program).args(flags.flags).exec())
        .with_context(|| format!("{program} does not start"))
}
