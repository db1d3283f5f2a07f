//! How alike the figures of two folders are: for each PNG of the first, a line with its name, the
//! structural similarity over inked places, that of the worst place, and how many pixels differ.
//!
//! ```text
//! cargo run --release -p plot --example similarity -- figures/hello_pytorch matplotlib/hello_pytorch
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use plot::ssim::{Picture, compare};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [ours, theirs] = &arguments[..] else {
        eprintln!("error: name two folders of figures");
        return ExitCode::from(2);
    };
    match similarities(ours, theirs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn similarities(ours: &Path, theirs: &Path) -> Result<(), Box<dyn Error>> {
    let entries = fs::read_dir(ours).map_err(|e| format!("{}: {e}", ours.display()))?;
    let mut figures: Vec<_> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    figures.retain(|path| path.extension().is_some_and(|ending| ending == "png"));
    figures.sort();
    for path in figures {
        let name = path.file_name().unwrap_or_default();
        let (a, b) = (Picture::open(&path)?, Picture::open(theirs.join(name))?);
        let score = compare(&a, &b)?;
        let pixels = a.rgb.chunks_exact(3).zip(b.rgb.chunks_exact(3));
        let differ = pixels.filter(|(a, b)| a != b).count();
        let (name, mean, worst) = (name.display(), score.mean, score.worst);
        println!("{name} {mean:.4} {worst:.4} {differ}");
    }
    Ok(())
}
