//! What can go wrong between a figure's data and its file.

use std::path::PathBuf;

/// The number, if it lies between two others.
///
/// # Errors
/// [`PlotError::Size`] if it does not, or is no number.
pub(crate) fn check_size(
    what: &'static str,
    value: f64,
    least: f64,
    most: f64,
) -> Result<f64, PlotError> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(PlotError::Size { what, value, least, most })
    }
}

/// Why a figure could not be drawn or saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// A series was given as many x values as it was not given y values.
    #[error("series {series} has {x} x values and {y} y values; give one y for each x")]
    Lengths {
        /// Position of the series in the order of the calls, from 0.
        series: usize,
        /// Number of x values.
        x: usize,
        /// Number of y values.
        y: usize,
    },
    /// A colour is none of the forms understood.
    #[error(
        "colour {0:?} is not known; give a letter of bgrcmykw, C0 to C9, a tab: name, a basic name, #rrggbb or a grey level such as \"0.5\""
    )]
    Color(String),
    /// A marker is none of the shapes understood.
    #[error("marker {0:?} is not known; give one of o . s D ^ v + x")]
    Marker(String),
    /// A number that measures something drawn is not a usable size.
    #[error("{what} is {value}; expected a number from {least} to {most}")]
    Size {
        /// What the number measures.
        what: &'static str,
        /// The number given.
        value: f64,
        /// The least number that is accepted.
        least: f64,
        /// The greatest number that is accepted.
        most: f64,
    },
    /// The data span more than a double can measure.
    #[error(
        "the {axis} values run from {low:e} to {high:e}, which is more than a double can span; scale the data"
    )]
    Range {
        /// `"x"` or `"y"`.
        axis: &'static str,
        /// Least value.
        low: f64,
        /// Greatest value.
        high: f64,
    },
    /// A text asks for something that is not drawn: several lines, or mathematics between dollar signs.
    #[error("text {0:?} has {1}, which this library does not draw; give one line of plain text")]
    Text(String, &'static str),
    /// The embedded font could not be used.
    #[error("the embedded font could not be read: {0}")]
    Font(String),
    /// The file's ending names no format that can be written.
    #[error("{path}: the file must end in .png or .svg", path = .0.display())]
    Format(PathBuf),
    /// The file system refused a step of saving.
    #[error("could not {action} {path}: {source}", path = path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// plotters could not draw or encode the picture.
    #[error("could not draw {path}: {message}", path = path.display())]
    Backend {
        /// The file being written.
        path: PathBuf,
        /// What plotters said.
        message: String,
    },
    /// A picture could not be read back.
    #[error("could not read the picture {path}: {message}", path = path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        message: String,
    },
    /// Two pictures to compare differ in size.
    #[error(
        "cannot compare a picture of {left:?} pixels with one of {right:?}; both must have one size"
    )]
    Sizes {
        /// Width and height of the first picture.
        left: (usize, usize),
        /// Width and height of the second.
        right: (usize, usize),
    },
}
