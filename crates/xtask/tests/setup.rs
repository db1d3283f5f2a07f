//! `scripts/setup` in a bare copy of the checkout: which variables are in the way, and what becomes of
//! Cargo's configuration. Installing is for `scripts/checks/test-setup`.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use test_support::workspace;

/// A copy of what `scripts/setup` reads, set up with the libtorch of these tests.
struct Checkout {
    folder: TempDir,
    libtorch: PathBuf,
}

impl Checkout {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::copy(workspace().join("Cargo.toml"), folder.path().join("Cargo.toml"))?;
        let mut copy = Command::new("cp");
        copy.arg("-R").arg(workspace().join("scripts")).arg(folder.path());
        ensure!(copy.status()?.success(), "cp failed");
        let libtorch = env::var("LIBTORCH").context("LIBTORCH, which .cargo/config.toml names")?;
        let checkout = Self { folder, libtorch: fs::canonicalize(libtorch)? };
        let libtorch = checkout.libtorch.to_str().context("UTF-8")?.to_owned();
        let output = checkout.setup(&[], &[("LIBTORCH", &libtorch)])?;
        ensure!(output.status.success(), "{}", said(&output));
        Ok(checkout)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// What `scripts/setup` runs, with nothing of this process's environment but the paths.
    fn xtask(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.env_clear().env("TORCH_EXACT_CHECKOUT", self.folder.path());
        for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME"] {
            command.envs(env::var_os(name).map(|value| (name, value)));
        }
        command.current_dir(&self.folder);
        command
    }

    fn setup(&self, args: &[&str], variables: &[(&str, &str)]) -> Result<Output> {
        let mut command = self.xtask();
        command.arg("setup").args(args);
        Ok(command.envs(variables.iter().copied()).output()?)
    }

    fn doctor(&self, variables: &[(&str, &str)]) -> Result<(bool, String)> {
        let output = self.setup(&["--doctor", "--slim"], variables)?;
        Ok((output.status.success(), said(&output)))
    }
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// Variables, and values of them with which a plain `cargo build`, or a program started by itself, fails.
const IN_THE_WAY: [(&str, &str); 8] = [
    ("LIBTORCH_USE_PYTORCH", "1"),
    ("LIBTORCH_INCLUDE", "/nowhere"),
    ("LIBTORCH_LIB", "/nowhere"),
    ("LIBTORCH_CXX11_ABI", "0"),
    ("LIBTORCH_STATIC", "1"),
    ("LD_LIBRARY_PATH", "/usr/lib:OTHER"),
    ("LD_PRELOAD", "OTHER/libtorch_cpu.so"),
    ("PYTHONHOME", "/nowhere"),
];

#[test]
fn variables_in_the_way_are_named_with_a_remedy() -> Result<()> {
    let checkout = Checkout::new()?;
    let (ready, said) = checkout.doctor(&[])?;
    ensure!(ready && said.contains("nothing to do"), "{said}");
    let other = checkout.path("other");
    fs::create_dir(&other)?;
    fs::write(other.join("libtorch_cpu.so"), "")?;
    let readme = fs::read_to_string(workspace().join("scripts/README.md"))?;
    // A Python without PyTorch, whatever this machine has, for the variable that asks python3.
    let bin = checkout.path("bin");
    fs::create_dir(&bin)?;
    symlink("/bin/false", bin.join("python3"))?;
    let path = env::var("PATH")?;
    for (name, value) in IN_THE_WAY {
        let value = value.replace("OTHER", other.to_str().context("UTF-8")?);
        let mut variables = vec![(name, value.as_str())];
        let without_pytorch = format!("{}:{path}", bin.display());
        if name == "LIBTORCH_USE_PYTORCH" {
            variables.push(("PATH", &without_pytorch));
        }
        let (ready, said) = checkout.doctor(&variables)?;
        ensure!(!ready, "{name}={value} leaves the doctor content:\n{said}");
        let row = format!("NOT READY: {name}={value}: ");
        let row = said.lines().find(|line| line.contains(&row)).context(said.clone())?;
        ensure!(row.ends_with(&format!("To mend it: unset {name}")), "{row}");
        ensure!(!said.contains("nothing to do"), "{said}");
        ensure!(
            readme.contains(&format!("`{name}")),
            "the table of scripts/README.md lacks {name}"
        );
    }
    Ok(())
}

