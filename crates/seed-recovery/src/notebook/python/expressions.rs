//! Expressions.

use tree_sitter::Node;

use super::ast::{Argument, Expr, Operator, Part};
use super::{DEEPEST, Source};

impl Source<'_> {
    pub(super) fn text(&self, node: Node) -> &str {
        self.code.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn field(&self, node: Node, name: &str, depth: usize) -> Expr {
        node.child_by_field_name(name)
            .map_or(Expr::Unknown, |node| self.expression(node, depth + 1))
    }

    pub(super) fn named(node: Node) -> Vec<Node> {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
    }

    fn all(&self, node: Node, depth: usize) -> Vec<Expr> {
        Self::named(node).into_iter().map(|child| self.expression(child, depth + 1)).collect()
    }

    pub(super) fn expression(&self, node: Node, depth: usize) -> Expr {
        if depth > DEEPEST {
            return Expr::Unknown;
        }
        let field = |name| self.field(node, name, depth);
        let boxed = |name| Box::new(field(name));
        match node.kind() {
            "identifier" => Expr::Name(self.text(node).to_owned()),
            "integer" => self.text(node).replace('_', "").parse().map_or(Expr::Unknown, Expr::Int),
            "float" => self.text(node).replace('_', "").parse().map_or(Expr::Unknown, Expr::Float),
            "string" => self.string(node, depth),
            "concatenated_string" => self.strings(node, depth),
            "true" => Expr::Bool(true),
            "false" => Expr::Bool(false),
            "none" => Expr::None,
            "list" | "set" | "list_pattern" => Expr::List(self.all(node, depth)),
            "tuple" | "expression_list" | "pattern_list" | "tuple_pattern" => {
                Expr::Tuple(self.all(node, depth))
            }
            "dictionary" => Expr::Dict(
                Self::named(node)
                    .into_iter()
                    .filter(|pair| pair.kind() == "pair")
                    .map(|pair| (self.field(pair, "key", depth), self.field(pair, "value", depth)))
                    .collect(),
            ),
            "parenthesized_expression" => match Self::named(node)[..] {
                [inner] => self.expression(inner, depth + 1),
                _ => Expr::Unknown,
            },
            "attribute" => {
                let name = node.child_by_field_name("attribute").map(|name| self.text(name));
                Expr::Attribute(boxed("object"), name.unwrap_or_default().to_owned())
            }
            "call" => self.call(node, depth),
            "subscript" => {
                let mut cursor = node.walk();
                let places = node.children_by_field_name("subscript", &mut cursor);
                let places = places.map(|place| self.expression(place, depth + 1)).collect();
                Expr::Index(boxed("value"), places)
            }
            "slice" => Expr::Slice,
            "unary_operator" => match node.child(0).map(|sign| self.text(sign)) {
                Some("-") => Expr::Minus(boxed("argument")),
                Some("+") => field("argument"),
                _ => Expr::Unknown,
            },
            "not_operator" => Expr::Not(boxed("argument")),
            "binary_operator" => {
                let sign = node.child_by_field_name("operator").map(|sign| self.text(sign));
                Expr::Binary(boxed("left"), operator(sign.unwrap_or_default()), boxed("right"))
            }
            "comparison_operator" | "boolean_operator" => Expr::Unknown,
            "conditional_expression" => match Self::named(node)[..] {
                [then, test, otherwise] => Expr::Conditional {
                    test: Box::new(self.expression(test, depth + 1)),
                    then: Box::new(self.expression(then, depth + 1)),
                    otherwise: Box::new(self.expression(otherwise, depth + 1)),
                },
                _ => Expr::Unknown,
            },
            "list_comprehension" | "generator_expression" => self.comprehension(node, depth),
            "await" | "expression_statement" => match Self::named(node)[..] {
                [inner] => self.expression(inner, depth + 1),
                _ => Expr::Unknown,
            },
            _ => Expr::Unknown,
        }
    }

    fn call(&self, node: Node, depth: usize) -> Expr {
        let function = Box::new(self.field(node, "function", depth));
        let Some(list) = node.child_by_field_name("arguments") else { return Expr::Unknown };
        if list.kind() == "generator_expression" {
            let value = self.expression(list, depth + 1);
            return Expr::Call(function, vec![Argument { name: None, value, spread: false }]);
        }
        let arguments = Self::named(list).into_iter().map(|argument| match argument.kind() {
            "keyword_argument" => Argument {
                name: argument.child_by_field_name("name").map(|name| self.text(name).to_owned()),
                value: self.field(argument, "value", depth + 1),
                spread: false,
            },
            "list_splat" | "dictionary_splat" => Argument {
                name: None,
                value: Self::named(argument)
                    .first()
                    .map_or(Expr::Unknown, |inner| self.expression(*inner, depth + 1)),
                spread: true,
            },
            _ => {
                Argument { name: None, value: self.expression(argument, depth + 1), spread: false }
            }
        });
        Expr::Call(function, arguments.collect())
    }

    fn comprehension(&self, node: Node, depth: usize) -> Expr {
        let clauses: Vec<Node> = Self::named(node).split_off(1);
        let [clause, rest @ ..] = &clauses[..] else { return Expr::Unknown };
        if clause.kind() != "for_in_clause" || rest.iter().any(|c| c.kind() == "for_in_clause") {
            return Expr::Unknown;
        }
        Expr::Comprehension {
            element: Box::new(self.field(node, "body", depth)),
            target: Box::new(self.field(*clause, "left", depth)),
            source: Box::new(self.field(*clause, "right", depth)),
            filtered: !rest.is_empty(),
        }
    }

    fn string(&self, node: Node, depth: usize) -> Expr {
        let mut parts: Vec<Part> = Vec::new();
        for child in Self::named(node) {
            match child.kind() {
                "string_content" => parts.push(Part::Text(unescaped(self.text(child)))),
                "interpolation" => {
                    parts.push(Part::Value(self.field(child, "expression", depth)));
                }
                _ => {}
            }
        }
        joined(parts)
    }

    fn strings(&self, node: Node, depth: usize) -> Expr {
        let mut parts = Vec::new();
        for child in Self::named(node) {
            match self.string(child, depth + 1) {
                Expr::Str(text) => parts.push(Part::Text(text)),
                Expr::Format(more) => parts.extend(more),
                _ => {}
            }
        }
        joined(parts)
    }
}

fn joined(parts: Vec<Part>) -> Expr {
    let mut text = String::new();
    for part in &parts {
        match part {
            Part::Text(more) => text.push_str(more),
            Part::Value(_) => return Expr::Format(parts),
        }
    }
    Expr::Str(text)
}

/// The escapes that printed text is likely to have.
fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\'", "'").replace("\\\"", "\"")
}

pub(super) fn operator(sign: &str) -> Operator {
    match sign.trim_end_matches('=') {
        "+" => Operator::Add,
        "-" => Operator::Subtract,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        "//" => Operator::FloorDivide,
        "%" => Operator::Modulo,
        "**" => Operator::Power,
        _ => Operator::Other,
    }
}
