//! What a figure shows, in the words of `matplotlib.pyplot`.

use crate::linestyle::LineStyle;
use crate::style::{
    DPI, FIGSIZE, FONT_SIZE, GRID_COLOR, GRID_WIDTH, LINE_WIDTH, MARKER_SIZE, SCATTER_SIZE,
};
use crate::values::Values;

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
    pub(crate) grid: Option<Grid>,
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
            dpi: DPI,
            lines: Vec::new(),
            scatters: Vec::new(),
            title: String::new(),
            xlabel: String::new(),
            ylabel: String::new(),
            legend: None,
            grid: None,
        }
    }

    /// Makes the figure so wide and so high: `fig.set_size_inches(width, height)`.
    pub fn set_size_inches(&mut self, width: f64, height: f64) -> &mut Self {
        self.inches = (width, height);
        self
    }

    fn next_series(&self) -> usize {
        self.lines.len() + self.scatters.len()
    }

    /// Draws a line through points: `plt.plot(x, y)`. Points that are not finite leave gaps.
    pub fn plot(&mut self, x: &(impl Values + ?Sized), y: &(impl Values + ?Sized)) -> &mut Line {
        let data = Data::new(self.next_series(), x.doubles(), y.doubles());
        self.lines.push(Line {
            data,
            width: LINE_WIDTH,
            style: "-".into(),
            marker: "None".to_owned(),
            markersize: MARKER_SIZE,
        });
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    /// Draws a marker at each point: `plt.scatter(x, y)`. Points that are not finite are left out.
    pub fn scatter(
        &mut self,
        x: &(impl Values + ?Sized),
        y: &(impl Values + ?Sized),
    ) -> &mut Scatter {
        let data = Data::new(self.next_series(), x.doubles(), y.doubles());
        self.scatters.push(Scatter { data, size: SCATTER_SIZE, marker: "o".to_owned() });
        let last = self.scatters.len() - 1;
        &mut self.scatters[last]
    }

    /// Labels the x axis: `plt.xlabel(text)`.
    pub fn xlabel(&mut self, text: &str) -> &mut Self {
        self.xlabel = text.to_owned();
        self
    }

    /// Labels the y axis: `plt.ylabel(text)`.
    pub fn ylabel(&mut self, text: &str) -> &mut Self {
        self.ylabel = text.to_owned();
        self
    }

    /// Writes a title above the axes: `plt.title(text)`.
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

    /// Draws lines through the axes at the ticks: `plt.grid(True)`.
    pub fn grid(&mut self) -> &mut Grid {
        self.grid.insert(Grid {
            axis: "both".to_owned(),
            color: GRID_COLOR.to_owned(),
            alpha: None,
            width: GRID_WIDTH,
            style: "-".into(),
        })
    }
}

/// What lines and scatters have in common.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    /// Position in the order of the calls.
    pub(crate) index: usize,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    /// Why `x` or `y` could not be read.
    pub(crate) unread: Option<String>,
    pub(crate) label: String,
    pub(crate) color: Option<String>,
    pub(crate) alpha: Option<f64>,
}

impl Data {
    fn new(index: usize, x: Result<Vec<f64>, String>, y: Result<Vec<f64>, String>) -> Self {
        let unread = x.as_ref().err().or(y.as_ref().err()).cloned();
        Self {
            index,
            x: x.unwrap_or_default(),
            y: y.unwrap_or_default(),
            unread,
            label: String::new(),
            color: None,
            alpha: None,
        }
    }
}

/// The setters of a line and of a scatter that are the same.
macro_rules! data_setters {
    () => {
        /// Names the series for the legend; a name that begins with `_` is left out of it.
        pub fn label(&mut self, text: &str) -> &mut Self {
            self.data.label = text.to_owned();
            self
        }

        /// Sets the colour by [matplotlib's name for it](crate#colours).
        pub fn color(&mut self, name: &str) -> &mut Self {
            self.data.color = Some(name.to_owned());
            self
        }

        /// The same as [`color`](Self::color), as matplotlib's `c=` is.
        pub fn c(&mut self, name: &str) -> &mut Self {
            self.color(name)
        }

        /// Sets the opacity, from 0 to 1; if not set, it is that of the colour.
        pub fn alpha(&mut self, alpha: f64) -> &mut Self {
            self.data.alpha = Some(alpha);
            self
        }

        /// Sets the shape of the markers: one of `.,ov^<>12348sp*hH+xDd|_PX`, or `None`.
        pub fn marker(&mut self, shape: &str) -> &mut Self {
            self.marker = shape.to_owned();
            self
        }
    };
}

/// The setters of a line and of a grid that are the same.
macro_rules! stroke_setters {
    () => {
        /// Sets the width in points.
        pub fn linewidth(&mut self, points: f64) -> &mut Self {
            self.width = points;
            self
        }

        /// Sets dashes: `-`, `--`, `-.`, `:`, `None`, or an offset with lengths of ink and gap in turn, in
        /// line widths, such as `(0.0, [5.0, 1.0])`.
        pub fn linestyle(&mut self, style: impl Into<LineStyle>) -> &mut Self {
            self.style = style.into();
            self
        }
    };
}

/// A line through points, as `plt.plot` draws it: 1.5 points wide, solid, without markers if not set.
#[derive(Clone, Debug)]
pub struct Line {
    pub(crate) data: Data,
    pub(crate) width: f64,
    pub(crate) style: LineStyle,
    pub(crate) marker: String,
    pub(crate) markersize: f64,
}

impl Line {
    data_setters!();
    stroke_setters!();

    /// Sets the markers' size in points; 6 if not set.
    pub fn markersize(&mut self, points: f64) -> &mut Self {
        self.markersize = points;
        self
    }
}

/// A marker at each point, as `plt.scatter` draws them.
#[derive(Clone, Debug)]
pub struct Scatter {
    pub(crate) data: Data,
    pub(crate) size: f64,
    pub(crate) marker: String,
}

impl Scatter {
    data_setters!();

    /// Sets the size in points squared, matplotlib's `s`; 36 if not set.
    pub fn s(&mut self, points_squared: f64) -> &mut Self {
        self.size = points_squared;
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

/// Lines at the ticks, as `plt.grid` draws them: light grey, 0.8 points wide and solid if not set.
#[derive(Clone, Debug)]
pub struct Grid {
    pub(crate) axis: String,
    pub(crate) color: String,
    pub(crate) alpha: Option<f64>,
    pub(crate) width: f64,
    pub(crate) style: LineStyle,
}

impl Grid {
    stroke_setters!();

    /// Sets whose ticks have lines: `x`, `y` or `both`.
    pub fn axis(&mut self, axis: &str) -> &mut Self {
        self.axis = axis.to_owned();
        self
    }

    /// Sets the colour by [matplotlib's name for it](crate#colours).
    pub fn color(&mut self, name: &str) -> &mut Self {
        self.color = name.to_owned();
        self
    }

    /// Sets the opacity, from 0 to 1; if not set, it is that of the colour.
    pub fn alpha(&mut self, alpha: f64) -> &mut Self {
        self.alpha = Some(alpha);
        self
    }
}
