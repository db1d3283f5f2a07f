//! What is written of a comparison for other readers holds what `--json` does, and no name breaks it.

mod common;

use std::fs;
use std::path::Path;

use common::{parity, python, stderr, stdout};
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;

fn parse(text: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The elements of this name, of those that have one of these classes.
fn elements<'a>(page: &'a Document<'_>, name: &str, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        let classes = node.attribute("class").unwrap_or_default();
        node.has_tag_name(name)
            || node.tag_name().name() == name && classes.split(' ').any(|c| c == class)
    };
    page.descendants()
        .filter(|node| node.tag_name().name() == name && has(node))
        .filter(|node| {
            class.is_empty()
                || node.attribute("class").unwrap_or_default().split(' ').any(|c| c == class)
        })
        .collect()
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

/// Names and output that would be markup, or no text at all, if they were not escaped.
const HOSTILE: &str = r#"<img src=x onerror="alert(1)">,&%3A'"#;

#[test]
fn a_page_shows_what_json_says_whatever_the_names_are() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let script = |side: &str, number: &str| {
        let script = path(&format!("{HOSTILE}{side}.py"));
        let lines = format!(
            "import sys, torch
x = torch.arange(30.)
y = x * {number}  # ]]></pre></script><script>alert('&amp;')</script>
for _ in range(7): z = y.exp() - {number}
w = (x + 2.).sum()
sys.stdout.buffer.write(b'\\xff\\x00\\x1b[31m<script>{side}</script>]]>\\n')
"
        );
        fs::write(&script, lines).unwrap();
        let quoted = |path: &Path| path.to_str().unwrap().replace('\'', r"'\''");
        format!("'{}' '{}'", python.display(), quoted(&script))
    };
    let [html, junit, kept] = ["page.html", "junit.xml", "kept"].map(path);
    let files = [&html, &junit, &kept].map(|file| file.to_str().unwrap());
    let output = parity([
        "run",
        "--json",
        "--html",
        files[0],
        "--junit",
        files[1],
        "--keep",
        files[2],
        &script("a", "2.0"),
        &script("b", "2.0000002"),
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let comparison = &json["comparison"];
    check_page(&fs::read_to_string(&html).unwrap(), comparison);
    check_junit(&fs::read_to_string(&junit).unwrap());

    let kept = [kept.join("first"), kept.join("second")];
    let [a, b] = kept.each_ref().map(|folder| folder.to_str().unwrap());
    let output = parity(["compare", "--annotations", a, b]);
    assert_eq!(output.status.code(), Some(1));
    check_annotations(&stdout(&output), comparison);
}

fn check_page(page: &str, comparison: &Value) {
    let page = &parse(page);
    let all = |name: &str, class: &str| elements(page, name, class);
    assert!(all("script", "").is_empty() && all("img", "").is_empty());
    for outside in ["src", "href", "onerror"] {
        assert!(page.descendants().all(|node| node.attribute(outside).is_none()), "{outside}");
    }
    let word = all("p", "word")[0];
    assert_eq!(text(word), "different");
    assert!(text(all("h1", "")[0]).contains(HOSTILE), "{}", text(all("h1", "")[0]));

    // Both lines, marked among those around them.
    let first = &comparison["first_difference"];
    let marked: Vec<_> = all("span", "marked").into_iter().map(text).collect();
    assert_eq!(marked.len(), 2, "{marked:?}");
    for (side, line) in marked.iter().enumerate() {
        let expected = first["calls"][side][0]["line"]["text"].as_str().unwrap();
        assert_eq!(line.trim(), format!("3 {expected}"));
    }
    assert_eq!(all("span", "line").len(), 2 * 6);

    let places = comparison["places"].as_array().unwrap();
    assert_eq!((all("tr", "place").len(), places.len()), (3, 3), "{comparison:#}");
    let faults = places.iter().filter(|place| place["independent"] != 0).count();
    assert_eq!((all("tr", "fault").len(), faults), (1, 1));

    // Each of few calls has a point of its own, at the height of its distance.
    let bins = comparison["distances"]["histogram"].as_array().unwrap();
    let measured: u64 = bins.iter().map(|bin| bin["calls"].as_u64().unwrap()).sum();
    assert_eq!((all("circle", "point").len() as u64, measured), (15, 15));
    assert_eq!(comparison["differing"], 15);
    let height = |node: &Node<'_, '_>| node.attribute("cy").unwrap().parse::<f64>().unwrap();
    let points = all("circle", "point");
    let top = points.iter().min_by(|a, b| height(a).total_cmp(&height(b))).unwrap();
    let largest = comparison["distances"]["largest_ulps"].as_u64().unwrap();
    let title = text(*top).replace(',', "");
    assert!(title.contains(&format!(" {largest} ULP: ")), "{title}");
    assert_eq!(all("circle", "fault").len(), 1);

    let elements = &first["output"]["elements"];
    let around = elements["around"].as_array().unwrap();
    assert_eq!(text(all("table", "tensors")[0]).matches("0x").count(), 2 * around.len());
    let differ = around.iter().filter(|element| element["a_bits"] != element["b_bits"]).count();
    assert_eq!(all("tr", "differs").len(), differ);
    assert!(differ > 10 && differ < around.len(), "{elements:#}");
}

fn check_junit(junit: &str) {
    let report = &parse(junit);
    let suite = elements(report, "testsuite", "")[0];
    assert!(suite.attribute("name").unwrap().contains(HOSTILE));
    assert_eq!((suite.attribute("tests"), suite.attribute("failures")), (Some("2"), Some("2")));
    let tests = elements(report, "testcase", "");
    let names: Vec<_> = tests.iter().map(|test| test.attribute("name").unwrap()).collect();
    assert_eq!(names, ["computing calls", "standard output"]);
    for test in tests {
        let failure = test.children().find(|node| node.has_tag_name("failure")).unwrap();
        assert!(text(failure).contains("first difference: computing call 2"), "{}", text(failure));
    }
}

/// One command for the fault and one for the output, each in one line, and escaped so that the
/// service reads the name that the file has.
fn check_annotations(printed: &str, comparison: &Value) {
    let lines: Vec<_> = printed.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(lines.len(), 2, "{printed}");
    let properties = |line: &str| {
        let properties =
            line.strip_prefix("::error ").unwrap().split("::").next().unwrap().to_owned();
        let read = |text: &str| {
            text.replace("%2C", ",").replace("%3A", ":").replace("%0A", "\n").replace("%25", "%")
        };
        let pairs = properties.split(',').map(|pair| pair.split_once('=').unwrap());
        pairs.map(|(name, value)| (name.to_owned(), read(value))).collect::<Vec<_>>()
    };
    let found = properties(lines[0]);
    let line = &comparison["places"][0]["lines"][1];
    assert_eq!(found[0], ("file".into(), line["file"].as_str().unwrap().to_owned()));
    assert_eq!(found[1], ("line".into(), line["line"].to_string()));
    assert!(found[0].1.ends_with(&format!("{HOSTILE}b.py")));
    assert!(lines[1].contains("standard output differs from line 1 on%0A"), "{}", lines[1]);
}

#[test]
fn a_long_pair_is_thinned_out_and_keeps_its_extremes() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = |side: &str, step: &str| {
        let path = folder.path().join(format!("{side}.py"));
        let lines = format!(
            "import torch
for i in range(3000):
    x = torch.tensor([1 + {step} * 2**-23 * (100 if i == 1234 else 1)])
    x * 1.0"
        );
        fs::write(&path, lines).unwrap();
        format!("'{}' '{}'", python.display(), path.display())
    };
    let html = folder.path().join("page.html");
    let words = ["run", "--html", html.to_str().unwrap(), "--json"];
    let output = parity(words.into_iter().chain([script("a", "0").as_str(), &script("b", "512")]));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let page = fs::read_to_string(&html).unwrap();
    let page = &parse(&page);
    let points = elements(page, "circle", "point");
    assert!((400..=2 * 410).contains(&points.len()), "{}", points.len());
    let largest = json["comparison"]["distances"]["largest_ulps"].as_u64().unwrap();
    let titles: String = points.iter().map(|point| text(*point).replace(',', "") + "\n").collect();
    assert!(
        titles.contains(&format!("computing call 1235 {largest} ULP: ")),
        "{largest}: {titles}"
    );
}

