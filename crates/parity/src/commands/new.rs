//! `parity new`: a package to begin a port with.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, path};

use anyhow::{Context as _, bail};

use super::print;

/// The files of a package: where each goes, and what it is made of.
const FILES: [(&str, &str); 7] = [
    ("Cargo.toml", include_str!("../../new/Cargo.toml.in")),
    (".cargo/config.toml", include_str!("../../new/config.toml.in")),
    ("build.rs", include_str!("../../new/build.rs.in")),
    ("@NAME@.py", include_str!("../../new/script.py.in")),
    ("src/main.rs", include_str!("../../new/main.rs.in")),
    ("tests/parity.rs", include_str!("../../new/parity.rs.in")),
    (".gitignore", "/target\n"),
];

/// Where this program was built from.
const MANIFEST_DIR: &str = env!("CARGO_MANIFEST_DIR");

/// Write a package of a script and its port, which builds, runs and compares as it is.
///
/// It is made in this folder and needs no checkout around it: .cargo/config.toml says where libtorch
/// is, and build.rs lets the program find it when it is started by itself.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the package and of its folder.
    name: String,
    /// The `torch` folder of a Python that has PyTorch [default: LIBTORCH, else that of the checkout
    /// from which this program was built].
    #[arg(long, value_name = "DIR")]
    libtorch: Option<PathBuf>,
}

/// Writes the package and prints what to do next.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let name = checked(&args.name)?;
    let libtorch = libtorch(args.libtorch.as_deref())?;
    let version = parity::recorder::version(&libtorch).unwrap_or_default();
    let version = version.split('+').next().unwrap_or_default();
    let (core, parity) = (source("core")?, source("parity")?);
    let folder = Path::new(name);
    if folder.exists() {
        bail!("{name} is there already: choose another name, or remove it");
    }
    // Under another name until it is whole.
    let draft = tempfile::Builder::new()
        .prefix(".parity-new-")
        .tempdir_in(".")
        .context("cannot make a folder here")?;
    for (path, text) in FILES {
        let text = text
            .replace("@NAME@", name)
            .replace("@PYTORCH@", version)
            .replace("@CORE@", &core)
            .replace("@PARITY@", &parity)
            .replace("@LIBTORCH@", &in_quotes(&libtorch)?);
        write(&draft.path().join(path.replace("@NAME@", name)), &text)?;
    }
    // The versions that the checkout is tested with; Cargo takes what it needs of them.
    if let Ok(lock) = fs::read_to_string(Path::new(MANIFEST_DIR).join("../../Cargo.lock")) {
        write(&draft.path().join("Cargo.lock"), &lock)?;
    }
    // A temporary folder is its maker's alone.
    fs::set_permissions(draft.path(), Permissions::from_mode(0o755))
        .and_then(|()| fs::rename(draft.path(), folder))
        .with_context(|| format!("cannot make {name}"))?;
    // It has moved.
    let _ = draft.keep();
    print(&format!(
        "{name}/{name}.py is the script, {name}/src/main.rs its port. To build and compare them:\n\
         cd {name}\n\
         cargo build --release\n\
         parity run 'python {name}.py' target/release/{name}\n\
         cargo test --release"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// A name that Cargo takes for a package and a file has no trouble with.
fn checked(name: &str) -> anyhow::Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !(name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain)) {
        bail!(
            "{name:?} is not a name for a package: begin with a letter, go on with letters, digits, - and _"
        );
    }
    // Words of Rust, of Cargo and of the standard library, and what the package itself uses.
    let taken =
        ["test", "parity", "core", "std", "alloc", "proc_macro", "anyhow", "tch", "torch-exact"];
    let keywords = "as async await break const continue crate dyn else enum extern false fn for if \
                    impl in let loop match mod move mut pub ref return self static struct super \
                    trait true type unsafe use where while abstract become box do final gen macro \
                    override priv try typeof unsized virtual yield build deps examples incremental";
    if taken.contains(&name) || keywords.split_whitespace().any(|keyword| keyword == name) {
        bail!("{name} is taken by Rust, Cargo or a package that is used: choose another name");
    }
    Ok(name)
}

/// The libtorch that was asked for, else that of the environment, else that of the checkout.
fn libtorch(asked: Option<&Path>) -> anyhow::Result<PathBuf> {
    // As .cargo/config.toml named it when this program was built.
    let built_with = option_env!("LIBTORCH").map(PathBuf::from);
    let named = asked.map(Path::to_path_buf).or_else(|| env::var_os("LIBTORCH").map(Into::into));
    let folder = named.or(built_with).context("no libtorch is known: pass --libtorch")?;
    let folder = path::absolute(&folder).with_context(|| folder.display().to_string())?;
    if !folder.join("lib/libtorch_cpu.so").exists() {
        bail!(
            "no libtorch at {}: name the `torch` folder of a Python that has PyTorch with --libtorch",
            folder.display()
        );
    }
    Ok(folder)
}

/// The key of a dependency that says where a crate of the project is: in the checkout from which this
/// program was built, else at the registry.
fn source(crate_folder: &str) -> anyhow::Result<String> {
    if MANIFEST_DIR.contains("/registry/src/") {
        return Ok(concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"").to_owned());
    }
    let folder = Path::new(MANIFEST_DIR).with_file_name(crate_folder);
    let folder = fs::canonicalize(&folder).with_context(|| {
        format!("{}, from which this program was built, is gone: build it anew", folder.display())
    })?;
    Ok(format!("path = \"{}\"", in_quotes(&folder)?))
}

/// A path as it stands in a string of TOML.
fn in_quotes(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    Ok(text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
