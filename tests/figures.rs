//! The figures that the examples draw are matplotlib's: what is decided about them, and their pixels.
//!
//! The references draw the same with matplotlib; `tests/golden/figures` has what it decided, recorded
//! by `scripts/record figures`, for where there is no Python.

#[path = "../crates/plot/tests/common/alike.rs"]
mod alike;
mod common;
#[path = "../crates/plot/tests/common/similarity.rs"]
mod similarity;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::thread;

use alike::{ALIKE, FAULTY, legend_shifted, same_layout};
use anyhow::{Context as _, Result, ensure};
use common::examples::{EXAMPLES, example, example_path, scrubbed, transcript, transcript_of};
use common::python::{python_with, repo_root, skipped};
use parity::{TraceFile, Verdict};
use plot::{Figure, Layout, Picture};
use similarity::{compare, differing, read_png};
use tutorial::numpy;

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

fn golden(file: impl AsRef<Path>) -> PathBuf {
    repo_root().join("tests/golden/figures").join(file)
}

/// The example on the CPU, where bits are those of the record.
fn on_cpu(name: &str, args: &[&str]) -> Result<Command> {
    let mut command = example(name)?;
    command.args(["--device", "cpu"]).args(args);
    Ok(command)
}

fn layout(path: &Path) -> Result<Layout> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
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

/// The files that an example leaves: its figures, with `endings`.
fn expected(stems: &[&str], endings: &[&str]) -> Vec<String> {
    let mut names: Vec<_> = stems
        .iter()
        .flat_map(|stem| endings.iter().map(move |ending| format!("{stem}.{ending}")))
        .collect();
    names.sort();
    names
}

/// Whether goldens recorded with AVX2 or AVX-512, which give the same bits, hold here.
fn same_capability() -> Result<bool> {
    Ok(shim::cpu_capability()? != "DEFAULT")
}

/// How many figures were compared, and how many of them have matplotlib's every pixel.
#[derive(Default)]
struct Tally {
    recorded: usize,
    live: usize,
    identical: usize,
}

#[test]
fn figures_are_those_of_matplotlib() -> Result<()> {
    let python = python_with("torch, numpy, sklearn, safetensors, matplotlib");
    if python.is_none() {
        skipped("no Python imports PyTorch and matplotlib, so figures were compared by decisions");
    }
    if !same_capability()? {
        skipped("figures were recorded with AVX2, which this processor lacks");
    }
    let folder = tempfile::tempdir()?;
    let waiting = Mutex::new(FIGURES.iter());
    let tally = Mutex::new(Tally::default());
    // Two at a time: a Python with PyTorch takes most of a gigabyte.
    let work = || -> Result<()> {
        loop {
            let next = waiting.lock().expect("no panic while locked").next();
            let Some((name, stems)) = next else {
                return Ok(());
            };
            compare_tutorial(name, stems, python.as_deref(), folder.path(), &tally)?;
        }
    };
    thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().try_for_each(|worker| worker.join().expect("the figures agree"))
    })?;
    let tally = tally.into_inner()?;
    let all: usize = FIGURES.iter().map(|(_, stems)| stems.len()).sum();
    if same_capability()? {
        println!("figures with matplotlib's recorded decisions: {} of {all}", tally.recorded);
        assert_eq!(tally.recorded, all);
    }
    if python.is_some() {
        println!("figures equal to matplotlib's: {} of {all}", tally.live);
        println!("figures with matplotlib's every pixel: {} of {all}", tally.identical);
        assert_eq!(tally.live, all);
    }
    Ok(())
}

