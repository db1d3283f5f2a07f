//! The part of Python that is followed.

use std::rc::Rc;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Name(String),
    Int(i64),
    Float(f64),
    Str(String),
    /// A string of which parts are computed.
    Format(Vec<Part>),
    Bool(bool),
    None,
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Attribute(Box<Expr>, String),
    Call(Box<Expr>, Vec<Argument>),
    Index(Box<Expr>, Vec<Expr>),
    Slice,
    Minus(Box<Expr>),
    Not(Box<Expr>),
    Binary(Box<Expr>, Operator, Box<Expr>),
    Conditional {
        test: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    /// `[element for target in source]`.
    Comprehension {
        element: Box<Expr>,
        target: Box<Expr>,
        source: Box<Expr>,
        filtered: bool,
    },
    /// Anything else.
    Unknown,
}

/// A part of a formatted string.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Text(String),
    Value(Expr),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name, if it was given by name.
    pub name: Option<String>,
    pub value: Expr,
    /// Whether it is `*value`.
    pub spread: bool,
}

/// An operator whose value is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    /// Comparisons, matrix products and the rest.
    Other,
}

/// A statement with the line of the cell on which it starts, from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub line: usize,
    pub kind: StatementKind,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    Assign(Vec<Expr>, Expr),
    Change(Expr, Operator, Expr),
    Expression(Expr),
    For {
        target: Expr,
        source: Expr,
        body: Vec<Statement>,
    },
    While(Vec<Statement>),
    /// Each branch with its test; `else` has none.
    If(Vec<(Option<Expr>, Vec<Statement>)>),
    /// `with` and `try`: what is inside is run.
    Block(Vec<Expr>, Vec<Statement>),
    Function(Rc<Function>),
    Class(Rc<Class>),
    Return(Option<Expr>),
    Break,
    Continue,
    Import(Vec<(String, String)>),
    Other,
}

/// A function of the notebook.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: String,
    /// Names and defaults.
    pub parameters: Vec<(String, Option<Expr>)>,
    pub body: Vec<Statement>,
}

/// A class of the notebook.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    pub name: String,
    pub bases: Vec<Expr>,
    pub methods: Vec<Rc<Function>>,
}
