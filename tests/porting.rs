//! The page on porting, followed word by word from an empty folder: its commands are run, its
//! programs put where it says, and what it shows of their output is what they print.
//!
//! Built is in the workspace's own target folder, so that tch is not compiled anew.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use common::emulated::emulated;
use common::python::{python_with, repo_root, skipped};
use test_support::environment::scrubbed;

const PAGE: &str = "crates/core/porting.md";

/// The folder above that of the profile, `target`.
fn target() -> Result<PathBuf> {
    let test = env::current_exe()?;
    Ok(test.ancestors().nth(3).context("the test lies in target/PROFILE/deps")?.to_owned())
}

/// A reader at a terminal.
struct Reader {
    /// An empty folder at first.
    folder: PathBuf,
    path: String,
    target: PathBuf,
    status: Option<i32>,
    commands: usize,
}

impl Reader {
    fn new(home: &Path, python: &Path) -> Result<Self> {
        // `python` is the one that was found, and `parity` the one that the page installs.
        let bin = home.join("bin");
        fs::create_dir(&bin)?;
        let python = format!("#!/bin/sh\nexec '{}' \"$@\"\n", python.display());
        fs::write(bin.join("python"), python)?;
        ensure!(Command::new("chmod").arg("+x").arg(bin.join("python")).status()?.success());
        let path = format!("{}:{}", bin.display(), env::var("PATH")?);
        let folder = home.join("empty");
        fs::create_dir(&folder)?;
        Ok(Self { folder, path, target: target()?, status: Some(0), commands: 0 })
    }

    fn run(&mut self, command: &str) -> Result<Output> {
        self.commands += 1;
        // The one command that the page says is given in the checkout.
        let folder = if command.starts_with("cargo install") { repo_root() } else { &self.folder };
        let bin = self.path.split(':').next().context("a folder")?;
        let home = Path::new(bin).parent().context("a folder")?;
        let mut bash = scrubbed("bash");
        bash.args(["-c", command]).current_dir(folder).env("PATH", &self.path);
        bash.env("CARGO_TARGET_DIR", &self.target).env("CARGO_INSTALL_ROOT", home);
        // Cargo gives a test what would point a package of another workspace to this one.
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_")) {
            bash.env_remove(name);
        }
        let output = bash.output()?;
        self.status = output.status.code();
        Ok(output)
    }

    /// Gives a command and holds what it prints to the lines that the page shows, in order; `…`
    /// stands for lines that it leaves out.
    fn follow(&mut self, command: &str, shown: &[&str]) -> Result<()> {
        if let Some(folder) = command.strip_prefix("cd ") {
            self.folder.push(folder);
            // Programs come to lie in the target folder that is shared.
            symlink(&self.target, self.folder.join("target"))?;
            return Ok(());
        }
        if command == "echo $?" {
            ensure!(
                shown == [self.status.context("a status")?.to_string()],
                "{command}: {:?}",
                self.status
            );
            return Ok(());
        }
        let started = Instant::now();
        let output = self.run(command)?;
        println!("{:>4.0} s  {command}", started.elapsed().as_secs_f64());
        let said = String::from_utf8(output.stdout)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        let differs = command.starts_with("parity run") && output.status.code() == Some(1);
        ensure!(output.status.success() || differs, "{command}:\n{said}{errors}");
        let mut lines = said.lines();
        let mut gap = false;
        for line in shown {
            if *line == "…" {
                gap = true;
                continue;
            }
            let found = match gap {
                true => lines.any(|said| said == *line),
                false => lines.next() == Some(line),
            };
            ensure!(found, "{command}: the page shows {line:?}, which is not in\n{said}{errors}");
            gap = false;
        }
        ensure!(shown.is_empty() || gap || lines.next().is_none(), "{command} says more:\n{said}");
        Ok(())
    }
}

/// The page's fences: what language, and what is in them.
fn fences(page: &str) -> Vec<(&str, &str)> {
    let parts = page.split("\n```").skip(1).step_by(2);
    parts.filter_map(|fence| fence.split_once('\n')).collect()
}

/// The code in the last column of the page's tables: Rust, which is to compile.
fn snippets(page: &str) -> Vec<String> {
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let last = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    // A bar in a cell has a backslash before it.
    last.flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(|it| it.replace("\\|", "|"))
        .collect()
}

