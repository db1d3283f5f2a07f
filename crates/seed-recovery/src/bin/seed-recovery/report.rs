//! What the command says.

use std::fmt::Write;
use std::path::Path;

use seed_recovery::{Arithmetic, Hit, Library, Progress, Reading, Search, reproduce};

/// How the search of one reading ended.
pub struct Outcome<'a> {
    /// How the draws were read.
    pub reading: &'a Reading,
    /// The search.
    pub search: &'a Search,
    /// How far it came.
    pub ended: Progress,
}

/// Says, on standard error, what the evidence is worth and how long the search will take.
pub fn announce(search: &Search, reading: &Reading, begun: &Progress, resumed: Option<&Path>) {
    if !reading.assumes.is_empty() {
        eprintln!("read as: {}", assumptions(reading));
    }
    let evidence = search.evidence();
    let (seeds, offsets) = (search.seeds(), search.offsets());
    eprintln!(
        "evidence: {} known values in {} words of the stream, {:.1} bits; false hits expected: {}",
        evidence.known_values(),
        evidence.words(),
        evidence.bits(),
        count(search),
    );
    if let Some(advice) = search.advice() {
        eprintln!("this cannot single out a seed for certain: {advice}");
    }
    eprintln!(
        "search: {} seeds, {}, {} threads, {}",
        seeds.end - seeds.start,
        places(search),
        search.threads(),
        search.simd(),
    );
    let left = seeds.end - begun.tried_to;
    let rate = search.measure();
    let seconds = left as f64 / (rate * search.threads() as f64);
    eprintln!(
        "speed: {rate:.2e} seeds a second and thread, measured here; {:.2e} offsets a second; about {} to go",
        rate * offsets.count() as f64,
        time(seconds),
    );
    if let Some(path) = resumed {
        eprintln!(
            "resumed from {}: {} seeds were tried before",
            path.display(),
            begun.tried_to - seeds.start
        );
    }
}

/// Says, on standard error, how to carry on.
pub fn stopped(search: &Search, ended: &Progress, path: &Path) {
    let seeds = search.seeds();
    eprintln!(
        "stopped: {} of {} seeds tried, {} found so far; run the same command to carry on from {}",
        ended.tried_to - seeds.start,
        seeds.end - seeds.start,
        ended.hits.len(),
        path.display(),
    );
}

/// The result for a person.
pub fn text(all: &[Outcome], seconds: f64) -> String {
    let mut out = String::new();
    let mut found = 0;
    for Outcome { reading, search, ended } in all {
        found += ended.hits.len();
        for hit in &ended.hits {
            hit_text(&mut out, reading, search, hit);
        }
    }
    let search = all[0].search;
    if found == 0 {
        let _ = writeln!(out, "{}", ruled_out(search));
    }
    let ways = match all.len() {
        1 => String::new(),
        n => format!(", read in {n} ways"),
    };
    let seeds = if found == 1 { "seed" } else { "seeds" };
    let tried = search.seeds().end - search.seeds().start;
    let _ = writeln!(
        out,
        "{found} {seeds} found among {tried}, {}{ways}, in {}",
        places(search),
        time(seconds)
    );
    out
}

fn hit_text(out: &mut String, reading: &Reading, search: &Search, hit: &Hit) {
    let programs = reproduce(search.evidence().items(), search.evidence().library(), hit);
    let assumes = match assumptions(reading) {
        text if text.is_empty() => text,
        text => format!("; {text}"),
    };
    let _ = writeln!(
        out,
        "seed {}, offset {}: all {} known values drawn again{}{assumes}\n\nPython:\n\n{}\n\nRust:\n\n{}\n",
        hit.seed,
        hit.offset,
        search.evidence().known_values(),
        arithmetic(search, hit),
        indented(&programs.python),
        indented(&programs.rust),
    );
}

/// What a reading takes for true, in words.
fn assumptions(reading: &Reading) -> String {
    reading.assumes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn arithmetic(search: &Search, hit: &Hit) -> &'static str {
    match (search.evidence().library(), hit.arithmetic) {
        (Library::Torch, Arithmetic::Default) => {
            ", with the arithmetic of a processor without AVX2"
        }
        (Library::Torch, Arithmetic::DefaultFused) => {
            ", with the arithmetic of version 2.13 on a processor without AVX2"
        }
        _ => "",
    }
}

fn ruled_out(search: &Search) -> String {
    let seeds = search.seeds();
    let library = match search.evidence().library() {
        Library::Torch => "PyTorch's CPU generator",
        Library::NumPy => "NumPy's legacy generator",
        Library::Python => "Python's generator",
    };
    format!(
        "no seed: {library}, seeded with any of {}..{} and read from {}, never draws this sequence.\n\
         Not ruled out: another offset, a draw in between that was left out, other arguments or dtype, a value \
         mistyped, changed after it was drawn, or drawn on a GPU{}.",
        seeds.start,
        seeds.end,
        places(search),
        match search.evidence().library() {
            Library::Torch => "",
            Library::Python =>
                ", or random never seeded, or not with a whole number below 4294967296",
            Library::NumPy =>
                ", NumPy's default_rng, or np.random never seeded (it then starts from 128 bits, not 32)",
        },
    )
}

/// The result for a program; `state` is the file from which a stopped search carries on.
pub fn json(all: &[Outcome], seconds: f64, state: Option<&Path>) -> serde_json::Result<String> {
    let search = all[0].search;
    let (seeds, offsets) = (search.seeds(), search.offsets());
    let hits: Vec<_> = all
        .iter()
        .flat_map(|one| one.ended.hits.iter().map(move |hit| (one, hit)))
        .map(|(Outcome { reading, search, .. }, hit)| {
            let programs = reproduce(search.evidence().items(), search.evidence().library(), hit);
            serde_json::json!({
                "seed": hit.seed,
                "offset": hit.offset,
                "arithmetic": hit.arithmetic,
                "assumes": reading.assumes,
                "python": programs.python,
                "rust": programs.rust,
            })
        })
        .collect();
    let mut json = serde_json::json!({
        "evidence": { "known_values": search.evidence().known_values(), "bits": search.evidence().bits() },
        "expected_false_hits": search.expected_false_hits(),
        "seeds": { "from": seeds.start, "to": seeds.end },
        "offsets": { "from": offsets.first, "to": offsets.end, "stride": offsets.stride },
        "hits": hits,
        "seconds": seconds,
    });
    if let (Some(state), Some(last)) = (state, all.last()) {
        json["stopped"] = serde_json::json!({
            "state": state,
            "readings_tried": all.len() - 1,
            "tried_to": last.ended.tried_to,
        });
    }
    serde_json::to_string_pretty(&json)
}

fn places(search: &Search) -> String {
    let offsets = search.offsets();
    match (offsets.count(), offsets.stride) {
        (1, _) => format!("offset {}", offsets.first),
        (_, 1) => format!("offsets {}..{}", offsets.first, offsets.end),
        (_, stride) => format!("offsets {}..{} by {stride}", offsets.first, offsets.end),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn count(search: &Search) -> String {
    match search.expected_false_hits() {
        expected if expected >= 0.01 => format!("{expected:.2}"),
        expected if expected >= 1e-300 => format!("{expected:.0e}"),
        _ => "below 1e-300".into(),
    }
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
