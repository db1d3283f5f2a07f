//! What the command says.

use std::fmt::Write;
use std::path::Path;

use seed_recovery::{
    Arithmetic, Evidence, Hit, Library, Outcome, Progress, Search, Seeds, Target, reproduce,
};

/// Says, on standard error, what the evidence is worth and how long the search will take.
pub fn announce(search: &Search, begun: &Progress, resumed: Option<&Path>) {
    let seeds = search.seeds();
    for (i, Target { evidence, .. }) in search.targets().iter().enumerate() {
        eprintln!(
            "evidence{}: {} known values in {} words of the stream, {:.1} bits{}",
            numbered(search, i),
            evidence.known_values(),
            evidence.words(),
            evidence.bits(),
            match search.targets().len() {
                1 => format!("; false hits expected: {}", count(search)),
                _ => String::new(),
            }
        );
    }
    if search.targets().len() > 1 {
        eprintln!("false hits expected: {}", count(search));
    }
    if let Some(advice) = search.advice() {
        eprintln!("this cannot single out a seed for certain: {advice}");
    }
    eprintln!(
        "search: {} seeds{}, {}, {} threads, {}",
        seeds.end - seeds.start,
        if seeds == search.whole() {
            String::new()
        } else {
            format!(" ({}..{})", seeds.start, seeds.end)
        },
        search.offsets(),
        search.threads(),
        search.simd(),
    );
    let left = seeds.end - begun.tried_to;
    let rate = search.measure();
    let seconds = left as f64 / (rate * search.threads() as f64);
    eprintln!(
        "speed: {rate:.2e} seeds a second and thread, measured here; {:.2e} offsets a second; about {} to go",
        rate * search.offsets().count() as f64,
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
pub fn text(search: &Search, ended: &Progress, seconds: f64) -> String {
    let mut out = String::new();
    for hit in &ended.hits {
        let evidence = &search.targets()[hit.target].evidence;
        let programs = reproduce(evidence.items(), evidence.library(), hit);
        let _ = writeln!(
            out,
            "seed {}, offset {}{}: all {} known values drawn again{}\n\nPython:\n\n{}\n\nRust:\n\n{}\n",
            hit.seed,
            hit.offset,
            numbered(search, hit.target),
            evidence.known_values(),
            arithmetic(evidence, hit),
            indented(&programs.python),
            indented(&programs.rust),
        );
    }
    for (i, target) in search.targets().iter().enumerate() {
        let all_tried = ended.tried_to >= search.seeds().end;
        if all_tried && ended.hits.iter().all(|hit| hit.target != i) {
            let _ = writeln!(out, "{}{}", ruled_out(search, target), numbered(search, i));
        }
    }
    let found = match ended.hits.len() {
        1 => "1 seed".to_owned(),
        n => format!("{n} seeds"),
    };
    let tried = ended.tried_to.min(search.seeds().end) - search.seeds().start;
    let whole = search.seeds().end - search.seeds().start;
    let (all, offsets) = (if tried < whole { "the first " } else { "" }, search.offsets());
    let _ = writeln!(out, "{found} found among {all}{tried}, {offsets}, in {}", time(seconds));
    out
}

/// Which target is meant, where there are several.
fn numbered(search: &Search, target: usize) -> String {
    if search.targets().len() == 1 { String::new() } else { format!(" (target {})", target + 1) }
}

fn arithmetic(evidence: &Evidence, hit: &Hit) -> &'static str {
    match (evidence.library(), hit.arithmetic) {
        (Library::Torch, Arithmetic::Default) => {
            ", with the arithmetic of a processor without AVX2"
        }
        (Library::Torch, Arithmetic::DefaultFused) => {
            ", with the arithmetic of version 2.13 on a processor without AVX2"
        }
        _ => "",
    }
}

fn ruled_out(search: &Search, Target { evidence, offsets }: &Target) -> String {
    let seeds = search.seeds();
    let library = match evidence.library() {
        Library::Torch => "PyTorch's CPU generator",
        Library::NumPy => "NumPy's legacy generator",
    };
    format!(
        "no seed: {library}, seeded with any of {}..{} and read from {}, never draws this sequence.\n\
         Not ruled out: another offset, a draw in between that was left out, other arguments or dtype, a value \
         mistyped, changed after it was drawn, or drawn on a GPU{}.",
        seeds.start,
        seeds.end,
        offsets,
        match search.evidence().library() {
            Library::Torch => "",
            Library::NumPy =>
                ", NumPy's default_rng, or np.random never seeded (it then starts from 128 bits, not 32)",
        },
    )
}

/// The result for a program.
pub fn json(search: &Search, ended: &Progress, seconds: f64) -> serde_json::Result<String> {
    let (whole, seeds) = (search.whole(), search.seeds());
    let hits = ended.hits.iter().map(|hit| {
        let evidence = &search.targets()[hit.target].evidence;
        let programs = reproduce(evidence.items(), evidence.library(), hit);
        serde_json::json!({
            "seed": hit.seed,
            "offset": hit.offset,
            "target": hit.target,
            "arithmetic": hit.arithmetic,
            "python": programs.python,
            "rust": programs.rust,
        })
    });
    let targets = search.targets().iter().map(|Target { evidence, offsets }| {
        serde_json::json!({
            "known_values": evidence.known_values(),
            "bits": evidence.bits(),
            "offsets": offsets.spans(),
        })
    });
    let about = [("targets".to_owned(), targets.collect())].into_iter().collect();
    let outcome = Outcome {
        search: search.fingerprint(),
        whole: Seeds { from: whole.start, to: whole.end },
        seeds: Seeds { from: seeds.start, to: ended.tried_to.min(seeds.end) },
        expected_false_hits: search.expected_false_hits(),
        hits: hits.collect(),
        seconds,
        about,
    };
    serde_json::to_string_pretty(&outcome)
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
