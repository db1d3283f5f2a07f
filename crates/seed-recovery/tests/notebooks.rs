//! Notebooks, scripts and posts that were run with a seed they do not show: each is found by `seed-recovery
//! notebook`, from the file alone, or refused for the right reason.
//!
//! The corpus is recorded by `tests/python/notebooks.py`. Only seeds around the true one are searched.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use seed_recovery::notebook::{Given, Notebook, Understanding, attempts, describe, evidence_text};
use seed_recovery::{Mt19937, Words, parse_items};
use serde::Deserialize;

const CORPUS: &str = include_str!("../../../tests/golden/notebooks.jsonl");

/// A file of the corpus with what is expected of it.
#[derive(Deserialize)]
struct Case {
    name: String,
    text: String,
    seed: u32,
    #[serde(default)]
    set: Vec<String>,
    /// The text of the CSV file that it reads.
    data: Option<String>,
    found: Option<(u32, u64)>,
    /// What the hit takes for true, or what the draws behind it tell.
    assumes: Option<String>,
    /// Printed values drawn again, and all printed values of draws.
    again: Option<(usize, usize)>,
    refused: Option<String>,
}

fn cases() -> Vec<Case> {
    let lines = CORPUS.lines().filter(|line| !line.starts_with(r#"{"end""#));
    lines.map(|line| serde_json::from_str(line).expect("a case reads")).collect()
}

fn run(folder: &Path, case: &Case) -> Output {
    std::fs::write(folder.join(&case.name), &case.text).expect("written");
    let first = u64::from(case.seed).saturating_sub(300);
    let seeds = format!("{first}..{}", (first + 600).min(1 << 32));
    if let Some(data) = &case.data {
        std::fs::write(folder.join("data.csv"), data).expect("written");
    }
    Command::new(env!("CARGO_BIN_EXE_seed-recovery"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .args(["notebook", &case.name, "--json", "--seeds", &seeds])
        .args(case.data.iter().flat_map(|_| ["--data", "data.csv"]))
        .args(case.set.iter().flat_map(|set| ["--set", set]))
        .output()
        .expect("the command runs")
}

/// What is wrong with the answer; nothing if it is the expected one.
fn judge(case: &Case, output: &Output) -> Option<String> {
    let said = String::from_utf8_lossy(&output.stderr);
    if let Some(refused) = &case.refused {
        let right = output.status.code() == Some(2) && said.contains(refused.as_str());
        return (!right).then(|| format!("not refused because {refused:?}: {said}"));
    }
    let json: serde_json::Value = match serde_json::from_slice(&output.stdout) {
        Ok(json) => json,
        Err(_) => return Some(format!("no answer: {said}")),
    };
    let hits = json["hits"].as_array().cloned().unwrap_or_default();
    let [hit] = &hits[..] else { return Some(format!("{} hits: {said}", hits.len())) };
    let (seed, offset) = case.found.unwrap_or_default();
    if hit["seed"] != seed || hit["offset"] != offset {
        return Some(format!(
            "seed {}, offset {}, not {seed} and {offset}: {said}",
            hit["seed"], hit["offset"]
        ));
    }
    let told = format!("{}{}", hit["assumes"], hit["agreement"]["assumes"]);
    if let Some(assumes) = case.assumes.as_ref().filter(|assumes| !told.contains(assumes.as_str()))
    {
        return Some(format!("{assumes:?} is not told by {told}: {said}"));
    }
    let (again, printed) = case.again?;
    let agreement = &hit["agreement"];
    (agreement["drawn_again"] != again || agreement["printed"] != printed)
        .then(|| format!("{agreement}, not {again} of {printed}: {said}"))
}

#[test]
fn each_notebook_is_found_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = cases();
    assert!(cases.len() >= 40, "the corpus has {} files", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            judge(case, &run(folder.path(), case)).map(|wrong| format!("{}: {wrong}", case.name))
        })
        .collect();
    println!(
        "notebooks answered as they were run: {} of {}",
        cases.len() - wrong.len(),
        cases.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_page_shows_what_the_command_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = cases().into_iter().next().expect("a case");
    std::fs::write(folder.path().join("charges.ipynb"), &case.text).expect("written");
    let page = include_str!("../README.md");
    let mut shown = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let Some(rest) = block.strip_prefix("$ seed-recovery notebook ") else { continue };
        let (arguments, said) = rest.split_once('\n').expect("a command and what it says");
        let output = Command::new(env!("CARGO_BIN_EXE_seed-recovery"))
            .current_dir(folder.path())
            .arg("notebook")
            .args(arguments.split_whitespace())
            .output()
            .expect("the command runs");
        let printed = [output.stderr, output.stdout].concat();
        assert_eq!(String::from_utf8_lossy(&printed).trim_end(), said.trim_end(), "{arguments}");
        shown += 1;
    }
    assert!(shown >= 2, "{shown} commands of the page were run");
}

/// Runs the command on a file of this text; returns the exit status and what was said.
fn answer(folder: &Path, name: &str, text: &[u8], arguments: &[&str]) -> (Option<i32>, String) {
    std::fs::write(folder.join(name), text).expect("written");
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_seed-recovery"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .args(["notebook", name])
        .args(arguments)
        .output()
        .expect("the command runs");
    assert!(started.elapsed() < Duration::from_secs(20), "{name} took {:?}", started.elapsed());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A notebook of one cell.
fn one_cell(code: &str, output: &str) -> String {
    let outputs = serde_json::json!([{"output_type": "stream", "name": "stdout", "text": output}]);
    let cell = serde_json::json!({
        "cell_type": "code", "execution_count": 1, "source": code, "outputs": outputs,
    });
    serde_json::json!({"nbformat": 4, "cells": [cell]}).to_string()
}

#[test]
fn evidence_is_written_edited_and_taken_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = cases().into_iter().find(|case| case.name.contains("model_made_twice"));
    let text = case.expect("the case").text;
    let name = "notebook.ipynb";
    let (code, said) = answer(folder.path(), name, text.as_bytes(), &["--evidence", "draws.txt"]);
    assert_eq!(code, Some(0), "{said}");
    let draws = folder.path().join("draws.txt");
    let written = std::fs::read_to_string(&draws).expect("the evidence is written");
    assert!(written.contains("skip dataloader(1081,shuffle=True)\n"), "{written}");
    // The model was made twice, which its author remembers.
    let edited = written.replace("linear(4,1) =", "skip linear(4,1)\nlinear(4,1) =");
    std::fs::write(&draws, edited).expect("written");
    let case = cases().into_iter().find(|case| case.name.contains("model_made_twice"));
    let seed = u64::from(case.expect("the case").seed);
    let seeds = format!("{}..{}", seed - 100, seed + 100);
    let output = Command::new(env!("CARGO_BIN_EXE_seed-recovery"))
        .current_dir(folder.path())
        .args(["notebook", name, "--from", "draws.txt", "--quiet", "--seeds", &seeds])
        .output()
        .expect("the command runs");
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        found.contains(&format!("seed {seed}, offset 0: the evidence of draws.txt")),
        "{found}"
    );
    assert!(found.contains("PyTorch 1.9 or later"), "{found}");
}

#[test]
fn a_budget_ends_the_search() {
    let folder = tempfile::tempdir().expect("a folder");
    // Its seed lies far from the first ones.
    let case = cases().into_iter().nth(1).expect("a case");
    assert!(case.seed > 1 << 31);
    let (code, said) =
        answer(folder.path(), "notebook.ipynb", case.text.as_bytes(), &["--budget", "1"]);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("trying 1 of 3"), "{said}");
}

