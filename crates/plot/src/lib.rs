//! plot
#![forbid(unsafe_code)]
mod color;
mod error;
mod figure;
mod file;
mod font;
mod formatter;
mod geometry;
mod layout;
mod legend;
mod limits;
mod locator;
mod marker;
mod number;
mod pixmap;
mod png;
mod polyline;
mod raster;
mod scene;
pub mod ssim;
mod stroke;
mod svg;
mod text;
pub use color::{Color, TAB10};
pub use error::PlotError;
pub use figure::{Figure, Legend, Line, Scatter};
pub use layout::{AxisLayout, Layout, LegendLayout, SeriesLayout};
pub use number::Number;