#[test]
fn variables_that_change_something_are_named() -> Result<()> {
    let checkout = Checkout::new()?;
    let libtorch = checkout.libtorch.to_str().context("UTF-8")?;
    let own = format!("{libtorch}/lib:/usr/lib");
    let harmless = [
        ("LIBTORCH_INCLUDE", libtorch, Some("headers")),
        ("LIBTORCH_LIB", libtorch, Some("libraries")),
        ("LIBTORCH_CXX11_ABI", "1", Some("1")),
        ("LIBTORCH_STATIC", "0", Some("shared")),
        ("LIBTORCH_BYPASS_VERSION_CHECK", "1", Some("no effect")),
        ("TORCH_CUDA_VERSION", "cu128", Some("no effect")),
        ("LD_LIBRARY_PATH", &own, None),
        ("LD_PRELOAD", "", Some("every program")),
        ("PYTHONPATH", "/nowhere", Some("imports")),
        ("PIP_TARGET", "/nowhere", Some("leave it out")),
        ("PIP_INDEX_URL", "https://example.org", Some("go by it")),
        ("CUDA_VISIBLE_DEVICES", "", Some("every GPU")),
        ("CUDA_VISIBLE_DEVICES", "1", Some("all GPUs but these")),
        ("ATEN_CPU_CAPABILITY", "default", Some("other kernels")),
        ("OMP_NUM_THREADS", "1", Some("threads")),
    ];
    for (name, value, word) in harmless {
        let (ready, said) = checkout.doctor(&[(name, value)])?;
        ensure!(ready && said.contains("nothing to do"), "{name}: {said}");
        let row = said.lines().find(|line| line.contains(&format!("{name}={value}:")));
        match word {
            Some(word) => ensure!(row.is_some_and(|row| row.contains(word)), "{name}: {said}"),
            None => ensure!(row.is_none(), "{name}: {said}"),
        }
    }
    Ok(())
}

/// The configuration is made where it is missing, mended where it is wrong, and the user's own settings
/// stay in it.
#[test]
fn cargos_configuration_is_mended() -> Result<()> {
    let checkout = Checkout::new()?;
    let config = checkout.path(".cargo/config.toml");
    let line = "LIBTORCH = { value = \".libtorch\", relative = true }\n";
    ensure!(fs::read_to_string(&config)?.ends_with(line));
    ensure!(checkout.path(".libtorch").read_link()? == checkout.libtorch);

    let mended = |before: Option<&str>, after: &str| -> Result<()> {
        match before {
            Some(text) => fs::write(&config, text)?,
            None => fs::remove_file(&config)?,
        }
        let (ready, said) = checkout.doctor(&[])?;
        ensure!(!ready && said.contains("plan          link .libtorch"), "{said}");
        let output = checkout.setup(&["--slim"], &[])?;
        ensure!(output.status.success(), "{}", self::said(&output));
        let found = fs::read_to_string(&config)?;
        ensure!(found == after, "{before:?} became {found}");
        let output = checkout.setup(&["--slim", "--quiet"], &[])?;
        ensure!(self::said(&output).is_empty() && fs::read_to_string(&config)? == after);
        Ok(())
    };
    let written = format!("[env] # written by scripts/setup\n{line}");
    mended(None, &written)?;
    mended(Some("[build]\njobs = 1\n"), &format!("[build]\njobs = 1\n{written}"))?;
    mended(Some("[env]\nMINE = \"1\"\n"), &format!("[env]\n{line}MINE = \"1\"\n"))?;
    mended(Some("[env]\nLIBTORCH = \"/nowhere\"\n"), &format!("[env]\n{line}"))?;

    // Another way of naming the same libtorch is right.
    fs::write(&config, format!("[env]\nLIBTORCH = \"{}\"\n", checkout.libtorch.display()))?;
    let (ready, said) = checkout.doctor(&[])?;
    ensure!(ready, "{said}");
    Ok(())
}

/// Programs started by the scripts have the linked libtorch, whatever `LD_LIBRARY_PATH` says.
#[test]
fn scripts_leave_out_another_libtorch() -> Result<()> {
    let checkout = Checkout::new()?;
    let other = checkout.path("other");
    fs::create_dir(&other)?;
    fs::write(other.join("libc10.so"), "")?;
    let script = "eval \"$(\"$0\" environment)\"; echo \"[$LD_LIBRARY_PATH]${LIBTORCH-}\"";
    let output = Command::new("bash")
        .args(["-euc", script, env!("CARGO_BIN_EXE_xtask")])
        .env("TORCH_EXACT_CHECKOUT", checkout.folder.path())
        .env("LD_LIBRARY_PATH", format!("/usr/lib:{}:/lib", other.display()))
        .env("LIBTORCH", Path::new("/nowhere"))
        .output()?;
    ensure!(String::from_utf8(output.stdout)? == "[/usr/lib:/lib]\n");
    let said = String::from_utf8(output.stderr)?;
    ensure!(said.contains(&format!("{}, which has another libtorch", other.display())), "{said}");
    Ok(())
}
