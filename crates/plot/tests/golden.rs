//! The same figures by this library and by matplotlib: the decisions are equal and the pictures alike.
//!
//! `tests/golden` is written by `python scripts/reference/figures.py crates/plot/tests/golden` and
//! `python scripts/reference/random_figures.py > crates/plot/tests/golden/random.jsonl`, never by hand.

mod common;

use std::path::Path;

use common::{Spec, figure, golden, matplotlib_layout, python, read, reference, specs};
use plot::ssim::{Picture, Similarity, compare};
use plot::{AxisLayout, Figure, Layout};
use serde::Deserialize;

/// The least similarity at which two pictures pass for one.
const ALIKE: f64 = 0.90;
/// The most that a picture with a fault may score.
const FAULTY: f64 = 0.80;
/// Least distance that makes a position another, in pixels.
const NEAR: f64 = 0.5;

fn matplotlib_picture(name: &str) -> Picture {
    Picture::open(golden(&format!("{name}.png"))).unwrap()
}

fn similarity(spec: &Spec, theirs: &Picture) -> Similarity {
    compare(&figure(spec).render().unwrap(), theirs).unwrap()
}

/// Limits, ticks, labels and offset text to the last digit; positions within half a pixel.
fn same_axis(name: &str, ours: &AxisLayout, theirs: &AxisLayout) {
    assert_eq!(ours.limits, theirs.limits, "{name}: limits");
    assert_eq!(ours.ticks, theirs.ticks, "{name}: ticks");
    assert_eq!(ours.labels, theirs.labels, "{name}: labels");
    assert_eq!(ours.offset_text, theirs.offset_text, "{name}: offset text");
    assert_eq!(ours.name, theirs.name, "{name}: name");
    near(name, &ours.positions, &theirs.positions);
}

fn near(name: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{name}: number of positions");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= NEAR, "{name}: {a} pixels for {b}");
    }
}

fn same_layout(name: &str, ours: &Layout, theirs: &Layout) {
    same_axis(&format!("{name}, x"), &ours.x, &theirs.x);
    same_axis(&format!("{name}, y"), &ours.y, &theirs.y);
    assert_eq!(
        (ours.size, &ours.title),
        (theirs.size, &theirs.title),
        "{name}"
    );
    near(&format!("{name}, axes"), &ours.axes, &theirs.axes);
    assert_eq!(
        ours.series.len(),
        theirs.series.len(),
        "{name}: number of series"
    );
    for (a, b) in ours.series.iter().zip(&theirs.series) {
        assert_eq!(
            (&a.kind, &a.label, &a.color),
            (&b.kind, &b.label, &b.color),
            "{name}"
        );
        assert_eq!(
            (a.linewidth, a.size),
            (b.linewidth, b.size),
            "{name}, {}",
            a.label
        );
        near(
            &format!("{name}, {}", a.label),
            &a.points.concat(),
            &b.points.concat(),
        );
    }
    assert_eq!(
        ours.legend.is_some(),
        theirs.legend.is_some(),
        "{name}: legend"
    );
    if let (Some(a), Some(b)) = (&ours.legend, &theirs.legend) {
        assert_eq!(
            (&a.corner, &a.labels, a.fontsize),
            (&b.corner, &b.labels, b.fontsize),
            "{name}: legend"
        );
        near(&format!("{name}, legend"), &a.bounds, &b.bounds);
    }
}

#[test]
fn decisions_are_those_of_matplotlib() {
    for (name, spec) in specs().figures {
        same_layout(
            &name,
            &figure(&spec).layout().unwrap(),
            &matplotlib_layout(&name),
        );
    }
}

#[test]
fn pictures_are_those_of_matplotlib() {
    for (name, spec) in specs().figures {
        let ours = figure(&spec).render().unwrap();
        let theirs = matplotlib_picture(&name);
        let score = compare(&ours, &theirs).unwrap();
        let pixels = ours.rgb.chunks_exact(3).zip(theirs.rgb.chunks_exact(3));
        let differ = pixels.filter(|(a, b)| a != b).count();
        println!(
            "{name:20} similarity {:.4}, worst place {:.4}, pixels that differ {differ}",
            score.mean, score.worst
        );
        assert!(
            score.mean >= ALIKE && score.worst >= ALIKE,
            "{name}: {score:?}"
        );
    }
}

