//! `scripts/checks/mutants`: plants the classic mistakes one at a time and shows that a named test
//! catches each. A mistake in an example is one in the calls it makes: of those the test has to name
//! the line too. Works on a copy under `target/mutants`, so the checkout is not touched.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use anyhow::{Context as _, Result, bail, ensure};

use crate::checkout::{Checkout, printed, run};
use crate::setup;

/// Plant the classic mistakes one at a time; a test has to catch each.
#[derive(clap::Args)]
#[command(override_usage = "scripts/checks/mutants [--list] [NAME]...")]
pub struct Flags {
    /// The mistakes to plant [default: all]
    names: Vec<String>,
    /// List them, and fail where the place of one has moved
    #[arg(long)]
    list: bool,
}

struct Mistake {
    name: String,
    file: String,
    /// Arguments of `cargo test`.
    tests: Vec<String>,
    old: String,
    new: String,
    /// What stands, once, in the line of the changed file that the test names.
    line: Option<String>,
}

impl Mistake {
    fn all() -> Vec<Self> {
        let (_, text) = include_str!("mutants.txt").split_once("\n= ").expect("a mistake");
        text.split("\n= ").map(Self::parse).collect()
    }

    fn parse(text: &str) -> Self {
        let mut lines = text.trim_end_matches('\n').split('\n').map(str::to_owned);
        let mut next = || lines.next().unwrap_or_default();
        let (name, file, tests) = (next(), next(), next());
        let rest: Vec<_> = lines.collect();
        let marked = |mark: char| {
            let lines = rest.iter().filter_map(|line| line.strip_prefix(mark));
            lines.collect::<Vec<_>>().join("\n")
        };
        let line = Some(marked('@')).filter(|line| !line.is_empty());
        let tests = tests.split(' ').map(str::to_owned).collect();
        Self { name, file, tests, old: marked('-'), new: marked('+'), line }
    }

    /// The file with the mistake; none where its place has moved.
    fn planted(&self, root: &Path) -> Option<String> {
        let text = fs::read_to_string(root.join(&self.file)).ok()?;
        (text.matches(&self.old).count() == 1).then(|| text.replace(&self.old, &self.new))
    }

