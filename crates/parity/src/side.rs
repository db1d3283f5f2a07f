//! The two sides of a comparison: what each ran with, and what of it keeps the two from being compared.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::both::Both;
use crate::recording::{Extent, Recording, Written};

/// One side of a comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// What it is called: its language, and which of the two where both have the same.
    pub name: String,
    /// Its command.
    pub command: Vec<String>,
    /// How many calls were recorded.
    pub calls: usize,
    /// How many of them compute.
    pub computing: usize,
    /// Whether that is all of them.
    pub extent: Extent,
    /// How many calls of `zeros` only made memory for data, as [`Recording::data`] has it.
    pub data: usize,
    /// How many other processes of it, such as a loader's workers, computed something.
    pub other_processes: usize,
    /// What it ran with.
    pub environment: Environment,
}

/// What a program ran with.
#[derive(Debug, Clone, Serialize)]
pub struct Environment {
    /// The version of libtorch.
    pub libtorch: String,
    /// The processor, where that is known.
    pub processor: Option<String>,
    /// The kinds of device that it computed on.
    pub devices: Vec<String>,
    /// What each library computed with.
    pub arithmetic: BTreeMap<String, String>,
    /// Threads within one operation, each time the program set another number.
    pub threads: Vec<i64>,
    /// From the command's start to its end, where that is known.
    pub seconds: Option<f64>,
    /// How much of them went into recording the process, where that is known.
    pub recording_seconds: Option<f64>,
}

/// What two recordings may differ in and are compared all the same, though their bits need not agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Across {
    /// The version of libtorch.
    pub versions: bool,
    /// The kind of device they computed on.
    pub devices: bool,
}

impl Side {
    /// What ended the recording, or the program, before its time.
    pub(crate) fn end(&self) -> Option<String> {
        match &self.extent {
            Extent::Whole => None,
            Extent::Cut(reason) => Some(format!("the recording of {} stops: {reason}", self.name)),
        }
    }
}

pub(crate) fn sides(pair: &Both<'_>) -> [Side; 2] {
    let languages = pair.recordings.map(Recording::language);
    let name = |side: usize| match languages[0] == languages[1] {
        true => format!("{} {}", ["first", "second"][side], languages[side]),
        false => languages[side].to_owned(),
    };
    [0, 1].map(|side| {
        let recording = pair.recordings[side];
        Side {
            name: name(side),
            command: recording.command().to_vec(),
            calls: recording.calls().len(),
            computing: pair.computing[side].len(),
            extent: recording.extent(),
            data: recording.data(),
            other_processes: 0,
            environment: Environment {
                libtorch: recording.header().libtorch.clone(),
                processor: recording.ending().and_then(|ending| ending.processor.clone()),
                devices: recording.devices().iter().map(|device| device.to_string()).collect(),
                arithmetic: recording.arithmetic().clone(),
                threads: recording.threads().to_vec(),
                seconds: recording.ending().map(|ending| ending.seconds),
                recording_seconds: recording.recording_seconds(),
            },
        }
    })
}

/// Why the two cannot be held against each other at all.
pub(crate) fn incomparable(pair: &Both<'_>, sides: &[Side; 2], across: Across) -> Option<String> {
    if let Some(side) = sides.iter().find(|side| side.computing == 0) {
        let end = side.end().map(|end| format!(" ({end})")).unwrap_or_default();
        return Some(format!("{} computed nothing with libtorch{end}", side.name));
    }
    let [a, b] = pair.recordings;
    let version = |recording: &'_ Recording| {
        recording.header().libtorch.split('+').next().unwrap_or_default().to_owned()
    };
    if !across.versions && version(a) != version(b) {
        return Some(format!(
            "{} ran on libtorch {}, {} on {}; bits are compared on one version \
             (--any-version compares all the same)",
            sides[0].name,
            a.header().libtorch,
            sides[1].name,
            b.header().libtorch
        ));
    }
    let kinds = [a, b].map(|recording| {
        let devices = recording.devices();
        let kinds =
            devices.iter().map(|device| device.split(':').next().unwrap_or_default().to_owned());
        kinds.collect::<BTreeSet<_>>()
    });
    (!across.devices && kinds[0] != kinds[1]).then(|| {
        let on = |side: usize| kinds[side].iter().cloned().collect::<Vec<_>>().join(" and ");
        format!(
            "{} computed on {}, {} on {}; bits are compared on one kind of device \
             (--any-device compares all the same)",
            sides[0].name,
            on(0),
            sides[1].name,
            on(1)
        )
    })
}

