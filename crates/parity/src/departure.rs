//! The first call in which two programs part, explained.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::both::Both;
use crate::element::Dtype;
use crate::elements::Elements;
use crate::recording::{Call, Line, Value};

/// The first computing call that differs, or calls that the other side does not make.
#[derive(Debug, Clone, Serialize)]
pub struct Departure {
    /// Its index among the computing calls of each side, counted from 1.
    pub position: [usize; 2],
    /// The calls of each side, none where only the other side makes some.
    pub calls: [Vec<CallAt>; 2],
    /// Where one side makes no call: the computing call that it makes next.
    pub next: [Option<CallAt>; 2],
    /// Numbers and flags given to them that differ, as `name` and both values.
    pub arguments: Vec<(String, [Option<String>; 2])>,
    /// Whether they were given the same tensors; not known where the operators differ.
    pub inputs: Option<Inputs>,
    /// What differs in the tensors they made.
    pub output: Option<OutputDifference>,
}

/// A call and its line.
#[derive(Debug, Clone, Serialize)]
pub struct CallAt {
    /// Its number in the recording.
    pub call: usize,
    /// The operator with the overload.
    pub operator: String,
    /// The node of the backward pass that made it.
    pub node: Option<String>,
    /// Its line.
    pub line: Option<Line>,
    /// The source around it, numbered; its line alone where the recording has no more.
    #[serde(skip)]
    pub(crate) around: Vec<(u32, String)>,
}

/// The tensors given to a call, compared.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Inputs {
    /// The same bits.
    Same,
    /// This one, counted from 1, is the first that differs.
    Differ {
        /// Which.
        number: usize,
        /// The calls that made it; none where no recorded call did, as for data that was read.
        made_by: Box<[Option<CallAt>; 2]>,
    },
}

/// The tensors made by a call, compared.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputDifference {
    /// Another dtype, another shape, or another number of tensors.
    Kind([String; 2]),
    /// These elements.
    Elements {
        /// PyTorch's name of the dtype.
        dtype: String,
        /// The shape.
        shape: Vec<usize>,
        /// What differs.
        #[serde(flatten)]
        elements: Elements,
    },
    /// Elements that are never kept, of a sparse tensor or of a dtype without a plain reading.
    Bits {
        /// PyTorch's name of the dtype.
        dtype: String,
        /// The shape.
        shape: Vec<usize>,
    },
    /// Elements that were not kept: a recording with these calls kept holds them.
    NotKept {
        /// PyTorch's name of the dtype.
        dtype: String,
        /// The shape.
        shape: Vec<usize>,
        /// The call on each side.
        calls: [usize; 2],
    },
}

/// Calls shown of a stretch that only one side has.
const SHOWN: usize = 3;

/// Lines of source shown before and after that of a call.
const AROUND: u32 = 6;

impl Departure {
    /// Explains calls without partner, or one call on each side; `at` is where that is.
    pub(crate) fn new(pair: &Both<'_>, indices: &[Vec<usize>; 2], at: [usize; 2]) -> Self {
        // Of a long stretch, the beginning: what its first line does.
        let shown = [0, 1].map(|side: usize| {
            let indices = &indices[side];
            let line = |index: usize| pair.line(side, index).map(|line| (line.file, line.line));
            let first = indices.first().map(|&first| line(first));
            let length =
                indices.iter().take(SHOWN).take_while(|&&index| Some(line(index)) == first);
            &indices[..length.count()]
        });
        let next = |side: usize| {
            let is_next = indices[side].is_empty() && at[side] < pair.computing[side].len();
            is_next.then(|| pair.at(side, at[side]))
        };
        let mut departure = Self {
            position: at.map(|index| index + 1),
            calls: [0, 1]
                .map(|side| shown[side].iter().map(|&index| pair.at(side, index)).collect()),
            next: [next(0), next(1)],
            arguments: Vec::new(),
            inputs: None,
            output: None,
        };
        let ([first_a, ..], [first_b, ..]) = (shown[0], shown[1]) else { return departure };
        let first = [pair.call(0, *first_a), pair.call(1, *first_b)];
        departure.inputs = Some(departure.compare_inputs(pair, first));
        if first[0].op == first[1].op {
            departure.arguments = arguments(first);
        }
        departure.output = output(pair, shown.map(|indices| indices[indices.len() - 1]));
        departure
    }

