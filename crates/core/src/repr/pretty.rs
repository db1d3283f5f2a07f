//! The notebook form: the pretty printer of IPython (`IPython/lib/pretty.py`), which is Oppen's
//! algorithm with groups, breakables and a width of 79.

use std::collections::VecDeque;

use super::Repr;
use crate::Result;

/// Longest line a notebook prints before it breaks a sequence.
const MAX_WIDTH: usize = 79;
/// Items of a sequence shown before `...`.
const MAX_SEQ_LENGTH: usize = 1000;

/// The text of `value` as a notebook cell shows it.
///
/// Lists and tuples that do not fit on one line, or that hold anything of several lines, get one
/// item a line, indented by one.
///
/// # Errors
/// Whatever the items' own printing reports.
///
/// ```
/// use tch::Tensor;
/// use torch_exact::repr::pretty;
///
/// let xy = (Tensor::from_slice(&[0.5_f32]).view([1, 1]), Tensor::from_slice(&[1_i64, 2]).view([2, 1]));
/// assert_eq!(pretty(&xy)?, "(tensor([[0.5000]]),\n tensor([[1],\n         [2]]))");
/// # Ok::<(), torch_exact::Error>(())
/// ```
pub fn pretty<T: Repr + ?Sized>(value: &T) -> Result<String> {
    let mut printer = Printer::new(MAX_WIDTH);
    printer.value(value)?;
    printer.flush();
    Ok(printer.output)
}

/// Index of a [`Group`] in [`Printer::groups`].
type GroupId = usize;

/// Text that is broken together: either none of its breakables becomes a line break, or all do.
struct Group {
    depth: usize,
    /// Breakables of this group still in the buffer.
    breakables: usize,
    want_break: bool,
}

/// What waits for the decision whether the line is broken.
enum Item {
    Text { text: String, width: usize },
    Breakable { indentation: usize, group: GroupId },
}

/// A space that may become a line break.
const SEPARATOR: &str = " ";

/// Collects what [`Repr::repr_pretty`] writes and decides where lines break.
pub struct Printer {
    output: String,
    max_width: usize,
    /// Column reached in `output`.
    output_width: usize,
    buffer: VecDeque<Item>,
    buffer_width: usize,
    groups: Vec<Group>,
    group_stack: Vec<GroupId>,
    /// Groups that can still be broken, by depth: the outermost is broken first.
    group_queue: Vec<Vec<GroupId>>,
    indentation: usize,
}

impl Printer {
    fn new(max_width: usize) -> Self {
        let root = Group { depth: 0, breakables: 0, want_break: false };
        Self {
            output: String::new(),
            max_width,
            output_width: 0,
            buffer: VecDeque::new(),
            buffer_width: 0,
            groups: vec![root],
            group_stack: vec![0],
            group_queue: vec![vec![0]],
            indentation: 0,
        }
    }

