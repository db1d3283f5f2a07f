//! The command: what it prints, what it refuses, and how it stops and carries on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seed-recovery"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    command(folder.path()).args(arguments).output().expect("the command runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

#[test]
fn bad_input_is_one_sentence_and_code_2() {
    let cases: &[(&[&str], &str)] = &[
        (&["--draw", "rand(3)=0.1234 1.2000 0.5000"], "rand(3) never draws 1.2000"),
        (&["--draw", "randint(-10,11,2)=5 11"], "from -10 to 10"),
        (&["--draw", "randint(0,9,2)=5 1.5"], "never draws 1.5"),
        (&["--draw", "linear(3,2)=0.1 0.1 0.1 0.1 0.1 0.7 0.1 0.1"], "never draws 0.7"),
        (&["--draw", "randn(2)=0.1234 9.1234"], "never draws 9.1234"),
        (&["--draw", "rand(1)=0.123456789012"], "none of its 2^24 float32 values prints so"),
        (&["--draw", "randperm(4)=3 1 3 0"], "3 stands in it twice"),
        (&["--draw", "randn(2)=6.0000 6.5000"], "one pair"),
        (
            &["--draw", "rand(2)=0.1234 0.1234", "--draw", "np.rand(2)=0.1234 0.1234"],
            "mixes draws of PyTorch and of NumPy",
        ),
        (&["--draw", "rand(3)=0.1234 0.12x4 0.5000"], "\"0.12x4\" is not a number"),
        (&["--draw", "rand(3)=tensor([0.1, 0.2, 0.3"], "a [ is never closed"),
        (&["--draw", "rand(3,device='cuda')=0.1 0.2 0.3"], "CUDA"),
        (&["--draw", "dataloader(5)=0 1 2 3 4"], "serves its rows in order"),
        (&["--draw", "skip make_classification(100)"], "give its words"),
        (&["--draw", "skip multinomial(10)"], "number of samples is missing"),
        (&["--draw", "conv2d(3,8)=0.1"], "kernel_size is missing"),
        (&["--draw", "conv2d(3,8,3,groups=2)=0.1"], "groups must divide"),
        (&["--draw", "lstm(3)=0.1"], "takes input_size and hidden_size"),
        (&["--draw", "lstm(3,4,num_layers=99999999)=0.1"], "draws more than"),
        (&["--draw", "bernoulli_(1.5,3)=1 0 1"], "between 0 and 1"),
        (&["--draw", "bernoulli_(0.5,3)=1 0 2"], "it draws 0 and 1"),
        (&["--draw", "exponential(1,2)=-0.5 1"], "never draws -0.5"),
        (&["--draw", "np.choice(3,5,replace=False)=0 1 2"], "more than there are"),
        (&["--draw", "random.shuffle(3)=0 1 1"], "1 stands in it twice"),
        (&["--draw", "random.random(2)=0.1 1.5"], "never draws 1.5"),
        (
            &["--draw", "rand(2,generator=g)=0.1 0.2", "--draw", "rand(2)=0.1 0.2"],
            "a generator of their own",
        ),
        (
            &[
                "--draw",
                "rand(3)=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0.1",
            ],
            "nested more than 64 deep",
        ),
        (&["--draw", "rand(3)=tensor([0.1, nan, 0.3])"], "\"nan\" is not a number"),
        (&["--draw", "rand(3)="], "has no values"),
        (&["--draw", "rand(3)=? ? ?"], "has no values"),
        (&["--draw", "rand(0)=[]"], "has no values"),
        (&["--draw", "skip 50"], "has no values"),
        (&[], "has no values"),
        (&["--draw", "rand(3)"], "has no values"),
        (&["--draw", "rand(3)=0.1234 0.5000"], "draws 3 values, but 2 were given"),
        (&["--draw", "rend(3)=0.1234"], "\"rend\" is not a call"),
        (&["--draw", "rand(3=0.1234"], "parenthesis"),
        (&["--draw", "uniform(2,1,3)=1.1 1.2 1.3"], "below its upper bound"),
        (&["--draw", "skip rand"], "its shape is missing"),
        (&["--draw", "rand(2)=0.1234 0.5678"], "too weak"),
        (&["--draw", "randint(0,2,8)=0 1 0 0 1 1 0 1"], "more known values like these"),
        (&["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--offsets", "9..9"], "--offsets is 9..9"),
        (&["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--offsets", "many"], "--offsets is many"),
        (&["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--stride", "0"], "--stride is 0"),
        (
            &["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--seeds", "0..4294967297"],
            "--seeds is 0..4294967297",
        ),
        (&["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--threads", "0"], "--threads is 0"),
        (&["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--simd", "mmx"], "--simd is mmx"),
        (&["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--shard", "0/4"], "--shard is 0/4"),
        (&["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--shard", "5/4"], "--shard is 5/4"),
        (
            &["--draw", "rand(1)=0.1", "--weak", "--seeds", "0..3", "--shard", "1/4"],
            "no more shards than seeds",
        ),
        (&["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--offset", "1,x"], "invalid value 'x'"),
        (
            &["--draw", "rand(6)=0.1 0.1 0.1 0.1 0.1 0.1", "--offset", "0,4294967296"],
            "--offsets is 4294967296..",
        ),
        (&["--target", "missing.txt"], "missing.txt"),
        (&["--draw", "rand(6)", "--from", "missing.txt"], "missing.txt"),
        (&["--draw", "rand(6)", "--offset", "x"], "invalid value 'x'"),
        (&["--drawn", "rand(6)"], "unexpected argument '--drawn'"),
    ];
    for (arguments, expected) in cases {
        let output = run(arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{arguments:?}: {said}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn the_search_says_what_it_is_worth_before_it_starts() {
    let output = run(&["--draw", "rand(5)=0.7095 0.0182 0.6494 0.4267 0.7859", "--dry-run"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for expected in [
        "5 known values in 5 words of the stream, 66.4 bits",
        "4294967296 seeds, offset 0",
        "to go",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let output =
        run(&["--draw", "rand(3)=0.7095 0.0182 0.6494", "--dry-run", "--offsets", "0..50"]);
    let said = stderr(&output);
    assert!(
        said.contains("1 more digit of each value, or 1 more known value like these"),
        "{said}"
    );
}

#[test]
fn a_hit_comes_with_its_programs() {
    let arguments = [
        "--draw",
        "skip 2; rand(4)=0.6494 0.4267 0.7859 0.1076",
        "--seeds",
        "996900000..996910000",
    ];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stdout(&output);
    for expected in [
        "seed 996907998, offset 0",
        "torch.manual_seed(996907998)",
        "torch.rand(2)",
        "tch::manual_seed(996907998);",
        "1 seed found among 10000",
    ] {
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn json_holds_the_same() {
    let arguments = [
        "--draw",
        "rand(4)=0.7095 0.0182 0.6494 0.4267",
        "--seeds",
        "996900000..996910000",
        "--json",
        "--quiet",
    ];
    let output = run(&arguments);
    assert_eq!(stderr(&output), "");
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(json["hits"][0]["seed"], 996_907_998);
    assert_eq!(json["hits"][0]["offset"], 0);
    assert_eq!(json["hits"].as_array().map(Vec::len), Some(1));
}

#[test]
fn no_hit_says_what_was_ruled_out() {
    let output =
        run(&["--draw", "rand(4)=0.7095 0.0182 0.6494 0.4268", "--seeds", "996900000..996910000"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output);
    assert!(
        said.contains("no seed: PyTorch's CPU generator, seeded with any of 996900000..996910000"),
        "{said}"
    );
    assert!(said.contains("Not ruled out: another offset"), "{said}");
}

#[test]
fn a_file_holds_tensors_or_whole_draws() {
    let folder = tempfile::tempdir().expect("a folder");
    let tensors = folder.path().join("tensors.txt");
    std::fs::write(&tensors, "tensor([[0.7095, 0.0182],\n        [0.6494, 0.4267]])\nParameter containing:\ntensor([0.7859, 0.1076], requires_grad=True)\n").expect("written");
    let undrawn = command(folder.path()).arg("--from").arg(&tensors).output().expect("runs");
    assert_eq!(undrawn.status.code(), Some(2));
    assert!(
        stderr(&undrawn).contains("no --draw says how its values were drawn"),
        "{}",
        stderr(&undrawn)
    );
    let draws = folder.path().join("draws.txt");
    std::fs::write(
        &draws,
        "rand(100) = tensor([0.7095, 0.0182, 0.6494, ..., 0.7489, 0.2483,\n        0.5537])\n",
    )
    .expect("written");
    let seeds = ["--seeds", "996900000..996910000", "--quiet"];
    let by_tensor = command(folder.path())
        .args(["--draw", "rand", "--draw", "rand(2)", "--from"])
        .arg(&tensors)
        .args(seeds)
        .output()
        .expect("runs");
    let by_draw =
        command(folder.path()).arg("--from").arg(&draws).args(seeds).output().expect("runs");
    for output in [by_tensor, by_draw] {
        assert!(
            stdout(&output).contains("seed 996907998, offset 0"),
            "{}{}",
            stdout(&output),
            stderr(&output)
        );
    }
}

/// The output of a run over the seeds around 1,234,567.
fn found(arguments: &[&str]) -> (Output, String) {
    let output = run(&[arguments, &["--seeds", "1234000..1235000"]].concat());
    let said = stdout(&output);
    (output, said)
}

#[test]
fn a_list_of_parameters_is_read_as_it_was_pasted() {
    // torch.manual_seed(1234567); list(torch.nn.Linear(2, 1).parameters())
    let list = "[Parameter containing:\n tensor([[ 0.2538, -0.5872]], requires_grad=True),\n \
        Parameter containing:\n tensor([0.6477], device='cuda:0', requires_grad=True)]  # pasted\n";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("list.txt");
    std::fs::write(&file, list).expect("written");
    let call = "Linear(in_features=2, out_features=1, bias=True)";
    let whole = format!("{call} = {}", list.trim_end().trim_end_matches("  # pasted"));
    let file = file.to_str().expect("UTF-8");
    for arguments in
        [&["--draw", call, "--from", file, "--weak"][..], &["--draw", &whole, "--weak"]]
    {
        let (output, said) = found(arguments);
        assert!(said.contains("seed 1234567, offset 0"), "{said}{}", stderr(&output));
        assert!(stderr(&output).contains("moved later"), "{}", stderr(&output));
    }
    let whole = folder.path().join("whole.txt");
    std::fs::write(&whole, format!("# notes = none\nskip rand(1)\n{call} = {list}"))
        .expect("written");
    let (output, said) = found(&["--from", whole.to_str().expect("UTF-8"), "--weak"]);
    assert!(said.contains("no seed"), "{said}{}", stderr(&output));
}

#[test]
fn a_shortened_layer_is_read() {
    // torch.manual_seed(1234567); list(torch.nn.Linear(1200, 2).parameters())
    let values = "tensor([[ 0.0104, -0.0240,  0.0264,  ..., -0.0181,  0.0157,  0.0170],\n        \
        [ 0.0166, -0.0111, -0.0032,  ..., -0.0261,  0.0019, -0.0216]],\n       requires_grad=True) \
        tensor([0.0096, 0.0044], requires_grad=True)";
    let draw = format!("linear(1200,2)={values}");
    let (output, said) = found(&["--draw", &draw]);
    assert!(
        said.contains("seed 1234567, offset 0: all 14 known values"),
        "{said}{}",
        stderr(&output)
    );
}

#[test]
fn a_normal_kept_from_an_odd_draw_is_tried() {
    // torch.manual_seed(1234567); torch.randn(3); torch.randn(5)
    let values = "-0.4502 -0.6479 -1.4507 -1.6646 -0.4989";
    let draws = format!("skip 8; randn(5)={values}");
    let (output, said) = found(&["--draw", &draws]);
    assert!(
        said.contains("seed 1234567, offset 0: all 4 known values"),
        "{said}{}",
        stderr(&output)
    );
    assert!(said.contains("second of a pair drawn earlier"), "{said}");
    assert!(said.contains("read in 2 ways"), "{said}");
}

#[test]
fn the_loader_tells_the_version() {
    // torch.manual_seed(1234567); a pass over 10 shuffled rows; torch.rand(4)
    let cases = [
        ("0.0766 0.4008 0.1517 0.7493", "1.9 or later"),
        ("0.5992 0.2224 0.7413 0.2410", "1.7 or 1.8"),
        ("0.0864 0.0683 0.5992 0.2224", "1.6 or earlier"),
    ];
    for (values, version) in cases {
        let draws = format!("skip dataloader(10,shuffle=True); rand(4)={values}");
        let (output, said) = found(&["--draw", &draws]);
        assert!(said.contains("1 seed found"), "{said}{}", stderr(&output));
        assert!(said.contains("seed 1234567, offset 0"), "{said}");
        assert!(said.contains(&format!("PyTorch {version}, by the words of its loader")), "{said}");
    }
}

#[test]
fn masks_are_skipped_by_both_kinds_of_processor() {
    // Two words for each of 10 values, or one in all: torch.manual_seed(1234567); torch.rand(20 or 1)
    for (values, kind) in [
        ("0.5266 0.0641 0.9266 0.2971", "not Intel's"),
        ("0.0848 0.9580 0.8297 0.0766", "on an Intel processor"),
    ] {
        let draws = format!("skip dropout(0.5,10); rand(4)={values}");
        let (output, said) = found(&["--draw", &draws]);
        assert!(said.contains("seed 1234567, offset 0"), "{said}{}", stderr(&output));
        assert!(said.contains(kind), "{said}");
    }
}

#[test]
fn pythons_own_generator_is_searched() {
    // random.seed(1234567); [random.random() for _ in range(3)]; random.shuffle(list(range(8)))
    let draws = "random.random(3)=0.963143 0.235733 0.581483; random.shuffle(8)=1 2 7 6 5 4 0 3";
    let (output, said) = found(&["--draw", draws]);
    assert!(said.contains("seed 1234567, offset 0"), "{said}{}", stderr(&output));
    assert!(said.contains("random.seed(1234567)"), "{said}");
}

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

#[test]
fn several_notebooks_are_searched_in_one_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), "rand(4)=0.7095 0.0182 0.6494 0.4267")
        .expect("written");
    std::fs::write(folder.path().join("b"), "rand(4)=0.7095 0.0182 0.6494 0.4268")
        .expect("written");
    let output = command(folder.path())
        .args(["--target", "a", "--target", "b", "--seeds", "996900000..996910000"])
        .output()
        .expect("runs");
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(said.contains("seed 996907998, offset 0 (target 1): all 4"), "{said}");
    assert!(said.contains("drawn on a GPU. (target 2)"), "{said}");
}
