//! The command: what it prints and what it refuses.

mod command;

use std::process::Output;

use command::{command, stderr, stdout};

fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    command(folder.path()).args(arguments).output().expect("the command runs")
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