/// Draws an example's figures and, with Python, its reference's, and compares them.
fn compare_tutorial(
    name: &str,
    stems: &[&str],
    python: Option<&Path>,
    folder: &Path,
    tally: &Mutex<Tally>,
) -> Result<()> {
    let ours = folder.join(name);
    let mut command = on_cpu(name, &["--quiet", "--layouts", "--figures"])?;
    let printed = transcript_of(command.arg(&ours))?;
    ensure!(
        printed == transcript(name, &["--device", "cpu", "--no-figures"])?,
        "drawing changes what {name} prints"
    );
    assert_eq!(files(&ours)?, expected(stems, &["png", "json"]), "{name}");
    let recorded = same_capability()?;
    for stem in stems.iter().filter(|_| recorded) {
        let file = format!("{stem}.json");
        let theirs = layout(&golden(name).join(&file))?;
        same_layout(&format!("{name}/{stem}"), &layout(&ours.join(file))?, &theirs);
        let shown = repo_root().join(format!("examples/figures/{name}-{stem}.png"));
        ensure!(
            !shown.exists() || png(&shown)? == png(&picture(&ours, stem))?,
            "{} is not what {name} draws; run scripts/record figures",
            shown.display()
        );
        tally.lock().expect("no panic while locked").recorded += 1;
    }
    let Some(python) = python else {
        return Ok(());
    };
    let theirs = folder.join(format!("{name}.matplotlib"));
    let said = transcript_of(
        scrubbed(python)
            .arg(repo_root().join(format!("scripts/reference/{name}.py")))
            .args(["--device", "cpu", "--quiet", "--figures"])
            .arg(&theirs),
    )?;
    ensure!(said == printed, "{name} and its reference print differently");
    assert_eq!(files(&theirs)?, expected(stems, &["png", "json"]), "{name}");
    for stem in stems {
        let what = format!("{name}/{stem}");
        let decided = layout(&theirs.join(format!("{stem}.json")))?;
        same_layout(&what, &layout(&ours.join(format!("{stem}.json")))?, &decided);
        let recorded_version = is_recorded_version(&picture(&theirs, stem))?;
        if recorded && recorded_version {
            let golden = layout(&golden(name).join(format!("{stem}.json")))?;
            same_layout(&format!("{what}, recorded"), &golden, &decided);
        }
        let identical = alike(&what, &picture(&ours, stem), &picture(&theirs, stem))?;
        ensure!(identical || !recorded_version, "{what} has other pixels than matplotlib's");
        let mut tally = tally.lock().expect("no panic while locked");
        tally.live += 1;
        tally.identical += usize::from(identical);
    }
    Ok(())
}

fn png(path: &Path) -> Result<Picture> {
    read_png(path).map_err(anyhow::Error::msg)
}

fn picture(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{stem}.png"))
}

/// Whether two pictures have the same pixels; an error where they do not even pass for one another.
fn alike(what: &str, ours: &Path, theirs: &Path) -> Result<bool> {
    let (ours, theirs) = (png(ours)?, png(theirs)?);
    let (score, differ) = (compare(&ours, &theirs), differing(&ours, &theirs));
    println!(
        "{what}: similarity {:.4}, worst place {:.4}, pixels that differ {differ}",
        score.mean, score.worst
    );
    ensure!(score.mean >= ALIKE && score.worst >= ALIKE, "{what}: {score:?}");
    Ok(differ == 0)
}

/// Whether a PNG was written by the matplotlib of the golden files; it says so in its metadata.
fn is_recorded_version(png: &Path) -> Result<bool> {
    let version = fs::read_to_string(golden("matplotlib.txt"))?;
    let mark = format!("Matplotlib version{},", version.trim());
    let found = contains(&fs::read(png)?, mark.as_bytes());
    if !found {
        skipped("another matplotlib than that of tests/golden/figures, which was not drawn anew");
    }
    Ok(found)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

/// A figure drawn again from the trace has the example's pixels; with a fault it does not pass.
#[test]
fn faults_are_seen() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace.safetensors");
    let mut command = on_cpu("hello_pytorch", &["--quiet", "--layouts", "--figures"])?;
    transcript_of(command.arg(folder.path()).arg("--trace").arg(&trace))?;
    let trace = TraceFile::read(&trace)?;
    let data = |name: &str| numpy(&trace.tensor(name)?);
    let (x_test, y_test) = (data("x_test")?, data("y_test")?);
    let series = [
        (data("x_train")?, data("y_train")?, "b", "Training data"),
        (x_test.clone(), y_test, "r", "Testing data"),
        (x_test, data("model_0/y_preds")?, "g", "Predictions"),
    ];
    let draw = |chosen: &[usize], labels: [&str; 3], xlabel: &str| {
        let mut fig = Figure::new((10., 7.));
        for &i in chosen {
            let (x, y, color, _) = &series[i];
            fig.scatter(x, y).c(color).s(4.).label(labels[i]);
        }
        fig.legend().fontsize(14.);
        fig.xlabel(xlabel).ylabel("y");
        fig.render()
    };
    let labels = [0, 1, 2].map(|i| series[i].3);
    let drawn = png(&picture(folder.path(), "model_0_first_predictions"))?;
    ensure!(draw(&[0, 1, 2], labels, "X")? == drawn, "the figure drawn again has other pixels");

    let legend = layout(&folder.path().join("model_0_first_predictions.json"))?.legend;
    let faults = [
        ("no training data", draw(&[1, 2], labels, "X")?),
        ("no testing data", draw(&[0, 2], labels, "X")?),
        ("no predictions", draw(&[0, 1], labels, "X")?),
        ("a wrong axis name", draw(&[0, 1, 2], labels, "Y")?),
        ("a wrong label", draw(&[0, 1, 2], ["Data", labels[1], labels[2]], "X")?),
        ("the legend shifted", legend_shifted(&drawn, &legend.context("a legend")?)),
    ];
    for (fault, faulty) in faults {
        let score = compare(&faulty, &drawn);
        println!(
            "model_0_first_predictions with {fault}: similarity {:.4}, worst place {:.4}",
            score.mean, score.worst
        );
        ensure!(score.worst < FAULTY, "{fault} passes: {score:?}");
    }
    Ok(())
}

