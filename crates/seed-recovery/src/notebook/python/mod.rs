//! Python, read by tree-sitter's grammar, which recovers after what it cannot read.

pub mod ast;
mod expressions;
mod statements;

use ast::Statement;

/// Nothing that a notebook's author writes is nested so deep.
const DEEPEST: usize = 100;

/// Reads a cell. Lines of IPython, `%magic` and `!command`, are passed over, and so is whatever is no
/// Python.
pub fn parse(code: &str) -> Vec<Statement> {
    let code = without_magics(code);
    let mut parser = tree_sitter::Parser::new();
    if parser.set_language(&tree_sitter_python::LANGUAGE.into()).is_err() {
        return Vec::new();
    }
    let Some(tree) = parser.parse(&code, None) else { return Vec::new() };
    Source { code: &code }.statements(tree.root_node(), 0)
}

/// Whether a text reads as Python from its first line to its last.
pub fn is_python(text: &str) -> bool {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).is_ok()
        && parser.parse(text, None).is_some_and(|tree| !tree.root_node().has_error())
}

/// The text that a tree was read from.
struct Source<'a> {
    code: &'a str,
}

/// Empties the lines that are IPython's, so that the others keep their numbers.
fn without_magics(code: &str) -> String {
    let is_magic = |line: &str| {
        let line = line.trim_start();
        line.starts_with(['%', '!', '?']) || line.trim_end().ends_with('?')
    };
    let lines = code.lines().map(|line| if is_magic(line) { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}
