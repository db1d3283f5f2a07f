//! The figure and the few words that fill it.

use std::path::Path;

use crate::error::PlotError;
use crate::layout::Layout;
use crate::number::Number;
use crate::plan::compute;
use crate::scene::Scene;
use crate::ssim::Picture;
use crate::{png, svg};

/// Default width and height in inches, `figure.figsize`.
const FIGSIZE: (f64, f64) = (6.4, 4.8);
/// Default points squared of a dot, `lines.markersize ** 2`.
const SCATTER_SIZE: f64 = 36.0;
/// Default width of a line in points, `lines.linewidth`.
const LINE_WIDTH: f64 = 1.5;
/// Default font size in points, `font.size`.
pub(crate) const FONT_SIZE: f64 = 10.0;

/// A figure with one set of axes: matplotlib's `plt.figure()`, `plt.plot()`, ..., `plt.savefig()`.
///
/// What is not said is chosen as matplotlib 3.11 chooses it.
#[derive(Clone, Debug)]
pub struct Figure {
    pub(crate) inches: (f64, f64),
    /// Pixels to the inch.
    pub(crate) dpi: f64,
    pub(crate) lines: Vec<Line>,
    pub(crate) scatters: Vec<Scatter>,
    pub(crate) title: String,
    pub(crate) xlabel: String,
    pub(crate) ylabel: String,
    pub(crate) legend: Option<Legend>,
}

impl Default for Figure {
    /// A figure of 6.4 by 4.8 inches.
    fn default() -> Self {
        Self::new(FIGSIZE)
    }
}

impl Figure {
    /// A figure of the given width and height in inches, at 100 pixels to the inch: `plt.figure(figsize=...)`.
    pub fn new(figsize: (f64, f64)) -> Self {
        Self {
            inches: figsize,
            dpi: 100.0,
            lines: Vec::new(),
            scatters: Vec::new(),
            title: String::new(),
            xlabel: String::new(),
            ylabel: String::new(),
            legend: None,
        }
    }

    fn next_series(&self) -> usize {
        self.lines.len() + self.scatters.len()
    }

    /// Draws a line through points: `plt.plot(x, y)`. Points that are not finite leave gaps.
    pub fn plot<X: Number, Y: Number>(&mut self, x: &[X], y: &[Y]) -> &mut Line {
        let series = Series::new(self.next_series(), x, y);
        self.lines.push(Line { series, width: LINE_WIDTH });
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    /// Draws a dot at each point: `plt.scatter(x, y)`. Points that are not finite are left out.
    pub fn scatter<X: Number, Y: Number>(&mut self, x: &[X], y: &[Y]) -> &mut Scatter {
        let series = Series::new(self.next_series(), x, y);
        self.scatters.push(Scatter { series, size: SCATTER_SIZE, marker: "o".to_owned() });
        let last = self.scatters.len() - 1;
        &mut self.scatters[last]
    }

    /// Names the x axis: `plt.xlabel(text)`.
    pub fn xlabel(&mut self, text: &str) -> &mut Self {
        self.xlabel = text.to_owned();
        self
    }

    /// Names the y axis: `plt.ylabel(text)`.
    pub fn ylabel(&mut self, text: &str) -> &mut Self {
        self.ylabel = text.to_owned();
        self
    }

    /// Names the figure: `plt.title(text)`.
    pub fn title(&mut self, text: &str) -> &mut Self {
        self.title = text.to_owned();
        self
    }

    /// Explains the series that have a label: `plt.legend()`, placed where it hides least.
    ///
    /// With no labelled series there is nothing to explain and no legend is drawn.
    pub fn legend(&mut self) -> &mut Legend {
        self.legend.insert(Legend { fontsize: FONT_SIZE })
    }

    /// What has been decided: limits, ticks, labels, legend and the data in pixels.
    ///
    /// # Errors
    /// [`PlotError`] when the data, a colour, a size or a text cannot be drawn.
    pub fn layout(&self) -> Result<Layout, PlotError> {
        Ok(compute(self)?.layout())
    }

    /// The finished pixels.
    ///
    /// # Errors
    /// As [`Figure::layout`].
    pub fn render(&self) -> Result<Picture, PlotError> {
        png::render(&self.scene()?)
    }

    /// Saves the figure as `.png` or `.svg`, whichever the path ends in: `plt.savefig(path)`.
    ///
    /// Missing folders are created, and the file appears whole or not at all.
    ///
    /// # Errors
    /// As [`Figure::layout`]; [`PlotError::Format`] for another ending, [`PlotError::Io`] and
    /// [`PlotError::Backend`] when the file cannot be written.
    pub fn savefig(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        let path = path.as_ref();
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("png") => png::save(&self.scene()?, path),
            Some("svg") => svg::save(&self.scene()?, path),
            _ => Err(PlotError::Format(path.to_owned())),
        }
    }

