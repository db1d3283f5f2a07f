//! Sequences as they are pasted, the ways to read them, and several at a time.

mod command;

use std::process::Output;

use command::{command, stderr, stdout};

/// The output of a run over the seeds around 1,234,567.
fn found(arguments: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut search = command(folder.path());
    search.args(arguments).args(["--seeds", "1234000..1235000"]);
    let output = search.output().expect("the command runs");
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

#[test]
fn each_sequence_is_searched_by_each_of_its_readings_in_one_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    // torch.manual_seed(1234567), a pass over 10 shuffled rows by version 1.8; random.seed(1234567)
    let loader = "skip dataloader(10,shuffle=True)\nrand(4)=0.5992 0.2224 0.7413 0.2410\n";
    std::fs::write(folder.path().join("loader"), loader).expect("written");
    std::fs::write(folder.path().join("python"), "random.random(3)=0.963143 0.235733 0.581483\n")
        .expect("written");
    let search = |more: &[&str]| {
        let arguments = ["--target", "python", "--target", "loader", "--seeds", "1234000..1235000"];
        command(folder.path()).args(arguments).args(more).output().expect("runs")
    };
    let output = search(&[]);
    let said = stdout(&output);
    assert!(said.contains("seed 1234567, offset 0 (target 1): all 3"), "{said}{}", stderr(&output));
    assert!(
        said.contains("(target 2): all 4 known values drawn again; PyTorch 1.7 or 1.8, by"),
        "{said}"
    );
    assert!(said.contains("2 seeds found among 1000, offset 0, read in 4 ways"), "{said}");
    let announced = stderr(&output);
    assert!(announced.contains("evidence (target 2), read as PyTorch 1.6"), "{announced}");

    let json: serde_json::Value =
        serde_json::from_str(&stdout(&search(&["--json"]))).expect("JSON");
    let sequences: Vec<_> =
        json["targets"].as_array().into_iter().flatten().map(|t| t["sequence"].clone()).collect();
    assert_eq!(sequences, [0, 1, 1, 1]);
    let hits = json["hits"].as_array().expect("hits");
    assert_eq!(hits.len(), 2, "{json}");
    for hit in hits {
        let target = hit["target"].as_u64().expect("a number") as usize;
        assert_eq!(hit["assumes"], json["targets"][target]["assumes"]);
    }
    assert_eq!(hits[0]["assumes"][0]["loader"], "1.7 or 1.8", "{json}");
}

#[test]
fn a_further_reading_that_is_too_weak_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    // Without its first value, which may have been kept, the second sequence has two.
    for (values, more, readings) in [
        ("randn(5)=-0.4502 -0.6479 -1.4507 -1.6646 -0.4989", &[][..], 2),
        ("randn(3)=-0.4502 -0.6479 -1.4507", &[], 1),
        ("randn(3)=-0.4502 -0.6479 -1.4507", &["--weak"], 2),
    ] {
        let draws = format!("skip 8; {values}");
        let mut search = command(folder.path());
        let output = search.args(["--draw", &draws, "--dry-run"]).args(more).output();
        let output = output.expect("the command runs");
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        let evidence = said.lines().filter(|line| line.starts_with("evidence")).count();
        assert_eq!(evidence, readings, "{values}, {more:?}: {said}");
    }
}
