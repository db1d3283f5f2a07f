//! What was found for a notebook, and what is said of it.

use std::cmp::Reverse;

use anyhow::Result;
use seed_recovery::notebook::{Agreement, Attempt, Understanding, agreement};
use seed_recovery::{Hit, Library, reproduce};

/// A hit with what it was found by and how much it draws again.
pub struct Found<'a> {
    attempt: &'a Attempt,
    hit: Hit,
    agreement: Agreement,
}

/// What was found by the hits of a stage, of each seed the best.
pub fn best<'a>(understanding: &Understanding, hits: Vec<(&'a Attempt, Hit)>) -> Vec<Found<'a>> {
    let found = |(attempt, hit)| {
        let agreement = agreement(understanding, attempt, &hit);
        Found { attempt, hit, agreement }
    };
    of_each_seed(hits.into_iter().map(found).collect())
}

/// Of each seed the hit that draws most of the notebook again; of equal ones that of the likeliest
/// attempt, which is the first target.
fn of_each_seed(mut all: Vec<Found>) -> Vec<Found> {
    all.sort_by_key(|Found { hit, agreement, .. }| {
        (hit.seed, Reverse(agreement.drawn_again), hit.target, hit.offset)
    });
    all.dedup_by_key(|found| found.hit.seed);
    all
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

#[cfg(test)]
mod tests {
    use seed_recovery::{Arithmetic, Offsets};

    use super::*;

    #[test]
    fn each_seed_is_told_once_by_its_best_attempt() {
        let attempt = Attempt {
            stage: 0,
            why: String::new(),
            items: Vec::new(),
            assumes: Vec::new(),
            offsets: Offsets::at(0).into(),
            seeds: None,
            before: 0,
            library: Library::Torch,
        };
        let found = |(seed, target, offset, drawn_again)| Found {
            attempt: &attempt,
            hit: Hit { seed, offset, arithmetic: Arithmetic::Avx2, target },
            agreement: Agreement { drawn_again, printed: 9, assumes: Vec::new(), departs_at: None },
        };
        let all = [(7, 2, 0, 5), (7, 1, 4, 5), (7, 1, 8, 5), (7, 0, 0, 4), (5, 3, 0, 1)];
        let told: Vec<_> = of_each_seed(all.map(found).into())
            .iter()
            .map(|found| (found.hit.seed, found.hit.target, found.hit.offset))
            .collect();
        assert_eq!(told, [(5, 3, 0), (7, 1, 4)]);
    }
}
