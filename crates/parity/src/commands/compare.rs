//! `parity compare A B`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use parity::recording::Recording;
use parity::report::{Entry, program};
use parity::{Comparison, Golden, Verdict};

use super::print;
use super::reports::Reports;

/// Compare two recordings, call by call, bit by bit.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder of a recording, or a golden.
    a: PathBuf,
    /// The one to compare it with.
    b: PathBuf,
    #[command(flatten)]
    reports: Reports,
}

/// Compares and prints; the exit status says how the two compare.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.reports.check()?;
    let (a, b) = match (Recording::read(&args.a), Recording::read(&args.b)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(error), _) | (_, Err(error)) => {
            if args.reports.json {
                let reason = error.to_string();
                let json =
                    serde_json::json!({ "verdict": Verdict::NotComparable, "reason": reason });
                print(&json.to_string())?;
            }
            return Err(error.into());
        }
    };
    let across = args.reports.across();
    let comparison = Comparison::across(&a, &b, across);
    let to_keep = comparison.first_difference.as_ref().and_then(|found| found.to_keep());
    let advice = to_keep.map(|calls| advice(calls, &args.a, &args.b)).unwrap_or_default();
    tell(comparison, &args.reports, &advice)
}

/// Prints a comparison with `advice`, and writes what else is asked for.
pub fn tell(
    mut comparison: Comparison,
    reports: &Reports,
    advice: &str,
) -> anyhow::Result<ExitCode> {
    if let Some(ulps) = reports.ulps {
        comparison.measure_nearness(ulps);
    }
    print(&match reports.json {
        true => serde_json::to_string_pretty(&comparison)?,
        false => format!("{comparison}{advice}"),
    })?;
    let name = comparison.sides.each_ref().map(|side| program(&side.command)).join(" and ");
    let entry = Entry {
        name,
        verdict: comparison.verdict,
        reason: comparison.reason.as_deref(),
        comparison: Some(&comparison),
        accepted: reports.accept(comparison.is_near()),
        text: comparison.to_string(),
    };
    reports.write(&[entry])?;
    Ok(ExitCode::from(reports.exit_code(comparison.verdict, comparison.is_near())))
}

/// How to record what was not kept.
fn advice([of_a, of_b]: [usize; 2], a: &Path, b: &Path) -> String {
    if a.is_file() || b.is_file() {
        return Golden::ADVICE.into();
    }
    format!(
        "\nto see them, record {} again with --keep {of_a} and {} with --keep {of_b}",
        a.display(),
        b.display()
    )
}
