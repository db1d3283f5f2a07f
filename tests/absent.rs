//! The list of what is absent has each name that PyTorch exports, once.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use common::python::{python_with, repo_root, run_script, skipped};

/// The names in the tables of a section.
fn listed(page: &str, title: &str) -> Result<Vec<String>> {
    let section = page.split("\n## ").find(|section| section.starts_with(title));
    let section = section.with_context(|| format!("no section {title}"))?;
    let rows = section.lines().filter(|line| line.starts_with("| "));
    let cells = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    Ok(cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect())
}

#[test]
fn each_name_that_pytorch_exports_stands_once() -> Result<()> {
    let Some(python) = python_with("torch") else {
        skipped("no Python imports torch, so its names were not asked for");
        return Ok(());
    };
    let page = fs::read_to_string(repo_root().join("crates/core/absent.md"))?;
    let exported = run_script(&python, "tests/python/absent.py", &[], "")?;
    let mut all = 0;
    for line in exported.lines() {
        let (title, names) = line.split_once(": ").context("a section and names")?;
        let listed = listed(&page, title)?;
        let once: BTreeSet<_> = listed.iter().map(String::as_str).collect();
        ensure!(once.len() == listed.len(), "{title}: a name stands twice");
        let exported: BTreeSet<_> = names.split(' ').collect();
        let missing: Vec<_> = exported.difference(&once).collect();
        let gone: Vec<_> = once.difference(&exported).collect();
        ensure!(
            missing.is_empty() && gone.is_empty(),
            "{title}: missing {missing:?}, not PyTorch's {gone:?}"
        );
        all += once.len();
    }
    println!("{all} names of PyTorch");
    ensure!(all > 250);
    Ok(())
}
