//! The pickle machine: a stack of values and a memo.

use std::cell::Cell;
use std::collections::HashMap;

use super::globals::Global;
use super::node::{Dict, DictKind, Id, Key, Node};
use crate::dtype::Dtype;
use crate::fault::Fault;

/// How many bytes of values a byte of pickle may become. A value that many places refer to is
/// copied to each, so a small file can describe a tree beyond any memory.
pub(super) const FACTOR: usize = 256;

/// What the smallest pickle counts as: even a few bytes may be nested to the full depth.
pub(super) const LEAST: usize = 1024;

pub(super) struct Machine<'a> {
    input: &'a [u8],
    /// Where the next instruction's byte is.
    next: usize,
    /// Where the present instruction began.
    at: usize,
    pub(super) nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    /// The heights of the stack at the marks that are open.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
    /// How many bytes may still be copied from values that stand there already.
    left: Cell<usize>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            next: 0,
            at: 0,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            left: Cell::new(FACTOR.saturating_mul(input.len().max(LEAST))),
        }
    }

    /// Runs to the end of one pickle: the number of its value, and where the pickle ends.
    pub(super) fn run(&mut self) -> Result<(Id, usize), Fault> {
        loop {
            self.at = self.next;
            let opcode = self.byte()?;
            if opcode == b'.' {
                return Ok((self.pop()?, self.next));
            }
            self.step(opcode)?;
        }
    }

    fn step(&mut self, opcode: u8) -> Result<(), Fault> {
        match opcode {
            0x80 => {
                // Later protocols use instructions that Python's restricted reader refuses too.
                self.byte()?;
            }
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.push(Node::None),
            0x88 => self.push(Node::Bool(true)),
            0x89 => self.push(Node::Bool(false)),
            b'K' => {
                let value = self.byte()?;
                self.push(Node::Int(value.into()));
            }
            b'M' => {
                let value = u16::from_le_bytes(self.array()?);
                self.push(Node::Int(value.into()));
            }
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.push(Node::Int(value.into()));
            }
            0x8a => {
                let value = self.long()?;
                self.push(Node::Int(value));
            }
            b'G' => {
                let value = f64::from_be_bytes(self.array()?);
                self.push(Node::Float(value));
            }
            b'X' => {
                let length = u32::from_le_bytes(self.array()?);
                self.string(length as usize)?;
            }
            b'U' => {
                let length = self.byte()?;
                self.string(length.into())?;
            }
            b')' => self.push(Node::Tuple(Vec::new())),
            b']' => self.push(Node::List(Vec::new())),
            b'}' => self.push(Node::Dict(Dict::new(DictKind::Plain))),
            0x8f => self.push(Node::Set(Vec::new())),
            b't' => {
                let items = self.pop_mark()?;
                self.push(Node::Tuple(items));
            }
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(opcode - 0x84))?;
                self.push(Node::Tuple(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])?;
            }
            b'e' => {
                let items = self.pop_mark()?;
                self.extend(items)?;
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.set_items(&items)?;
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.set_items(&items)?;
            }
            b'q' => {
                let index = self.byte()?;
                self.memoize(index.into())?;
            }
            b'r' => {
                let index = u32::from_le_bytes(self.array()?);
                self.memoize(index)?;
            }
            b'h' => {
                let index = self.byte()?;
                self.recall(index.into())?;
            }
            b'j' => {
                let index = u32::from_le_bytes(self.array()?);
                self.recall(index)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                let global = Global::of(module, name)?;
                self.push(Node::Global(global));
            }
            b'Q' => {
                let id = self.pop()?;
                let storage = self.storage(id)?;
                self.push(Node::Storage(storage));
            }
            b'R' => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                let made = self.reduce(function, arguments)?;
                self.push(made);
            }
            // NEWOBJ: `cls.__new__(cls, *args)`, which for these classes is what a call does.
            0x81 => {
                let (arguments, class) = (self.pop()?, self.pop()?);
                let made = self.reduce(class, arguments)?;
                self.push(made);
            }
            b'b' => self.build()?,
            other => return Err(self.problem(unsupported(other))),
        }
        Ok(())
    }

    /// `BUILD`: an `OrderedDict`'s own attributes. Those of a tensor have no place here.
    fn build(&mut self) -> Result<(), Fault> {
        let state = self.pop()?;
        let is_dict = matches!(self.nodes[state], Node::Dict(_));
        let target = self.top()?;
        match &mut self.nodes[target] {
            Node::Dict(dict) if dict.kind == DictKind::Ordered && is_dict => {
                dict.attributes = Some(state);
                Ok(())
            }
            _ => Err(self.problem("attributes for something that is not an OrderedDict")),
        }
    }

    pub(super) fn problem(&self, problem: impl Into<String>) -> Fault {
        Fault::Pickle { at: self.at, problem: problem.into() }
    }

    /// Accounts for a copy or a comparison of that many bytes.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), Fault> {
        let limit = FACTOR.saturating_mul(self.input.len().max(LEAST));
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.ok_or(Fault::TooLarge { limit, factor: FACTOR })?);
        Ok(())
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let end = self.next.checked_add(length).filter(|&end| end <= self.input.len());
        let Some(end) = end else {
            let left = self.input.len() - self.next;
            return Err(self.problem(format!("{length} bytes are announced, {left} are left")));
        };
        let bytes = &self.input[self.next..end];
        self.next = end;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.bytes(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    fn line(&mut self) -> Result<&'a str, Fault> {
        let rest = &self.input[self.next..];
        let length = rest.iter().position(|&byte| byte == b'\n');
        let length = length.ok_or_else(|| self.problem("a name without an end"))?;
        let line = self.bytes(length + 1)?;
        std::str::from_utf8(&line[..length]).map_err(|_| self.problem("a name that is not UTF-8"))
    }

    /// A whole number of any length, of which 128 bits are kept.
    fn long(&mut self) -> Result<i128, Fault> {
        let length = self.byte()?;
        let digits = self.bytes(length.into())?;
        let negative = digits.last().is_some_and(|&byte| byte >= 0x80);
        let mut bytes = [if negative { 0xff } else { 0 }; 16];
        if digits.len() > 16 {
            return Err(self.problem(format!("an int of {} bits; 128 are held", 8 * digits.len())));
        }
        bytes[..digits.len()].copy_from_slice(digits);
        Ok(i128::from_le_bytes(bytes))
    }

    fn string(&mut self, length: usize) -> Result<(), Fault> {
        let bytes = self.bytes(length)?;
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|_| self.problem("a str that is not UTF-8"))?;
        self.push(Node::Str(text));
        Ok(())
    }

    pub(super) fn push(&mut self, node: Node<'a>) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    /// The lowest height down to which values may be taken: the last open mark's.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Id, Fault> {
        match self.stack.last() {
            Some(&id) if self.stack.len() > self.floor() => Ok(id),
            _ => Err(self.problem("an instruction finds no value to work on")),
        }
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        let id = self.top()?;
        self.stack.pop();
        Ok(id)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, Fault> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        Ok(items)
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, Fault> {
        let mark = self.marks.pop().ok_or_else(|| self.problem("no mark is open"))?;
        Ok(self.stack.split_off(mark))
    }

    fn memoize(&mut self, index: u32) -> Result<(), Fault> {
        let id = self.top()?;
        self.memo.insert(index, id);
        Ok(())
    }

    fn recall(&mut self, index: u32) -> Result<(), Fault> {
        let id = self.memo.get(&index).copied();
        let id = id.ok_or_else(|| self.problem(format!("memo {index} was never set")))?;
        self.stack.push(id);
        Ok(())
    }

    fn extend(&mut self, items: Vec<Id>) -> Result<(), Fault> {
        let target = self.top()?;
        match &mut self.nodes[target] {
            Node::List(list) => {
                list.extend(items);
                Ok(())
            }
            _ => Err(self.problem("an item is added to something that is not a list")),
        }
    }

    fn set_items(&mut self, items: &[Id]) -> Result<(), Fault> {
        let target = self.top()?;
        if !items.len().is_multiple_of(2) {
            return Err(self.problem("a key without a value"));
        }
        for pair in items.chunks_exact(2) {
            let key = self.key(pair[0], 0)?;
            let Node::Dict(dict) = &mut self.nodes[target] else {
                return Err(self.problem("a key is set in something that is not a dict"));
            };
            dict.set(key, pair[0], pair[1]);
        }
        Ok(())
    }

    fn key(&self, id: Id, depth: usize) -> Result<Key<'a>, Fault> {
        Ok(match &self.nodes[id] {
            Node::None => Key::None,
            Node::Bool(value) => Key::Number((*value).into()),
            Node::Int(value) => Key::Number(*value),
            Node::Float(value) if *value as i128 as f64 == *value => Key::Number(*value as i128),
            Node::Float(value) => Key::Float(value.to_bits()),
            Node::Str(text) => {
                self.spend(text.len())?;
                Key::Str(text)
            }
            Node::Bytes(bytes) => {
                self.spend(bytes.len())?;
                Key::Bytes(bytes.clone())
            }
            Node::Device(device) => Key::Device(device.clone()),
            Node::Global(Global::Dtype(Dtype { name, .. })) => Key::Dtype(name),
            // Two levels of sixteen bound what a small file can make of nested tuples.
            Node::Tuple(items) if depth < 2 && items.len() <= 16 => {
                let keys = items.iter().map(|&item| self.key(item, depth + 1));
                Key::Tuple(keys.collect::<Result<_, _>>()?)
            }
            _ => {
                return Err(self.problem("a dict's key is not a number, str, bytes or short tuple"));
            }
        })
    }
}

fn unsupported(opcode: u8) -> String {
    match opcode {
        // FRAME, MEMOIZE, STACK_GLOBAL, SHORT_BINUNICODE and what else came after protocol 2.
        0x8c..=0x98 => "pickled with a later protocol; save with `pickle_protocol=2`, the default",
        b'i' | b'o' => "an object of a class",
        _ => "no instruction that torch.save writes",
    }
    .to_owned()
        + &format!(" (opcode 0x{opcode:02x})")
}
