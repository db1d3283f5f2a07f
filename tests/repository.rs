//! What must agree across the repository: a tutorial's one name everywhere, what pages quote, where
//! `unsafe` may stand, and the versions, which stand in `Cargo.toml` alone.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use common::python::repo_root;
use serde_json::Value;
use test_support::EXAMPLES;
use test_support::pinned;

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

/// Cargo builds only those that the manifest names.
#[test]
fn each_test_file_is_built() -> Result<()> {
    let manifest = read("tests/Cargo.toml")?;
    for name in stems("tests", "rs")? {
        let entry = format!("{{ name = \"{name}\", path = \"{name}.rs\" }}");
        ensure!(manifest.contains(&entry), "tests/Cargo.toml lacks {entry}");
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

/// Only the shim's crate and the bindings of replay hold `unsafe`; the others forbid it.
#[test]
fn unsafe_code_has_one_room() -> Result<()> {
    for entry in fs::read_dir(repo_root().join("crates"))? {
        let source = entry?.path().join("src");
        if !source.exists() {
            continue; // the crates' README
        }
        let roots = ["lib.rs", "main.rs"].map(|name| source.join(name));
        let library = roots.into_iter().find(|path| path.exists()).context("a crate's root")?;
        let text = fs::read_to_string(&library)?;
        let of = |name: &str| library.starts_with(repo_root().join("crates").join(name));
        let level = if of("replay") { "#![deny(unsafe_code)]" } else { "#![forbid(unsafe_code)]" };
        ensure!(
            of("shim") != text.contains(level),
            "{} has {level}, or is the shim",
            library.display()
        );
    }
    for (name, text) in text_files()? {
        let allows = name.ends_with(".rs") && text.contains(concat!("allow(", "unsafe_code)"));
        ensure!(!allows || name == "crates/replay/src/bindings/mod.rs", "{name} allows `unsafe`");
    }
    Ok(())
}

/// The versions' digits may stand in these files alone; lock files and README have them too, and the
/// next test holds them to `Cargo.toml`. A report is of the versions it was made with.
const WITH_VERSIONS: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "scripts/README.md",
    "crates/core/cuda-parity.md",
    "scripts/requirements/full.txt",
    "scripts/requirements/slim.txt",
];

/// The text files that git knows, those not yet committed too.
fn text_files() -> Result<Vec<(String, String)>> {
    let list = Command::new("git")
        .args(["ls-files", "-co", "--exclude-standard"])
        .current_dir(repo_root())
        .output()?;
    ensure!(list.status.success(), "git ls-files: {}", String::from_utf8_lossy(&list.stderr));
    let names = String::from_utf8(list.stdout)?;
    let recorded = |name: &str| name.contains("/golden/") || name.contains("/published/");
    let files = names.lines().filter(|name| !recorded(name)).filter_map(|name| {
        // What is not text, or removed and not yet committed, names no version; a link has another's.
        let path = repo_root().join(name);
        let text = if path.is_symlink() { None } else { fs::read_to_string(path).ok() };
        Some((name.to_owned(), text?))
    });
    Ok(files.collect())
}

#[test]
fn versions_stand_in_one_place() -> Result<()> {
    let (tch, pytorch) = (pinned("tch"), pinned("pytorch"));
    let mut stale = vec![];
    for (name, text) in text_files()? {
        let allowed = WITH_VERSIONS.contains(&name.as_str());
        for (number, line) in text.lines().enumerate() {
            if !allowed && (line.contains(&tch) || line.contains(&pytorch)) {
                stale.push(format!("{name}:{}: {line}", number + 1));
            }
        }
    }
    ensure!(stale.is_empty(), "read these from Cargo.toml:\n{}", stale.join("\n"));
    Ok(())
}

/// Where prose, a link or a lock file names a version, it is the pinned one. Pages of the tutorials
/// also name those that their documents were written with, and seed-recovery knows how another
/// PyTorch draws; the upgrade drill's test makes versions up.
#[test]
fn versions_named_elsewhere_are_the_pinned_ones() -> Result<()> {
    let minor = |version: &str| version.rsplit_once('.').map(|(minor, _)| minor.to_owned());
    let (tch, pytorch, cuda) = (pinned("tch"), pinned("pytorch"), pinned("cuda"));
    let words = [
        ("PyTorch ", &pytorch),
        ("libtorch ", &pytorch),
        ("torch==", &pytorch),
        ("pytorch.org/docs/", &pytorch),
        ("tch ", &tch),
        ("tch = \"=", &tch),
        ("libtorch needs CUDA ", &cuda),
        ("driver that offers CUDA ", &cuda),
    ];
    let (mut seen, mut stale) = (0, vec![]);
    for (name, text) in text_files()? {
        let made_up = name == "tests/python/upgrade.py";
        if made_up
            || name.starts_with("examples/")
            || name.replace('_', "-").contains("seed-recovery")
        {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for (word, version) in words {
                for (at, _) in line.match_indices(word) {
                    let before = line[..at].chars().next_back();
                    let rest = &line[at + word.len()..];
                    let digits = |c: char| c.is_ascii_digit() || c == '.';
                    let found =
                        rest.split(|c| !digits(c)).next().unwrap_or("").trim_end_matches('.');
                    // `torch ` is no `tch `, and a number without a point is no version.
                    if before.is_some_and(char::is_alphanumeric) || !found.contains('.') {
                        continue;
                    }
                    seen += 1;
                    if found != *version && Some(found.to_owned()) != minor(version) {
                        stale.push(format!("{name}:{}: {word}{found}", number + 1));
                    }
                }
            }
        }
    }
    let lock = read("Cargo.lock")?;
    let locked = format!("name = \"tch\"\nversion = \"{tch}\"\n");
    ensure!(
        lock.contains(&locked),
        "Cargo.lock has another tch than {tch}: run cargo update -p tch"
    );
    ensure!(stale.is_empty(), "pinned are {tch}, {pytorch} and {cuda}:\n{}", stale.join("\n"));
    ensure!(seen > 10, "only {seen} versions are named: the search does not work");
    Ok(())
}

/// No package used needs a newer Rust than the workspace says, and the changelog has its version.
#[test]
fn the_oldest_rust_builds_what_is_used() -> Result<()> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .current_dir(repo_root())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("packages")?;
    let version =
        |text: &str| text.split('.').map(|n| n.parse().unwrap_or(0)).collect::<Vec<u32>>();
    let ours = pinned("rust-version");
    let mut newer = vec![];
    for package in packages {
        let needed = package["rust_version"].as_str().unwrap_or_default();
        if version(needed).iter().take(2).gt(version(&ours).iter().take(2)) {
            newer.push(format!("{} needs Rust {needed}", package["name"]));
        }
    }
    ensure!(packages.len() > 100 && newer.is_empty(), "for Rust {ours}: {}", newer.join(", "));
    let heading = format!("\n## {}", env!("CARGO_PKG_VERSION"));
    ensure!(read("CHANGELOG.md")?.contains(&heading), "CHANGELOG.md lacks {heading:?}");
    Ok(())
}
