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
//! fig.savefig("figures/fit.png")?; // or .svg
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
//! # How close
//!
//! `tests/golden.rs` holds this library to matplotlib itself: figures shaped like those of tutorials and at
//! the edges of what can be drawn have matplotlib's decisions and every one of its pixels, and random
//! figures over sixty orders of magnitude have its limits, ticks and labels to the last digit.
//! `cargo test -p plot --release --test golden -- --nocapture` prints the similarity of each; [`ssim`] says
//! what that is.
//!
//! # How it is drawn
//!
//! plotters writes the files: PNG through its bitmap backend, SVG through its vector backend. Its own
//! shapes start and end at whole pixels and its text is not fitted to the pixel grid, which is seen at once
//! beside matplotlib. So the figure is laid out here in fractions of a pixel, outlines are
//! covered by exact area as Agg and FreeType do, and plotters is handed the finished pixels, or, for SVG,
//! the outlines as polygons in 1/64 pixel.
//!
//! Text is DejaVu Sans, embedded with its licence (`assets/LICENSE_DEJAVU`), shaped by HarfRust and hinted by
//! Skrifa, which are ports of the HarfBuzz and the FreeType that matplotlib uses. No font of the system is
//! looked for: the pixels are the same on every machine.
//!
//! # What still differs
//!
//! In a PNG, to the eye, nothing that has been found. Otherwise:
//! - A PNG has no alpha channel; matplotlib's has one that is opaque everywhere.
//! - An SVG shows the shapes of the PNG, with letters grid-fitted for 100 pixels to the inch and nothing cut
//!   at the axes; matplotlib's own SVG has unhinted letters and cuts what reaches over. Its size is that of the PNG in
//!   pixels where matplotlib's is in points.
//! - There is one set of axes, with linear scales, lines, dots of eight shapes, and one-line texts without
//!   mathematics. Of colour names, matplotlib knows more.
//! - A legend without labelled series is left out, where matplotlib draws an empty box.
//! - Data whose span, with its margins, exceeds the largest double are an error, where matplotlib draws axes it
//!   cannot scale.
#![forbid(unsafe_code)]

mod annotation;
mod axis;
mod canvas;
mod color;
mod draw;
mod error;
mod figure;
mod file;
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

pub use error::PlotError;
pub use figure::{Figure, Grid, Legend, Line, Scatter};
pub use layout::{AxisLayout, Layout, LegendLayout, SeriesLayout};
pub use linestyle::LineStyle;
pub use number::Number;
pub use picture::Picture;
