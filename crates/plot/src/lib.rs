//! Figures in matplotlib's terms, drawn as matplotlib draws them.
//!
//! ```no_run
//! # fn main() -> Result<(), plot::PlotError> {
//! # let (x, y, x_line, y_line) = ([0.0f32; 3], [1.0f32; 3], [0.0f64; 2], [1.0f64; 2]);
//! let mut fig = plot::Figure::new((10.0, 7.0)); // plt.figure(figsize=(10, 7))
//! fig.scatter(&x, &y).c("b").s(4.0).label("Training data");
//! fig.plot(&x_line, &y_line).color("red").label("Fit");
//! fig.xlabel("X").ylabel("y").title("Data and fit");
//! fig.legend().fontsize(14.0);
//! fig.grid().alpha(0.3).linestyle("--");
//! fig.savefig("figures/fit.png")?;
//! # Ok(())
//! # }
//! ```
//!
//! What the caller does not choose is chosen as matplotlib 3.11 chooses it with its default style: limits
//! with margins of 5 %, `AutoLocator`'s ticks, `ScalarFormatter`'s labels with offsets and powers of ten,
//! the tab10 colours, the legend where it hides least. [`Figure::layout`] tells every such decision.
//! Points that are not finite are left out as matplotlib leaves them out, and what cannot be drawn is a
//! [`PlotError`] that says why.
//!
//! # Colours
//!
//! A colour is named as in matplotlib: a CSS name (`darkorange`), a `tab:` name, a letter of `bgrcmykw`, `C0`,
//! `C1` and so on, `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, a grey level (`0.5`), or `none`.
//!
//! # How close
//!
//! `tests/golden.rs` holds this library to matplotlib itself: figures shaped like those of tutorials, every marker,
//! every form of a colour, dashes and grids, and figures at the edges of what can be drawn have matplotlib's decisions
//! and every one of its pixels, and so do 300 random figures in any style and over sixty orders of magnitude.
//! `cargo test -p torch-exact-plot --release --test golden -- --nocapture` prints how many.
//!
//! # How it is drawn
//!
//! plotters writes the PNG through its bitmap backend. Its own shapes start and end at whole pixels and its text is
//! not fitted to the pixel grid, which is seen at once beside matplotlib. So the figure is laid out here in fractions
//! of a pixel, outlines are covered by exact area as Agg and FreeType do, and plotters is handed the finished pixels.
//!
//! Text is DejaVu Sans, embedded with its licence (`assets/LICENSE_DEJAVU`), shaped by HarfRust and hinted by
//! Skrifa, which are ports of the HarfBuzz and the FreeType that matplotlib uses. No font of the system is
//! looked for: the pixels are the same on every machine.
//!
//! # What still differs
//!
//! - A character that DejaVu Sans lacks is [`PlotError::Character`]. matplotlib looks for it in the machine's fonts,
//!   so that its pixels depend on the machine, and else warns and draws a box from a second font of half a megabyte.
//! - Text is laid out from left to right, or all of it from right to left; matplotlib also mixes both.
//! - In small figures (2 by 8 and 3 by 2 inches) with a legend about as wide as the axes, up to some hundred pixels
//!   at or under the legend may differ; the cause is not known. With `PLOT_SEED=7 PLOT_RUNS=400` the test above shows
//!   them: 3 figures of 400.
//! - A legend without labelled series is left out, where matplotlib draws an empty box.
//! - Data whose span, with its margins, exceeds the largest double are an error, where matplotlib draws axes it
//!   cannot scale; dashes that repeat within a thousandth of a point are an error, too.
//! - A PNG has no alpha channel; matplotlib's has one that is opaque everywhere.
//! - There is one set of axes, with linear scales, lines, scatters, and one-line texts without mathematics; markers are
//!   those with a character of their own; the colour names of the xkcd survey are not known.
#![forbid(unsafe_code)]

mod annotation;
mod axis;
mod canvas;
mod color;
mod draw;
mod error;
mod figure;
mod font;
mod formatter;
mod geometry;
mod layout;
mod legend;
mod limits;
mod linestyle;
mod locator;
mod marker;
mod number;
mod picture;
mod pixmap;
mod plan;
mod polyline;
mod raster;
mod render;
mod scale;
mod scene;
mod series;
mod stroke;
mod style;
mod text;
mod values;

pub use error::PlotError;
pub use figure::{Figure, Grid, Legend, Line, Scatter};
pub use layout::{AxisLayout, Layout, LegendLayout, SeriesLayout};
pub use linestyle::LineStyle;
pub use picture::Picture;
pub use values::Values;