    fn scene(&self) -> Result<Scene, PlotError> {
        Scene::new(&compute(self)?)
    }
}

/// What lines and dots have in common.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Position in the order of the calls.
    pub(crate) index: usize,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) label: String,
    pub(crate) color: Option<String>,
    pub(crate) alpha: f64,
}

impl Series {
    fn new<X: Number, Y: Number>(index: usize, x: &[X], y: &[Y]) -> Self {
        Self {
            index,
            x: x.iter().map(|v| v.to_f64()).collect(),
            y: y.iter().map(|v| v.to_f64()).collect(),
            label: String::new(),
            color: None,
            alpha: 1.0,
        }
    }
}

macro_rules! series_words {
    () => {
        /// Names the series for the legend; a name that begins with `_` is left out of it.
        pub fn label(&mut self, text: &str) -> &mut Self {
            self.series.label = text.to_owned();
            self
        }

        /// Sets the colour by matplotlib's name for it; see [`Color::parse`](crate::Color::parse).
        pub fn color(&mut self, name: &str) -> &mut Self {
            self.series.color = Some(name.to_owned());
            self
        }

        /// The same as [`color`](Self::color), as matplotlib's `c=` is.
        pub fn c(&mut self, name: &str) -> &mut Self {
            self.color(name)
        }

        /// Sets the opacity, from 0 to 1.
        pub fn alpha(&mut self, alpha: f64) -> &mut Self {
            self.series.alpha = alpha;
            self
        }
    };
}

/// A line through points, as `plt.plot` draws it.
#[derive(Clone, Debug)]
pub struct Line {
    pub(crate) series: Series,
    pub(crate) width: f64,
}

impl Line {
    series_words!();

    /// Sets the width in points; 1.5 if not set.
    pub fn linewidth(&mut self, points: f64) -> &mut Self {
        self.width = points;
        self
    }
}

/// Dots, as `plt.scatter` draws them.
#[derive(Clone, Debug)]
pub struct Scatter {
    pub(crate) series: Series,
    pub(crate) size: f64,
    pub(crate) marker: String,
}

impl Scatter {
    series_words!();

    /// Sets the size in points squared, matplotlib's `s`; 36 if not set.
    pub fn s(&mut self, points_squared: f64) -> &mut Self {
        self.size = points_squared;
        self
    }

    /// Sets the shape: `o`, `.`, `s`, `D`, `^`, `v`, `+` or `x`.
    pub fn marker(&mut self, shape: &str) -> &mut Self {
        self.marker = shape.to_owned();
        self
    }
}

/// The legend, as `plt.legend` draws it.
#[derive(Clone, Debug)]
pub struct Legend {
    pub(crate) fontsize: f64,
}

impl Legend {
    /// Sets the font size in points; 10 if not set. The whole legend scales with it.
    pub fn fontsize(&mut self, points: f64) -> &mut Self {
        self.fontsize = points;
        self
    }
}
