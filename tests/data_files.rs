//! Tables and IDX files, whole and damaged at random, are read as NumPy and torchvision read them, to the bit, and what
//! they refuse is refused in a sentence with the file's path. `tests/python/data_files.py` writes them.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use common::python::{python_with, run_script, skipped};
use common::{digest, golden::parse};
use serde::Deserialize;
use tch::{Kind, Tensor};
use torch_exact::Error;
use torch_exact::data::files::{LoadtxtOptions, loadtxt, read_sn3_pascalvincent_tensor};

/// So many tables, and as many IDX files.
const CASES: &str = "1000";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    reader: Option<String>,
    #[serde(default)]
    file: PathBuf,
    options: Option<Options>,
    found: Option<String>,
    refused: Option<String>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Options {
    delimiter: Option<char>,
    comments: Option<char>,
    skiprows: usize,
    max_rows: Option<usize>,
    ndmin: usize,
    usecols: Option<Vec<i64>>,
}

impl Case {
    fn read(&self) -> torch_exact::Result<Tensor> {
        let Some(options) = &self.options else {
            return read_sn3_pascalvincent_tensor(&self.file);
        };
        let options = LoadtxtOptions {
            delimiter: options.delimiter,
            comments: options.comments,
            skiprows: options.skiprows,
            max_rows: options.max_rows,
            ndmin: options.ndmin,
            usecols: options.usecols.clone(),
        };
        loadtxt(&self.file, options)
    }
}

#[test]
fn files_are_read_as_python_reads_them() -> Result<()> {
    let Some(python) = python_with("numpy, torch") else {
        skipped("no Python imports NumPy and PyTorch, so nothing that they read was compared");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let name = folder.path().to_str().context("a folder in UTF-8")?;
    let said = run_script(&python, "tests/python/data_files.py", &[name, CASES], "")?;
    let (mut counts, mut faults) = ([[0; 2]; 2], vec![]);
    for case in parse::<Case>(&said)? {
        if let Some(reader) = case.reader {
            println!("IDX files are read by {reader}");
            continue;
        }
        counts[usize::from(case.options.is_none())][usize::from(case.refused.is_some())] += 1;
        let fault = match (case.read(), &case.refused) {
            (Ok(tensor), None) => {
                if Some(digest([&tensor])?) == case.found {
                    continue;
                }
                format!("other bits in {:?}", tensor.size())
            }
            (Err(error), None) => format!("refused here: {error}"),
            (Ok(_), Some(refused)) => format!("read here, in Python {refused}"),
            (Err(Error::DataFile { path, line, .. }), Some(_)) => {
                let whole = line.is_some() == case.options.is_some();
                // What is not UTF-8 has no line.
                if path == case.file && (whole || case.refused.is_some_and(|r| r.contains("utf"))) {
                    continue;
                }
                format!("{} and line {line:?} are named", path.display())
            }
            (Err(Error::Argument { .. }), Some(_)) if case.options.is_some() => continue,
            (Err(error), Some(_)) => format!("refused by {error:?}"),
        };
        faults.push(format!("{}, {:?}: {fault}", case.file.display(), case.options));
    }
    for (name, [read, refused]) in ["tables", "IDX files"].iter().zip(counts) {
        println!("{read} {name} read, {refused} refused in both");
    }
    let shown = faults.iter().take(8).cloned().collect::<Vec<_>>().join("\n");
    ensure!(faults.is_empty(), "{} files differ:\n{shown}", faults.len());
    ensure!(counts.iter().flatten().all(|&count| count > 100), "{counts:?}: too few");
    Ok(())
}

#[test]
fn what_is_wrong_and_where_is_said() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    let shown = path.display();
    let table = |text: &str| {
        std::fs::write(&path, text)?;
        Ok::<_, anyhow::Error>(loadtxt(&path, ',').map(drop).unwrap_err().to_string())
    };
    ensure!(
        table("1,2\n# no\n3,four")? == format!("cannot read {shown}, line 3: `four` is no number")
    );
    ensure!(
        table("1,2\n3")? == format!("cannot read {shown}, line 2: expected 2 columns, found 1")
    );
    let idx = |bytes: &[u8]| {
        std::fs::write(&path, bytes)?;
        let read = read_sn3_pascalvincent_tensor(&path);
        Ok::<_, anyhow::Error>(read.map(drop).unwrap_err().to_string())
    };
    let sized = [&[0, 0, 14, 3][..], &[255; 12], &[0; 64]].concat();
    let said = "[4294967295, 4294967295, 4294967295] are its sizes, but it has fewer numbers";
    ensure!(idx(&sized)? == format!("cannot read {shown}: {said}"));
    ensure!(idx(&[0, 0])? == format!("cannot read {shown}: failed to fill whole buffer"));
    ensure!(idx(b"P5 1 1")?.ends_with("[80, 53, 32, 49] is no beginning of an IDX file"));
    // A compressed file that is cut off, and one that would fill the memory: only what is declared is read.
    let mut bomb = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
    bomb.write_all(&[0, 0, 8, 1, 0, 0, 0, 9])?;
    (0..1 << 10).try_for_each(|_| bomb.write_all(&[0; 1 << 20]))?;
    let bomb = bomb.finish()?;
    ensure!(idx(&bomb)?.ends_with("[9] are its sizes, but it has more numbers"));
    ensure!(idx(&bomb[..20])?.contains("cannot read"));
    let missing = loadtxt(folder.path().join("none"), ' ').map(drop).unwrap_err().to_string();
    ensure!(missing.ends_with("none: No such file or directory (os error 2)"), "{missing}");
    std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 2, 7, 9])?;
    let labels = read_sn3_pascalvincent_tensor(&path)?;
    ensure!(labels.kind() == Kind::Uint8 && Vec::<u8>::try_from(labels)? == [7, 9]);
    Ok(())
}