/// What the snippets take for given.
const GIVEN: &str = "
    let (x, w, g) = (random::rand([4, 3])?, random::rand([3, 2])?, random::rand([4, 3])?);
    let (a, b, p) = (random::rand([3])?, random::rand([3])?, random::rand([4, 3])?);
    let (loss, mask, value) = (random::rand([])?, a.gt(0.5), 0.5);
    let lr = 0.1;
    let losses = [random::rand([]), random::rand([])];
    let model = nn::Sequential::new().add(nn::Linear::new(3, 3)?).add(nn::ReLU::new());
    let model = model.add(nn::ReLU::new()).add(nn::Linear::new(3, 2)?);
    let module = nn::Linear::new(3, 2)?;
    let (first, rest) = (model.parameters(), module.parameters());
    let defaults = SGDOptions::default();
    let dataset = TensorDataset::new([&random::rand([50, 3])?])?;
    let (path, rows) = (\"model.pt\", tensor([0, 2])?);
";

/// A program of the snippets, one statement each.
fn program(snippets: &[String]) -> String {
    let mut text = "#![allow(unused)]\nuse torch_exact::data::random_split;\n\
                    use torch_exact::optim::SGDOptions;\nuse torch_exact::prelude::*;\n\
                    fn main() -> anyhow::Result<()> {\n"
        .to_owned();
    for snippet in snippets {
        let given = GIVEN.replace('\n', " ");
        // Each in a block of its own: some of them take what they are given.
        match snippet.ends_with(';') || snippet.starts_with("fn ") {
            true => text += &format!("    {{ {given}\n        {snippet}\n    }}\n"),
            false => {
                let of_no_error =
                    if snippet.starts_with("Result::Ok") { ": Result<()>" } else { "" };
                text +=
                    &format!("    {{ {given}\n        let _it{of_no_error} = {snippet};\n    }}\n");
            }
        }
    }
    text + "    Ok(())\n}\n"
}

#[test]
fn the_page_is_followed_from_an_empty_folder() -> Result<()> {
    let Some(python) = python_with("torch, numpy") else {
        skipped("no Python imports torch, so the page on porting was not followed");
        return Ok(());
    };
    let home = tempfile::tempdir()?;
    let mut reader = Reader::new(home.path(), &python)?;
    let page = fs::read_to_string(repo_root().join(PAGE))?;
    for (language, text) in fences(&page) {
        match language {
            "console" => {
                for command in text.trim_start_matches("$ ").split("\n$ ") {
                    let mut lines = command.lines();
                    let command = lines.next().context("a command")?;
                    reader.follow(command, &lines.collect::<Vec<_>>())?;
                }
            }
            "python" => fs::write(reader.folder.join("rings.py"), text)?,
            "rust" => fs::write(reader.folder.join("src/main.rs"), text)?,
            other => anyhow::bail!("a fence of {other}"),
        }
    }
    println!("{} commands of the page were followed", reader.commands);
    ensure!(reader.commands >= 10);

    // The program alone, in an environment that knows nothing of libtorch.
    let alone = scrubbed(reader.folder.join("target/release/rings"))
        .env_remove("LIBTORCH")
        .current_dir(&reader.folder)
        .output()?;
    ensure!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stderr));

    let port = fences(&page).into_iter().find(|(language, _)| *language == "rust");
    its_own_test(&mut reader, port.context("the port")?.1)?;

    let snippets = snippets(&page);
    fs::write(reader.folder.join("src/main.rs"), program(&snippets))?;
    reader.follow("cargo build --release", &[])?;
    reader.follow("target/release/rings", &[])?;
    println!("{} expressions of its tables compile and run", snippets.len());
    ensure!(snippets.len() >= 40);

    // What is there already is left alone, and so is what cannot be had.
    let manifest = fs::read(reader.folder.join("Cargo.toml"))?;
    reader.folder.pop();
    for (words, expected) in [
        ("rings", "rings is there already: choose another name, or remove it"),
        ("2rings", "\"2rings\" is not a name for a package: begin with a letter"),
        ("my/rings", "\"my/rings\" is not a name for a package"),
        ("match", "match is taken by Rust, Cargo or a package that is used"),
        ("anyhow", "anyhow is taken by"),
        (
            "other --libtorch /nowhere",
            "no libtorch at /nowhere: name the `torch` folder of a Python",
        ),
    ] {
        let output = reader.run(&format!("parity new {words}"))?;
        let said = String::from_utf8(output.stderr)?;
        ensure!(output.status.code() == Some(2) && said.lines().count() == 1, "{words}: {said}");
        ensure!(said.starts_with("parity: ") && said.contains(expected), "{words}: {said}");
    }
    ensure!(fs::read(reader.folder.join("rings/Cargo.toml"))? == manifest);
    ensure!(!reader.folder.join("other").exists());
    without_libtorch(&reader)?;
    without_the_dependency(&mut reader)
}

