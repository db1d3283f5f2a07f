//! Statements.

use std::rc::Rc;

use tree_sitter::Node;

use super::ast::{Class, Expr, Function, Statement, StatementKind};
use super::expressions::operator;
use super::{DEEPEST, Source};

impl Source<'_> {
    pub(super) fn statements(&self, node: Node, depth: usize) -> Vec<Statement> {
        if depth > DEEPEST {
            return Vec::new();
        }
        Self::named(node)
            .into_iter()
            .map(|child| Statement {
                line: child.start_position().row + 1,
                kind: self.statement(child, depth + 1),
            })
            .collect()
    }

    fn body(&self, node: Node, name: &str, depth: usize) -> Vec<Statement> {
        node.child_by_field_name(name)
            .map_or_else(Vec::new, |body| self.statements(body, depth + 1))
    }

    fn statement(&self, node: Node, depth: usize) -> StatementKind {
        let field = |name| self.field(node, name, depth);
        match node.kind() {
            "expression_statement" => match Self::named(node)[..] {
                [inner] => self.simple(inner, depth),
                ref several => StatementKind::Expression(Expr::Tuple(
                    several.iter().map(|inner| self.expression(*inner, depth + 1)).collect(),
                )),
            },
            "for_statement" => StatementKind::For {
                target: field("left"),
                source: field("right"),
                body: self.body(node, "body", depth),
            },
            "while_statement" => StatementKind::While(self.body(node, "body", depth)),
            "if_statement" => self.branches(node, depth),
            "with_statement" | "try_statement" => {
                let mut opened = Vec::new();
                for clause in Self::named(node).iter().filter(|c| c.kind() == "with_clause") {
                    for item in Self::named(*clause) {
                        opened.push(self.field(item, "value", depth));
                    }
                }
                StatementKind::Block(opened, self.body(node, "body", depth))
            }
            "function_definition" => StatementKind::Function(Rc::new(self.function(node, depth))),
            "class_definition" => StatementKind::Class(Rc::new(self.class(node, depth))),
            "decorated_definition" => match node.child_by_field_name("definition") {
                Some(definition) => self.statement(definition, depth + 1),
                None => StatementKind::Other,
            },
            "return_statement" => StatementKind::Return(
                Self::named(node).first().map(|value| self.expression(*value, depth + 1)),
            ),
            "break_statement" => StatementKind::Break,
            "continue_statement" => StatementKind::Continue,
            "import_statement" | "import_from_statement" => {
                StatementKind::Import(self.imports(node))
            }
            // Where the grammar lost its way, the pieces inside may still be statements.
            "ERROR" => StatementKind::Block(Vec::new(), self.statements(node, depth + 1)),
            _ => StatementKind::Other,
        }
    }

    fn simple(&self, node: Node, depth: usize) -> StatementKind {
        match node.kind() {
            "assignment" => {
                let mut targets = vec![self.field(node, "left", depth)];
                let mut at = node.child_by_field_name("right");
                // a = b = value
                while let Some(inner) = at.filter(|inner| inner.kind() == "assignment") {
                    targets.push(self.field(inner, "left", depth));
                    at = inner.child_by_field_name("right");
                }
                match at {
                    Some(value) => {
                        StatementKind::Assign(targets, self.expression(value, depth + 1))
                    }
                    None => StatementKind::Other,
                }
            }
            "augmented_assignment" => {
                let sign = node.child_by_field_name("operator").map(|sign| self.text(sign));
                StatementKind::Change(
                    self.field(node, "left", depth),
                    operator(sign.unwrap_or_default()),
                    self.field(node, "right", depth),
                )
            }
            _ => StatementKind::Expression(self.expression(node, depth + 1)),
        }
    }

    fn branches(&self, node: Node, depth: usize) -> StatementKind {
        let mut branches = vec![(
            Some(self.field(node, "condition", depth)),
            self.body(node, "consequence", depth),
        )];
        for clause in Self::named(node) {
            match clause.kind() {
                "elif_clause" => branches.push((
                    Some(self.field(clause, "condition", depth)),
                    self.body(clause, "consequence", depth),
                )),
                "else_clause" => branches.push((None, self.body(clause, "body", depth))),
                _ => {}
            }
        }
        StatementKind::If(branches)
    }

    fn name(&self, node: Node) -> String {
        node.child_by_field_name("name").map_or_else(String::new, |name| self.text(name).to_owned())
    }

    fn function(&self, node: Node, depth: usize) -> Function {
        let mut parameters = Vec::new();
        for parameter in node.child_by_field_name("parameters").map(Self::named).unwrap_or_default()
        {
            let (name, default) = match parameter.kind() {
                "identifier" => (self.text(parameter).to_owned(), None),
                "default_parameter" | "typed_default_parameter" => {
                    (self.name(parameter), Some(self.field(parameter, "value", depth)))
                }
                "typed_parameter" => match Self::named(parameter).first() {
                    Some(name) => (self.text(*name).to_owned(), None),
                    None => continue,
                },
                _ => continue,
            };
            parameters.push((name, default));
        }
        Function { name: self.name(node), parameters, body: self.body(node, "body", depth) }
    }

    fn class(&self, node: Node, depth: usize) -> Class {
        let bases = node.child_by_field_name("superclasses").map(Self::named).unwrap_or_default();
        let methods = self.body(node, "body", depth).into_iter().filter_map(|statement| {
            match statement.kind {
                StatementKind::Function(function) => Some(function),
                _ => None,
            }
        });
        Class {
            name: self.name(node),
            bases: bases.into_iter().map(|base| self.expression(base, depth + 1)).collect(),
            methods: methods.collect(),
        }
    }

    /// Names with the modules or members they stand for.
    fn imports(&self, node: Node) -> Vec<(String, String)> {
        let module = node.child_by_field_name("module_name");
        let from = module.map(|module| format!("{}.", self.text(module))).unwrap_or_default();
        let mut cursor = node.walk();
        node.children_by_field_name("name", &mut cursor)
            .map(|one| match one.kind() {
                "aliased_import" => {
                    let name = one.child_by_field_name("alias").map(|alias| self.text(alias));
                    (name.unwrap_or_default().to_owned(), format!("{from}{}", self.name(one)))
                }
                _ => {
                    let whole = self.text(one);
                    // `import a.b` binds `a`.
                    let bound = if from.is_empty() {
                        whole.split('.').next().unwrap_or_default()
                    } else {
                        whole
                    };
                    (
                        bound.to_owned(),
                        format!("{from}{}", if from.is_empty() { bound } else { whole }),
                    )
                }
            })
            .collect()
    }
}
