//! The recorder, compiled for the libtorch of the program that is recorded, and kept for the next.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, path};

use super::{Error, Result};

/// The variable that names the folder for compiled recorders.
pub const CACHE: &str = "PARITY_CACHE";

const SOURCES: [(&str, &str); 7] = [
    ("recorder.cpp", include_str!("../../recorder/recorder.cpp")),
    ("bits.h", include_str!("../../recorder/bits.h")),
    ("json.h", include_str!("../../recorder/json.h")),
    ("location.h", include_str!("../../recorder/location.h")),
    ("log.h", include_str!("../../recorder/log.h")),
    ("operator.h", include_str!("../../recorder/operator.h")),
    ("arithmetic.h", arithmetic::HEADER),
];

/// A libtorch, by what decides how the recorder is compiled for it.
#[derive(Debug)]
struct Libtorch {
    /// The folder of `lib` and `include`.
    folder: PathBuf,
    version: String,
    /// Whether its strings are those of C++11: wheels before 2.7 have older ones.
    cxx11_abi: bool,
    /// Of a libtorch whose version does not tell what is in it.
    build: Option<(PathBuf, u64, i64)>,
}

/// The recorder for the libtorch whose libraries are in the folder `lib`: one that was compiled before, else
/// compiled now, of which `say` is told.
///
/// # Errors
/// [`Error::NoRecorder`].
pub fn compiled(lib: &Path, say: fn(&str)) -> Result<PathBuf> {
    let libtorch = Libtorch::find(lib)?;
    libtorch.compiled(say).map_err(|reason| Error::NoRecorder { version: libtorch.version, reason })
}

impl Libtorch {
    fn find(lib: &Path) -> Result<Self> {
        let system = |what, path: &Path| {
            let path = path.to_path_buf();
            move |source| Error::System { what, path, source }
        };
        let lib = fs::canonicalize(lib).map_err(system("find", lib))?;
        let folder = lib.parent().unwrap_or(&lib).to_path_buf();
        let c10 = lib.join("libc10.so");
        let c10 = fs::read(&c10).map_err(system("read", &c10))?;
        let version = version(&folder);
        let build = match &version {
            Some(version) if is_release(version) => None,
            _ => {
                let cpu = lib.join("libtorch_cpu.so");
                let found = fs::metadata(&cpu).map_err(system("read", &cpu))?;
                Some((cpu, found.len(), found.mtime()))
            }
        };
        Ok(Self {
            folder,
            version: version.unwrap_or_else(|| "of unknown version".into()),
            cxx11_abi: c10.windows(7).any(|window| window == b"__cxx11"),
            build,
        })
    }

    fn compiled(&self, say: fn(&str)) -> std::result::Result<PathBuf, String> {
        let folder = cache()?;
        let path = folder.join(self.file_name());
        if path.exists() {
            return Ok(path);
        }
        let cannot = |error: io::Error| {
            format!("cannot write into {}: {error}; {CACHE} names another folder", folder.display())
        };
        fs::create_dir_all(&folder).map_err(cannot)?;
        // Of several that want it one compiles, and the others wait.
        let lock = File::create(folder.join("lock")).map_err(cannot)?;
        lock.lock().map_err(cannot)?;
        if !path.exists() {
            say(&format!(
                "compiling the recorder for libtorch {}, once; this takes about half a minute",
                self.version
            ));
            let draft = path.with_extension("part");
            let result = self.compile(&draft);
            if result.is_err() {
                let _ = fs::remove_file(&draft);
            }
            result?;
            fs::rename(&draft, &path).map_err(cannot)?;
        }
        Ok(path)
    }

    /// The same for what the same sources are compiled to.
    fn file_name(&self) -> String {
        let mut hasher = DefaultHasher::new();
        (SOURCES, self.cxx11_abi, &self.build, env::consts::ARCH).hash(&mut hasher);
        let release = self.version.split('+').next().unwrap_or_default().replace([' ', '/'], "-");
        format!("recorder-{release}-{:016x}.so", hasher.finish())
    }

    fn compile(&self, to: &Path) -> std::result::Result<(), String> {
        let include = self.folder.join("include");
        if !include.join("ATen/ATen.h").exists() {
            return Err(format!(
                "its headers, which PyTorch's wheels have, are not in {}",
                include.display()
            ));
        }
        let sources = tempfile::tempdir().map_err(|error| error.to_string())?;
        for (name, text) in SOURCES {
            fs::write(sources.path().join(name), text).map_err(|error| error.to_string())?;
        }
        let compiler = env::var("CXX").unwrap_or_else(|_| "c++".into());
        let words = shlex::split(&compiler).unwrap_or_default();
        let mut command = Command::new(words.first().map_or("c++", String::as_str));
        command
            .args(words.iter().skip(1))
            .args(["-std=c++20", "-O2", "-fPIC", "-shared", "-s", "-w", "-fvisibility=hidden"])
            // Without NDEBUG the inputs of a call cannot be asked for.
            .args(["-DNDEBUG", &format!("-D_GLIBCXX_USE_CXX11_ABI={}", i32::from(self.cxx11_abi))])
            .arg("-I")
            .arg(include)
            .arg(sources.path().join("recorder.cpp"))
            .arg("-o")
            .arg(to)
            .arg("-L")
            .arg(self.folder.join("lib"))
            .args(["-ltorch_cpu", "-lc10"])
            // Of the programs that are recorded, not of the compiler.
            .env_remove("LD_PRELOAD")
            .env_remove("LD_AUDIT");
        let output = command.output().map_err(|error| {
            format!("the C++ compiler `{compiler}` does not start ({error}); install one, or name one in CXX")
        })?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let line = text.lines().find(|line| line.contains("error")).or(text.lines().last());
        Err(format!("`{compiler}` failed: {}", line.unwrap_or("it does not say why").trim()))
    }
}

/// The folder for compiled recorders.
fn cache() -> std::result::Result<PathBuf, String> {
    let folder =
        |variable| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let found = folder(CACHE)
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("parity")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache/parity")));
    let found =
        found.ok_or_else(|| format!("there is no HOME for it; name a folder in {CACHE}"))?;
    path::absolute(&found).map_err(|error| format!("{}: {error}", found.display()))
}

/// The version of a libtorch: in `version.py` (of a wheel) or `build-version` (of an unpacked one) in its
/// folder.
#[must_use]
pub fn version(libtorch: &Path) -> Option<String> {
    let wheel = fs::read_to_string(libtorch.join("version.py")).ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("__version__"))?;
        Some(line.split('\'').nth(1)?.to_owned())
    });
    let unpacked = || fs::read_to_string(libtorch.join("build-version")).ok();
    Some(wheel.or_else(unpacked)?.trim().to_owned())
}

/// Whether it is built from the sources of one release, for whatever device.
fn is_release(version: &str) -> bool {
    let (release, device) = version.split_once('+').unwrap_or((version, "cpu"));
    release.split('.').all(|part| part.parse::<u32>().is_ok())
        && ["cpu", "cu", "rocm", "xpu"].iter().any(|known| device.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::is_release;

    #[test]
    fn a_release_is_known_by_its_version() {
        for version in ["2.10.0+cu130", "2.10.0+cpu", "2.6.0", "2.8.0+rocm6.4"] {
            assert!(is_release(version), "{version}");
        }
        for version in ["2.12.0a0+gitabcdef", "2.12.0.dev20260101+cpu", "2.10.0+git1234", ""] {
            assert!(!is_release(version), "{version}");
        }
    }
}
