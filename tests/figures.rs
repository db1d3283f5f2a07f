//! The figures that the examples draw have every pixel of matplotlib's.
//!
//! The references draw the same with matplotlib; `tests/golden/figures.jsonl` has the digest of each
//! figure's pixels, which `tests/python/figures.py` prints, for where there is no Python.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Result, ensure};
use common::examples::{example, example_path, transcript, transcript_of};
use common::golden::{golden, live};
use common::python::{repo_root, skipped};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use test_support::EXAMPLES;
use test_support::environment::scrubbed;
use test_support::png::{Pixels, read_png};

/// Each example with its figures, in the order it draws them.
const FIGURES: [(&str, &[&str]); 5] = [
    ("creating_a_model", &["fit", "losses"]),
    ("simple_linear_regression", &["data", "fit"]),
    ("generated_data", &["data", "first_line", "fitted_line", "losses"]),
    (
        "hello_pytorch",
        &[
            "data_split",
            "model_0_first_predictions",
            "model_0_losses",
            "model_0_last_predictions",
            "model_2layer_first_predictions",
            "model_2layer_losses",
            "model_2layer_last_predictions",
        ],
    ),
    ("gradient_descent", &["fit", "losses"]),
];

/// The example on the CPU, where bits are those of the record.
fn on_cpu(name: &str, args: &[&str]) -> Result<Command> {
    let mut command = example(name)?;
    command.args(["--device", "cpu"]).args(args);
    Ok(command)
}

/// The names of a folder's files, in order.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut names = vec![];
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The files that an example leaves.
fn expected(stems: &[&str]) -> Vec<String> {
    let mut names: Vec<_> = stems.iter().map(|stem| format!("{stem}.png")).collect();
    names.sort();
    names
}

