//! Each program runs in a folder of its own, and what both write is compared.

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use common::{python, stderr, stdout};

/// What `parity run` says in `folder` of two Python programs, given by their lines after `import torch`.
fn compared(python: &Path, folder: &Path, programs: [&str; 2], flags: &[&str]) -> (i32, String) {
    let commands = [0, 1].map(|side| {
        let name = ["a.py", "b.py"][side];
        fs::write(folder.join(name), format!("import os, torch\n{}\n", programs[side])).unwrap();
        format!("'{}' {name}", python.display())
    });
    let mut parity = Command::new(env!("CARGO_BIN_EXE_parity"));
    let output = parity.arg("run").args(flags).args(commands).current_dir(folder).output().unwrap();
    (output.status.code().unwrap(), stdout(&output) + &stderr(&output))
}

/// The names of all that is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const SAVES: &str = "x = torch.ones(3) * 2\ntorch.save({'x': x}, 'x.pt')";
const LOADS: &str = "x = torch.ones(3) * 2\nprint(os.path.exists('x.pt'))";

#[test]
fn one_that_forgets_to_save_does_not_find_what_the_other_saved() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let saves = format!("{SAVES}\nprint(True)");
    let programs = [saves.as_str(), LOADS];
    let (code, text) = compared(&python, folder.path(), programs, &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("second python: \"False\\n\""), "{text}");
    assert!(text.contains("file x.pt: written by first python alone"), "{text}");
    // Nothing is left, and the lines are those of the folder's own files.
    assert_eq!(names(folder.path()), ["a.py", "b.py"]);
    let (code, text) = compared(&python, folder.path(), programs, &["--here"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(names(folder.path()), ["a.py", "b.py", "x.pt"]);
}

#[test]
fn what_both_write_is_compared() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.txt"), "before\n").unwrap();
    let run = |a: &str, b: &str| {
        let programs = [a, b].map(|lines| format!("x = torch.ones(3) * 2\n{lines}"));
        compared(&python, folder.path(), programs.each_ref().map(String::as_str), &[])
    };
    let log = "print('a line', file=open('log.txt', 'a'))";
    let (code, text) = run(log, log);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("file log.txt: the same bytes"), "{text}");
    assert_eq!(fs::read_to_string(folder.path().join("log.txt")).unwrap(), "before\n");

    let (code, text) = run(log, &log.replace("a line", "another"));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("identical: 2 of 2 computing calls"), "{text}");
    assert!(text.contains("file log.txt differs: from line 2 on"), "{text}");

    let save = "os.makedirs('out', exist_ok=True); torch.save({'m': {'x': x, 'n': 1}}, 'out/m.pt')";
    for (other, code, line) in [
        (save.to_owned(), 0, "file out/m.pt: the same bytes"),
        // Its name stands in the bytes.
        (
            save.replace("out/m.pt", "out/n.pt") + "; os.rename('out/n.pt', 'out/m.pt')",
            0,
            "file out/m.pt: the same values, in other bytes",
        ),
        (
            save.replace("'n': 1", "'n': 1.0"),
            1,
            "file out/m.pt differs: [\"m\"][\"n\"] is an int and a float",
        ),
        (
            format!("y = x.numpy(); y[2] += 1; {save}"),
            1,
            "file out/m.pt differs: [\"m\"][\"x\"] differs in 1 of 3 elements, the first [2]: 2.0 and 3.0",
        ),
        (
            save.replace("'x': x", "'x': x.double().float().expand(2, 3)"),
            1,
            "file out/m.pt differs: [\"m\"][\"x\"] is float32 [3], and float32 [2, 3]",
        ),
    ] {
        let (found, text) = run(save, &other);
        assert_eq!(found, code, "{other}: {text}");
        assert!(text.contains(line), "{other}: {text}");
    }
    let picture = |text: &str| format!("open('fit.png', 'w').write('{text}')");
    let (code, text) = run(&picture("a"), &picture("b"));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("file fit.png: a picture, which is not compared"), "{text}");
}