/// Conditions that differ, and what no comparison saw.
pub(crate) fn notes(pair: &Both<'_>) -> Vec<String> {
    let [a, b] = pair.recordings;
    let mut notes = Vec::new();
    let mut differ = |what: &str, a: String, b: String| {
        if a != b {
            notes.push(format!("{what}: {a} and {b}"));
        }
    };
    let libraries: BTreeSet<_> = a.arithmetic().keys().chain(b.arithmetic().keys()).collect();
    for library in libraries {
        let computed = |recording: &Recording| {
            let computes = recording.arithmetic().get(library);
            computes.map_or_else(|| "not used".to_owned(), |computes| format!("({computes})"))
        };
        differ(&format!("{library} computes otherwise"), computed(a), computed(b));
    }
    differ("libtorch", a.header().libtorch.clone(), b.header().libtorch.clone());
    let threads = |recording: &Recording| {
        recording.threads().iter().map(i64::to_string).collect::<Vec<_>>().join(", then ")
    };
    differ("threads", threads(a), threads(b));
    if [a, b].iter().any(|recording| recording.arithmetic().contains_key("TorchInductor")) {
        notes.push(
            "the kernels that torch.compile generates are not seen: what they compute shows in the \
             calls that use it"
                .into(),
        );
    }
    if [a, b].iter().any(|recording| recording.written() == Some(&Written::TooLarge)) {
        notes.push(
            "the folder is too large to copy, so that both ran in it: what the first wrote the second \
             may have read"
                .into(),
        );
    }
    notes.extend(cost(pair));
    notes.extend(unread(pair));
    notes
}

/// What recording cost, where it was more than a second.
fn cost(pair: &Both<'_>) -> Option<String> {
    let sides = sides(pair);
    let spent = sides.each_ref().map(|side| side.environment.recording_seconds.unwrap_or(0.0));
    let text = |side: usize| {
        let all = sides[side].environment.seconds;
        let all = all.map_or(String::new(), |all| format!(" of {all:.1} s"));
        format!("{:.1} s{all} of {}", spent[side], sides[side].name)
    };
    (spent[0].max(spent[1]) > 1.0).then(|| format!("recording took {} and {}", text(0), text(1)))
}

/// Outputs of computing calls whose bits were not read, by the reason; said once where both sides agree.
fn unread(pair: &Both<'_>) -> Vec<String> {
    let texts = pair.recordings.map(|recording| {
        let mut found = BTreeMap::<&str, (usize, &str)>::new();
        for call in recording.calls().iter().filter(|call| call.counts) {
            let reasons = call.outputs.iter().filter_map(|value| value.unread.as_deref());
            for reason in reasons.filter_map(described).collect::<BTreeSet<_>>() {
                found.entry(reason).or_insert((0, &call.op)).0 += 1;
            }
        }
        let text = |(reason, (calls, op)): (&str, (usize, &str))| {
            format!("have outputs whose bits cannot be read ({reason}): {calls}, the first {op}")
        };
        found.into_iter().map(text).collect::<Vec<_>>()
    });
    let names = sides(pair).map(|side| side.name);
    let of = |name: &str, texts: &[String]| {
        texts.iter().map(|text| format!("computing calls of {name} {text}")).collect::<Vec<_>>()
    };
    match texts[0] == texts[1] {
        true => of("both", &texts[0]),
        false => [of(&names[0], &texts[0]), of(&names[1], &texts[1])].concat(),
    }
}

/// A reason of `Value::unread` in words; none for memory that is nobody's business.
fn described(reason: &str) -> Option<&str> {
    Some(match reason {
        "scratch" => return None,
        "captured" => "captured in a CUDA graph",
        "meta" => "on the meta device, which has no memory",
        "device" => "on a device that is neither the CPU nor a GPU of CUDA's",
        "wrapped" => "wrapped by torch.func",
        "subclass" => "a subclass of Tensor written in Python",
        "layout" => "of a layout without elements in order",
        other => other,
    })
}
