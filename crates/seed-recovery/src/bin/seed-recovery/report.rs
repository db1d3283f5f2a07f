//! What the command says.

use std::fmt::Write;
use std::path::Path;

use seed_recovery::{
    Arithmetic, Evidence, Hit, Library, Outcome, Progress, Search, Seeds, Target, reproduce,
};

use crate::asked::Asked;

/// Says, on standard error, what the evidence is worth and how long the search will take.
pub fn announce(asked: &Asked, begun: &Progress, resumed: Option<&Path>) {
    let search = &asked.search;
    let seeds = search.seeds();
    for (i, Target { evidence, .. }) in search.targets().iter().enumerate() {
        eprintln!(
            "evidence{}{}: {} known values in {} words of the stream, {:.1} bits{}",
            asked.numbered(i),
            asked.assumptions(i, ", read as "),
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
pub fn text(asked: &Asked, ended: &Progress, seconds: f64) -> String {
    let search = &asked.search;
    let mut out = String::new();
    for hit in &ended.hits {
        hit_text(&mut out, asked, hit);
    }
    let all_tried = ended.tried_to >= search.seeds().end;
    for sequence in (0..asked.sequences).filter(|_| all_tried) {
        let mut targets = asked.targets_of(sequence).peekable();
        let Some(&first) = targets.peek() else { continue };
        if !targets.any(|target| ended.hits.iter().any(|hit| hit.target == target)) {
            let ruled_out = ruled_out(search, &search.targets()[first]);
            let _ = writeln!(out, "{ruled_out}{}", asked.numbered(first));
        }
    }
    let found = match ended.hits.len() {
        1 => "1 seed".to_owned(),
        n => format!("{n} seeds"),
    };
    let tried = ended.tried_to.min(search.seeds().end) - search.seeds().start;
    let whole = search.seeds().end - search.seeds().start;
    let (all, offsets) = (if tried < whole { "the first " } else { "" }, search.offsets());
    let ways = match (asked.sequences, search.targets().len()) {
        (sequences, readings) if sequences == readings => String::new(),
        (_, readings) => format!(", read in {readings} ways"),
    };
    let time = time(seconds);
    let _ = writeln!(out, "{found} found among {all}{tried}, {offsets}{ways}, in {time}");
    out
}

fn hit_text(out: &mut String, asked: &Asked, hit: &Hit) {
    let evidence = &asked.search.targets()[hit.target].evidence;
    let programs = reproduce(evidence.items(), evidence.library(), hit);
    let _ = writeln!(
        out,
        "seed {}, offset {}{}: all {} known values drawn again{}{}\n\nPython:\n\n{}\n\nRust:\n\n{}\n",
        hit.seed,
        hit.offset,
        asked.numbered(hit.target),
        evidence.known_values(),
        arithmetic(evidence, hit),
        asked.assumptions(hit.target, "; "),
        indented(&programs.python),
        indented(&programs.rust),
    );
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
        Library::Python => "Python's generator",
    };
    format!(
        "no seed: {library}, seeded with any of {}..{} and read from {}, never draws this sequence.\n\
         Not ruled out: another offset, a draw in between that was left out, other arguments or dtype, a value \
         mistyped, changed after it was drawn, or drawn on a GPU{}.",
        seeds.start,
        seeds.end,
        offsets,
        match evidence.library() {
            Library::Torch => "",
            Library::Python =>
                ", or random never seeded, or not with a whole number below 4294967296",
            Library::NumPy =>
                ", NumPy's default_rng, or np.random never seeded (it then starts from 128 bits, not 32)",
        },
    )
}

/// The result for a program; `stopped` is the file from which a stopped search carries on.
pub fn json(
    asked: &Asked,
    ended: &Progress,
    seconds: f64,
    stopped: Option<&Path>,
) -> serde_json::Result<String> {
    let search = &asked.search;
    let (whole, seeds) = (search.whole(), search.seeds());
    let hits = ended.hits.iter().map(|hit| {
        let evidence = &search.targets()[hit.target].evidence;
        let programs = reproduce(evidence.items(), evidence.library(), hit);
        serde_json::json!({
            "seed": hit.seed,
            "offset": hit.offset,
            "target": hit.target,
            "arithmetic": hit.arithmetic,
            "assumes": asked.origins[hit.target].assumes,
            "python": programs.python,
            "rust": programs.rust,
        })
    });
    let targets = search.targets().iter().zip(&asked.origins);
    let targets = targets.map(|(Target { evidence, offsets }, origin)| {
        serde_json::json!({
            "sequence": origin.sequence,
            "assumes": origin.assumes,
            "known_values": evidence.known_values(),
            "bits": evidence.bits(),
            "offsets": offsets.spans(),
        })
    });
    let mut about: serde_json::Map<_, _> =
        [("targets".to_owned(), targets.collect())].into_iter().collect();
    if let Some(state) = stopped {
        let stopped = serde_json::json!({ "state": state, "tried_to": ended.tried_to });
        about.insert("stopped".to_owned(), stopped);
    }
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
