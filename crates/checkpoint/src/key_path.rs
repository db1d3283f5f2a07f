//! Where in a tree a value stands.

use crate::fault::Fault;

/// How deep lists, tuples and dictionaries may stand inside one another.
const MAX_DEPTH: usize = 200;

/// Where in a tree something stands, as Python would index it: `["state"][0]["exp_avg"]`.
#[derive(Debug, Default)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// Runs `body` one level further in, behind a key as [`Tree::key_text`](crate::Tree::key_text) gives it.
    ///
    /// # Errors
    /// What `body` returns, and a level that is too deep.
    pub fn inside<R>(
        &mut self,
        key: String,
        body: impl FnOnce(&mut Self) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        self.push(key)?;
        let result = body(self);
        self.pop();
        result
    }

    pub(crate) fn push(&mut self, key: String) -> Result<(), Fault> {
        if self.0.len() >= MAX_DEPTH {
            // The first levels, for a path too long to be printed.
            let start = self.0.iter().take(4).map(|key| format!("[{key}]"));
            return Err(Fault::TooDeep { path: start.collect::<String>() + "…" });
        }
        self.0.push(key);
        Ok(())
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }
}

impl std::fmt::Display for KeyPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the whole");
        }
        self.0.iter().try_for_each(|key| write!(f, "[{key}]"))
    }
}
