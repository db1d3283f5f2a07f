//! A recording in one file: what is in it, what it is compared with, and what of it is refused.

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{compared_recordings, example, guide, parity, stderr, stdout};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use parity::recording::{Recording, Value};
use sha2::{Digest as _, Sha256};

#[global_allocator]
static MEMORY: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

/// A golden of a port of this crate with these words.
fn golden(folder: &Path, name: &str, program: &str, words: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let output = recorded(&path, &[], program, words);
    assert!(output.status.success(), "{}", stderr(&output));
    path
}

fn recorded(path: &Path, flags: &[&str], program: &str, words: &[&str]) -> Output {
    let program = example(program);
    let command = ["record", "--to", path.to_str().unwrap(), "--arithmetic", "portable"];
    parity([&command, flags, &["--", program.to_str().unwrap()], words].concat())
}

/// What `parity check` says of a port with these words.
fn checked(golden: &Path, program: &str, words: &str) -> (i32, String) {
    let command = format!("'{}' {words}", example(program).display());
    let output = parity(["check", golden.to_str().unwrap(), &command]);
    (output.status.code().unwrap(), stdout(&output) + &stderr(&output))
}

#[test]
fn a_program_is_checked_with_its_golden() {
    let folder = tempfile::tempdir().unwrap();
    let golden = golden(folder.path(), "planted.parity", "planted", &[]);
    let (code, text) = checked(&golden, "planted", "");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("identical: 12,867 of 12,867 computing calls"), "{text}");
    // It computes in the golden's arithmetic, which is not the machine's.
    assert!(!text.contains("note: "), "{text}");

    let (code, text) = checked(&golden, "planted", "'sum for mean'");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("planted.rs:") && text.contains("error.sum(Kind::Float)"), "{text}");
    // The elements of small tensors are in it, and of others it is said where to see them.
    assert!(text.contains("float32 []: 1 of 1 elements differ, the first []: "), "{text}");
    let (code, text) = checked(&golden, "planted", "'learning rate'");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("its elements were not kept"), "{text}");
    assert!(text.contains("compare the two programs with `parity run`"), "{text}");
}

fn kinds(values: &[Value]) -> Vec<(&str, &[usize], &str)> {
    values.iter().map(|value| (&*value.dtype, &*value.shape, &*value.device)).collect()
}

fn bits(values: &[Value]) -> Vec<Option<u64>> {
    values.iter().map(|value| value.bits).collect()
}

fn unread(values: &[Value]) -> Vec<Option<&str>> {
    values.iter().map(|value| value.unread.as_deref()).collect()
}

#[test]
fn a_golden_is_compared_like_a_folder_on_either_side() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (guide(folder.path(), "one"), folder.path().join("other.parity"));
    Recording::read(&one).unwrap().write_golden(&other).unwrap();
    for (a, b) in [(&one, &other), (&other, &one), (&other, &other)] {
        let (code, text) = compared_recordings(a, b);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("identical: 1,003 of 1,003 computing calls"), "{text}");
        assert!(text.contains("standard output: the same 22 bytes"), "{text}");
    }
    // All that is compared is the same, and what is shown.
    let [one, other] = [one, other].map(|path| Recording::read(path).unwrap());
    for (a, b) in one.calls().iter().zip(other.calls()) {
        assert_eq!((&a.op, a.counts, &a.node, &a.args), (&b.op, b.counts, &b.node, &b.args));
        let text = |call: &parity::recording::Call| call.line.clone().map(|it| it.text.clone());
        assert_eq!(text(a), text(b));
        assert_eq!(kinds(&a.inputs), kinds(&b.inputs));
        assert_eq!(kinds(&a.outputs), kinds(&b.outputs));
        assert_eq!(bits(&a.outputs), bits(&b.outputs));
        assert_eq!(bits(&a.inputs), bits(&b.inputs), "{}", a.op);
        assert_eq!(unread(&a.inputs), unread(&b.inputs), "{}", a.op);
        assert_eq!((&a.thread, unread(&a.outputs)), (&b.thread, unread(&b.outputs)));
        for (a, b) in a.outputs.iter().zip(&b.outputs).filter(|(a, b)| a.kept.and(b.kept).is_some())
        {
            assert_eq!(one.bytes(a), other.bytes(b));
        }
    }
    assert_eq!(one.calls().len(), other.calls().len());
    assert_eq!((one.data(), one.language()), (other.data(), other.language()));
    assert_eq!((one.arithmetic(), one.threads()), (other.arithmetic(), other.threads()));
}

