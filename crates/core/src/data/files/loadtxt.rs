//! Tables of numbers, by the rules of NumPy's
//! [tokenizer](https://github.com/numpy/numpy/blob/v2.4.6/numpy/_core/src/multiarray/textreading/tokenize.cpp).

use std::io::Read as _;
use std::path::Path;

use tch::Tensor;

use super::{fault, open};
use crate::{Error, Result};

/// What [`loadtxt`] takes, with NumPy's names and defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadtxtOptions {
    /// What begins a comment; `#` by default.
    pub comments: Option<char>,
    /// What is between two numbers; any white space by default.
    pub delimiter: Option<char>,
    /// How many lines are left out at the beginning; 0 by default.
    pub skiprows: usize,
    /// The columns to take, counted from 0, or from the end where negative; all by default.
    pub usecols: Option<Vec<i64>>,
    /// How many rows are read at most; all by default.
    pub max_rows: Option<usize>,
    /// How many dimensions the tensor has at least, 0 to 2; 0 by default, so that one row is of one dimension.
    pub ndmin: usize,
}

impl Default for LoadtxtOptions {
    fn default() -> Self {
        Self {
            comments: Some('#'),
            delimiter: None,
            skiprows: 0,
            usecols: None,
            max_rows: None,
            ndmin: 0,
        }
    }
}

impl From<char> for LoadtxtOptions {
    fn from(delimiter: char) -> Self {
        Self { delimiter: Some(delimiter), ..Default::default() }
    }
}

/// The numbers of a text file, all of it in UTF-8, plain or compressed by gzip: `np.loadtxt(path, …)`, as a tensor.
///
/// # Shapes
/// `[rows, columns]`, float64; dimensions of 1 are left out above `ndmin`, as NumPy does, and `[0]` is a file without
/// numbers, of which NumPy warns.
///
/// # Errors
/// [`Error::DataFile`], naming the path and, counted from 1, the line, for a file that cannot be read, what is no number, rows of
/// different lengths and a column that a row has not; [`Error::Argument`] for `ndmin` above 2 and a delimiter that
/// is a line's end or begins comments.
pub fn loadtxt(path: impl AsRef<Path>, options: impl Into<LoadtxtOptions>) -> Result<Tensor> {
    let (path, options) = (path.as_ref(), options.into());
    check(&options)?;
    let mut text = String::new();
    let read = open(path).and_then(|mut file| file.read_to_string(&mut text));
    read.map_err(|error| fault(path, None, error))?;
    let (mut values, mut rows, mut columns) = (vec![], 0, None);
    for (line, number) in lines(&text).zip(1_usize..).skip(options.skiprows) {
        if options.max_rows.is_some_and(|most| rows >= most) {
            break;
        }
        let refused = |reason: String| fault(path, Some(number), reason);
        let line = options.comments.and_then(|sign| line.split(sign).next()).unwrap_or(line);
        let fields: Vec<&str> = match options.delimiter {
            _ if line.is_empty() => continue,
            Some(delimiter) => line.split(delimiter).collect(),
            None => line.split(is_space).filter(|field| !field.is_empty()).collect(),
        };
        if fields.is_empty() {
            continue;
        }
        let number = |field: &str| {
            let parsed = field.trim_matches(is_space).parse::<f64>();
            parsed.map_err(|_| refused(format!("`{}` is no number", field.escape_debug())))
        };
        match &options.usecols {
            None => {
                let expected = *columns.get_or_insert(fields.len());
                if fields.len() != expected {
                    let found = fields.len();
                    return Err(refused(format!("expected {expected} columns, found {found}")));
                }
                for field in fields {
                    values.push(number(field)?);
                }
            }
            Some(usecols) => {
                for &column in usecols {
                    let from_end = if column < 0 { fields.len() as i64 } else { 0 };
                    let at = usize::try_from(column.saturating_add(from_end)).ok();
                    let field = at.and_then(|at| fields.get(at)).ok_or_else(|| {
                        refused(format!("column {column} is not among its {}", fields.len()))
                    })?;
                    values.push(number(field)?);
                }
            }
        }
        rows += 1;
    }
    let columns = options.usecols.map(|columns| columns.len()).or(columns).unwrap_or(1);
    let mut size = vec![rows as i64, columns as i64];
    if options.ndmin < 2 {
        size.retain(|&size| size != 1);
    }
    if size.is_empty() && options.ndmin == 1 {
        size.push(1);
    }
    Ok(Tensor::f_from_slice(&values)?.f_view(size.as_slice())?)
}

fn check(options: &LoadtxtOptions) -> Result<()> {
    if options.ndmin > 2 {
        return Err(Error::argument("ndmin", options.ndmin, "it must be 0, 1 or 2"));
    }
    let ends = |sign: Option<char>| matches!(sign, Some('\r' | '\n'));
    let same = options.comments.is_some() && options.comments == options.delimiter;
    if ends(options.delimiter) || ends(options.comments) || same {
        let accepted =
            "no delimiter and no comment can begin as the other does, or with a line's end";
        return Err(Error::argument("delimiter", format!("{:?}", options.delimiter), accepted));
    }
    Ok(())
}

/// Lines that end in `\n`, `\r` or both.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// What Python takes for white space.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}
