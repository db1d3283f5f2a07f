//! Follows a notebook's program without running it: which draws it made, and which of them it printed.

mod calls;
mod data;
mod evidence;
mod expressions;
mod library;
mod methods;
mod modules;
mod output;
mod shown;
mod statements;
mod trace;
mod value;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;

pub use trace::{Event, Place, Print, Trace, What};

use super::format::Notebook;
use super::python::{self, ast::Class};
use crate::draw::{Draw, Kind, Library};
use crate::error::{Error, Result};
use output::Output;
use value::Value;

/// More steps than this no notebook needs to be understood.
const MOST_STEPS: u64 = 1_000_000;
/// More draws than this are not listed one by one.
const MOST_EVENTS: usize = 50_000;
/// Deeper calls are not followed.
const DEEPEST_CALL: usize = 25;

/// What is known of a notebook's data from outside.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Rows and columns of a CSV file.
    pub table: Option<(usize, Vec<String>)>,
    /// Names with their whole numbers.
    pub numbers: BTreeMap<String, i64>,
}

impl Given {
    /// The rows and the columns' names of a CSV file with a heading.
    ///
    /// # Errors
    /// [`Error::Notebook`] for a file that cannot be read as CSV.
    pub fn read_table(path: &Path) -> Result<(usize, Vec<String>)> {
        let unreadable = |error: csv::Error| Error::Notebook {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let mut reader = csv::Reader::from_path(path).map_err(unreadable)?;
        let columns = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
        let mut rows = 0;
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(unreadable)? {
            rows += 1;
        }
        Ok((rows, columns))
    }
}

/// Follows the notebook's cells in the order in which they were run.
pub fn follow(notebook: &Notebook, order: &[usize], given: &Given) -> Trace {
    // What the first round learns from the output, sizes above all, the second round begins with.
    let mut facts = Facts::default();
    for (name, &number) in &given.numbers {
        facts.known.insert(name.clone(), Some(Value::Int(number)));
    }
    let mut first = Machine::new(given, facts);
    first.run(notebook, order);
    let facts = std::mem::take(&mut first.facts);
    let mut second = Machine::new(given, facts);
    second.run(notebook, order);
    second.trace
}

/// What the output tells of expressions; `None` for one that it tells different things of.
#[derive(Default)]
struct Facts {
    known: HashMap<String, Option<Value>>,
}

/// An object of the notebook.
struct Object {
    /// Its class, if it is of the notebook.
    class: Option<Rc<Class>>,
    /// The library's class, or its base among the library's classes.
    base: String,
    /// Attributes and parameters in the order in which they were set.
    attributes: Vec<(String, Value)>,
}

struct Machine<'a> {
    given: &'a Given,
    facts: Facts,
    scopes: Vec<HashMap<String, Value>>,
    objects: Vec<Object>,
    trace: Trace,
    output: Output,
    place: Place,
    steps: u64,
    depth: usize,
    noted: HashSet<String>,
    /// The tensor that was bound last, which posts show without printing it.
    assigned: Option<value::Tensor>,
}

impl<'a> Machine<'a> {
    fn new(given: &'a Given, facts: Facts) -> Self {
        Self {
            given,
            facts,
            scopes: vec![HashMap::new()],
            objects: Vec::new(),
            trace: Trace::default(),
            output: Output::default(),
            place: Place::default(),
            steps: 0,
            depth: 0,
            noted: HashSet::new(),
            assigned: None,
        }
    }

    fn run(&mut self, notebook: &Notebook, order: &[usize]) {
        for &cell in order {
            let Some(one) = notebook.cells.get(cell) else { continue };
            self.place = Place { cell, line: 1 };
            self.output = Output::new(&one.output);
            self.scopes.truncate(1);
            self.depth = 0;
            self.assigned = None;
            self.cell(&python::parse(&one.code));
            self.left_over();
        }
    }

    /// Whether there is nothing left to spend on following the program.
    fn spent(&mut self) -> bool {
        self.steps += 1;
        if self.steps == MOST_STEPS {
            self.note("the program goes on longer than it could be followed".into());
        }
        self.steps >= MOST_STEPS
    }

    fn note(&mut self, text: String) {
        if self.noted.insert(text.clone()) {
            self.trace.notes.push(text);
        }
    }

    /// Adds an event; returns its number.
    fn event(&mut self, what: What) -> usize {
        if self.trace.events.len() >= MOST_EVENTS {
            self.note("it makes more draws than could be listed".into());
            return MOST_EVENTS - 1;
        }
        self.trace.events.push(Event {
            place: self.place,
            what,
            times: Some(1),
            printed: None,
            changed: false,
            on_cuda: false,
        });
        self.trace.events.len() - 1
    }

    /// A draw that yields one tensor.
    fn draw(&mut self, kind: Kind, shape: Vec<usize>) -> Value {
        let known = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
        if known.is_none_or(|n| n > 1 << 27) {
            return self.unknown_draw(kind.library(), "it draws more values than fit in memory");
        }
        let draw = self.event(What::Draw(Draw { kind, shape: shape.clone() }));
        Value::Tensor(value::Tensor { shape: Some(shape), origin: Some((draw, 0)) })
    }

    fn unknown_draw(&mut self, library: Library, reason: &str) -> Value {
        self.event(What::Unknown(library, reason.to_owned()));
        Value::tensor(None)
    }

    /// From here on, the values of all draws so far may be others.
    fn all_changed(&mut self) {
        for event in &mut self.trace.events {
            event.changed = true;
        }
    }

    fn changed(&mut self, value: &Value) {
        if let Value::Tensor(value::Tensor { origin: Some((draw, _)), .. }) = value
            && let Some(event) = self.trace.events.get_mut(*draw)
        {
            event.changed = true;
        }
    }
}
