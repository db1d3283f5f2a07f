//! A search that is stopped carries on, and shards of one merge.

mod command;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use command::{command, stderr, stdout};

#[cfg(unix)]
#[test]
fn json_of_a_stopped_search_holds_its_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let child = command(folder.path())
        .args(["--draw", "rand(5)=0.7095 0.0182 0.6494 0.4267 0.7859", "--offsets", "0..20000"])
        .args(["--threads", "1", "--simd", "portable", "--json", "--quiet"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    std::thread::sleep(Duration::from_secs(2));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let state = json["stopped"]["state"].as_str().expect("a path");
    assert!(folder.path().join(state).exists(), "{state}");
    assert_eq!(json["hits"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["stopped"]["tried_to"], json["seeds"]["to"]);
    std::fs::write(folder.path().join("part"), &output.stdout).expect("written");
    let merged = command(folder.path()).args(["merge", "part"]).output().expect("runs");
    assert_eq!(merged.status.code(), Some(2));
    assert!(stderr(&merged).contains("stand in none of the results"), "{}", stderr(&merged));
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_the_same_command_carries_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let state: PathBuf = folder.path().join("state");
    let arguments = [
        "--draw",
        "rand(5)=0.7095 0.0182 0.6494 0.4267 0.7859",
        "--offsets",
        "0..20000",
        "--threads",
        "1",
        "--simd",
        "portable",
        "--state",
        "state",
    ];
    let stop = || {
        let child = command(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        std::thread::sleep(Duration::from_secs(4));
        let killed = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(killed.success());
        child.wait_with_output().expect("it ends")
    };
    let tried = || -> u64 {
        let text = std::fs::read_to_string(&state).expect("the state is saved");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        json["tried_to"].as_u64().expect("a number")
    };
    let first = stop();
    assert_eq!(first.status.code(), Some(130), "{}", stderr(&first));
    assert!(stderr(&first).contains("run the same command to carry on"), "{}", stderr(&first));
    let before = tried();
    assert!(before > 0);
    let second = stop();
    assert!(
        stderr(&second).contains(&format!("{before} seeds were tried before")),
        "{}",
        stderr(&second)
    );
    assert!(tried() > before);

    let other = command(folder.path())
        .args(["--draw", "rand(5)=0.1 0.1 0.1 0.1 0.1", "--weak", "--state", "state"])
        .output()
        .expect("runs");
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("the state of another search"), "{}", stderr(&other));
}

/// A search whose evidence has few hits, but several.
const SEVERAL: [&str; 6] =
    ["--draw", "rand(1)=0.5000", "--seeds", "1000000..1400000", "--weak", "--json"];

fn result_of(folder: &Path, shard: Option<&str>, name: &str) -> serde_json::Value {
    let mut search = command(folder);
    search.args(SEVERAL).args(["--offset", "0,2333"]);
    let output = search.args(shard.iter().flat_map(|s| ["--shard", s])).output().expect("runs");
    std::fs::write(folder.join(name), &output.stdout).expect("written");
    serde_json::from_str(&stdout(&output)).expect("JSON")
}

#[test]
fn shards_merge_into_the_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let merge = |files: &[&str]| {
        command(folder.path()).arg("merge").args(files).output().expect("the command runs")
    };
    let whole = result_of(folder.path(), None, "whole");
    for shard in ["1/3", "2/3", "3/3"] {
        let part = result_of(folder.path(), Some(shard), &shard[..1]);
        let hits = |json: &serde_json::Value| json["hits"].as_array().map_or(0, Vec::len);
        assert!(hits(&part) > 0 && hits(&part) < hits(&whole), "{shard}");
    }
    let merged: serde_json::Value =
        serde_json::from_str(&stdout(&merge(&["3", "1", "2"]))).expect("JSON");
    for key in ["search", "whole", "seeds", "hits", "targets"] {
        assert_eq!(merged[key], whole[key], "{key}");
    }
    assert_eq!(merge(&["3", "1", "2"]).status.code(), Some(0));

    let text = std::fs::read_to_string(folder.path().join("2")).expect("it is there");
    let search = whole["search"].as_str().expect("a fingerprint");
    std::fs::write(folder.path().join("other"), text.replace(search, "0")).expect("written");
    std::fs::write(folder.path().join("not"), "[]").expect("written");
    let cases: &[(&[&str], &str)] = &[
        (&["1", "3"], "the seeds 1133333..1266666 stand in none of the results"),
        (&["2", "3"], "the seeds 1000000..1133333 stand in none"),
        (&["1", "2"], "the seeds 1266666..1400000 stand in none"),
        (&["1", "2", "2", "3"], "its seeds from 1133333 on stand in 2 too"),
        (&["1", "other", "3"], "a part of another search than 1"),
        (&["not"], "not what --json prints"),
        (&["missing"], "cannot read missing"),
        (&[], "required arguments were not provided"),
    ];
    for (files, expected) in cases {
        let output = merge(files);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{files:?}: {said}");
        assert!(said.contains(expected), "{files:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{files:?}: {said}");
    }
}
