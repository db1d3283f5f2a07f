//! Reading a recording's folder.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::parse::Lines;
use super::seal::{Seal, write_json};
use super::source::Program;
use super::{Bits, Error, Recording, Result, written};

/// What the folder of a further process is called, before its number.
const PROCESS: &str = "process-";

/// The file in which the program's lines are.
const PROGRAM: &str = "program.json";

/// Reads the recording in `folder`, of a command or of one of its processes; or those in the folders
/// in it, each made on one of several machines whose processes have ranks, as one.
pub(super) fn read(folder: &Path) -> Result<Recording> {
    match one_machine(folder) {
        Err(Error::NoRecording { path }) => {
            several_machines(folder)?.ok_or(Error::NoRecording { path })
        }
        result => result,
    }
}

fn several_machines(folder: &Path) -> Result<Option<Recording>> {
    let folders = if folder.is_dir() { entries(folder)? } else { Vec::new() };
    let folders = folders.into_iter().filter(|path| path.join("calls.jsonl").is_file());
    let mut machines = folders.map(|path| one_machine(&path)).collect::<Result<Vec<_>>>()?;
    let rank = |machine: &Recording| {
        let processes = [machine].into_iter().chain(&machine.processes);
        processes.filter_map(|process| process.header.rank).min()
    };
    if machines.iter().any(|machine| rank(machine).is_none()) {
        return Ok(None);
    }
    machines.sort_by_key(rank);
    let whole = machines.into_iter().reduce(|mut whole, mut machine| {
        if let (Some(all), Some(more)) = (&mut whole.printed, machine.printed.take()) {
            all.extend(more);
        }
        let processes = std::mem::take(&mut machine.processes);
        whole.processes.extend([machine].into_iter().chain(processes));
        whole.processes.sort_by_key(|process| process.header.rank);
        whole
    });
    Ok(whole)
}

fn one_machine(folder: &Path) -> Result<Recording> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let (seal, prefix) = match (Seal::read(folder)?, folder.parent(), name) {
        (None, Some(command), Some(name)) if name.starts_with(PROCESS) => {
            (Seal::read(command)?, format!("{name}/"))
        }
        (seal, ..) => (seal, String::new()),
    };
    let mut recording = one_process(folder, seal.as_ref(), &prefix)?;
    if prefix.is_empty() {
        for (name, path) in processes(folder)? {
            recording.processes.push(one_process(&path, seal.as_ref(), &format!("{name}/"))?);
        }
        // Numbers of processes begin anew at some time; those of one tick of the clock stay as they are.
        recording.processes.sort_by_key(|process| (process.header.rank, process.header.started));
    }
    Ok(recording)
}

fn one_process(folder: &Path, seal: Option<&Seal>, prefix: &str) -> Result<Recording> {
    let path = folder.join("calls.jsonl");
    match seal {
        Some(seal) => seal.check(folder, prefix)?,
        None if !path.is_file() => return Err(Error::NoRecording { path: folder.into() }),
        None => {}
    }
    if let (false, Some(seal)) = (path.is_file(), seal) {
        return Err(seal.ending.nothing_recorded(folder));
    }
    let mut lines = parse(&path)?;
    // One that was cut before its command ended tells of the program as it is now.
    let is_sealed = seal.is_some_and(|seal| seal.has(&format!("{prefix}{PROGRAM}")));
    let program = if is_sealed { read_program(folder)? } else { lines.program(&path, None)? };
    program.locate(&mut lines.calls, &lines.locations);
    let data = leave_data_out(&mut lines, &program);
    let header = lines.header(&path)?.clone();
    let recording = Recording {
        path: folder.to_path_buf(),
        header,
        calls: lines.calls,
        program,
        threads: lines.threads,
        arithmetic: lines.arithmetic,
        ending: seal.map(|seal| seal.ending.clone()),
        processes: Vec::new(),
        data,
        printed: read_if_there(&folder.join("stdout"))?,
        written: written::read(folder)?,
        bits: Bits::File(folder.join("bits")),
    };
    check_bits(&recording)?;
    Ok(recording)
}

