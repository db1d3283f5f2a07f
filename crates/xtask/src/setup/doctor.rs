//! `scripts/setup --doctor`: what is here, and what would be done.

use std::process::{Command, ExitCode};
use std::thread;

use super::libtorch::{self, CONFIG};
use super::plan::{Action, Venv};
use super::python::Python;
use super::{Setup, check_compiler, compiler, driver, variables};
use crate::checkout::printed;

fn row(name: &str, text: impl AsRef<str>) {
    // A refusal has lines.
    println!(
        "{name:<13} {}",
        text.as_ref().replace("\n    ", " ").replace('\n', &format!("\n{:14}", ""))
    );
}

/// The first line that a program says of its version.
fn version_of(program: &str) -> String {
    let said = printed(Command::new(program).arg("--version")).unwrap_or_else(|| "missing".into());
    said.lines().next().unwrap_or_default().to_owned()
}

/// Prints the report; success where a build would work now.
pub fn report(setup: &Setup) -> ExitCode {
    let mut is_ready = true;
    let rust = setup.checkout.pinned("rust-version");
    row("rustc", format!("{} ({rust} or newer is needed)", version_of("rustc")));
    row("cargo", version_of("cargo"));
    row("C++ compiler", version_of(&compiler()));
    if let Err(refusal) = check_compiler(setup) {
        row("", format!("NOT READY: {refusal}"));
        is_ready = false;
    }
    let plan = setup.plan();
    let used = plan.as_ref().ok().and_then(|plan| plan.python.clone());
    let given = setup.given.clone().unwrap_or_else(|| "python3".into());
    let python = used.or_else(|| Python::ask(given));
    let python = python.map(|python| format!("{} at {}", python.version, python.program.display()));
    row("Python", python.unwrap_or_else(|| "none that runs".into()));

    let linked = setup.checkout.linked();
    // What is kept was looked at.
    let is_kept = plan.as_ref().is_ok_and(|plan| plan.action == Action::Keep);
    let (of_link, of_config) = match &linked {
        None => ("none linked".to_owned(), "does not name a PyTorch that is linked"),
        Some(folder) => (
            match (!is_kept).then(|| libtorch::check(folder, setup.pytorch)) {
                Some(Err(fault)) => format!("unfit: {fault}"),
                _ => format!("{} at {}", setup.pytorch, folder.display()),
            },
            match libtorch::is_configured(setup.checkout, folder) {
                true => "names it",
                false => "does not name it: cargo does not know where it is",
            },
        ),
    };
    row("PyTorch", of_link);
    row("configuration", format!("{CONFIG} {of_config}"));
    row(".venv", Venv::find(setup).name());
    of_driver(setup);
    for variable in variables::rows(setup.checkout, linked.as_deref()) {
        let prefix = if variable.is_harmless { "" } else { "NOT READY: " };
        row("environment", format!("{prefix}{}", variable.text));
        is_ready &= variable.is_harmless;
    }
    let (set, needed) = (setup.set.name(), setup.set.room());
    row("disk", format!("{} MB free (installing the {set} set takes {needed})", setup.room()));

    let (note, planned) = match plan {
        Err(refusal) => (String::new(), Some(format!("scripts/setup would stop: {refusal}"))),
        Ok(plan) => (
            plan.note,
            match plan.action {
                Action::Keep => None,
                Action::Link => Some(format!(
                    "link .libtorch -> {}, and tell cargo in {CONFIG}",
                    plan.libtorch.display()
                )),
                Action::Install(base) => Some(format!(
                    "install the {set} set into .venv with {}, and link .libtorch",
                    base.display()
                )),
            },
        ),
    };
    if !note.is_empty() {
        row("note", note);
    }
    let is_done = planned.is_none();
    let nothing = if is_ready { "nothing to do" } else { "nothing that scripts/setup could do" };
    row("plan", planned.unwrap_or_else(|| nothing.into()));
    if is_ready && is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn of_driver(setup: &Setup) {
    let needed = setup.checkout.pinned("nvidia-driver");
    let major =
        |version: &str| version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    row(
        "driver",
        match driver() {
            None => {
                let cores = thread::available_parallelism().map_or(1, usize::from);
                format!("no NVIDIA driver: CPU alone, {cores} processors")
            }
            Some(found) if major(&found) < major(needed) => {
                format!(
                    "NVIDIA {found} is too old for CUDA ({needed} is needed): the tutorials will run on the CPU"
                )
            }
            Some(found) => format!("NVIDIA {found}"),
        },
    );
}