#[test]
fn paths_go_to_standard_error() -> Result<()> {
    for (name, stems) in FIGURES {
        let place = tempfile::tempdir()?;
        let output = on_cpu(name, &["--epochs", "2"])?.current_dir(&place).output()?;
        let lines = stems.iter().map(|stem| format!("figure: figures/{name}/{stem}.png\n"));
        let told = "device: cpu\n".to_owned() + &lines.collect::<String>();
        assert_eq!(String::from_utf8(output.stderr)?, told);
        let folder = place.path().join("figures").join(name);
        assert_eq!(files(&folder)?, expected(stems, &["png"]), "{name}");

        let place = tempfile::tempdir()?;
        let silent =
            on_cpu(name, &["--epochs", "2", "--no-figures"])?.current_dir(&place).output()?;
        assert_eq!(String::from_utf8(silent.stderr)?, "device: cpu\n");
        assert!(files(place.path())?.is_empty(), "{name} left something");
        assert_eq!(silent.stdout, output.stdout, "{name}");
        let quiet = on_cpu(name, &["--epochs", "2", "--quiet", "--figures", "a/b"])?
            .current_dir(&place)
            .output()?;
        assert!(quiet.stderr.is_empty());
        assert_eq!(files(&place.path().join("a/b"))?, expected(stems, &["png"]));
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
            let run = |figures: &[&str], trace: &str| -> Result<(String, TraceFile)> {
                let flags = [flags, &["--quiet", "--trace", trace], figures].concat();
                let printed = transcript_of(on_cpu(name, &flags)?.current_dir(&place))?;
                Ok((printed, TraceFile::read(place.path().join(trace))?))
            };
            let (with, without) = (
                run(&["--figures", "drawn"], "with.safetensors")?,
                run(&["--no-figures"], "without.safetensors")?,
            );
            assert_eq!(with.0, without.0, "{name} {flags:?}");
            let comparison = parity::compare(&with.1, &without.1);
            assert_eq!(comparison.verdict, Verdict::Identical, "{name} {flags:?}");
            let drawn = files(&place.path().join("drawn"))?;
            assert_eq!(drawn, expected(stems, &["png"]), "{name} {flags:?}");
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
    for also in [&["--figures", "there"][..], &["--layouts"]] {
        let output = on_cpu("hello_pytorch", &["--no-figures"])?.args(also).output()?;
        refused(&output, 2, OsStr::new("--no-figures"));
    }
    Ok(())
}

#[test]
fn a_figure_is_whole_or_absent() -> Result<()> {
    let name = "creating_a_model";
    // Something that cannot be replaced stands in the place of the first figure, and of the second's
    // layout.
    for (taken, left) in [
        ("fit.png", &["fit.png"][..]),
        ("losses.json", &["fit.json", "fit.png", "losses.json", "losses.png"]),
    ] {
        let place = tempfile::tempdir()?;
        fs::create_dir(place.path().join(taken))?;
        let output =
            on_cpu(name, &["--quiet", "--layouts", "--figures"])?.arg(place.path()).output()?;
        refused(&output, 1, place.path().join(taken).as_os_str());
        assert_eq!(files(place.path())?, left);
    }

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
