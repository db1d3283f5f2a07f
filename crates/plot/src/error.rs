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
    /// A series has not as many y values as x values.
    #[error("series {series} has {x} x values and {y} y values; give one y for each x")]
    Lengths {
        /// Position of the series in the order of the calls, from 0.
        series: usize,
        /// Number of x values.
        x: usize,
        /// Number of y values.
        y: usize,
    },
    /// The values of a series cannot be read.
    #[error("the values of series {series} cannot be read: {reason}")]
    Unread {
        /// Position of the series in the order of the calls, from 0.
        series: usize,
        /// What reading them came to.
        reason: String,
    },
    /// A colour is none of the forms understood.
    #[error(
        "colour {0:?} is not known; give a CSS name, a tab: name, a letter of bgrcmykw, C0 to C9, #rgb, #rrggbb, either with alpha, or a grey level such as \"0.5\""
    )]
    Color(String),
    /// A marker is none of the shapes understood.
    #[error(
        "marker {0:?} is not known; give one of . , o v ^ < > 1 2 3 4 8 s p * h H + x D d | _ P X None"
    )]
    Marker(String),
    /// A line style has no such name.
    #[error("line style {0:?} is not known; give one of - -- -. : None, or an offset and lengths")]
    LineStyle(String),
    /// A pattern of dashes cannot be drawn.
    #[error(
        "dashes of the lengths {lengths:?} from the offset {offset} cannot be drawn; give finite numbers, lengths from 0 up and at least one above 0"
    )]
    Dashes {
        /// How far into the pattern the line begins.
        offset: f64,
        /// Ink and gap in turn.
        lengths: Vec<f64>,
    },
    /// A grid belongs to no such axis.
    #[error("axis {0:?} of the grid is not known; give x, y or both")]
    GridAxis(String),
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
    /// A text has a character that the embedded font, DejaVu Sans, lacks.
    #[error(
        "text {text:?} has the character {character:?} (U+{code:04X}), which the embedded font DejaVu Sans lacks; give another",
        code = u32::from(*.character)
    )]
    Character {
        /// The text.
        text: String,
        /// The first character that is lacking.
        character: char,
    },
    /// The embedded font could not be used.
    #[error("the embedded font could not be read: {0}")]
    Font(String),
    /// The file's ending names no format that can be written.
    #[error("{path}: the file must end in .png", path = .0.display())]
    Format(PathBuf),
    /// The file system refused a step of saving.
    #[error("could not {action} {path}: {reason}", path = path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the system said; no `source`, which printing the whole chain would say again.
        reason: std::io::Error,
    },
}
