//! What a notebook did, and what it does not show.

use std::collections::BTreeMap;

use super::format::Notebook;
use super::run::{Event, Given, Trace, What, follow};
use crate::draw::Library;
use crate::grammar::Item;

/// A notebook that was followed.
#[derive(Clone, Debug)]
pub struct Understanding {
    /// The notebook.
    pub notebook: Notebook,
    /// Its cells in the order in which they were run, by their number from 0.
    pub order: Vec<usize>,
    /// What they did.
    pub trace: Trace,
    /// Executions that are not shown: how many of them came right before a cell.
    pub gaps: BTreeMap<usize, u64>,
    /// Cells that were run after one that stands below them.
    pub out_of_order: Vec<usize>,
    /// Cells that do not say that they were run, where others do.
    pub not_run: Vec<usize>,
}

impl Understanding {
    /// Follows a notebook.
    #[must_use]
    pub fn new(notebook: Notebook, given: &Given) -> Self {
        let counted = notebook.cells.iter().any(|cell| cell.count.is_some());
        let mut order: Vec<usize> = (0..notebook.cells.len())
            .filter(|&i| !counted || notebook.cells[i].count.is_some())
            .collect();
        let not_run = (0..notebook.cells.len()).filter(|i| !order.contains(i)).collect();
        let in_file = order.clone();
        order.sort_by_key(|&i| notebook.cells[i].count);
        let mut highest = None;
        let out_of_order = in_file
            .into_iter()
            .filter(|&i| {
                let count = notebook.cells[i].count;
                let late = highest > count;
                highest = highest.max(count);
                late
            })
            .collect();
        let mut gaps = BTreeMap::new();
        let mut before = 0;
        for &i in &order {
            if let Some(count) = notebook.cells[i].count {
                let unseen = count.saturating_sub(before + 1);
                if unseen > 0 {
                    gaps.insert(i, unseen);
                }
                before = count;
            }
        }
        let trace = follow(&notebook, &order, given);
        Self { notebook, order, trace, gaps, out_of_order, not_run }
    }

    /// The draws of a library since it was last seeded, and that seeding.
    #[must_use]
    pub fn stream(&self, library: Library) -> (Option<&Event>, Vec<&Event>) {
        let of_it: Vec<&Event> =
            self.trace.events.iter().filter(|event| event.what.library() == library).collect();
        let seeded = of_it.iter().rposition(|event| matches!(event.what, What::Seed(..)));
        match seeded {
            Some(at) => (Some(of_it[at]), of_it[at + 1..].to_vec()),
            None => (None, of_it),
        }
    }

    /// How a person finds a cell: its `In [N]`, or its place in the file.
    #[must_use]
    pub fn cell_name(&self, cell: usize) -> String {
        match self.notebook.cells.get(cell).and_then(|cell| cell.count) {
            Some(count) => format!("In [{count}]"),
            None => format!("cell {}", cell + 1),
        }
    }
}

impl Event {
    /// The steps that the event stands for; `None` where its words are not known.
    #[must_use]
    pub fn items(&self) -> Option<Vec<Item>> {
        let times = usize::try_from(self.times?).ok().filter(|&n| n <= 1 << 17)?;
        let one = match &self.what {
            What::Seed(..) => return Some(Vec::new()),
            What::Words(words) => return Some(vec![Item::SkippedWords(words * times as u64)]),
            What::Draw(draw) => draw,
            What::Linear { .. } | What::Unknown(..) => return None,
        };
        Some(match &self.printed {
            Some(values) if values.iter().any(Option::is_some) => {
                vec![Item::Printed(one.clone(), values.clone())]
            }
            _ => vec![Item::Skipped(one.clone()); times],
        })
    }

    /// Whether any of its values was printed.
    #[must_use]
    pub fn is_printed(&self) -> bool {
        self.printed.iter().flatten().any(Option::is_some)
    }
}