/// It can be committed: nothing in it is the machine's or the moment's.
#[test]
fn the_same_program_gives_the_same_golden() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| golden(folder.path(), name, "guide", &[]));
    assert!(fs::read(&a).unwrap() == fs::read(&b).unwrap(), "two files");
    let recording = Recording::read(&a).unwrap();
    let lines = recording.calls().iter().filter_map(|call| call.line.as_ref());
    let paths = lines.map(|line| line.file.clone());
    let words = recording.command().iter().map(PathBuf::from);
    for path in paths.chain(words).chain([recording.header().program.clone()]) {
        assert!(path.is_relative(), "{}", path.display());
    }
}

#[test]
fn an_update_shows_what_is_other_and_replaces_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = golden(folder.path(), "a.parity", "planted", &[]);
    let before = fs::read(&path).unwrap();
    let output = recorded(&path, &[], "planted", &["sum for mean"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("is there already: --update"), "{}", stderr(&output));
    assert_eq!(fs::read(&path).unwrap(), before);

    let output = recorded(&path, &["--update"], "planted", &["sum for mean"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("first difference: "), "{}", stdout(&output));
    assert!(stdout(&output).contains("error.sum(Kind::Float)"), "{}", stdout(&output));
    assert_eq!(checked(&path, "planted", "'sum for mean'").0, 0);

    // What fails replaces nothing, and leaves nothing where there was none.
    let updated = fs::read(&path).unwrap();
    let program = example("planted");
    let failing = format!("'{}'; exit 3", program.display());
    for (path, flags) in [(&path, &["--update"][..]), (&folder.path().join("new"), &[])] {
        let to = ["record", "--to", path.to_str().unwrap()];
        let output = parity([&to, flags, &["--", "sh", "-c", &failing]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("failed with exit status 3"), "{}", stderr(&output));
    }
    assert_eq!(fs::read(&path).unwrap(), updated);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_no_golden_of_this_version_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = golden(folder.path(), "a.parity", "guide", &[]);
    let whole = fs::read(&path).unwrap();
    let [newer, older] = [b'3', b'1'].map(|version| {
        let mut bytes = whole.clone();
        bytes[b"parity golden ".len()] = version;
        bytes
    });
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for (bytes, said) in [
        (&whole[..whole.len() - 1], "is not as it was recorded: it was cut, or"),
        (&flipped, "is not as it was recorded: it was cut, or"),
        (&newer, "is a golden of version 3, and this parity reads 2: record it anew with"),
        (&older, "is a golden of version 1, and this parity reads 2: record it anew with"),
        (b"epoch 1\n", "is not a recording: it is neither"),
        (b"", "is not a recording: it is neither"),
    ] {
        fs::write(&path, bytes).unwrap();
        let (code, text) = checked(&path, "guide", "");
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(said) && text.lines().count() == 1, "{text}");
    }
}

/// A golden around these contents, with a hash that is right.
fn sealed(contents: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(b"parity golden 2".to_vec(), Compression::fast());
    encoder.write_all(contents).unwrap();
    let mut bytes = encoder.finish().unwrap();
    let hash = Sha256::digest(&bytes);
    bytes.extend_from_slice(&hash);
    bytes
}

/// Anything may be in a file: it is read or refused, without a panic and without much memory.
#[test]
fn hostile_goldens_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = golden(folder.path(), "a.parity", "guide", &[]);
    let whole = fs::read(&path).unwrap();
    let mut contents = Vec::new();
    let compressed = &whole[b"parity golden 2".len()..whole.len() - 32];
    DeflateDecoder::new(compressed).read_to_end(&mut contents).unwrap();
    let read = |bytes: &[u8]| Recording::from_golden(bytes, &path).is_ok();
    assert!(read(&whole) && read(&sealed(&contents)));
    // Ten kilobytes that would be gigabytes.
    assert!(!read(&sealed(&vec![0; 10 << 20])));
    assert!(!read(&sealed(&vec![1; parity::recording::golden::MAX_CONTENTS + 1])));

    let mut state = 1_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    let mut mutated = |bytes: &[u8]| {
        let (mut bytes, at, near) = (bytes.to_vec(), random(bytes.len() - 5), random(4000));
        match random(4) {
            0 => bytes.truncate(at),
            1 => bytes[near] = [0, 1, 0x7f, 0x80, 0xff][random(5)],
            // The largest number there is, in place of a count or a reference.
            2 => bytes[near..near + 5].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]),
            _ => bytes[at] ^= 1 << random(8),
        }
        bytes
    };
    MEMORY.set_limit(MEMORY.allocated() + (256 << 20)).unwrap();
    let mut accepted = 0;
    for round in 0..100_000 {
        // Mutated within, one in four reaches further than the hash.
        match round % 4 {
            0 => accepted += usize::from(read(&sealed(&mutated(&contents)))),
            _ => {
                let other = mutated(&whole);
                assert!(other == whole || !read(&other), "round {round}");
            }
        }
    }
    println!("read of 25,000 with other contents and a hash that is right: {accepted}");
    assert!((1..25_000).contains(&accepted), "{accepted}");
}