    /// The calls whose tensors have to be kept to tell what differs.
    #[must_use]
    pub fn to_keep(&self) -> Option<[usize; 2]> {
        match &self.output {
            Some(OutputDifference::NotKept { calls, .. }) => Some(*calls),
            _ => None,
        }
    }

    fn compare_inputs(&self, pair: &Both<'_>, calls: [&Call; 2]) -> Inputs {
        let given = calls.map(|call| call.inputs.as_slice());
        let length = given[0].len().max(given[1].len());
        let value = |side: usize, number: usize| given[side].get(number);
        let differs = |&number: &usize| match (value(0, number), value(1, number)) {
            // Of one that was not read, nothing is known.
            (Some(a), Some(b)) => a.bits.zip(b.bits).is_some_and(|(a, b)| a != b),
            _ => true,
        };
        match (0..length).find(differs) {
            None => Inputs::Same,
            Some(number) => Inputs::Differ {
                number: number + 1,
                made_by: Box::new([0, 1].map(|side| {
                    let first = self.calls[side].first()?.call;
                    pair.maker(side, first, given[side].get(number)?)
                })),
            },
        }
    }
}

impl Both<'_> {
    fn at(&self, side: usize, index: usize) -> CallAt {
        self.at_number(side, self.computing[side][index])
    }

    fn at_number(&self, side: usize, number: usize) -> CallAt {
        let call = &self.recordings[side].calls()[number];
        CallAt {
            call: number,
            operator: call.op.to_string(),
            node: call.node.as_deref().map(str::to_owned),
            line: call.line.as_deref().cloned(),
            around: call.line.as_deref().map_or_else(Vec::new, |line| self.around(side, line)),
        }
    }

    fn around(&self, side: usize, line: &Line) -> Vec<(u32, String)> {
        match (self.recordings[side].source(&line.file), &line.text) {
            (Some(text), _) => (1_u32..)
                .zip(text.lines())
                .filter(|(number, _)| number.abs_diff(line.line) <= AROUND)
                .map(|(number, text)| (number, text.to_owned()))
                .collect(),
            (None, text) => text.iter().map(|text| (line.line, text.clone())).collect(),
        }
    }

    /// The last computing call before `number` that made these bits.
    fn maker(&self, side: usize, number: usize, value: &Value) -> Option<CallAt> {
        value.bits?;
        let calls = &self.recordings[side].calls()[..number];
        let made =
            |call: &Call| call.counts && call.outputs.iter().any(|out| out.bits == value.bits);
        calls.iter().rposition(made).map(|found| self.at_number(side, found))
    }
}

/// The numbers and flags that differ.
fn arguments(calls: [&Call; 2]) -> Vec<(String, [Option<String>; 2])> {
    let [a, b] =
        calls.map(|call| serde_json::from_str::<Map<String, Json>>(&call.args).unwrap_or_default());
    let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
    let text = |value: Option<&Json>| value.map(Json::to_string);
    let differing = names.filter(|name| a.get(*name) != b.get(*name));
    differing.map(|name| (name.clone(), [text(a.get(name)), text(b.get(name))])).collect()
}

/// The first tensor that differs of those made by two calls.
fn output(pair: &Both<'_>, indices: [usize; 2]) -> Option<OutputDifference> {
    let calls = [0, 1].map(|side| pair.call(side, indices[side]));
    let [a, b] = calls.map(|call| call.outputs.as_slice());
    let kind = |value: &Value| format!("{} {:?}", value.dtype, value.shape);
    let kinds = |values: &[Value]| values.iter().map(kind).collect::<Vec<_>>().join(", ");
    if kinds(a) != kinds(b) {
        return Some(OutputDifference::Kind([kinds(a), kinds(b)]));
    }
    let (a, b) = a.iter().zip(b).find(|(a, b)| a.bits != b.bits)?;
    let (dtype, shape) = (a.dtype.to_string(), a.shape.clone());
    let [kept_a, kept_b] = [(0, a), (1, b)].map(|(side, value)| pair.recordings[side].bytes(value));
    let elements = kept_a.zip(kept_b).and_then(|(a, b)| Elements::compare(&dtype, &shape, &a, &b));
    Some(match elements {
        Some(elements) => OutputDifference::Elements { dtype, shape, elements },
        None if a.sparse || Dtype::from_name(&dtype).is_none() => {
            OutputDifference::Bits { dtype, shape }
        }
        None => OutputDifference::NotKept {
            dtype,
            shape,
            calls: [0, 1].map(|side| pair.computing[side][indices[side]]),
        },
    })
}
