//! `parity compare A B`.

use std::path::PathBuf;

use parity::{TraceFile, Verdict};

use super::print;

/// Compare two traces, tensor by tensor, bit by bit.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A trace, or any safetensors file.
    a: PathBuf,
    /// The one to compare it with.
    b: PathBuf,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
    /// How many differing tensors the table shows.
    #[arg(long, value_name = "N", default_value_t = 20)]
    rows: usize,
}

/// Compares, prints, and says how the two compare.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let (a, b) = match (TraceFile::read(&args.a), TraceFile::read(&args.b)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(error), _) | (_, Err(error)) => {
            if args.json {
                let verdict = Verdict::NotComparable;
                print(
                    &serde_json::json!({ "verdict": verdict, "reason": error.to_string() })
                        .to_string(),
                )?;
            }
            return Err(error.into());
        }
    };
    let comparison = parity::compare(&a, &b);
    if args.json {
        print(&serde_json::to_string_pretty(&comparison)?)?;
    } else {
        print(&comparison.with_rows(args.rows).to_string())?;
    }
    Ok(comparison.verdict)
}