fn parse(path: &Path) -> Result<Lines> {
    let mut lines = Lines::default();
    let system = |source| Error::System { what: "read", path: path.into(), source };
    let text = fs::read(path).map_err(system)?;
    // The recorder sets room aside in advance; what a killed process left of it is zero.
    let written = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
    let whole = text[..written].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    for (number, line) in text[..whole].split(|&byte| byte == b'\n').enumerate() {
        let added = match std::str::from_utf8(line) {
            Ok("") => continue,
            Ok(line) => lines.add(line),
            Err(error) => Err(error.to_string()),
        };
        added.map_err(|reason| Error::Malformed { path: path.into(), line: number + 1, reason })?;
    }
    lines.header(path)?;
    Ok(lines)
}

impl Lines {
    fn header(&self, path: &Path) -> Result<&super::Header> {
        let none = || "there is no whole line".to_owned();
        let malformed = |reason| Error::Malformed { path: path.into(), line: 1, reason };
        self.header.as_ref().ok_or_else(|| malformed(none()))
    }

    fn program(&self, path: &Path, copy: Option<&Path>) -> Result<Program> {
        let header = self.header(path)?;
        Ok(Program::look_up(header, &self.locations, &self.stacks, &self.modules, copy))
    }
}

/// Python's `torch.tensor` makes no call of `zeros`, and tch's does.
fn leave_data_out(lines: &mut Lines, program: &Program) -> usize {
    let mut left_out = 0;
    for (call, location) in lines.calls.iter_mut().zip(&lines.locations) {
        if call.counts && &*call.op == "aten::zeros" && program.is_of_data(location) {
            call.counts = false;
            left_out += 1;
        }
    }
    left_out
}

/// Looks up the lines of the program whose recording is in `folder`, and writes them down there.
pub(super) fn write_program(folder: &Path, copy: Option<&Path>) -> Result<()> {
    let path = folder.join("calls.jsonl");
    // One that cannot be read is refused when it is to be compared.
    let Ok(program) = parse(&path).and_then(|lines| lines.program(&path, copy)) else {
        return Ok(());
    };
    write_json(&folder.join(PROGRAM), &program)
}

fn read_program(folder: &Path) -> Result<Program> {
    let path = folder.join(PROGRAM);
    let none = || Error::Malformed { path: path.clone(), line: 1, reason: "it is gone".into() };
    read_json_if_there(&path)?.ok_or_else(none)
}

pub(super) fn read_json_if_there<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let Some(text) = read_if_there(path)? else { return Ok(None) };
    serde_json::from_slice(&text).map(Some).map_err(|error| Error::Malformed {
        path: path.into(),
        line: error.line(),
        reason: error.to_string(),
    })
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::System { what: "read", path: path.into(), source }),
    }
}

/// The file of elements begins with the identity of the calls they are of.
fn check_bits(recording: &Recording) -> Result<()> {
    let path = recording.path.join("bits");
    let mut id = [0; 16];
    match File::open(&path).and_then(|mut file| file.read_exact(&mut id)) {
        // A process that was killed at once has written none.
        Ok(()) if id == recording.header.id.as_bytes() || id == [0; 16] => Ok(()),
        Ok(()) => Err(Error::Mixed { path: recording.path.clone() }),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(()),
        Err(source) => Err(Error::System { what: "read", path, source }),
    }
}

/// Names and folders of a command's further processes that were recorded, as they started.
pub(super) fn processes(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = name.strip_prefix(PROCESS).and_then(|number| number.parse::<u32>().ok());
        if let (Some(number), true) = (number, path.join("calls.jsonl").is_file()) {
            found.push((number, name, path));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, name, path)| (name, path)).collect())
}

/// The files of one process.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_file()).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let system = |source| Error::System { what: "list", path: folder.to_path_buf(), source };
    let entries = fs::read_dir(folder).map_err(system)?;
    entries.map(|entry| Ok(entry.map_err(system)?.path())).collect()
}

/// Removes what recording a command left in `folder`, and the folder if nothing else is in it.
pub fn discard(folder: &Path) {
    const FILES: [&str; 7] =
        ["calls.jsonl", "bits", PROGRAM, "command.json", "stdout", "stderr", "refused"];
    let in_it = entries(folder).unwrap_or_default();
    let processes = in_it.iter().filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PROCESS))
    });
    let is_written = |path: &&PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(written::PREFIX))
    };
    for written in in_it.iter().filter(is_written) {
        let _ = fs::remove_file(written);
    }
    for place in processes.map(PathBuf::as_path).chain([folder]) {
        for name in FILES {
            // What is not there needs no removal, and what cannot be removed stays.
            let _ = fs::remove_file(place.join(name));
        }
        let _ = fs::remove_dir(place);
    }
}