#[test]
fn every_verdict_has_a_page_and_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let [html, junit] = ["page.html", "junit.xml"].map(|name| folder.path().join(name));
    let files = [html.to_str().unwrap(), junit.to_str().unwrap()];
    let run = |html: &str, words: &[&str]| {
        parity([&["run", "--html", html, "--junit", files[1]], words].concat())
    };
    let output = run(files[0], &["true", "true", "--annotations"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stdout(&output).contains("::error title=true and true%3A not comparable::"));
    let page = fs::read_to_string(&html).unwrap();
    let page = &parse(&page);
    assert_eq!(text(elements(page, "p", "word")[0]), "not comparable");
    assert!(text(elements(page, "p", "reason")[0]).contains("never loaded libtorch"));
    let xml = fs::read_to_string(&junit).unwrap();
    assert_eq!(elements(&parse(&xml), "error", "").len(), 1);

    // Said before the programs run, and nothing is left behind.
    let missing = folder.path().join("missing/page.html");
    let output = run(missing.to_str().unwrap(), &["true", "true"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("missing/page.html: there is no folder"),
        "{}",
        stderr(&output)
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

    let guide = common::example("guide");
    let guide = guide.to_str().unwrap();
    let golden = folder.path().join("guide.parity");
    let golden = golden.to_str().unwrap();
    assert!(parity(["record", "--to", golden, "--", guide]).status.success());
    for words in [["run", guide, guide], ["check", golden, guide]] {
        let output = parity([&words[..], &["--html", files[0], "--junit", files[1]]].concat());
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
        let page = fs::read_to_string(&html).unwrap();
        let page = &parse(&page);
        assert_eq!(text(elements(page, "p", "word")[0]), "identical");
        assert!(elements(page, "svg", "").is_empty() && elements(page, "tr", "place").is_empty());
    }
    let xml = fs::read_to_string(&junit).unwrap();
    assert_eq!(elements(&parse(&xml), "testsuites", "")[0].attribute("failures"), Some("0"));
}
