//! Scripts with what they printed pasted in: as comments, or in a string at the end.

use super::Cell;

/// A script is one cell, whose comments that look like a value are what was printed.
///
/// Comments of editors that keep cells (`# %%`, `# In[3]:`) start a new one.
pub(super) fn cells(text: &str) -> Vec<Cell> {
    let mut cells = vec![Cell::default()];
    for line in text.lines() {
        let trimmed = line.trim_start();
        if let Some(count) = heading(trimmed) {
            cells.push(Cell { count, ..Cell::default() });
            continue;
        }
        let Some(cell) = cells.last_mut() else { continue };
        match trimmed.strip_prefix('#') {
            Some(comment) if carries_output(comment, &cell.output) => {
                cell.output.push_str(comment.strip_prefix(' ').unwrap_or(comment));
                cell.output.push('\n');
                cell.code.push('\n');
            }
            _ => {
                cell.code.push_str(line);
                cell.code.push('\n');
            }
        }
    }
    cells
}

/// The count of a cell's heading, if the line is one.
fn heading(line: &str) -> Option<Option<u64>> {
    if line.starts_with("# %%") || line.starts_with("#%%") {
        return Some(None);
    }
    let rest = line.strip_prefix("# In[").or_else(|| line.strip_prefix("# In ["))?;
    Some(rest.split(']').next()?.trim().parse().ok())
}

/// Whether a comment is a printed value, or carries one on.
fn carries_output(comment: &str, before: &str) -> bool {
    let comment = comment.trim_start().trim_start_matches(">>>").trim_start();
    let open = before.matches(['(', '[']).count() > before.matches([')', ']']).count();
    open || super::is_output(comment)
}
