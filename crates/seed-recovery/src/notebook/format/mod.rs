//! Files that hold code and what it printed.

mod ipynb;
mod post;
mod script;

use std::io::Read as _;
use std::path::Path;

use crate::error::{Error, Result};

/// One cell: code, and what it printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The number in `In [N]`: how many executions the kernel had counted. `None` where it was not kept.
    pub count: Option<u64>,
    /// The code.
    pub code: String,
    /// The text of the output.
    pub output: String,
}

/// A file's cells in the order in which they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notebook {
    /// The cells with code.
    pub cells: Vec<Cell>,
}

/// Files above this are refused: no notebook's text is so long.
const LARGEST_FILE: u64 = 64 << 20;
/// A cell's output is read up to here.
const LARGEST_OUTPUT: usize = 1 << 20;
/// Longer code is generated, not written.
const LARGEST_CODE: usize = 256 << 10;
/// More cells are not read.
const MOST_CELLS: usize = 5000;

impl Notebook {
    /// Reads a notebook (`.ipynb`), a script with pasted output (`.py`), or a post (`.md`, `.html`).
    ///
    /// # Errors
    /// [`Error::Notebook`] for a file that cannot be read or holds no code.
    pub fn read(path: &Path) -> Result<Self> {
        let unreadable = |reason: String| Error::Notebook { path: path.to_owned(), reason };
        let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
        let mut bytes = Vec::new();
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(unreadable(format!(
                "it is larger than {} MB; clear the outputs that are not text",
                LARGEST_FILE >> 20
            )));
        }
        let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".into()))?;
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        Self::parse(&text, &extension).map_err(unreadable)
    }

    /// Reads a file's text by the extension of its name.
    pub(super) fn parse(text: &str, extension: &str) -> std::result::Result<Self, String> {
        let cells = match extension {
            "py" => script::cells(text),
            "md" | "markdown" | "txt" => post::markdown(text),
            "html" | "htm" => post::html(text),
            _ => ipynb::cells(text)?,
        };
        let mut cells: Vec<Cell> =
            cells.into_iter().filter(|cell| !cell.code.trim().is_empty()).collect();
        if cells.is_empty() {
            return Err("it holds no code".into());
        }
        if cells.len() > MOST_CELLS {
            return Err(format!("it holds more than {MOST_CELLS} cells of code"));
        }
        for cell in &mut cells {
            shorten(&mut cell.output, LARGEST_OUTPUT);
            if cell.code.len() > LARGEST_CODE {
                cell.code.clear();
            }
        }
        Ok(Self { cells })
    }
}

/// Whether a text starts as a printed value does.
fn is_output(text: &str) -> bool {
    let starts =
        ["tensor(", "Parameter containing:", "array(", "[", "OrderedDict(", "torch.Size(", "Out["];
    starts.iter().any(|start| text.starts_with(start))
}

fn shorten(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
    }
}
