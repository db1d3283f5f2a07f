//! Figures described in JSON, as `crates/plot/tests/python/figures.py` describes them to matplotlib.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod layouts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use plot::{Figure, Grid, Layout, LineStyle, Picture};
use serde::Deserialize;
use test_support::png::{Pixels, read_png};

/// A figure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    pub figsize: (f64, f64),
    pub series: Vec<SeriesSpec>,
    pub title: Option<String>,
    pub xlabel: Option<String>,
    pub ylabel: Option<String>,
    /// The legend's font size, if there is a legend.
    pub legend: Option<f64>,
    pub grid: Option<GridSpec>,
}

/// Lines at the ticks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridSpec {
    pub axis: Option<String>,
    pub color: Option<String>,
    pub alpha: Option<f64>,
    pub linestyle: Option<StyleSpec>,
    pub linewidth: Option<f64>,
}

/// A name, or an offset and lengths.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum StyleSpec {
    Name(String),
    Dashes(f64, Vec<f64>),
}

impl From<&StyleSpec> for LineStyle {
    fn from(spec: &StyleSpec) -> Self {
        match spec {
            StyleSpec::Name(name) => name.as_str().into(),
            StyleSpec::Dashes(offset, lengths) => (*offset, &lengths[..]).into(),
        }
    }
}

/// A line or a scatter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesSpec {
    pub kind: String,
    pub x: Vec<Value>,
    pub y: Vec<Value>,
    pub label: Option<String>,
    pub c: Option<String>,
    pub s: Option<f64>,
    pub marker: Option<String>,
    pub alpha: Option<f64>,
    pub linewidth: Option<f64>,
    pub linestyle: Option<StyleSpec>,
    pub markersize: Option<f64>,
}

/// A number; JSON has neither NaN nor infinity, so these are words.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Number(f64),
    Word(String),
}

impl Value {
    pub fn get(&self) -> f64 {
        match self {
            Self::Number(v) => *v,
            Self::Word(w) => w.parse().expect("nan, inf or -inf"),
        }
    }
}

pub fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file)
}

pub fn read(file: &str) -> String {
    let path = golden(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The figures of the golden folder, and the matplotlib that drew them.
#[derive(Deserialize)]
pub struct Specs {
    pub matplotlib: String,
    pub figures: BTreeMap<String, Spec>,
}

pub fn specs() -> Specs {
    serde_json::from_str(&read("specs.json")).expect("specs.json holds figures")
}

pub fn matplotlib_layout(name: &str) -> Layout {
    serde_json::from_str(&read(&format!("{name}.json"))).expect("the JSON has the shape of Layout")
}

/// Draws what the spec describes.
pub fn figure(spec: &Spec) -> Figure {
    let mut fig = Figure::new(spec.figsize);
    for series in &spec.series {
        let values = |v: &[Value]| v.iter().map(Value::get).collect::<Vec<f64>>();
        let (x, y) = (values(&series.x), values(&series.y));
        macro_rules! common {
            ($artist:expr) => {
                if let Some(label) = &series.label {
                    $artist.label(label);
                }
                if let Some(color) = &series.c {
                    $artist.c(color);
                }
                if let Some(alpha) = series.alpha {
                    $artist.alpha(alpha);
                }
                if let Some(marker) = &series.marker {
                    $artist.marker(marker);
                }
            };
        }
        if series.kind == "plot" {
            let line = fig.plot(&x, &y);
            common!(line);
            if let Some(width) = series.linewidth {
                line.linewidth(width);
            }
            if let Some(style) = &series.linestyle {
                line.linestyle(style);
            }
            if let Some(size) = series.markersize {
                line.markersize(size);
            }
        } else {
            let dots = fig.scatter(&x, &y);
            common!(dots);
            if let Some(size) = series.s {
                dots.s(size);
            }
        }
    }
    if let Some(spec) = &spec.grid {
        draw_grid(spec, fig.grid());
    }
    if let Some(text) = &spec.title {
        fig.title(text);
    }
    if let Some(text) = &spec.xlabel {
        fig.xlabel(text);
    }
    if let Some(text) = &spec.ylabel {
        fig.ylabel(text);
    }
    if let Some(size) = spec.legend {
        fig.legend().fontsize(size);
    }
    fig
}

fn draw_grid(spec: &GridSpec, grid: &mut Grid) {
    if let Some(axis) = &spec.axis {
        grid.axis(axis);
    }
    if let Some(color) = &spec.color {
        grid.color(color);
    }
    if let Some(alpha) = spec.alpha {
        grid.alpha(alpha);
    }
    if let Some(style) = &spec.linestyle {
        grid.linestyle(style);
    }
    if let Some(width) = spec.linewidth {
        grid.linewidth(width);
    }
}

/// The Python to compare with.
pub fn python() -> Option<PathBuf> {
    test_support::python_with("matplotlib")
}

/// Runs a script of `tests/python`; what it prints.
pub fn reference(python: &Path, script: &str, arguments: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(script);
    let output = Command::new(python).arg(path).args(arguments).output().expect("Python starts");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the script prints UTF-8")
}

/// The picture in a PNG.
pub fn read_picture(path: impl AsRef<Path>) -> Picture {
    let Pixels { width, height, rgb } = read_png(path).unwrap();
    Picture { width, height, rgb }
}

/// How many pixels differ.
pub fn differing(left: &Picture, right: &Picture) -> usize {
    assert_eq!((left.width, left.height), (right.width, right.height), "sizes of the pictures");
    let pixels = left.rgb.chunks_exact(3).zip(right.rgb.chunks_exact(3));
    pixels.filter(|(a, b)| a != b).count()
}
