//! What is to be done, decided from what is there. Changes nothing.

use std::env;
use std::fs::{self, File};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::python::Python;
use super::{Set, Setup, libtorch, package_line, refusal};
use crate::checkout::printed;

#[derive(PartialEq)]
pub enum Action {
    Keep,
    Link,
    /// Into a new `.venv`, made with this Python.
    Install(PathBuf),
}

pub struct Plan {
    pub action: Action,
    pub libtorch: PathBuf,
    pub python: Option<Python>,
    /// What came close to another plan.
    pub note: String,
}

/// `.venv`. Its mark is written before anything else in one of ours, and names a set and its lock only
/// once all is installed: so an interrupted installation is known as one, and a `.venv` of the user's
/// is never touched.
#[derive(PartialEq)]
pub enum Venv {
    None,
    Foreign,
    /// Interrupted, damaged, or of an earlier lock.
    Incomplete,
    Whole(Set),
}

impl Venv {
    pub fn find(setup: &Setup) -> Self {
        let folder = setup.root.join(".venv");
        if fs::read_dir(&folder).map_or(true, |mut entries| entries.next().is_none()) {
            return Self::None;
        }
        let mark = fs::read_to_string(folder.join(".torch-exact")).unwrap_or_default();
        if mark.is_empty() || folder.is_symlink() {
            return Self::Foreign;
        }
        let runs = printed(Command::new(folder.join("bin/python")).args(["-c", ""])).is_some();
        let is_of = |set: &Set| runs && mark.trim_end() == setup.mark(*set);
        [Set::Full, Set::Slim].into_iter().find(is_of).map_or(Self::Incomplete, Self::Whole)
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Foreign => "not made by scripts/setup",
            Self::Incomplete => "incomplete",
            Self::Whole(set) => set.name(),
        }
    }
}