/// A folder as projects are: data beside it, an environment and a build in it.
#[test]
fn a_copy_leads_where_its_folder_does() {
    let Some(python) = python() else { return };
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("project");
    fs::create_dir_all(folder.join("target")).unwrap();
    fs::create_dir(folder.join("data")).unwrap();
    fs::write(folder.join("target/CACHEDIR.TAG"), "").unwrap();
    fs::write(outer.path().join("beside.txt"), "1").unwrap();
    fs::write(folder.join("data/in.txt"), "2").unwrap();
    symlink("data/in.txt", folder.join("relative")).unwrap();
    symlink(folder.join("data/in.txt"), folder.join("absolute")).unwrap();
    fs::write(folder.join("helper.py"), "import torch\ndef f(x):\n    return x * 2\n").unwrap();
    let lines = "import helper
a = [open(name).read() for name in ('../beside.txt', 'data/in.txt', 'relative', 'absolute')]
print(a, os.path.islink('target'), os.environ['PWD'] == os.getcwd())
open('absolute', 'w').write('3'); open('../up.txt', 'w').write('4')
x = helper.f(torch.ones(3))";
    let print = lines.lines().find(|line| line.starts_with("print")).unwrap();
    let other = lines.replace(print, "print(\"['1', '2', '2', '2'] True True\")") + " + 1";
    let (code, text) = compared(&python, &folder, [lines, &other], &[]);
    assert_eq!(code, 1, "{text}");
    for line in [
        "standard output: the same",
        "b.py:6 ",
        "x = helper.f(torch.ones(3)) + 1",
        "file data/in.txt: the same bytes",
        "file ../up.txt: the same bytes",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("parity-recorder"), "{text}");
    assert_eq!(names(outer.path()), ["beside.txt", "project"]);
    assert_eq!(fs::read_to_string(folder.join("data/in.txt")).unwrap(), "2");
}

#[test]
fn a_folder_too_large_to_copy_is_used_itself_and_that_is_said() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let many = folder.path().join("many");
    fs::create_dir(&many).unwrap();
    for number in 0..20_001 {
        fs::write(many.join(number.to_string()), "").unwrap();
    }
    let (code, text) = compared(&python, folder.path(), [SAVES, SAVES], &[]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("note: the folder is too large to copy, so that both ran in it"),
        "{text}"
    );
    assert_eq!(names(folder.path()), ["a.py", "b.py", "many", "x.pt"]);

    let mut parity = Command::new(env!("CARGO_BIN_EXE_parity"));
    parity.args(["record", "--to", "a.parity", "--"]).arg(python).arg("a.py");
    let output = parity.current_dir(folder.path()).output().unwrap();
    let said = stderr(&output);
    assert!(
        output.status.success() && said.contains("so that it ran in the folder itself"),
        "{said}"
    );
}

/// The files are compared where kept recordings are, and their seal has them, too.
#[test]
fn written_files_are_kept_with_a_recording() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let lines = "x = torch.ones(3) * 2\nopen('log.txt', 'w').write('a')";
    let other = lines.replace("'a'", "'b'");
    let kept = folder.path().join("kept");
    let [html, junit] = ["page.html", "junit.xml"].map(|name| folder.path().join(name));
    let files = [&kept, &html, &junit].map(|path| path.to_str().unwrap());
    let flags = ["--keep", files[0], "--html", files[1], "--junit", files[2], "--annotations"];
    let (code, text) = compared(&python, folder.path(), [lines, &other], &flags);
    assert_eq!(code, 1, "{text}");
    let differs = "file log.txt differs: from line 1 on";
    assert!(text.contains(&format!("::{differs}")), "{text}");
    let page = fs::read_to_string(&html).unwrap();
    for element in [format!("<p>{differs}</p>"), format!("<li>{differs}</li>")] {
        assert!(page.contains(&element), "{page}");
    }
    let tests = fs::read_to_string(&junit).unwrap();
    assert!(tests.contains("tests=\"3\" skipped=\"0\" failures=\"1\""), "{tests}");
    assert!(tests.contains("name=\"file log.txt\""), "{tests}");
    let [first, second] = ["first", "second"].map(|side| kept.join(side));
    let (code, text) = common::compared_recordings(&first, &second);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("file log.txt differs: from line 1 on"), "{text}");
    fs::write(second.join("written-0"), "a").unwrap();
    let (code, text) = common::compared_recordings(&first, &second);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("is not as it was recorded"), "{text}");
}