fn picture(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{stem}.png"))
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

/// A figure as matplotlib drew it.
#[derive(Deserialize, PartialEq, Debug)]
struct Golden {
    /// `EXAMPLE/STEM`.
    figure: String,
    matplotlib: String,
    size: [usize; 2],
    /// Of the pixels' red, green and blue, row after row from the top.
    sha256: String,
}

/// A picture's pixels; an error names the file.
fn pixels(path: &Path) -> Result<Pixels> {
    read_png(path).map_err(anyhow::Error::msg)
}

#[test]
fn figures_have_matplotlibs_every_pixel() -> Result<()> {
    let goldens: Vec<Golden> = golden("figures")?;
    let named: Vec<_> = goldens.iter().map(|golden| golden.figure.as_str()).collect();
    let all =
        FIGURES.iter().flat_map(|(name, stems)| stems.iter().map(move |s| format!("{name}/{s}")));
    assert_eq!(named, all.collect::<Vec<_>>());

    let folder = tempfile::tempdir()?;
    for (name, stems) in FIGURES {
        let ours = folder.path().join(name);
        let printed = transcript_of(on_cpu(name, &["--quiet", "--figures"])?.arg(&ours))?;
        let without = transcript(name, &["--device", "cpu", "--no-figures"])?;
        ensure!(printed == without, "drawing changes what {name} prints");
        assert_eq!(files(&ours)?, expected(stems), "{name}");
    }
    if shim::cpu_capability()? == "DEFAULT" {
        skipped("figures were recorded with AVX2, which this processor lacks");
        return Ok(());
    }
    for golden in &goldens {
        let drawn = folder.path().join(format!("{}.png", golden.figure));
        let picture = pixels(&drawn)?;
        assert_eq!([picture.width, picture.height], golden.size, "{}", golden.figure);
        let digest: String =
            Sha256::digest(&picture.rgb).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(digest, golden.sha256, "{} has other pixels than matplotlib's", golden.figure);
        let shown = format!("examples/figures/{}.png", golden.figure.replace('/', "-"));
        let shown = repo_root().join(shown);
        ensure!(
            !shown.exists() || pixels(&shown)? == picture,
            "{} is not what the example draws; run scripts/record figures",
            shown.display()
        );
    }
    println!("figures with matplotlib's every pixel, as recorded: {0} of {0}", goldens.len());
    Ok(())
}

#[test]
fn goldens_are_what_matplotlib_draws() -> Result<()> {
    if let Some(live) = live::<Golden>("figures", "torch, numpy, sklearn, matplotlib", &[])? {
        println!("figures that matplotlib draws as recorded: {0} of {0}", live.len());
    }
    Ok(())
}

#[test]
fn paths_go_to_standard_error() -> Result<()> {
    for (name, stems) in FIGURES {
        let place = tempfile::tempdir()?;
        let output = on_cpu(name, &["--epochs", "2"])?.current_dir(&place).output()?;
        let lines = stems.iter().map(|stem| format!("figure: figures/{name}/{stem}.png\n"));
        let told = String::from_utf8(output.stderr)?;
        let beginning: String = told.split_inclusive('\n').take(2).collect();
        assert!(beginning.starts_with("device: cpu\narithmetic: "), "{told}");
        assert_eq!(told, beginning.clone() + &lines.collect::<String>());
        let folder = place.path().join("figures").join(name);
        assert_eq!(files(&folder)?, expected(stems), "{name}");

        let place = tempfile::tempdir()?;
        let silent =
            on_cpu(name, &["--epochs", "2", "--no-figures"])?.current_dir(&place).output()?;
        assert_eq!(String::from_utf8(silent.stderr)?, beginning);
        assert!(files(place.path())?.is_empty(), "{name} left something");
        assert_eq!(silent.stdout, output.stdout, "{name}");
        let quiet = on_cpu(name, &["--epochs", "2", "--quiet", "--figures", "a/b"])?
            .current_dir(&place)
            .output()?;
        assert!(quiet.stderr.is_empty());
        assert_eq!(files(&place.path().join("a/b"))?, expected(stems));
        assert_eq!(quiet.stdout, output.stdout, "{name}");
    }
    Ok(())
}

/// Also where there is nothing to draw, and where numbers are past drawing.
#[test]
fn drawing_changes_no_number() -> Result<()> {
    for (name, stems) in FIGURES {
        for flags in [&["--epochs", "0"][..], &["--epochs", "20", "--lr", "1e30"]] {
            let place = tempfile::tempdir()?;
            let run = |figures: &[&str]| {
                let flags = [flags, &["--quiet"], figures].concat();
                transcript_of(on_cpu(name, &flags)?.current_dir(&place))
            };
            assert_eq!(run(&["--figures", "drawn"])?, run(&["--no-figures"])?, "{name} {flags:?}");
            let drawn = files(&place.path().join("drawn"))?;
            assert_eq!(drawn, expected(stems), "{name} {flags:?}");
        }
    }
    Ok(())
}

/// One sentence on standard error that holds `word`, and an exit code.
#[track_caller]
fn refused(output: &Output, code: i32, word: &OsStr) {
    let said = String::from_utf8_lossy(&output.stderr);
    let word = word.to_string_lossy();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
    assert!(said.contains(&*word), "{word} is not named: {said}");
}

#[test]
fn a_place_that_cannot_be_written_is_named() -> Result<()> {
    let place = tempfile::tempdir()?;
    let file = place.path().join("file");
    fs::write(&file, "")?;
    for name in EXAMPLES {
        for folder in [&file, &file.join("below"), Path::new("/proc/figures"), Path::new("/proc")] {
            let output = on_cpu(name, &["--figures"])?.arg(folder).output()?;
            refused(&output, 2, folder.as_os_str());
            assert!(output.stdout.is_empty(), "{name} printed before it refused");
        }
    }
    let output = on_cpu("hello_pytorch", &["--no-figures", "--figures", "there"])?.output()?;
    refused(&output, 2, OsStr::new("--no-figures"));
    Ok(())
}

#[test]
fn a_figure_is_whole_or_absent() -> Result<()> {
    let name = "creating_a_model";
    // Something that cannot be replaced stands in the place of the second figure.
    let place = tempfile::tempdir()?;
    fs::create_dir(picture(place.path(), "losses"))?;
    let output = on_cpu(name, &["--quiet", "--figures"])?.arg(place.path()).output()?;
    refused(&output, 1, picture(place.path(), "losses").as_os_str());
    assert_eq!(files(place.path())?, ["fit.png", "losses.png"]);

    // The disk takes no file of that size.
    let place = tempfile::tempdir()?;
    let output = scrubbed("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"])
        .arg(example_path(name)?)
        .args(["--device", "cpu", "--quiet", "--figures"])
        .arg(place.path())
        .output()?;
    refused(&output, 1, place.path().join("fit.png").as_os_str());
    assert!(files(place.path())?.is_empty(), "a part of a figure is left");

    // Whoever looks while a figure is drawn anew sees the old one or the new one.
    let path = picture(place.path(), "fit");
    let mut command = on_cpu(name, &["--quiet", "--epochs", "0", "--figures"])?;
    command.arg(place.path());
    transcript_of(&mut command)?;
    let whole = fs::read(&path)?;
    let mut child = Command::new("sh")
        .args(["-c", "for i in 1 2 3; do \"$@\" >/dev/null; done", "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .spawn()?;
    let mut looked = 0;
    while child.try_wait()?.is_none() {
        ensure!(fs::read(&path)? == whole, "a part of a figure was seen");
        looked += 1;
    }
    assert!(child.wait()?.success() && looked > 100, "looked {looked} times");
    assert_eq!(files(place.path())?, ["fit.png", "losses.png"]);
    Ok(())
}

/// Text comes from the program itself: without any font on the machine the pixels are the same.
#[test]
fn no_font_of_the_system_is_used() -> Result<()> {
    for (name, stems) in FIGURES {
        let place = tempfile::tempdir()?;
        let empty = place.path().join("empty");
        fs::create_dir(&empty)?;
        let flags = ["--quiet", "--epochs", "2", "--figures", "usual"];
        transcript_of(on_cpu(name, &flags)?.current_dir(&place))?;
        let flags = ["--quiet", "--epochs", "2", "--figures", "bare"];
        let mut bare = on_cpu(name, &flags)?;
        bare.env_clear().current_dir(&place);
        for variable in ["HOME", "FONTCONFIG_PATH", "FONTCONFIG_SYSROOT", "XDG_DATA_HOME"] {
            bare.env(variable, &empty);
        }
        bare.env("FONTCONFIG_FILE", empty.join("fonts.conf"));
        transcript_of(&mut bare)?;
        for stem in stems {
            let [usual, bare] = ["usual", "bare"].map(|run| picture(&place.path().join(run), stem));
            ensure!(fs::read(usual)? == fs::read(bare)?, "{name}/{stem}");
        }
        let program = fs::read(example_path(name)?)?;
        ensure!(contains(&program, b"libtorch_cpu"), "{name} should name the libraries it loads");
        for library in ["libfontconfig", "libfreetype", "/usr/share/fonts"] {
            ensure!(!contains(&program, library.as_bytes()), "{name} names {library}");
        }
    }
    Ok(())
}

/// Each page names its figures, in the order they are drawn; `scripts/gallery` goes by that.
#[test]
fn pages_name_the_figures() -> Result<()> {
    for (name, stems) in FIGURES {
        let page = fs::read_to_string(repo_root().join(format!("examples/{name}.md")))?;
        let named: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once(".png` | "))
            .map(|(stem, _)| stem)
            .collect();
        assert_eq!(named, stems, "examples/{name}.md");
    }
    Ok(())
}
