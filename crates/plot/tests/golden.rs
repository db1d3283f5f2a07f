//! The same figures by this library and by matplotlib: the decisions and the pictures are equal.
//!
//! `tests/golden` is written by `python crates/plot/tests/python/figures.py crates/plot/tests/golden` and
//! `python crates/plot/tests/python/random_figures.py > crates/plot/tests/golden/random.jsonl`, never by hand.

mod common;

use std::path::Path;

use common::layouts::{same_axis, same_layout};
use common::{
    Spec, differing, figure, golden, matplotlib_layout, python, read, read_picture, reference,
    specs,
};
use plot::{AxisLayout, Figure, Layout, Picture};
use serde::Deserialize;

fn matplotlib_picture(name: &str) -> Picture {
    read_picture(golden(&format!("{name}.png")))
}

#[test]
fn decisions_are_those_of_matplotlib() {
    for (name, spec) in specs().figures {
        same_layout(&name, &figure(&spec).layout().unwrap(), &matplotlib_layout(&name));
    }
}

#[test]
fn pictures_are_those_of_matplotlib() {
    for (name, spec) in specs().figures {
        let differ = differing(&figure(&spec).render().unwrap(), &matplotlib_picture(&name));
        assert_eq!(differ, 0, "{name}: pixels that differ from matplotlib's");
    }
}

/// A line of `random_figures.py`.
#[derive(Deserialize)]
struct RandomFigure {
    spec: Spec,
    x: AxisLayout,
    y: AxisLayout,
}

/// Compares the figures that the lines describe with matplotlib's axes and, where there are pictures
/// of them in a folder, every pixel; returns how many were equal.
fn same_random_figures(lines: &str, pictures: Option<&Path>) -> usize {
    let mut differ = Vec::new();
    for (number, line) in lines.lines().enumerate() {
        let theirs: RandomFigure = serde_json::from_str(line).unwrap();
        let ours = figure(&theirs.spec);
        let layout = ours.layout().unwrap();
        same_axis(&format!("figure {number}, x"), &layout.x, &theirs.x);
        same_axis(&format!("figure {number}, y"), &layout.y, &theirs.y);
        let picture = ours.render().unwrap();
        if let Some(folder) = pictures {
            let theirs = read_picture(folder.join(format!("{number}.png")));
            match differing(&picture, &theirs) {
                0 => {}
                pixels => {
                    ours.savefig(folder.join(format!("{number}.ours.png"))).unwrap();
                    differ.push((number, pixels));
                }
            }
        }
    }
    assert!(
        differ.is_empty(),
        "figures in {pictures:?} and how many of their pixels differ: {differ:?}"
    );
    lines.lines().count()
}

#[test]
fn random_figures_are_those_of_matplotlib() {
    let recorded = same_random_figures(&read("random.jsonl"), None);
    println!("random figures with matplotlib's recorded axes: {recorded} of 300");
    assert_eq!(recorded, 300);
    let Some(python) = python() else {
        return println!(
            "SKIPPED: no Python with matplotlib, so random figures were compared by their axes only"
        );
    };
    let seed = std::env::var("PLOT_SEED").unwrap_or("1".into());
    let runs = std::env::var("PLOT_RUNS").unwrap_or("300".into());
    let folder = std::env::temp_dir().join(format!("plot-random-{}", std::process::id()));
    let options = ["--runs", &runs, "--seed", &seed, "--pictures", folder.to_str().unwrap()];
    let lines = reference(&python, "random_figures.py", &options);
    let live = same_random_figures(&lines, Some(&folder));
    println!("random figures with matplotlib's every pixel: {live} of {runs}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn golden_files_are_what_the_script_writes() {
    let Some(python) = python() else {
        return println!("SKIPPED: no Python with matplotlib to write the golden files anew");
    };
    let folder = std::env::temp_dir().join(format!("plot-golden-{}", std::process::id()));
    reference(&python, "figures.py", &[folder.to_str().unwrap()]);
    let recorded = specs();
    let written = std::fs::read_to_string(folder.join("specs.json")).unwrap();
    let version: common::Specs = serde_json::from_str(&written).unwrap();
    assert_eq!(
        version.matplotlib, recorded.matplotlib,
        "matplotlib found, and of the golden files"
    );
    assert_eq!(written, read("specs.json"));
    for name in recorded.figures.keys() {
        let json = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let written: Layout = serde_json::from_str(&json).unwrap();
        same_layout(name, &matplotlib_layout(name), &written);
        let picture = read_picture(folder.join(format!("{name}.png")));
        assert_eq!(picture, matplotlib_picture(name), "{name}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_saved_png_holds_the_rendered_pixels() {
    let folder = std::env::temp_dir().join(format!("plot-saved-{}", std::process::id()));
    let path = folder.join("deep/down/figure.png");
    let mut fig = Figure::default();
    fig.plot(&[0, 1, 2], &[1.0, 4.0, 2.0]).label("line");
    fig.legend();
    fig.savefig(&path).unwrap();
    assert_eq!(read_picture(&path), fig.render().unwrap());
    let files: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(files.len(), 1, "nothing but the figure is left behind");
    assert!(Path::new(&path).exists());
    std::fs::remove_dir_all(&folder).unwrap();
}