#[test]
fn hostile_files_end_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let draw = "import torch\nx = torch.rand(4)\nprint(x)\n";
    let values = "tensor([0.1, 0.2, 0.3, 0.4])\n";
    let many = |text: &str, count: usize| text.repeat(count);
    let cases: Vec<(&str, String, &str)> = vec![
        ("empty.ipynb", String::new(), "no notebook"),
        ("text.ipynb", "no JSON at all".into(), "no notebook"),
        ("list.ipynb", "[1, 2]".into(), "no notebook"),
        ("cut.ipynb", one_cell(draw, values)[..60].to_owned(), "no notebook"),
        ("old.ipynb", r#"{"nbformat": 3, "worksheets": []}"#.into(), "version 3"),
        ("bare.ipynb", r#"{"nbformat": 4}"#.into(), "it has no cells"),
        ("no_code.ipynb", r#"{"nbformat": 4, "cells": []}"#.into(), "holds no code"),
        ("nested.ipynb", many("[", 1_000_000), "no notebook"),
        ("types.ipynb", r#"{"cells": [{"cell_type": "code", "source": 7}]}"#.into(), "no notebook"),
        ("large.ipynb", one_cell(draw, &many("0123456789", 10_000_000)), "larger than 64 MB"),
        ("lines.ipynb", one_cell(draw, &many("0.5\n", 5_000_000)), "cannot be searched"),
        ("brackets.ipynb", one_cell(draw, &many("tensor([[", 300_000)), "cannot be searched"),
        ("deep.ipynb", one_cell(&many("f(", 60_000), ""), "draws nothing"),
        ("lists.ipynb", one_cell(&format!("x = {}", many("[", 60_000)), ""), "draws nothing"),
        ("sums.ipynb", one_cell(&format!("x = 0{}", many("+1", 60_000)), ""), "draws nothing"),
        ("dots.ipynb", one_cell(&format!("x = a{}", many(".b", 60_000)), ""), "draws nothing"),
        (
            "blocks.ipynb",
            one_cell(
                &(0..400).map(|i| format!("{}if x:\n", " ".repeat(i))).collect::<String>(),
                "",
            ),
            "draws nothing",
        ),
        (
            "recursion.ipynb",
            one_cell("def f(n):\n    return f(n) + f(n)\nf(1)", ""),
            "draws nothing",
        ),
        (
            "forever.ipynb",
            one_cell(
                "while True:\n    for i in range(10**15):\n        for j in range(10**15):\n            x = [k for k in range(10**15)]",
                "",
            ),
            "draws nothing",
        ),
        (
            "growing.ipynb",
            one_cell(
                "import torch\nfor i in range(60):\n    for j in range(60):\n        for k in range(60):\n            torch.rand(3)",
                "",
            ),
            "cannot be searched",
        ),
        (
            "huge.ipynb",
            one_cell(
                "import torch\nx = torch.rand(10**9, 10**9)\nprint(x)\nx = torch.randperm(2**62)\ntorch.nn.Linear(10**9, 10**9)\ntorch.nn.LSTM(2**40, 2**40)\ntorch.nn.Conv2d(2**31, 2**31, 2**31)",
                values,
            ),
            "cannot be searched",
        ),
        (
            "self.ipynb",
            one_cell(
                "x = []\nx.append(x)\nprint(x)\ny = len(x)\nclass A(A):\n    pass\na = A()\na.a = a\nlist(a.parameters())",
                "[[]]",
            ),
            "draws nothing",
        ),
        ("text.py", many("print(1)\n", 10), "draws nothing"),
        ("words.md", "Only words.\n".into(), "holds no code"),
        ("tags.html", many("<pre>", 100_000), "holds no code"),
        ("open.html", format!("<pre>{}", many("<", 1_000_000)), "holds no code"),
    ];
    for (name, text, expected) in cases {
        let (code, said) = answer(folder.path(), name, text.as_bytes(), &["--quiet"]);
        assert_eq!(code, Some(2), "{name}: {said:.2000}");
        assert!(said.contains(expected), "{name}: {said:.2000}");
        assert_eq!(said.trim_end().lines().count(), 1, "{name}: {said:.2000}");
        assert!(said.len() < 1000, "{name}: {said:.2000}");
    }
    let (code, said) = answer(folder.path(), "binary.ipynb", &[0xff; 100], &["--quiet"]);
    assert!(code == Some(2) && said.contains("not UTF-8"), "{said}");
}

/// A few changes of a text, drawn from a generator: parts cut, doubled, exchanged, bytes replaced.
fn mutate(text: &str, random: &mut Mt19937) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.word() % 4 {
        let mut below = |n: usize| random.word() as usize % n.max(1);
        let at = below(bytes.len());
        let end = (at + below(40)).min(bytes.len());
        match below(4) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            2 => {
                let marks = b"()[]{}\"'\\\n\t .,:=*-0123456789#%!?<>&";
                let mark = marks[below(marks.len())];
                bytes.splice(at..end.min(at + 1), [mark]);
            }
            _ => {
                let to = below(bytes.len());
                let part: Vec<u8> = bytes.drain(at..end).collect();
                let to = to.min(bytes.len());
                bytes.splice(to..to, part);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn no_changed_file_makes_it_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = Mt19937::new(26);
    let cases = cases();
    let mut read = 0;
    for _ in 0..400 {
        let case = &cases[random.word() as usize % cases.len()];
        // Changes of the JSON itself rarely leave JSON: half of them are made inside its texts.
        let text = match serde_json::from_str::<serde_json::Value>(&case.text) {
            Ok(mut json) if random.word().is_multiple_of(2) => {
                for cell in
                    json.pointer_mut("/cells").and_then(|c| c.as_array_mut()).into_iter().flatten()
                {
                    if random.word().is_multiple_of(3) {
                        let source = cell
                            .get("source")
                            .and_then(|lines| lines.as_array())
                            .cloned()
                            .unwrap_or_default();
                        let lines: String =
                            source.iter().filter_map(|line| line.as_str()).collect();
                        if cell.is_object() {
                            cell["source"] = mutate(&lines, &mut random).into();
                        }
                    }
                    if let Some(text) = cell.pointer_mut("/outputs/0/text") {
                        let lines: String = text
                            .as_array()
                            .into_iter()
                            .flatten()
                            .filter_map(|l| l.as_str())
                            .collect();
                        *text = mutate(&lines, &mut random).into();
                    }
                }
                json.to_string()
            }
            _ => mutate(&case.text, &mut random),
        };
        let path = folder.path().join(&case.name);
        std::fs::write(&path, &text).expect("written");
        if let Ok(notebook) = Notebook::read(&path) {
            let understanding = Understanding::new(notebook, &Given::default());
            let plan = attempts(&understanding).unwrap_or_default();
            assert!(!describe(&understanding, &plan).is_empty());
            for attempt in &plan {
                let evidence = evidence_text("changed", attempt);
                let items = parse_items(&[], Some(&evidence)).expect("what was written reads");
                assert_eq!(items.len(), attempt.items.len(), "{evidence}");
            }
            read += 1;
        }
    }
    println!("changed files followed without a panic: {read}");
    assert!(read > 100, "only {read} changed files could be read");
}
