//! What was found for a notebook, and what is said of it.

use std::collections::BTreeMap;

use anyhow::Result;
use seed_recovery::notebook::{Agreement, Attempt, Understanding, agreement};
use seed_recovery::{Hit, Library, reproduce};

/// A hit with what it was found by and how much it draws again.
pub struct Found<'a> {
    attempt: &'a Attempt,
    hit: Hit,
    agreement: Agreement,
}

/// Of each seed the hit that draws most of the notebook again; of equal ones, that of the likeliest
/// attempt, which comes first.
pub fn best<'a>(understanding: &Understanding, hits: Vec<(&'a Attempt, Hit)>) -> Vec<Found<'a>> {
    let mut best: BTreeMap<u32, Found> = BTreeMap::new();
    let mut hits = hits;
    hits.sort_by_key(|(_, hit)| (hit.target, hit.offset));
    for (attempt, hit) in hits {
        let found = Found { attempt, hit, agreement: agreement(understanding, attempt, &hit) };
        let before = best.get(&hit.seed).map(|found| found.agreement.drawn_again);
        if before.is_none_or(|before| before < found.agreement.drawn_again) {
            best.insert(hit.seed, found);
        }
    }
    best.into_values().collect()
}

/// Prints what was found, as JSON or for a person.
pub fn report(json: bool, found: &[Found], seconds: f64) -> Result<()> {
    if json {
        let hits: Vec<_> = found.iter().map(Found::json).collect();
        let json = serde_json::json!({ "hits": hits, "seconds": seconds });
        println!("{}", serde_json::to_string_pretty(&json)?);
    } else {
        found.iter().for_each(|found| print!("{}", found.text()));
    }
    Ok(())
}

impl Found<'_> {
    fn json(&self) -> serde_json::Value {
        let Self { attempt, hit, agreement } = self;
        let programs = reproduce(&attempt.items, attempt.library, hit);
        serde_json::json!({
            "seed": hit.seed,
            "offset": hit.offset,
            "arithmetic": hit.arithmetic,
            "assumes": attempt.assumes,
            "search": attempt.why,
            "agreement": agreement,
            "python": programs.python,
            "rust": programs.rust,
        })
    }

    fn text(&self) -> String {
        let Self { attempt, hit, agreement } = self;
        let mut out = format!("seed {}, offset {}: {}\n", hit.seed, hit.offset, attempt.summary());
        for told in agreement.assumes.iter().filter(|one| !attempt.assumes.contains(one)) {
            out += &format!("the draws that follow fit {told}\n");
        }
        out += &format!(
            "{} of {} printed values of its draws are drawn again{}\n",
            agreement.drawn_again,
            agreement.printed,
            match &agreement.departs_at {
                Some(place) => format!("; from {place} on the run is another one than is shown"),
                None => String::new(),
            },
        );
        if hit.arithmetic.is_default() && attempt.library == Library::Torch {
            out += "the arithmetic is that of a processor without AVX2\n";
        }
        let programs = reproduce(&attempt.items, attempt.library, hit);
        let lines: Vec<String> =
            programs.python.lines().map(|line| format!("    {line}")).collect();
        out + &format!("\nPython:\n\n{}\n\n", lines.join("\n"))
    }
}
