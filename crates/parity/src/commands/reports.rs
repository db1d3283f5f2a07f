//! What is written of a comparison besides its text, and what is asked of it besides its verdict.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use parity::report::{Entry, annotations, junit, page};
use parity::{Across, Verdict};

use super::print;

/// For each command that compares.
#[derive(Debug, clap::Args)]
pub struct Reports {
    /// Compare two versions of libtorch too, which need not have the same bits.
    #[arg(long)]
    any_version: bool,
    /// Compare what the CPU and a GPU computed too, which need not have the same bits.
    #[arg(long)]
    any_device: bool,
    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
    /// Say, too, whether every computing call is within N ULPs of its counterpart, which is never
    /// called identical, and how many are how far apart.
    #[arg(long, value_name = "N")]
    pub ulps: Option<u64>,
    /// Exit with status 0, too, where every computing call is within --ulps N, whatever is printed.
    #[arg(long, requires = "ulps")]
    accept_within: bool,
    /// Write a page to look at: both sources at the first difference, the distance of every call.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print workflow commands of GitHub Actions, which shows each fault at its line.
    #[arg(long, conflicts_with = "json")]
    annotations: bool,
}

impl Reports {
    /// What is compared all the same.
    pub fn across(&self) -> Across {
        Across { versions: self.any_version, devices: self.any_device }
    }

    /// Whether the distance of every call that differs is to be known, and not the first one's alone.
    pub fn measure_all(&self) -> bool {
        self.ulps.is_some() || self.html.is_some()
    }

    /// Whether a pair that is near passes.
    pub fn accept(&self, is_near: bool) -> bool {
        self.accept_within && is_near
    }

    /// The exit status for a verdict.
    pub fn exit_code(&self, verdict: Verdict, is_near: bool) -> u8 {
        match self.accept(is_near) {
            true => 0,
            false => verdict.exit_code(),
        }
    }

    /// Refuses files that cannot be written, before programs run for long.
    pub fn check(&self) -> anyhow::Result<()> {
        for path in [&self.html, &self.junit].into_iter().flatten() {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
                bail!("cannot write {}: there is no folder {}", path.display(), folder.display());
            }
        }
        Ok(())
    }

    /// Writes and prints what is asked for.
    pub fn write(&self, entries: &[Entry<'_>]) -> anyhow::Result<()> {
        if let Some(path) = &self.html {
            write(path, &page(entries))?;
        }
        if let Some(path) = &self.junit {
            write(path, &junit(entries)?)?;
        }
        if self.annotations {
            for line in annotations(entries) {
                print(&line)?;
            }
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written: io::Result<()> = atomic_file::write(path, |file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}