    /// Writes a value in its own notebook form.
    ///
    /// # Errors
    /// Whatever the value's own printing reports.
    pub fn value<T: Repr + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.begin_group(0, "");
        let result = value.repr_pretty(self);
        self.end_group(0, "");
        result
    }

    /// Writes finished text, keeping its lines and indenting all but the first.
    pub fn lines(&mut self, text: &str) {
        self.begin_group(0, "");
        for (i, line) in text.lines().enumerate() {
            if i > 0 {
                self.hard_break();
            }
            self.text(line);
        }
        self.end_group(0, "");
    }

    /// Writes a list: `[a, b]`.
    ///
    /// # Errors
    /// Whatever the items' own printing reports.
    pub fn list<'a, T: Repr + 'a>(&mut self, items: impl IntoIterator<Item = &'a T>) -> Result<()> {
        self.sequence("[", items.into_iter().map(|item| item as &dyn Repr), "]")
    }

    /// Writes a tuple: `(a, b)`, and `(a,)` for a single item.
    ///
    /// # Errors
    /// Whatever the items' own printing reports.
    pub fn tuple(&mut self, items: &[&dyn Repr]) -> Result<()> {
        let close = if items.len() == 1 { ",)" } else { ")" };
        self.sequence("(", items.iter().copied(), close)
    }

    /// Writes an `OrderedDict` of named tensors, such as a state dictionary.
    ///
    /// # Errors
    /// Whatever printing one of the tensors reports.
    pub fn ordered_dict<'a, T: Repr + 'a>(
        &mut self,
        items: impl IntoIterator<Item = (&'a str, &'a T)>,
    ) -> Result<()> {
        let pairs: Vec<(&str, &T)> = items.into_iter().collect();
        let open = "OrderedDict(";
        self.begin_group(0, "");
        self.begin_group(open.len(), open);
        if !pairs.is_empty() {
            self.value(&pairs)?;
        }
        self.end_group(open.len(), ")");
        self.end_group(0, "");
        Ok(())
    }

    fn sequence<'a>(
        &mut self,
        open: &str,
        items: impl Iterator<Item = &'a dyn Repr>,
        close: &str,
    ) -> Result<()> {
        self.begin_group(open.len(), open);
        for (i, item) in items.enumerate() {
            if i > 0 {
                self.text(",");
                self.breakable();
            }
            if i == MAX_SEQ_LENGTH {
                self.text("...");
                break;
            }
            self.value(item)?;
        }
        if let Some(comma) = close.strip_suffix(')').filter(|comma| !comma.is_empty()) {
            self.text(comma);
            self.end_group(open.len(), ")");
        } else {
            self.end_group(open.len(), close);
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let width = text.chars().count();
        match self.buffer.back_mut() {
            None => {
                self.output.push_str(text);
                self.output_width += width;
                return;
            }
            Some(Item::Text { text: last, width: last_width }) => {
                last.push_str(text);
                *last_width += width;
            }
            Some(Item::Breakable { .. }) => {
                self.buffer.push_back(Item::Text { text: text.to_owned(), width });
            }
        }
        self.buffer_width += width;
        self.break_outer_groups();
    }

    fn breakable(&mut self) {
        let group = self.current_group();
        if self.groups[group].want_break {
            self.flush();
            self.new_line(self.indentation);
        } else {
            self.groups[group].breakables += 1;
            self.buffer.push_back(Item::Breakable { indentation: self.indentation, group });
            self.buffer_width += SEPARATOR.len();
            self.break_outer_groups();
        }
    }

    /// A line break whatever the width; it breaks the outermost open group with it.
    fn hard_break(&mut self) {
        if let Some(group) = self.dequeue() {
            self.break_group(group);
        }
        self.flush();
        self.new_line(self.indentation);
    }

    fn begin_group(&mut self, indent: usize, open: &str) {
        if !open.is_empty() {
            self.text(open);
        }
        let depth = self.groups[self.current_group()].depth + 1;
        let id = self.groups.len();
        self.groups.push(Group { depth, breakables: 0, want_break: false });
        self.group_stack.push(id);
        if self.group_queue.len() <= depth {
            self.group_queue.resize_with(depth + 1, Vec::new);
        }
        self.group_queue[depth].push(id);
        self.indentation += indent;
    }

    fn end_group(&mut self, dedent: usize, close: &str) {
        self.indentation -= dedent;
        if let Some(group) = self.group_stack.pop()
            && self.groups[group].breakables == 0
        {
            self.unqueue(group);
        }
        if !close.is_empty() {
            self.text(close);
        }
    }

    /// The root group is never popped: `begin_group` and `end_group` come in pairs.
    fn current_group(&self) -> GroupId {
        self.group_stack.last().copied().unwrap_or(0)
    }

    fn new_line(&mut self, indentation: usize) {
        self.output.push('\n');
        self.output.extend(std::iter::repeat_n(' ', indentation));
        self.output_width = indentation;
    }

    fn break_outer_groups(&mut self) {
        while self.max_width < self.output_width + self.buffer_width {
            let Some(group) = self.dequeue() else { return };
            self.break_group(group);
        }
    }

    /// Writes out the buffer up to and with the last breakable of `group`, and the text after it.
    fn break_group(&mut self, group: GroupId) {
        while self.groups[group].breakables > 0 {
            let Some(item) = self.buffer.pop_front() else {
                return;
            };
            self.emit(item);
        }
        while let Some(Item::Text { .. }) = self.buffer.front() {
            let Some(item) = self.buffer.pop_front() else {
                return;
            };
            self.emit(item);
        }
    }

    fn emit(&mut self, item: Item) {
        match item {
            Item::Text { text, width } => {
                self.output.push_str(&text);
                self.output_width += width;
                self.buffer_width -= width;
            }
            Item::Breakable { indentation, group } => {
                self.buffer_width -= SEPARATOR.len();
                self.groups[group].breakables -= 1;
                if self.groups[group].want_break {
                    self.new_line(indentation);
                } else {
                    if self.groups[group].breakables == 0 {
                        self.unqueue(group);
                    }
                    self.output.push_str(SEPARATOR);
                    self.output_width += SEPARATOR.len();
                }
            }
        }
    }

    fn flush(&mut self) {
        while let Some(item) = self.buffer.pop_front() {
            self.emit(item);
        }
    }

    /// The outermost group that has something to break, marked as broken.
    ///
    /// IPython finds it from the newest end of a depth's list but deletes the entry counted from
    /// the oldest, so that a broken group may stay queued and an unbroken one leave. Some nestings
    /// show it; so it is kept.
    fn dequeue(&mut self) -> Option<GroupId> {
        for depth in 0..self.group_queue.len() {
            let mut newest_first = self.group_queue[depth].iter().copied().rev().enumerate();
            let found = newest_first.find(|&(_, group)| self.groups[group].breakables > 0);
            if let Some((index, group)) = found {
                self.group_queue[depth].remove(index);
                self.groups[group].want_break = true;
                return Some(group);
            }
            for group in self.group_queue[depth].drain(..) {
                self.groups[group].want_break = true;
            }
        }
        None
    }

    fn unqueue(&mut self, group: GroupId) {
        let queued = &mut self.group_queue[self.groups[group].depth];
        if let Some(position) = queued.iter().position(|&g| g == group) {
            queued.remove(position);
        }
    }
}