    /// Whether a test's words name the line.
    fn is_named(&self, planted: &str, said: &str) -> bool {
        let Some(line) = &self.line else {
            return true;
        };
        let numbered = planted.lines().zip(1..).filter(|(text, _)| text.contains(line));
        let [(_, number)] = numbered.collect::<Vec<_>>()[..] else {
            return false;
        };
        let place = format!("{}:{number}", self.file);
        said.split(&place).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// The copy, and what is compiled of it.
struct Tree {
    root: PathBuf,
    build: PathBuf,
    libtorch: PathBuf,
    python: PathBuf,
}

impl Tree {
    /// Copies what git tracks, as it is in the working tree, and the compiled dependencies.
    fn new(checkout: &Checkout) -> Result<Self> {
        let python = setup::references_python(checkout)?;
        let folder = checkout.root.join("target/mutants");
        let (root, build) = (folder.join("tree"), folder.join("build"));
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        let mut list = Command::new("git");
        list.args(["ls-files", "-z"]).current_dir(&checkout.root);
        let names = printed(&mut list).context("git ls-files failed")?;
        for name in names.split_terminator('\0') {
            let (from, to) = (checkout.root.join(name), root.join(name));
            if from.is_file() {
                fs::create_dir_all(to.parent().context("a folder")?)?;
                fs::copy(from, to)?;
            }
        }
        if !build.exists() {
            run(checkout
                .command("cargo")
                .args(["build", "--release", "--quiet", "--examples"])
                .current_dir(&checkout.root))?;
            fs::create_dir_all(&build)?;
            run(Command::new("cp").arg("-a").arg(checkout.target().join("release")).arg(&build))?;
        }
        Ok(Self { root, build, libtorch: checkout.root.join(".libtorch"), python })
    }

    fn cargo(&self, words: &[&str]) -> Result<Output> {
        let mut command = Command::new("cargo");
        command.args([words[0], "--release", "--quiet"]).args(&words[1..]).current_dir(&self.root);
        command.env("LIBTORCH", &self.libtorch).env("CARGO_TARGET_DIR", &self.build);
        command.env("TORCH_EXACT_PYTHON", &self.python);
        Ok(command.env("RUSTFLAGS", "").env("RUST_BACKTRACE", "0").output()?)
    }

    /// Builds the examples, which tests start but `cargo test --test` does not build, and tests.
    fn test(&self, tests: &[String]) -> Result<Output> {
        let built = self.cargo(&["build", "--examples"])?;
        let said = String::from_utf8_lossy(&built.stderr);
        ensure!(built.status.success(), "it does not compile:\n{said}");
        let mut words = vec!["test"];
        words.extend(tests.iter().map(String::as_str));
        self.cargo(&words)
    }

    /// Plants a mistake; an error says why it is not shown to be caught.
    fn plant(&self, mistake: &Mistake) -> Result<()> {
        let path = self.root.join(&mistake.file);
        let sound = fs::read(&path)?;
        let Some(planted) = mistake.planted(&self.root) else {
            bail!("its place in {} is not there, or not once", mistake.file);
        };
        fs::write(&path, &planted)?;
        let tested = self.test(&mistake.tests);
        fs::write(&path, sound)?;
        let tested = tested?;
        let said = String::from_utf8_lossy(&tested.stdout);
        ensure!(!tested.status.success(), "no test fails");
        let complaint = String::from_utf8_lossy(&tested.stderr);
        ensure!(said.contains("test result: FAILED"), "the test did not run:\n{complaint}");
        ensure!(mistake.is_named(&planted, &said), "its line is not named:\n{said}");
        Ok(())
    }
}

pub fn run_all(checkout: &Checkout, flags: &Flags) -> Result<ExitCode> {
    let mut mistakes = Mistake::all();
    if let Some(name) = flags.names.iter().find(|name| mistakes.iter().all(|m| m.name != **name)) {
        bail!("no mistake is called {name}; --list lists them");
    }
    mistakes.retain(|mistake| flags.names.is_empty() || flags.names.contains(&mistake.name));
    if flags.list {
        let mut code = ExitCode::SUCCESS;
        for mistake in &mistakes {
            let has_moved = mistake.planted(&checkout.root).is_none();
            println!("{}{}", mistake.name, if has_moved { ": its place has moved" } else { "" });
            code = if has_moved { ExitCode::FAILURE } else { code };
        }
        return Ok(code);
    }
    let tree = Tree::new(checkout)?;
    for tests in mistakes.iter().map(|mistake| &mistake.tests).collect::<BTreeSet<_>>() {
        let sound = tree.test(tests)?;
        let said = [sound.stdout, sound.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let tests = tests.join(" ");
        ensure!(
            sound.status.success(),
            "cargo test {tests} fails before any mistake is planted:\n{said}"
        );
    }
    let mut caught = 0;
    for mistake in &mistakes {
        match tree.plant(mistake) {
            Ok(()) => {
                caught += 1;
                let by = mistake.tests.last().map_or("", |test| test);
                let named = if mistake.line.is_some() { ", which names its line" } else { "" };
                println!("{}: caught by {by}{named}", mistake.name);
            }
            Err(reason) => println!("{}: NOT CAUGHT: {reason}", mistake.name),
        }
    }
    println!("mistakes caught: {caught} of {}", mistakes.len());
    Ok(if caught == mistakes.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Planting all of them takes an hour, so that nobody would soon see one of them rot.
    #[test]
    fn mistakes_have_their_places() -> Result<()> {
        let checkout = Checkout::find()?;
        let mistakes = Mistake::all();
        ensure!(mistakes.len() > 20, "only {} mistakes are read", mistakes.len());
        for mistake in mistakes {
            let planted = mistake.planted(&checkout.root);
            ensure!(planted.is_some(), "{}: its place has moved", mistake.name);
            ensure!(mistake.tests[0].starts_with('-'), "{}: {:?}", mistake.name, mistake.tests);
            let Some(line) = mistake.line.as_deref() else { continue };
            ensure!(planted.is_some_and(|text| text.matches(line).count() == 1), "{line}");
        }
        Ok(())
    }

    #[test]
    fn a_line_is_named_by_its_whole_number() {
        let mut mistake = Mistake::parse("a\nsrc/a.rs\n--test a\n-b\n+c\n@c");
        assert_eq!((&*mistake.old, &*mistake.new), ("b", "c"));
        assert!(mistake.is_named("a\nc\n", "at src/a.rs:2: other bits"));
        assert!(!mistake.is_named("a\nc\n", "at src/a.rs:21: other bits"));
        assert!(!mistake.is_named("c\nc\n", "at src/a.rs:2: other bits"));
        mistake.line = None;
        assert!(mistake.is_named("", ""));
    }
}