impl Setup<'_> {
    /// What stands in the mark of a whole `.venv`: the set and its lock's checksum.
    pub fn mark(&self, set: Set) -> String {
        let lock = self.root.join(format!("scripts/requirements/{}.txt", set.name()));
        // Of its standard input, since it prints the name of a file.
        let sum = File::open(lock).and_then(|lock| Command::new("cksum").stdin(lock).output());
        let sum = sum.map_or(vec![], |output| output.stdout);
        format!("{} {}", set.name(), String::from_utf8_lossy(&sum).trim_end())
    }

    pub fn plan(&self) -> Result<Plan> {
        // Cargo sets LIBTORCH to our own link for what it runs; that is not a choice of the user's.
        let own_link = self.root.join(".libtorch");
        let named = env::var_os("LIBTORCH").filter(|path| !path.is_empty() && **path != *own_link);
        if let Some(named) = named {
            return self.plan_named(Path::new(&named));
        }
        let venv = self.root.join(".venv");
        let state = Venv::find(self);
        let is_whole =
            [Venv::Whole(self.set), Venv::Whole(Set::Full), Venv::Foreign].contains(&state);
        let mut given = None;
        if let Some(path) = &self.given {
            let problem = || format!("{} is not a Python that runs.", path.display());
            let mend = "scripts/setup --python \"$(command -v python3)\"";
            given = Some(Python::ask(path).ok_or_else(|| refusal(problem(), &[mend]))?);
        }
        // Without one given, what was chosen before stays, and may be a libtorch without a Python. One
        // after the other is asked, until one fits.
        let is_free = given.is_none();
        let linked = self.checkout.linked().filter(|_| is_free);
        let linked = linked.map(|linked| (linked.clone(), Python::beside(&linked)));
        let active = is_free.then(Python::active).into_iter().flatten();
        let own = iter::once_with(|| Python::ask(venv.join("bin/python"))).flatten();
        let with_libtorch = |python: Python| (python.libtorch.clone(), Some(python));
        let candidates = given.into_iter().map(with_libtorch).chain(linked);
        let candidates = candidates.chain(active.chain(own).map(with_libtorch));
        // Our own goes by its mark.
        let candidates =
            candidates.filter(|(libtorch, _)| is_whole || !libtorch.starts_with(&venv));
        let mut note = String::new();
        for (libtorch, python) in candidates {
            if libtorch::version(&libtorch).as_deref() != Some(self.pytorch) {
                continue;
            }
            match self.fault(&libtorch, python.as_ref()) {
                None => return Ok(self.plan_linking(libtorch, python)),
                Some(fault) => note = fault,
            }
        }
        if state == Venv::Foreign {
            let all = if note.is_empty() { "" } else { " with all it needs" };
            let (venv, pytorch) = (venv.display(), self.pytorch);
            let has_not = format!("does not hold PyTorch {pytorch}{all}");
            let mend = ".venv/bin/python -m pip install -r scripts/requirements/full.txt   \
                        # or move it away: mv .venv .venv.mine";
            let problem = format!("{venv} was not made by scripts/setup and {has_not}.");
            return Err(refusal(problem, &[mend]));
        }
        Ok(Plan { action: Action::Install(self.base()?), libtorch: venv, python: None, note })
    }

    /// The plan for the libtorch that `LIBTORCH` names.
    fn plan_named(&self, named: &Path) -> Result<Plan> {
        let folder = fs::canonicalize(named).unwrap_or_else(|_| named.to_owned());
        libtorch::check(&folder, self.pytorch).map_err(|fault| {
            let problem = format!("LIBTORCH is {}, but {fault}.", named.display());
            refusal(problem, &["unset LIBTORCH; scripts/setup"])
        })?;
        let given = self.given.iter().filter_map(Python::ask);
        let own = Python::ask(self.root.join(".venv/bin/python"));
        let mut all = given.chain(Python::beside(&folder)).chain(Python::active()).chain(own);
        let python = all.find(|python| python.pytorch == self.pytorch && python.missing.is_empty());
        let mut plan = self.plan_linking(folder, python);
        if plan.python.is_none() {
            plan.note = format!(
                "No Python here has PyTorch {} and what the references import: scripts/test can do \
                 no more than --goldens-only. Without LIBTORCH set, scripts/setup --full installs one.",
                self.pytorch
            );
        }
        Ok(plan)
    }

    fn plan_linking(&self, libtorch: PathBuf, python: Option<Python>) -> Plan {
        let is_linked = self.checkout.linked().as_deref() == Some(&libtorch);
        let is_done = is_linked && libtorch::is_configured(self.checkout, &libtorch);
        let action = if is_done { Action::Keep } else { Action::Link };
        Plan { action, libtorch, python, note: String::new() }
    }

    /// What keeps a PyTorch of this version from being used.
    fn fault(&self, libtorch: &Path, python: Option<&Python>) -> Option<String> {
        let shown = python.map_or(libtorch, |python| &python.program).display();
        let missing = python.map_or("Python", |python| &python.missing);
        let has = format!("{shown} has PyTorch {}", self.pytorch);
        if self.for_references && !missing.is_empty() {
            let packages = missing.replace(',', "").replace("sklearn", "scikit-learn");
            let mend = format!("{shown} -m pip install {packages}");
            return Some(format!("{has} but not {missing}; to use it: {mend}"));
        }
        let fault = libtorch::check(libtorch, self.pytorch).err()?;
        Some(format!("{has}, but {fault}"))
    }

    /// The Python to make `.venv` with.
    fn base(&self) -> Result<PathBuf> {
        let usual =
            ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.14"];
        let usual = usual.map(PathBuf::from).to_vec();
        let mut seen = vec![];
        for candidate in self.given.clone().map_or(usual, |given| vec![given]) {
            let Some(python) = Python::ask(&candidate) else {
                continue;
            };
            let minor = python.version.strip_prefix("3.").and_then(|minor| minor.parse().ok());
            if !minor.is_some_and(|minor| (10..=14).contains(&minor)) {
                seen.push(format!("{} is {}", candidate.display(), python.version));
                continue;
            }
            let base = python.base;
            if printed(Command::new(&base).args(["-c", "import venv, ensurepip"])).is_some() {
                return Ok(base);
            }
            let base = base.display();
            let lack = "cannot make virtual environments (venv or ensurepip is missing)";
            let mend = package_line("python3-venv", "python3");
            return Err(refusal(format!("The Python at {base} {lack}."), &[&mend, &self.again]));
        }
        let seen = if seen.is_empty() { "there is none".into() } else { seen.join(", ") };
        let problem = format!("PyTorch {} needs Python 3.10 to 3.14; {seen}.", self.pytorch);
        let mend = package_line("python3 python3-venv", "python3");
        Err(refusal(problem, &[&(mend + "   # then: scripts/setup --python PATH")]))
    }
}