/// What the package's `tests/parity.rs` holds: the port to the script, and without Python to what was recorded of it, on
/// another vendor's processor too. The page's mistake fails both.
fn its_own_test(reader: &mut Reader, port: &str) -> Result<()> {
    let main = reader.folder.join("src/main.rs");
    let golden = reader.folder.join("tests/rings.parity");
    fs::remove_file(&golden).context("the first cargo test recorded nothing")?;
    fs::write(&main, port)?;
    let test = "cargo test --release --test parity -- --nocapture";
    reader.follow(test, &[])?;
    ensure!(golden.exists(), "{} is not recorded", golden.display());

    let mut without_python = "PATH=$(dirname $(command -v cargo)):/usr/bin:/bin ".to_owned();
    let vendor = fs::read_to_string("/proc/cpuinfo")?;
    let mut runner = Command::new("env");
    if emulated(&mut runner, if vendor.contains("AuthenticAMD") { "hsw" } else { "zen3" })? {
        let variables = runner.get_envs().map(|(name, value)| {
            format!("{}={}", name.display(), value.unwrap_or_default().display())
        });
        let variables = variables.collect::<Vec<_>>().join(" ");
        without_python +=
            &format!("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER='env {variables}' ");
    }
    let output = reader.run(&format!("{without_python}{test}"))?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success() && said.matches("SKIPPED").count() == 1, "{said}");

    let mistaken = port.replace("model.eval();", "");
    ensure!(mistaken != port, "the page's mistake is not in its port");
    fs::write(&main, mistaken)?;
    for (command, failing) in [(test.to_owned(), 2), (format!("{without_python}{test}"), 1)] {
        let output = reader.run(&format!("{command} 2>&1"))?;
        let said = String::from_utf8(output.stdout)?;
        ensure!(said.contains(&format!("{failing} failed")), "{command}: {said}");
        ensure!(said.matches("src/main.rs:39").count() >= failing, "{command}: {said}");
    }
    println!("the package's own test held the port with Python and without, and found the mistake");
    Ok(())
}

/// Says in one sentence, before anything is compiled for long, what is wrong with LIBTORCH.
fn without_libtorch(reader: &Reader) -> Result<()> {
    let package = reader.folder.join("rings");
    fs::rename(package.join(".cargo"), package.join("cargo"))?;
    for (value, expected) in [
        (
            None,
            "LIBTORCH is not set: set LIBTORCH to the `torch` folder of a Python that has PyTorch",
        ),
        (Some("libtorch"), "LIBTORCH is libtorch, a relative path"),
        (Some("/nowhere"), "no libtorch at /nowhere: set LIBTORCH to"),
    ] {
        let mut cargo = scrubbed("cargo");
        cargo.args(["check", "--release"]).current_dir(&package);
        // A target folder of its own: another LIBTORCH would have tch compiled anew in the shared one.
        cargo.env("CARGO_TARGET_DIR", reader.folder.join("without"));
        cargo.env_remove("LIBTORCH").env_remove("LIBTORCH_USE_PYTORCH");
        let output = cargo.envs(value.map(|value| ("LIBTORCH", value))).output()?;
        let said = String::from_utf8(output.stderr)?;
        let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
        ensure!(!output.status.success() && errors[0].contains(expected), "{said}");
        ensure!(!said.contains("Cannot find a libtorch install"), "{said}");
    }
    Ok(fs::rename(package.join("cargo"), package.join(".cargo"))?)
}

/// Where the dependency is taken away, build.rs says so and what to do.
fn without_the_dependency(reader: &mut Reader) -> Result<()> {
    let package = reader.folder.join("rings");
    let manifest = fs::read_to_string(package.join("Cargo.toml"))?;
    let lines = manifest.lines().filter(|line| !line.starts_with("torch-exact"));
    fs::write(package.join("Cargo.toml"), lines.collect::<Vec<_>>().join("\n"))?;
    fs::write(package.join("src/main.rs"), "fn main() {}\n")?;
    reader.folder = package;
    let output = reader.run("cargo build --release")?;
    let said = String::from_utf8(output.stderr)?;
    let expected = "torch-exact, which says where libtorch is, is not among the [dependencies]";
    ensure!(!output.status.success() && said.contains(expected), "{said}");
    Ok(())
}
