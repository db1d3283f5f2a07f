//! Printed tensors: numbers in any mixture of spaces, commas and brackets, as PyTorch and NumPy print them.

use super::printed::Printed;

/// A printed value, or a gap.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// A number; `None` where a `?` stands.
    Value(Option<Printed>),
    /// `...`, values left out by the printer.
    Ellipsis,
    /// A bracketed list.
    List(Vec<Node>),
}

/// Reads every value of `text`. Bare numbers, several tensors in a row and
/// `Parameter containing:` headings are all read; `dtype=`, `grad_fn=` and the like are passed over.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut reader = Reader { rest: text.trim(), depth: 0 };
    let nodes = reader.list(false)?;
    Ok(nodes)
}

/// Deeper brackets than any tensor's are refused, not followed.
const DEEPEST: usize = 64;

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn list(&mut self, bracketed: bool) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            self.rest =
                self.rest.trim_start_matches(|c: char| c.is_whitespace() || ",()".contains(c));
            let Some(first) = self.rest.chars().next() else {
                return if bracketed { Err("a [ is never closed".into()) } else { Ok(nodes) };
            };
            match first {
                '[' => {
                    self.rest = &self.rest[1..];
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(format!("its brackets are nested more than {DEEPEST} deep"));
                    }
                    nodes.push(Node::List(self.list(true)?));
                    self.depth -= 1;
                }
                ']' if bracketed => {
                    self.rest = &self.rest[1..];
                    return Ok(nodes);
                }
                ']' => return Err("a ] closes nothing".into()),
                '?' => {
                    self.rest = &self.rest[1..];
                    nodes.push(Node::Value(None));
                }
                _ if self.rest.starts_with("...") => {
                    self.rest = &self.rest[3..];
                    nodes.push(Node::Ellipsis);
                }
                c if c.is_ascii_alphabetic() || c == '_' => self.word()?,
                _ => nodes.push(self.number()?),
            }
        }
    }

    fn take(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn number(&mut self) -> Result<Node, String> {
        let text = self.take(|c| c.is_whitespace() || ",()[]?".contains(c));
        match Printed::parse(text) {
            Some(printed) => Ok(Node::Value(Some(printed))),
            None => Err(format!("{text:?} is not a number")),
        }
    }

    fn word(&mut self) -> Result<(), String> {
        let word = self.take(|c| !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == ':'));
        if let Some(value) = self.rest.strip_prefix('=') {
            self.rest = value;
            self.keyword_value();
            return Ok(());
        }
        match word {
            "tensor" | "array" | "Parameter" | "containing:" => Ok(()),
            _ => Err(format!("{word:?} is not a number")),
        }
    }

    /// Passes over what follows `dtype=`, `grad_fn=`, `size=` and their like.
    fn keyword_value(&mut self) {
        let close = if self.rest.starts_with('(') {
            self.rest.find(')').map_or(self.rest.len(), |i| i + 1)
        } else if self.rest.starts_with('<') {
            self.rest.find('>').map_or(self.rest.len(), |i| i + 1)
        } else {
            self.rest.find([',', ')', '\n']).unwrap_or(self.rest.len())
        };
        self.rest = &self.rest[close..];
    }
}

/// The shape the brackets show, if they show one.
pub(crate) fn shape_of(nodes: &[Node]) -> Option<Vec<usize>> {
    let [Node::List(list)] = nodes else {
        let flat = nodes.iter().all(|n| matches!(n, Node::Value(_)));
        return flat.then(|| vec![nodes.len()]);
    };
    match list.first() {
        Some(Node::List(_)) => {
            let inner = shape_of(&list[..1])?;
            let alike =
                list.iter().all(|row| shape_of(std::slice::from_ref(row)).as_ref() == Some(&inner));
            alike.then(|| [vec![list.len()], inner].concat())
        }
        _ => shape_of(list),
    }
}

/// The values in memory order. `...` is filled with unknown values where `shape` says how many.
pub(crate) fn flatten(nodes: &[Node], shape: &[usize]) -> Result<Vec<Option<Printed>>, String> {
    let mut values = Vec::new();
    match nodes {
        [Node::List(list)] if contains_ellipsis(list) => fill(list, shape, &mut values)?,
        _ => gather(nodes, &mut values)?,
    }
    Ok(values)
}

/// The values of several tensors, each filled by its own shape.
pub(crate) fn flatten_all(
    nodes: &[Node],
    shapes: &[Vec<usize>],
) -> Result<Vec<Option<Printed>>, String> {
    // A list of parameters is one list around the tensors.
    let nodes = match nodes {
        [Node::List(list)] if shapes.len() > 1 && is_list_of_tensors(list, shapes) => list,
        _ => nodes,
    };
    if !contains_ellipsis(nodes) || nodes.len() > shapes.len() {
        return flatten(nodes, &[]);
    }
    let mut values = Vec::new();
    for (node, shape) in nodes.iter().zip(shapes) {
        values.extend(flatten(std::slice::from_ref(node), shape)?);
    }
    Ok(values)
}

/// The values of a layer: those of parameters that were not printed at all are unknown.
pub(crate) fn flatten_layer(
    nodes: &[Node],
    shapes: &[Vec<usize>],
) -> Result<Vec<Option<Printed>>, String> {
    let mut values = flatten_all(nodes, shapes)?;
    let sizes: Vec<usize> = shapes.iter().map(|shape| shape.iter().product()).collect();
    let bracketed = nodes.iter().all(|node| matches!(node, Node::List(_)));
    let whole = (1..sizes.len()).any(|n| sizes[..n].iter().sum::<usize>() == values.len());
    if bracketed && whole {
        values.resize(sizes.iter().sum(), None);
    }
    Ok(values)
}

fn is_list_of_tensors(list: &[Node], shapes: &[Vec<usize>]) -> bool {
    let depth = |node: &Node| {
        let mut depth = 0;
        let mut at = node;
        while let Node::List(inner) = at {
            depth += 1;
            match inner.first() {
                Some(first) => at = first,
                None => break,
            }
        }
        depth
    };
    list.len() <= shapes.len()
        && list.iter().zip(shapes).all(|(node, shape)| depth(node) == shape.len())
}

fn contains_ellipsis(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Ellipsis => true,
        Node::List(list) => contains_ellipsis(list),
        Node::Value(_) => false,
    })
}

fn gather(nodes: &[Node], values: &mut Vec<Option<Printed>>) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Value(value) => values.push(value.clone()),
            Node::List(list) => gather(list, values)?,
            Node::Ellipsis => {
                return Err(
                    "values were left out (...), so its brackets must be those of the shape".into(),
                );
            }
        }
    }
    Ok(())
}

fn fill(list: &[Node], shape: &[usize], values: &mut Vec<Option<Printed>>) -> Result<(), String> {
    let (&length, inner) =
        shape.split_first().ok_or("its brackets are nested deeper than the shape")?;
    let row: usize = inner.iter().product();
    let shown = list.iter().filter(|n| **n != Node::Ellipsis).count();
    let mut hidden = length.checked_sub(shown).ok_or("it shows more values than the shape has")?;
    for node in list {
        match node {
            Node::Value(value) if inner.is_empty() => values.push(value.clone()),
            Node::List(list) if !inner.is_empty() => fill(list, inner, values)?,
            Node::Ellipsis => {
                values.extend(std::iter::repeat_n(None, std::mem::take(&mut hidden) * row))
            }
            _ => return Err("its brackets are not those of the shape".into()),
        }
    }
    if hidden == 0 { Ok(()) } else { Err("it shows fewer values than the shape has".into()) }
}
