//! A search's result as a file, and the results of its parts put together.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Seeds from one to below another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seeds {
    /// The first seed.
    pub from: u64,
    /// One past the last.
    pub to: u64,
}

/// What `--json` prints: the hits among some of a search's seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The fingerprint of the whole search.
    pub search: String,
    /// The seeds of the whole search.
    pub whole: Seeds,
    /// The seeds tried.
    pub seeds: Seeds,
    /// False hits to be expected among them.
    pub expected_false_hits: f64,
    /// What was found, in the order of the seeds.
    pub hits: Vec<Value>,
    /// How long it took, in seconds; of parts, all together.
    pub seconds: f64,
    /// What else is said of the search, the same for each of its parts.
    #[serde(flatten)]
    pub about: Map<String, Value>,
}

impl Outcome {
    /// Reads what `--json` printed into the file `name`.
    ///
    /// # Errors
    /// [`Error::Outcome`] for anything else.
    pub fn read(name: &str, text: &str) -> Result<Self> {
        let outcome: Self = serde_json::from_str(text).map_err(|error| Error::Outcome {
            file: name.to_owned(),
            reason: format!("it is not what --json prints: {error}"),
        })?;
        let Self { whole, seeds, .. } = &outcome;
        if seeds.from > seeds.to || seeds.from < whole.from || seeds.to > whole.to {
            return Err(Error::Outcome {
                file: name.to_owned(),
                reason: format!(
                    "its seeds {}..{} are no part of {}..{}",
                    seeds.from, seeds.to, whole.from, whole.to
                ),
            });
        }
        Ok(outcome)
    }

    /// The result of a whole search from those of its parts, each with its file's name.
    ///
    /// # Errors
    /// [`Error::Outcome`] for parts of different searches, for seeds that stand in two of them and for
    /// seeds that stand in none.
    pub fn merge(mut parts: Vec<(String, Self)>) -> Result<Self> {
        let bad =
            |file: &str, reason: String| Err(Error::Outcome { file: file.to_owned(), reason });
        parts.sort_by_key(|(_, part)| part.seeds);
        let mut parts = parts.into_iter();
        let Some((first, mut merged)) = parts.next() else {
            return bad("merge", "there is no result to merge".into());
        };
        if merged.seeds.from > merged.whole.from {
            return bad(&first, missing(merged.whole.from, merged.seeds.from));
        }
        let mut before = first.clone();
        for (file, part) in parts {
            if part.search != merged.search || part.whole != merged.whole {
                return bad(&file, format!("it is a part of another search than {first}"));
            }
            if part.seeds.from > merged.seeds.to {
                return bad(&file, missing(merged.seeds.to, part.seeds.from));
            }
            if part.seeds.from < merged.seeds.to {
                return bad(
                    &file,
                    format!("its seeds from {} on stand in {before} too", part.seeds.from),
                );
            }
            merged.seeds.to = part.seeds.to;
            merged.hits.extend(part.hits);
            merged.seconds += part.seconds;
            merged.expected_false_hits += part.expected_false_hits;
            before = file;
        }
        if merged.seeds != merged.whole {
            return bad(&before, missing(merged.seeds.to, merged.whole.to));
        }
        Ok(merged)
    }
}

fn missing(from: u64, to: u64) -> String {
    format!(
        "the seeds {from}..{to} stand in none of the results; run their shard, or let it finish"
    )
}
