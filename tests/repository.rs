//! What must agree across the repository: a tutorial's one name everywhere, what pages quote, where
//! `unsafe` may stand, and the versions, which stand in `Cargo.toml` alone.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use common::examples::EXAMPLES;
use common::find_python::pinned;
use common::python::{repo_root, skipped};

fn read(path: &str) -> Result<String> {
    fs::read_to_string(repo_root().join(path)).with_context(|| path.to_owned())
}

/// The stems of a folder's files with that ending.
fn stems(folder: &str, ending: &str) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(repo_root().join(folder))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == ending) {
            found.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    Ok(found)
}

#[test]
fn each_example_has_its_page_reference_and_row() -> Result<()> {
    let names = BTreeSet::from(EXAMPLES.map(str::to_owned));
    assert_eq!(stems("examples", "rs")?, names, "examples/*.rs");
    assert_eq!(stems("examples", "md")?, names, "examples/*.md");
    assert_eq!(stems("scripts/reference", "py")?, names, "scripts/reference/*.py");
    let published = names.iter().filter(|name| *name != "simple_linear_regression").cloned();
    assert_eq!(stems("tests/published", "txt")?, published.collect(), "tests/published/*.txt");
    let readme = read("README.md")?;
    for name in names {
        ensure!(readme.contains(&format!("| [{name}](examples/{name}.md)")), "no row for {name}");
    }
    Ok(())
}

/// Every fence of ```python and ```rust in a page stands, line for line, in the file it quotes.
#[test]
fn pages_quote_the_programs() -> Result<()> {
    for name in EXAMPLES {
        let page = read(&format!("examples/{name}.md"))?;
        for (language, file) in [
            ("python", format!("scripts/reference/{name}.py")),
            ("rust", format!("examples/{name}.rs")),
        ] {
            let program = read(&file)?;
            let program: Vec<_> = program.lines().map(str::trim).collect();
            let opening = format!("```{language}\n");
            ensure!(page.contains(&opening), "{name}.md quotes no {language}");
            for fence in page.split(&opening).skip(1) {
                let quoted: Vec<_> =
                    fence.lines().take_while(|l| *l != "```").map(str::trim).collect();
                ensure!(
                    quoted.len() > 3 && program.windows(quoted.len()).any(|lines| lines == quoted),
                    "{name}.md quotes {language} that is not in {file}: {quoted:?}"
                );
            }
        }
    }
    Ok(())
}

/// Only the shim's crate holds `unsafe`; the others forbid it.
#[test]
fn unsafe_code_has_one_room() -> Result<()> {
    for entry in fs::read_dir(repo_root().join("crates"))? {
        let library = entry?.path().join("src/lib.rs");
        let text = fs::read_to_string(&library)?;
        let shim = library.starts_with(repo_root().join(Path::new("crates/shim")));
        ensure!(
            shim != text.contains("#![forbid(unsafe_code)]"),
            "{} forbids `unsafe`, or is the shim",
            library.display()
        );
    }
    Ok(())
}

/// The versions' digits may stand in these files alone; lock files and README have them too, and the
/// next test holds them to `Cargo.toml`.
const WITH_VERSIONS: [&str; 5] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "scripts/requirements/full.txt",
    "scripts/requirements/slim.txt",
];

/// The text files that git knows, those not yet committed too.
fn text_files() -> Result<Vec<(String, String)>> {
    let script = repo_root().join("scripts/checks/mutants");
    let Ok(output) = Command::new("python3").arg(script).arg("--list").output() else {
        skipped("no python3 lists the mistakes");
        return Ok(());
    };
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
