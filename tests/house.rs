//! The picture of the house: which crates need which, and which modules of a crate use which, drawn from
//! `cargo metadata` and from the lines that begin with `use`. No arrow runs upwards, and none in a circle.
//!
//! `cargo test --release --test house -- --show-output` prints it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use common::python::repo_root;
use serde_json::Value;

/// The crates from the ground up: each needs only crates of floors below its own.
const FLOORS: [&[&str]; 6] = [
    &["arithmetic", "atomic-file", "checkpoint", "draws", "libtorch-check", "test-support"],
    &["parity", "plot", "seed-recovery", "shim", "xtask"],
    &["torch-exact"],
    &["replay", "tutorial"],
    &["fuzz"],
    &["benches", "ports", "tests", "tutorials"],
];

/// Modules that are one thing in two files, by their folder. An error names what every module refuses;
/// a module is made of parts, which may be modules.
const ONE_THING: [(&str, &str); 2] = [("torch-exact", "error"), ("torch-exact::nn", "part")];

/// A module's path inside its crate; the crate's root has the empty one.
type Module = Vec<String>;

#[test]
fn no_arrow_runs_upwards_or_in_a_circle() -> Result<()> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(repo_root())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("packages")?;
    let name = |value: &Value| {
        let name = value["name"].as_str().unwrap_or_default();
        name.strip_prefix("torch-exact-").unwrap_or(name).to_owned()
    };
    let floor = |name: &str| FLOORS.iter().position(|floor| floor.contains(&name));
    let ours: BTreeSet<_> = packages.iter().map(name).collect();
    let (mut faults, mut arrows) = (vec![], 0);
    for package in packages {
        let crate_name = name(package);
        let needed = package["dependencies"].as_array().context("dependencies")?.iter();
        // What only its tests need is no floor of a crate.
        let needed = needed.filter(|needed| needed["kind"] != "dev");
        let needed: BTreeSet<_> = needed.map(name).filter(|needed| ours.contains(needed)).collect();
        println!("{crate_name} -> {}", Vec::from_iter(needed.clone()).join(", "));
        for needed in &needed {
            if floor(&crate_name).is_none() || floor(needed) >= floor(&crate_name) {
                faults.push(format!("{crate_name} needs {needed}, which is not on a floor below"));
            }
        }
        let manifest = package["manifest_path"].as_str().context("a manifest")?;
        let source = Path::new(manifest).with_file_name("src");
        if source.join("lib.rs").exists() {
            for (folder, uses) in arrows_of(&crate_name, &source)? {
                for (module, used) in &uses {
                    arrows += used.len();
                    let used = Vec::from_iter(used.clone()).join(", ");
                    println!("    {folder}::{module} -> {used}");
                }
                faults.extend(circle(&folder, &uses));
            }
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    ensure!(ours.len() > 10 && arrows > 100, "{} crates, {arrows} arrows: too few", ours.len());
    Ok(())
}

/// By folder of a crate, which of the modules in it use which others in it.
fn arrows_of(
    crate_name: &str,
    source: &Path,
) -> Result<BTreeMap<String, BTreeMap<String, BTreeSet<String>>>> {
    let mut texts = BTreeMap::new();
    read(source, &mut vec![], &mut texts)?;
    let mut arrows: BTreeMap<_, BTreeMap<_, BTreeSet<_>>> = BTreeMap::new();
    for (module, text) in &texts {
        for path in uses(text, false) {
            let Some(used) = resolve(&texts, module, &path) else { continue };
            let shared = module.iter().zip(&used).take_while(|(a, b)| a == b).count();
            // A folder and what is in it are one to whoever is outside.
            if let (Some(user), Some(used)) = (module.get(shared), used.get(shared)) {
                let mut folder = vec![crate_name.to_owned()];
                folder.extend_from_slice(&module[..shared]);
                let folder = folder.join("::");
                let apart = |name: &str| !ONE_THING.contains(&(folder.as_str(), name));
                if apart(user) && apart(used) {
                    let of_folder = arrows.entry(folder).or_default();
                    of_folder.entry(user.clone()).or_default().insert(used.clone());
                }
            }
        }
    }
    Ok(arrows)
}

/// The sources of all modules, without their tests.
fn read(folder: &Path, module: &mut Module, texts: &mut BTreeMap<Module, String>) -> Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    entries.sort();
    for path in entries {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && stem != "bin" {
            module.push(stem);
            read(&path, module, texts)?;
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "main" {
            let text = fs::read_to_string(&path)?;
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
            let own = (!["lib", "mod"].contains(&stem.as_str())).then_some(stem);
            texts.insert(module.iter().cloned().chain(own).collect(), text);
        }
    }
    Ok(())
}

/// The paths that a module uses, each to its end; or those alone that it exports again.
fn uses(text: &str, exported: bool) -> Vec<String> {
    let mut paths = vec![];
    let mut rest = text;
    while let Some(start) = rest.find("use ") {
        let before = rest[..start].rsplit('\n').next().unwrap_or_default().trim_start();
        let (statement, after) = rest[start + 4..].split_once(';').unwrap_or_default();
        if before.starts_with("pub") || (before.is_empty() && !exported) {
            expand("", &statement.replace('\n', " "), &mut paths);
            rest = after;
        } else {
            rest = &rest[start + 4..];
        }
    }
    paths
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((head, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        paths.push(format!("{prefix}{}", path.trim()));
        return;
    };
    let prefix = format!("{prefix}{}", head.trim());
    let (mut depth, mut start) = (0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                if !inner[start..at].trim().is_empty() {
                    expand(&prefix, &inner[start..at], paths);
                }
                start = at + 1;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
}

/// The module that a path leads to, through what modules export again; none outside the crate.
fn resolve(texts: &BTreeMap<Module, String>, from: &Module, path: &str) -> Option<Module> {
    let mut parts: Vec<&str> = path.split("::").collect();
    let mut module = match parts[0] {
        "crate" => {
            parts.remove(0);
            vec![]
        }
        _ => from.clone(),
    };
    while let Some(&("self" | "super")) = parts.first() {
        if parts.remove(0) == "super" {
            module.pop();
        }
    }
    let inside = |module: &Module, part: &str| {
        let mut inner = module.clone();
        inner.push(part.to_owned());
        texts.contains_key(&inner).then_some(inner)
    };
    let relative =
        !path.starts_with("crate") && !path.starts_with("self") && !path.starts_with("super");
    if relative && inside(&module, parts[0]).is_none() {
        return None;
    }
    while let Some(inner) = parts.first().and_then(|part| inside(&module, part)) {
        module = inner;
        parts.remove(0);
    }
    let name = parts.first()?;
    let mut exports = uses(texts.get(&module)?, true).into_iter();
    let again = exports.find(|again| again != path && again.rsplit("::").next() == Some(name));
    match again {
        Some(again) => resolve(texts, &module, &again).or(Some(module)),
        None => Some(module),
    }
}

/// A sentence on the modules of a folder that use one another in a circle, if there are any.
fn circle(folder: &str, uses: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    let mut left: BTreeSet<_> = uses.keys().collect();
    // Whoever uses none of the others that are left is in no circle.
    while let Some(free) =
        left.iter().copied().find(|module| !uses[*module].iter().any(|used| left.contains(used)))
    {
        left.remove(free);
    }
    let names: Vec<_> = left.iter().map(|name| name.as_str()).collect();
    (!names.is_empty()).then(|| format!("a circle in {folder}: {}", names.join(", ")))
}