/// The comparison above can fail: every fault of this kind is seen.
#[test]
fn faults_are_seen() {
    let all = specs().figures;
    let seen = |name: &str, fault: &str, spec: &Spec| {
        let score = similarity(spec, &matplotlib_picture(name));
        println!(
            "{name:20} {fault:24} similarity {:.4}, worst place {:.4}",
            score.mean, score.worst
        );
        assert!(
            score.worst < FAULTY,
            "{name} with {fault} passes for matplotlib's: {score:?}"
        );
    };
    for name in [
        "split",
        "split_first",
        "split_last",
        "losses",
        "fit_hundred",
    ] {
        let spec = &all[name];
        for series in 0..spec.series.len() {
            let mut faulty = spec.clone();
            faulty.series.remove(series);
            seen(name, &format!("series {series} missing"), &faulty);
        }
        let mut faulty = spec.clone();
        faulty.xlabel = Some("Wrong".into());
        seen(name, "a wrong axis name", &faulty);
        let mut faulty = spec.clone();
        faulty.series[0].label = Some("Other things".into());
        seen(name, "a wrong legend text", &faulty);
        let mut faulty = spec.clone();
        faulty.legend = faulty.legend.map(|size| size + 0.5);
        seen(name, "a larger legend", &faulty);
        let mut faulty = spec.clone();
        faulty.series[0].c = Some("m".into());
        seen(name, "a wrong colour", &faulty);
        seen_shifted(name);
    }
    for name in ["noisy_line_fitted", "integers_fitted"] {
        let mut faulty = all[name].clone();
        faulty.series.remove(1);
        seen(name, "the line missing", &faulty);
    }
}

/// A legend drawn some pixels from its place.
fn seen_shifted(name: &str) {
    let theirs = matplotlib_picture(name);
    let [x0, y0, x1, y1] = matplotlib_layout(name).legend.unwrap().bounds;
    let mut shifted = theirs.clone();
    let (left, right) = (x0 as usize - 4, x1 as usize + 6);
    let (top, bottom) = (
        theirs.height - y1 as usize - 4,
        theirs.height - y0 as usize + 6,
    );
    for y in top..bottom {
        for x in (left..right).rev() {
            let at = 3 * (y * theirs.width + x);
            let from = 3 * (y * theirs.width + (x - 4));
            let pixel = if x - 4 < left {
                [255; 3]
            } else {
                [0, 1, 2].map(|c| theirs.rgb[from + c])
            };
            shifted.rgb[at..at + 3].copy_from_slice(&pixel);
        }
    }
    let score = compare(&shifted, &theirs).unwrap();
    println!(
        "{name:20} {:24} similarity {:.4}, worst place {:.4}",
        "the legend shifted", score.mean, score.worst
    );
    assert!(
        score.worst < FAULTY,
        "{name} with its legend shifted passes: {score:?}"
    );
}

/// A line of `random_figures.py`.
#[derive(Deserialize)]
struct RandomFigure {
    spec: Spec,
    x: AxisLayout,
    y: AxisLayout,
}

fn same_random_figures(lines: &str) -> usize {
    for (number, line) in lines.lines().enumerate() {
        let theirs: RandomFigure = serde_json::from_str(line).unwrap();
        let ours = figure(&theirs.spec).layout().unwrap();
        same_axis(&format!("figure {number}, x"), &ours.x, &theirs.x);
        same_axis(&format!("figure {number}, y"), &ours.y, &theirs.y);
        figure(&theirs.spec).render().unwrap();
    }
    lines.lines().count()
}

#[test]
fn random_axes_are_those_of_matplotlib() {
    assert_eq!(same_random_figures(&read("random.jsonl")), 300);
    match python() {
        None => println!(
            "SKIPPED: no Python with matplotlib, so only the recorded figures were compared"
        ),
        Some(python) => {
            let lines = reference(
                &python,
                "random_figures.py",
                &["--runs", "300", "--seed", "1"],
            );
            assert_eq!(same_random_figures(&lines), 300);
        }
    }
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
    if version.matplotlib != recorded.matplotlib {
        std::fs::remove_dir_all(&folder).unwrap();
        let (found, expected) = (version.matplotlib, recorded.matplotlib);
        return println!("SKIPPED: matplotlib {found} found, the golden files are of {expected}");
    }
    assert_eq!(written, read("specs.json"));
    for name in recorded.figures.keys() {
        let json = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let written: Layout = serde_json::from_str(&json).unwrap();
        same_layout(name, &matplotlib_layout(name), &written);
        let picture = Picture::open(folder.join(format!("{name}.png"))).unwrap();
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
    assert_eq!(Picture::open(&path).unwrap(), fig.render().unwrap());
    let files: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(files.len(), 1, "nothing but the figure is left behind");
    assert!(Path::new(&path).exists());
    std::fs::remove_dir_all(&folder).unwrap();
}
